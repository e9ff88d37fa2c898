// Package pace keeps the rates of calls that AWS allows from one run to the next, so that
// the next run need not find them out again. A rate is kept for a day, in a small file of
// tab-separated lines. The file holds no secrets, and may be deleted at any time.
package pace

import (
	"context"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"muster/internal/disk"
)

const (
	maxAge  = 24 * time.Hour
	maxRate = 1e6 // calls per second that no limit of AWS allows

	// A file system may hang: a run goes on without its rates. A busy machine may need a while
	// for a file all the same.
	readTimeout = time.Second
	saveTimeout = 10 * time.Second
)

// entry is one line of a file.
type entry struct {
	rate  float64
	found time.Time // in whole seconds
}

// Read returns the rates in a file, in calls per second, by the name of the limit. A
// missing file has none; damaged lines are left out.
func Read(path string, now time.Time) map[string]float64 {
	ctx, cancel := context.WithTimeout(context.Background(), readTimeout)
	defer cancel()
	rates := map[string]float64{}
	for name, e := range read(ctx, path, now) {
		rates[name] = e.rate
	}
	return rates
}

func read(ctx context.Context, path string, now time.Time) map[string]entry {
	data, err := disk.ReadRegular(ctx, path)
	if err != nil {
		return nil
	}
	entries := map[string]entry{}
	for line := range strings.Lines(string(data)) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(fields) != 3 {
			continue
		}
		rate, errRate := strconv.ParseFloat(fields[1], 64)
		seconds, errTime := strconv.ParseInt(fields[2], 10, 64)
		age := now.Sub(time.Unix(seconds, 0))
		if errRate == nil && errTime == nil && rate > 0 && rate <= maxRate && -time.Minute < age && age < maxAge {
			entries[fields[0]] = entry{rate, time.Unix(seconds, 0)}
		}
	}
	return entries
}

// Save adds the rates of a run to a file, and drops those that are too old. It replaces the
// file in one step. If two processes save at once, the later one wins.
func Save(path string, now time.Time, rates map[string]float64) error {
	ctx, cancel := context.WithTimeout(context.Background(), saveTimeout)
	defer cancel()
	return disk.Within(ctx, func() error {
		entries := read(ctx, path, now)
		if ctx.Err() != nil {
			return ctx.Err() // the old rates would be lost
		}
		if entries == nil {
			entries = map[string]entry{}
		}
		for name, rate := range rates {
			if !strings.ContainsAny(name, "\t\n") && !math.IsNaN(rate) {
				entries[name] = entry{rate, now}
			}
		}
		var text strings.Builder
		for _, name := range slices.Sorted(maps.Keys(entries)) {
			fmt.Fprintf(&text, "%s\t%.4g\t%d\n", name, entries[name].rate, entries[name].found.Unix())
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		return disk.ReplaceSoon(path, "", []byte(text.String()))
	})
}
