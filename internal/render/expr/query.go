package expr

import (
	"context"
	"encoding/json"
	"errors"
	"iter"

	"muster/internal/jmespath"
	"muster/internal/render/caret"
	"muster/internal/render/encode"
	"muster/internal/render/shape"
)

// Query is a compiled --query: JMESPath as in the AWS CLI.
type Query struct {
	node   *jmespath.Node
	single bool
}

const queryFlag = "--query"

// CompileQuery compiles a query of the list of all records, or of a single record. An
// error is a *caret.Error.
func CompileQuery(text string, record *shape.Schema, single bool) (*Query, error) {
	root := record
	if !single {
		root = listOf(record)
	}
	node, err := jmespath.Parse(text)
	if err != nil {
		if e, ok := errors.AsType[*jmespath.SyntaxError](err); ok {
			return nil, &caret.Error{Flag: queryFlag, Text: text, Offset: e.Offset, Length: e.Length, Msg: e.Msg, Hint: e.Hint}
		}
		return nil, err
	}
	if err := checkQuery(node, text, root); err != nil {
		return nil, err
	}
	return &Query{node, single}, nil
}

// Search returns the result for the records: a tree, with objects as encode.Object.
func (q *Query) Search(ctx context.Context, records iter.Seq[shape.Value]) (any, error) {
	list := []any{}
	for record := range records {
		list = append(list, encode.Tree{Ordered: true}.Value(record))
	}
	var input any = list
	if q.single && len(list) == 1 {
		input = list[0]
	}
	result, err := q.node.Search(ctx, input)
	if err != nil {
		return nil, err
	}
	return printable(ctx, result)
}

var errExpression = errors.New("&... is not a value: use it in a function, as in sort_by(@, &Name)")

// printable copies a result and formats its decimal numbers as the AWS CLI does: 2.0
// does not become 2. Parts of a result may be shared, so that a small result is huge as
// text; therefore the copying ends with ctx.
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
