package pace

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"
)

// TestRates: a file keeps the rates of several runs for a day.
func TestRates(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "muster", "rates.tsv")
	noon := time.Unix(1_800_000_000, 0)
	for hour, rates := range []map[string]float64{{"a": 20, "b": 5}, {"b": 6.5}, {"wrong\tname": 1}} {
		if err := Save(path, noon.Add(time.Duration(hour)*time.Hour), rates); err != nil {
			t.Fatal(err)
		}
	}
	for after, want := range map[time.Duration]map[string]float64{
		2 * time.Hour:                {"a": 20, "b": 6.5},
		24*time.Hour + time.Second:   {"b": 6.5},
		25*time.Hour + time.Second:   {},
		-2 * time.Hour:               {}, // the clock was wrong
		1000*time.Hour + time.Hour*1: {},
	} {
		if got := Read(path, noon.Add(after)); !maps.Equal(got, want) {
			t.Errorf("after %s: %v, want %v", after, got, want)
		}
	}
}

// TestDamagedFile: damaged lines are left out, and the next Save repairs the file.
func TestDamagedFile(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	at := strconv.FormatInt(now.Unix(), 10)
	good := "good\t7\t" + at + "\n"
	for _, text := range []string{
		good + "x\t", good + "\x00\xff", good + "\n\n\t\t\n", "x\tNaN\t" + at + "\n" + good, "x\t-1\t" + at + "\n" + good, "x\t0\t" + at + "\n" + good,
		"x\tInf\t" + at + "\n" + good, "x\t1e300\t" + at + "\n" + good, "x\t1\t99999999999999\n" + good, "x\t1\t2\t3\n" + good, "x\t1\n" + good,
	} {
		path := filepath.Join(t.TempDir(), "rates.tsv")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := Read(path, now); !maps.Equal(got, map[string]float64{"good": 7}) {
			t.Errorf("%q: %v", text, got)
		}
		if err := Save(path, now, map[string]float64{"new": 8}); err != nil {
			t.Error(err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != good+"new\t8\t"+at+"\n" {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
}

// TestParallelSaves: processes that save at once leave a whole file.
func TestParallelSaves(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "rates.tsv")
	now := time.Unix(1_800_000_000, 0)
	var saves sync.WaitGroup
	for i := range 20 {
		saves.Go(func() {
			if err := Save(path, now, map[string]float64{"same": 20, fmt.Sprint(i): 1}); err != nil {
				t.Error(err)
			}
		})
	}
	saves.Wait()
	if got := Read(path, now); got["same"] != 20 {
		t.Errorf("%v", got)
	}
	if files, _ := os.ReadDir(filepath.Dir(path)); len(files) != 1 {
		t.Errorf("%v", files)
	}
}
