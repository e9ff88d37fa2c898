package cli

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"muster/internal/awssim"
)

// TestPartitionsAppearTogether: while the sweep runs, no program that reads the folder sees a
// file. After an interrupt the files have the records that arrived, without _SUCCESS.
func TestPartitionsAppearTogether(t *testing.T) {
	t.Parallel()
	world, err := awssim.ParseWorld([]byte(hangingWorld))
	if err != nil {
		t.Fatal(err)
	}
	_, environ := simulated(t, world, false)
	ctx, interrupt := context.WithCancel(context.Background())
	defer interrupt()
	root := filepath.Join(t.TempDir(), "parts")
	found := func(pattern string) []string {
		paths, _ := filepath.Glob(filepath.Join(root, pattern))
		return paths
	}
	ended := make(chan int)
	var stderr bytes.Buffer
	go func() {
		ended <- Main(ctx, []string{"instances", "-o", "parquet", "--partition-by", "AccountId,Region", "--out", root}, &App{
			Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: &stderr, Environ: environ,
			OpenTTY: func() (io.ReadWriteCloser, error) { return nil, os.ErrNotExist },
		})
	}()
	if !eventually(func() bool { return len(found(".muster-*.tmp/0")) == 1 }) {
		t.Error("no file is staged")
	}
	if seen := append(found("[^.]*"), found("*/*/*.parquet")...); len(seen) > 0 {
		t.Errorf("seen before the end: %v", seen)
	}
	interrupt()
	if code := <-ended; code != exitInterrupted {
		t.Errorf("exit code %d, %s", code, stderr.String())
	}
	if len(found("AccountId=*/Region=us-east-1/part-0.parquet")) != 1 || len(found("_SUCCESS")) > 0 || len(found(".*")) > 0 {
		t.Errorf("after the interrupt: %v", append(found("*/*/*"), found("*")...))
	}
}
