package grid

import (
	"iter"
	"strings"
)

// Tree arranges n rows below headings. The function headings returns the headings of
// row i, the outermost first; all rows have the same number. The function row returns
// row i. Tree puts the branches in front of its label.
func (t *Table) Tree(n int, headings func(i int) []string, row func(i int) Row) iter.Seq[Row] {
	var root branch
	for i := range n {
		at := &root
		for _, heading := range headings(i) {
			at = at.below(heading)
		}
		at.rows = append(at.rows, i)
	}
	return func(yield func(Row) bool) {
		root.each("", false, func(branch, rail, heading string, i int) bool {
			if heading != "" {
				return yield(Row{Heading: branch + heading})
			}
			r := row(i)
			r.Rail = rail
			r.Cells[t.Label] = Cell{branch + strings.Join(r.Cells[t.Label], ",")}
			return yield(r)
		})
	}
}

// branch is a heading with the branches or rows below it.
type branch struct {
	heading  string
	branches []*branch
	known    map[string]*branch
	rows     []int
}

// below returns the branch with a heading below b.
func (b *branch) below(heading string) *branch {
	next := b.known[heading]
	if next == nil {
		if b.known == nil {
			b.known = map[string]*branch{}
		}
		next = &branch{heading: heading}
		b.known[heading] = next
		b.branches = append(b.branches, next)
	}
	return next
}

// each calls f for all headings and rows below b, until f returns false. The lines of
// a tree connect them to the heading of b, unless it is the root.
func (b *branch) each(margin string, connected bool, f func(branch, rail, heading string, row int) bool) bool {
	n := len(b.branches) + len(b.rows)
	for i := range n {
		lead, rail := "", ""
		switch {
		case !connected:
		case i == n-1:
			lead, rail = margin+"└─ ", margin+"   "
		default:
			lead, rail = margin+"├─ ", margin+"│  "
		}
		if i >= len(b.branches) {
			if !f(lead, rail, "", b.rows[i-len(b.branches)]) {
				return false
			}
			continue
		}
		next := b.branches[i]
		if !f(lead, rail, next.heading, 0) || !next.each(rail, true, f) {
			return false
		}
	}
	return true
}
