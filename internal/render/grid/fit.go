package grid

import (
	"cmp"
	"iter"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/olekukonko/tablewriter/pkg/twwidth"
)

// measured is the size of all rows.
type measured struct {
	rows      int
	columns   []extent
	mostCount int // the highest Row.Count
}

// extent is the size of a column's text.
type extent struct {
	title   int
	joined  int // the texts of a cell on one line
	stacked int // each text of a cell on its own line
	filled  bool
	ids     bool // ids or addresses are among the texts
}

// natural returns the width at which no text is cut.
func (e extent) natural(stack bool) int {
	if stack {
		return max(e.title, e.stacked)
	}
	return max(e.title, e.joined)
}

// measure measures all rows.
func (t *Table) measure(rows iter.Seq[Row]) measured {
	m := measured{columns: make([]extent, len(t.Columns))}
	if t.Headers {
		for i := range m.columns {
			m.columns[i].title = width(t.Columns[i].Title)
		}
	}
	for row := range rows {
		m.rows++
		m.mostCount = max(m.mostCount, row.Count)
		if row.Heading != "" {
			continue // it may be wider than its column
		}
		for i := range m.columns {
			m.columns[i].add(row.cell(i), t.Bars || t.Columns[i].SpareID)
		}
	}
	return m
}

// add takes a cell into account.
func (e *extent) add(cell Cell, lookForIDs bool) {
	joined := max(len(cell)-1, 0) // the commas
	for _, text := range cell {
		w := width(text)
		joined += w
		e.stacked = max(e.stacked, w)
		e.ids = e.ids || lookForIDs && isID(text)
	}
	e.joined = max(e.joined, joined)
	e.filled = e.filled || !cell.empty()
}

// isID reports whether a text is an id or an address, which is of no use when cut.
func isID(text string) bool {
	if !isASCII(text) {
		text = escapes().ReplaceAllLiteralString(text, "")
	}
	_, err := netip.ParseAddr(text)
	return err == nil || idPattern().MatchString(text)
}

var (
	idPattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(?:[a-z]+-)*[0-9a-f]{8,17}$|^arn:`) })
	escapes   = sync.OnceValue(twwidth.Filter)
)

// Text is cut to wellReadable columns before a less needed column is dropped, and to
// barelyReadable columns before an equally needed one is dropped.
const wellReadable, barelyReadable = 16, 8

// fitting is the columns that are shown, with their widths.
type fitting struct {
	columns []int
	widths  []int
	cut     []bool // longer texts are cut
	stack   bool   // each text of a cell gets its own line
}

// text returns one line of a cell for the column at a position.
func (f *fitting) text(cell Cell, position, line int) string {
	switch {
	case !f.stack:
		return strings.Join(cell, ",")
	case line >= len(cell):
		return ""
	case f.cut[position]:
		return truncate(cell[line], f.widths[position])
	}
	return cell[line]
}

// fit makes the table as wide as the terminal, by the first of these steps that
// suffices: it drops empty columns, stacks the texts of cells, drops the least needed
// columns, cuts texts. Text that must not be cut may still be wider than the terminal.
func (t *Table) fit(m measured) fitting {
	f := fitting{columns: make([]int, len(t.Columns))}
	for i := range f.columns {
		f.columns[i] = i
	}
	natural := m.naturalWidths(false)
	if t.tooWide(f.columns, natural) {
		f.columns = t.filled(m)
	}
	if t.tooWide(f.columns, natural) {
		f.stack = true
		natural = m.naturalWidths(true)
	}
	widths := natural
	for t.Width > 0 {
		drop := t.leastNeeded(f.columns)
		widths = t.cutWidths(m, natural, f.columns, drop)
		if drop < 0 || !t.tooWide(f.columns, widths) {
			break
		}
		f.columns = slices.Delete(f.columns, drop, drop+1)
	}
	for _, column := range f.columns {
		f.widths = append(f.widths, widths[column])
		f.cut = append(f.cut, t.shortens(m, column))
	}
	t.widen(&f, natural)
	return f
}

// widen gives the rest of the line to the texts that are cut most, column by column.
func (t *Table) widen(f *fitting, natural []int) {
	shown := make([]int, len(natural))
	for i, column := range f.columns {
		shown[column] = f.widths[i]
	}
	for rest := t.Width - t.total(f.columns, shown); rest > 0; rest-- {
		narrowest := -1
		for i, column := range f.columns {
			if f.widths[i] < natural[column] && (narrowest < 0 || f.widths[i] < f.widths[narrowest]) {
				narrowest = i
			}
		}
		if narrowest < 0 {
			return
		}
		f.widths[narrowest]++
	}
}

func (m *measured) naturalWidths(stack bool) []int {
	widths := make([]int, len(m.columns))
	for i, e := range m.columns {
		widths[i] = e.natural(stack)
	}
	return widths
}

// shortens reports whether the text of a column may be cut.
func (t *Table) shortens(m measured, column int) bool {
	c := &t.Columns[column]
	return c.Shorten && !(c.SpareID && m.columns[column].ids)
}

// filled returns the columns that hold text and those to keep.
func (t *Table) filled(m measured) []int {
	var columns []int
	for i := range t.Columns {
		if t.Columns[i].Keep || m.columns[i].filled {
			columns = append(columns, i)
		}
	}
	return columns
}

// dropped returns the titles of the columns that hold text and are not shown.
func (t *Table) dropped(m measured, f fitting) (titles []string) {
	for _, i := range t.filled(m) {
		if title := t.Columns[i].Title; title != "" && !slices.Contains(f.columns, i) {
			titles = append(titles, title)
		}
	}
	return titles
}

// leastNeeded returns the position in columns of the column to drop next, or -1. The
// label stays, and one column beside it.
func (t *Table) leastNeeded(columns []int) int {
	if len(columns) == t.Label+1 {
		return -1
	}
	least := -1
	for i, column := range columns {
		if !t.Columns[column].Keep && (least < 0 || t.Columns[column].Need >= t.Columns[columns[least]].Need) {
			least = i
		}
	}
	return least
}

// cutWidths returns the widths to which columns are cut before the one at position
// drop is dropped: columns that are more needed stay well readable.
func (t *Table) cutWidths(m measured, natural, columns []int, drop int) []int {
	widths := slices.Clone(natural)
	for i, column := range t.Columns {
		if !t.shortens(m, i) {
			continue
		}
		least := wellReadable
		if drop < 0 || column.Need >= t.Columns[columns[drop]].Need {
			least = cmp.Or(column.Min, barelyReadable)
		}
		widths[i] = min(natural[i], least)
	}
	return widths
}

func (t *Table) tooWide(columns, widths []int) bool {
	return t.Width > 0 && t.total(columns, widths) > t.Width
}

// total returns the width of a line of these columns.
func (t *Table) total(columns, widths []int) int {
	between, ends := t.Style.spacing()
	sum := ends + between*(len(columns)-1)
	for _, column := range columns {
		sum += widths[column]
	}
	return sum
}
