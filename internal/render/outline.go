package render

import (
	"cmp"
	"muster/internal/render/encode"
	"muster/internal/render/shape"
	"muster/internal/safe"
	"slices"
	"strings"
)

// outline compiles -o tree: records below the values that they share, as a table
// whose first column is the tree.
func (c *compiler) outline(id *shape.Path) (func(*run) format, []*shape.Path, error) {
	levels := c.view.Tree
	if levels == nil {
		for _, field := range c.view.Sort {
			if field != c.view.ID {
				levels = append(levels, []string{field})
			}
		}
	}
	o := outline{leaf: id}
	inTree := []string{c.view.ID}
	for _, fields := range levels {
		var level []*shape.Path
		for _, field := range fields {
			p, err := shape.ParsePath("the tree", field, c.record)
			if err != nil {
				return nil, nil, err
			}
			level = append(level, p)
		}
		o.levels = append(o.levels, level)
		inTree = append(inTree, fields...)
	}
	beside := slices.DeleteFunc(slices.Clone(c.view.Columns), func(column Column) bool { return slices.Contains(inTree, column.Field) })
	g, paths, err := c.grid(beside)
	if err != nil {
		return nil, nil, err
	}
	o.columns = paths
	g.columns = slices.Insert(g.columns, 0, gridColumn{Column: Column{Title: cmp.Or(c.view.ID, " ")}, pinned: true})
	return func(*run) format {
		return format{all: func(b []byte, records []marked) ([]byte, error) {
			o := o
			o.add("", records, 0)
			return c.printGrid(b, g, o.rows, c.Width())
		}}
	}, paths, nil
}

// outline is a tree that is being drawn.
type outline struct {
	levels  [][]*shape.Path
	leaf    *shape.Path // nil: only columns tell records apart
	columns []*shape.Path
	rows    []row
}

// add draws records, all of which are alike above a level. The margin stands in
// front of what it draws.
func (o *outline) add(margin string, records []marked, level int) {
	branches := func(last bool) (branch, rail string) {
		switch {
		case level == 0:
			return "", ""
		case last:
			return margin + "└─ ", margin + "   "
		}
		return margin + "├─ ", margin + "│  "
	}
	if level == len(o.levels) {
		for i, r := range records {
			branch, rail := branches(i == len(records)-1)
			label := ""
			if o.leaf != nil {
				label = strings.Join(newCell(encode.Items(o.leaf, r.record)), ",")
			}
			o.rows = append(o.rows, row{marked: r, cells: append([]cell{{branch + label}}, cells(o.columns, r.record)...), rail: rail})
		}
		return
	}
	var headings []string
	groups := map[string][]marked{}
	for _, r := range records {
		heading := heading(o.levels[level], r.record)
		if groups[heading] == nil {
			headings = append(headings, heading)
		}
		groups[heading] = append(groups[heading], r)
	}
	for i, heading := range headings {
		branch, rail := branches(i == len(headings)-1)
		blank := slices.Repeat([]cell{{""}}, len(o.columns))
		o.rows = append(o.rows, row{cells: append([]cell{{branch + heading}}, blank...), heading: true})
		o.add(rail, groups[heading], level+1)
	}
}

// heading is "first (others)" of the values that are not empty.
func heading(level []*shape.Path, record shape.Value) string {
	var texts []string
	for _, p := range level {
		if text := string(encode.Text(nil, p, record)); text != "" {
			texts = append(texts, safe.Text(text))
		}
	}
	switch len(texts) {
	case 0:
		return "-"
	case 1:
		return texts[0]
	}
	return texts[0] + " (" + strings.Join(texts[1:], ", ") + ")"
}
