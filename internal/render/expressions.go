package render

import (
	"iter"
	"strings"

	"muster/internal/render/caret"
	"muster/internal/render/expr"
	"muster/internal/render/shape"
)

// jq compiles --jq.
func (c *compiler) jq() (func(*expr.Output) format, error) {
	slurp := c.Slurp && !c.view.Single // a single record is all that there is
	f, err := expr.CompileJQ(c.JQ, c.record, slurp)
	if err != nil {
		return nil, err
	}
	return func(out *expr.Output) format {
		if !slurp {
			return format{record: f.Start(out)}
		}
		return format{all: func(b []byte, records []marked) ([]byte, error) {
			return f.Slurp(b, withoutMarks(records), out)
		}}
	}, nil
}

// query compiles --query, whose result is printed in the format of that name.
func (c *compiler) query(name string) (func(*expr.Output) format, error) {
	q, err := expr.CompileQuery(c.Query, c.record, c.view.Single)
	if err != nil {
		return nil, err
	}
	print := resultFormat(name, c.Options)
	return func(out *expr.Output) format {
		return format{all: func(b []byte, records []marked) ([]byte, error) {
			result, err := q.Search(out.Context, withoutMarks(records))
			if err != nil {
				return b, err
			}
			return print(b, result)
		}}
	}, nil
}

// withoutMarks returns the records without their marks.
func withoutMarks(records []marked) iter.Seq[shape.Value] {
	return func(yield func(shape.Value) bool) {
		for i := range records {
			if !yield(records[i].record) {
				return
			}
		}
	}
}

// template compiles template=TEXT and template-file=PATH. waits reports whether the
// template makes a table, so that the records are sorted first.
func (c *compiler) template(name, argument string) (start func(*expr.Output) format, waits bool, err error) {
	flag, text := "--output "+name, argument
	if name == "template-file" {
		if argument == "" {
			return nil, false, &caret.Error{Flag: flag, Msg: "the path of a file is missing after the =", Offset: -1}
		}
		file, err := c.ReadFile(argument)
		if err != nil {
			return nil, false, &caret.Error{Flag: flag, Msg: "cannot read the template: " + err.Error(), Offset: -1}
		}
		flag += " " + argument
		text = strings.TrimSuffix(string(file), "\n") // each record ends with a newline anyway
	}
	t, err := expr.CompileTemplate(flag, text, c.record, expr.TemplateOptions{
		Now: c.Now, Color: c.Color, Links: c.Links, Headers: !c.NoHeaders, Width: c.Width,
	})
	if err != nil {
		return nil, false, err
	}
	return func(out *expr.Output) format {
		record, finish := t.Start(out)
		return format{record: record, finish: finish}
	}, t.IsTable, nil
}
