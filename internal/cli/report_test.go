package cli

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"muster/internal/sweep"
)

// TestReportKeepsItsMode: a new report has the permissions of the file that it replaces.
func TestReportKeepsItsMode(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("there are no permission bits on this machine")
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "report.json")
	for _, mode := range []os.FileMode{0o600, 0o640} {
		if err := os.WriteFile(path, []byte("an earlier report"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if err := writeReport(t.Context(), path, new(sweep.Ledger)); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil || info.Mode() != mode {
			t.Errorf("%v, %v; want %v", info.Mode(), err, mode)
		}
		if text, err := os.ReadFile(path); string(text) != "[]\n" {
			t.Errorf("%q, %v", text, err)
		}
	}
	if files, err := os.ReadDir(dir); len(files) != 1 {
		t.Errorf("%v, %v", files, err)
	}
}
