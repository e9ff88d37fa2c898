package render

import (
	"context"
	"encoding/json"
	"errors"

	"muster/internal/jmespath"
	"muster/internal/render/caret"
	"muster/internal/render/encode"
)

// query compiles --query: a JMESPath over the list of all records, printed as name says.
func (c *compiler) query(name string) (func(*run) format, error) {
	node, err := jmespath.Parse(c.Query)
	if err != nil {
		return nil, c.querySyntaxError(err)
	}
	if err := c.checkQuery(node); err != nil {
		return nil, err
	}
	result := resultFormat(name, c.Options)
	return func(r *run) format {
		return format{all: func(b []byte, records []marked) ([]byte, error) {
			input := make([]any, len(records))
			for i := range records {
				input[i] = encode.Tree{Ordered: true}.Value(records[i].record)
			}
			value, err := node.Search(r.ctx, input)
			if err != nil {
				return b, err
			}
			if value, err = printable(r.ctx, value); err != nil {
				return b, err
			}
			return result(b, value)
		}}
	}, nil
}

var errExpression = errors.New("&... is no value: it goes to a function, as in sort_by(@, &Name)")

func (c *compiler) querySyntaxError(err error) error {
	e, ok := errors.AsType[*jmespath.SyntaxError](err)
	if !ok {
		return err
	}
	return &caret.Error{Flag: "--query", Text: c.Query, Offset: e.Offset, Length: e.Length, Msg: e.Msg, Hint: e.Hint}
}

// printable is a result as it is printed. Numbers with fractions are as the AWS CLI prints
// them: 2.0 is not 2. A result whose parts are shared is small before and may be as large
// as it likes after, so the copy ends with ctx.
func printable(ctx context.Context, x any) (_ any, err error) {
	switch x := x.(type) {
	case float64:
		return json.Number(jmespath.FormatFloat(x)), nil
	case []any:
		list := make([]any, len(x))
		for i, item := range x {
			if list[i], err = printable(ctx, item); err != nil {
				return nil, err
			}
		}
		return list, ctx.Err()
	case encode.Object:
		o := make(encode.Object, len(x))
		for i, m := range x {
			o[i].Key = m.Key
			if o[i].Value, err = printable(ctx, m.Value); err != nil {
				return nil, err
			}
		}
		return o, ctx.Err()
	}
	if jmespath.IsReference(x) {
		return nil, errExpression
	}
	return x, nil
}
