package grid

import (
	"fmt"
	"io"
	"iter"
	"testing"
	"time"
)

// records returns n rows of seven cells, as instances have.
func records(n int) iter.Seq[Row] {
	return func(yield func(Row) bool) {
		for i := range n {
			row := Row{Cells: []Cell{
				{"mihai-albert"}, {"eu-central-1"}, {fmt.Sprintf("i-%017x", i)}, {"build \"nightly\", arm64"}, {"\x1b[32mrunning\x1b[0m"},
				{fmt.Sprintf("172.31.%d.%d", i/256%256, i%256)}, {fmt.Sprintf("18.198.%d.%d", i/256%256, i%256)},
			}}
			if !yield(row) {
				return
			}
		}
	}
}

// BenchmarkDraw measures what a record on one line costs, by the best of several tries. It
// should take at most 40 µs. The benchmark fails only far beyond that, so that a busy machine
// passes, and where ten times as many records take far more than ten times as long.
func BenchmarkDraw(b *testing.B) {
	const most, few, many, tries = 400 * time.Microsecond, 500, 5000, 5
	for _, style := range []Style{Plain, Compact, Rounded, Grid, Markdown} {
		b.Run(string(style), func(b *testing.B) {
			table := Table{Style: style, Headers: true, Columns: make([]Column, 7), Width: 140}
			draw := func(n int) time.Duration {
				start := time.Now()
				if err := table.Draw(io.Discard, records(n)); err != nil {
					b.Fatal(err)
				}
				return time.Since(start) / time.Duration(n)
			}
			forFew, forMany := time.Hour, time.Hour
			b.ReportAllocs()
			for b.Loop() {
				for range tries {
					forFew, forMany = min(forFew, draw(few)), min(forMany, draw(many))
				}
			}
			b.ReportMetric(float64(forMany.Nanoseconds())/1000, "µs/record")
			if forMany > most || forMany > 3*forFew {
				b.Errorf("a record takes %v among %d, and %v among %d", forFew, few, forMany, many)
			}
		})
	}
}
