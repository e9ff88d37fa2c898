package render

import (
	"cmp"
	"slices"

	"github.com/clipperhouse/displaywidth"
)

// A name may be cut to comfortable before a less needed column is dropped, and to
// narrow before the next column as needed as it is.
const comfortable, narrow = 16, 8

// fitting is which columns of a grid are shown, how wide, and whether lists take a
// line for each item.
type fitting struct {
	columns []int
	widths  []int
	stack   bool
}

// fit makes the grid as wide as the terminal, by the first of these that is enough:
// empty columns are dropped, lists are stacked, the least needed columns are
// dropped, names are cut. What must not be cut may still be wider than the terminal.
func (g grid) fit(rows []row) fitting {
	f := fitting{columns: make([]int, len(g.columns))}
	for i := range f.columns {
		f.columns[i] = i
	}
	natural := g.naturalWidths(rows, false)
	if g.width > 0 && total(f.columns, natural) > g.width {
		f.columns = g.filled(rows)
	}
	if g.width > 0 && total(f.columns, natural) > g.width {
		f.stack = true
		natural = g.naturalWidths(rows, true)
	}
	floors := natural
	for g.width > 0 {
		drop := g.leastNeeded(f.columns)
		floors = g.floors(natural, f.columns, drop)
		if drop < 0 || total(f.columns, floors) <= g.width {
			break
		}
		f.columns = slices.Delete(f.columns, drop, drop+1)
	}
	f.widths = make([]int, len(f.columns))
	for i, column := range f.columns {
		f.widths[i] = floors[column]
	}
	// What is left of the line goes to the shortest of those cut, column by column.
	for spare := g.width - total(f.columns, floors); spare > 0; spare-- {
		least := -1
		for i, column := range f.columns {
			if f.widths[i] < natural[column] && (least < 0 || f.widths[i] < f.widths[least]) {
				least = i
			}
		}
		if least < 0 {
			break
		}
		f.widths[least]++
	}
	return f
}

// filled are the columns that hold something, or that the user wants.
func (g grid) filled(rows []row) []int {
	var columns []int
	for i, column := range g.columns {
		if column.pinned || slices.ContainsFunc(rows, func(r row) bool { return !r.heading && !r.cells[i].empty() }) {
			columns = append(columns, i)
		}
	}
	return columns
}

// leftOut are the titles of the columns that hold something and are not shown.
func (g grid) leftOut(f fitting, rows []row) (titles []string) {
	if len(f.columns) == len(g.columns) {
		return nil
	}
	for _, i := range g.filled(rows) {
		if title := g.columns[i].title(); title != "" && !slices.Contains(f.columns, i) {
			titles = append(titles, title)
		}
	}
	return titles
}

// leastNeeded is the position in columns of the one to drop next; -1: none, since
// marks alone tell nothing.
func (g grid) leastNeeded(columns []int) int {
	least := -1
	for i, column := range columns {
		if !g.columns[column].pinned && (least < 0 || g.columns[column].Need >= g.columns[columns[least]].Need) {
			least = i
		}
	}
	if len(columns) == g.labels+1 {
		return -1
	}
	return least
}

// floors are the widths to which columns may be cut before the one at drop goes:
// those more needed than it are kept comfortable.
func (g grid) floors(natural, columns []int, drop int) []int {
	floors := slices.Clone(natural)
	for i, column := range g.columns {
		if !column.Shorten {
			continue
		}
		floors[i] = min(natural[i], comfortable)
		if drop < 0 || column.Need >= g.columns[columns[drop]].Need {
			floors[i] = min(natural[i], cmp.Or(column.Min, narrow))
		}
	}
	return floors
}

// naturalWidths are the widths at which nothing is cut.
func (g grid) naturalWidths(rows []row, stack bool) []int {
	widths := make([]int, len(g.columns))
	for i := range widths {
		if g.headers {
			widths[i] = displaywidth.String(g.columns[i].title())
		}
		for _, row := range rows {
			if row.heading {
				continue // it goes on where the other columns are
			}
			width := 0
			for _, item := range row.cells[i] {
				if stack {
					width = max(width, displaywidth.String(item))
				} else {
					width += displaywidth.String(item) + 1
				}
			}
			if !stack {
				width-- // no comma behind the last
			}
			widths[i] = max(widths[i], width)
		}
	}
	return widths
}

// total is the width of a line of these columns.
func total(columns, widths []int) int {
	sum := gap * (len(columns) - 1)
	for _, column := range columns {
		sum += widths[column]
	}
	return sum
}
