package grid

import (
	"fmt"
	"iter"
	"slices"
	"strings"
)

// A bar is at most longBar columns long. There are no bars if even the longest would
// be shorter than shortBar.
const longBar, shortBar = 40, 5

// firstToDrop is the Need of the bars: they are dropped before any other column.
const firstToDrop = 1000

// addBars aligns the counts in the last column and adds a column of bars, if there is
// room. The other columns stay, because a count without its value is useless. If they are
// too wide, their texts are cut.
func (t *Table) addBars(m *measured, rows iter.Seq[Row]) iter.Seq[Row] {
	t.Columns = slices.Clone(t.Columns)
	last := len(t.Columns) - 1
	longest := longBar
	if t.Width > 0 {
		between, ends := t.Style.spacing()
		counts := m.columns[last].natural(true)
		rest := t.Width - ends
		for i, e := range m.columns {
			taken := e.natural(true) + between
			rest -= taken
			column := &t.Columns[i]
			column.Keep = true
			column.Shorten = column.Shorten || i < last && (!e.ids || ends+taken+counts > t.Width)
		}
		longest = min(longest, rest)
	}
	if t.Style == Markdown {
		longest = 0 // the font of a web page does not line bars up
	}
	if longest >= shortBar {
		t.Columns = append(t.Columns, Column{Need: firstToDrop})
		m.columns = append(m.columns, extent{joined: longest, stacked: longest, filled: true})
	}
	digits := m.columns[last].joined
	return func(yield func(Row) bool) {
		for row := range rows {
			if row.Heading == "" {
				row.Cells[last] = Cell{fmt.Sprintf("%*d", digits, row.Count)}
				if longest >= shortBar {
					row.Cells = append(row.Cells, Cell{bar(row.Count, m.mostCount, longest)})
				}
			}
			if !yield(row) {
				return
			}
		}
	}
}

// bar returns a bar of n/most of the longest one, to an eighth of a column.
func bar(n, most, longest int) string {
	eighths := max(1, (8*longest*n+most/2)/most)
	return strings.Repeat("█", eighths/8) + strings.TrimSpace(string([]rune(" ▏▎▍▌▋▊▉")[eighths%8]))
}
