package render

import (
	"cmp"
	"slices"
	"strings"

	"muster/internal/render/encode"
	"muster/internal/render/expr"
	"muster/internal/render/grid"
	"muster/internal/render/shape"
	"muster/internal/safe"
)

// tree compiles -o tree: records below the values that they share. It is a table with
// the tree as its first column.
func (c *compiler) tree(id *shape.Path) (func(*expr.Output) format, []*shape.Path, error) {
	levels, fields, err := c.treeLevels()
	if err != nil {
		return nil, nil, err
	}
	inTree := append(fields, c.view.ID)
	s, err := c.sheet(slices.DeleteFunc(slices.Clone(c.view.Columns), func(column Column) bool {
		return slices.Contains(inTree, column.Field)
	}))
	if err != nil {
		return nil, nil, err
	}
	label := 0
	if s.marks {
		label = 1
	}
	s.columns = slices.Insert(s.columns, label, grid.Column{Title: cmp.Or(c.view.ID, " "), Keep: true})
	return func(out *expr.Output) format {
		return format{all: func(b []byte, records []marked) ([]byte, error) {
			t := s.table(c, "tree")
			headings := func(i int) []string {
				texts := make([]string, len(levels))
				for j, level := range levels {
					texts[j] = heading(level, records[i].record)
				}
				return texts
			}
			row := func(i int) grid.Row {
				text := ""
				if id != nil {
					text = strings.Join(grid.NewCell(encode.Items(id, records[i].record)), ",")
				}
				return s.row(records[i], []grid.Cell{{text}})
			}
			return draw(out, b, t, t.Tree(len(records), headings, row))
		}}
	}, s.paths, nil
}

// treeLevels returns the paths of the headings, level by level, and their fields.
func (c *compiler) treeLevels() (levels [][]*shape.Path, fields []string, err error) {
	named := c.view.Tree
	if named == nil {
		for _, field := range c.view.Sort {
			if field != c.view.ID {
				named = append(named, []string{field})
			}
		}
	}
	for _, names := range named {
		var level []*shape.Path
		for _, field := range names {
			p, err := shape.ParsePath("the tree", field, c.record)
			if err != nil {
				return nil, nil, err
			}
			level = append(level, p)
		}
		levels = append(levels, level)
		fields = append(fields, names...)
	}
	return levels, fields, nil
}

// heading returns the first value that is not empty, and the others in parentheses, as in
// "production (264511973012)".
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
