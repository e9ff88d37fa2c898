package render

import (
	"encoding/json"
	"errors"

	"muster/internal/jmespath"
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
	return func(*run) format {
		return format{all: func(b []byte, records []marked) ([]byte, error) {
			input := make([]any, len(records))
			for i, r := range records {
				input[i] = tree{ordered: true}.value(r.record, c.record)
			}
			value, err := node.Search(input)
			if err != nil {
				return b, err
			}
			if jmespath.Unprintable(value) {
				return b, errExpression
			}
			return result(b, pythonFloats(value))
		}}
	}, nil
}

var errExpression = errors.New("&... is no value: it goes to a function, as in sort_by(@, &Name)")

func (c *compiler) querySyntaxError(err error) error {
	e, ok := errors.AsType[*jmespath.SyntaxError](err)
	if !ok {
		return err
	}
	return &Error{Flag: "--query", Text: c.Query, Offset: e.Offset, length: e.Length, Msg: e.Msg, Hint: e.Hint}
}

// pythonFloats makes numbers with fractions print as the AWS CLI prints them: 2.0 is not 2.
func pythonFloats(x any) any {
	switch x := x.(type) {
	case float64:
		return json.Number(jmespath.FormatFloat(x))
	case []any:
		list := make([]any, len(x))
		for i, item := range x {
			list[i] = pythonFloats(item)
		}
		return list
	case object:
		o := make(object, len(x))
		for i, m := range x {
			o[i] = member{Key: m.Key, Value: pythonFloats(m.Value)}
		}
		return o
	}
	return x
}
