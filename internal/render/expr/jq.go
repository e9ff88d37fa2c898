package expr

import (
	"errors"
	"iter"
	"strings"

	"github.com/itchyny/gojq"

	"muster/internal/render/caret"
	"muster/internal/render/encode"
	"muster/internal/render/shape"
)

// JQ is a compiled --jq. It prints strings without quotes, and other results as JSON.
type JQ struct {
	text   string
	record *shape.Schema
	slurp  bool
	code   *gojq.Code
}

// CompileJQ compiles a filter of records. With slurp the filter gets one list of all
// records, and otherwise each record by itself. An error about the text is a
// *caret.Error.
func CompileJQ(text string, record *shape.Schema, slurp bool) (*JQ, error) {
	if strings.TrimSpace(text) == "" {
		text = "." // jq does so
	}
	f := &JQ{text: text, record: record, slurp: slurp}
	query, err := gojq.Parse(text)
	if err != nil {
		return nil, f.syntaxError(err)
	}
	if f.code, err = gojq.Compile(query); err != nil {
		return nil, f.compileError(err)
	}
	if _, name := checkJQ(query, f.input()); name != "" {
		return nil, &caret.Error{
			Flag: jqFlag, Text: text, Offset: strings.Index(text, name), Length: len(name),
			Msg: "unknown format " + name, Hint: "the formats are " + strings.Join(jqFormats, ", "),
		}
	}
	if err := f.check(); err != nil {
		return nil, err
	}
	return f, nil
}

const jqFlag = "--jq"

// input is the schema of the filter's input.
func (f *JQ) input() *shape.Schema {
	if f.slurp {
		return listOf(f.record)
	}
	return f.record
}

// Start returns the function that appends the filter's results for one record.
func (f *JQ) Start(out *Output) func(b []byte, record shape.Value) ([]byte, error) {
	// All records share one map: a filter does not change its input, and its results
	// are printed before the next record.
	input := make(map[string]any, len(f.record.Fields))
	return func(b []byte, record shape.Value) ([]byte, error) {
		encode.Tree{}.Fill(input, record)
		return appendResults(b, f.code.RunWithContext(out.Context, input), out)
	}
}

// Slurp appends the filter's results for the list of all records.
func (f *JQ) Slurp(b []byte, records iter.Seq[shape.Value], out *Output) ([]byte, error) {
	list := []any{}
	for record := range records {
		list = append(list, encode.Tree{}.Value(record))
	}
	return appendResults(b, f.code.RunWithContext(out.Context, list), out)
}

// appendResults prints the results up to the first error.
func appendResults(b []byte, results gojq.Iter, out *Output) (_ []byte, err error) {
	for {
		result, ok := results.Next()
		if !ok {
			return b, nil
		}
		switch result := result.(type) {
		case nil:
			b = append(b, "null"...)
		case string:
			b = append(b, result...)
		case error:
			if halt, ok := errors.AsType[*gojq.HaltError](result); ok && halt.Value() == nil {
				return b, nil
			}
			return b, result
		default:
			text, err := gojq.Marshal(result)
			if err != nil {
				return b, err
			}
			b = append(b, text...)
		}
		if b, err = out.Flush(append(b, '\n')); err != nil {
			return b, err
		}
	}
}
