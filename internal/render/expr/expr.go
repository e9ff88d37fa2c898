// Package expr runs the three languages of output: jq, JMESPath and Go templates.
//
// Each expression is compiled and checked before muster calls AWS. A check infers the
// schema at each part of the expression, and finds accesses to fields that cannot exist. But
// it knows only a part of each language. So an access is an error only if the expression
// makes it when it runs over fake records; see trial.go.
//
// Expressions see neither the environment nor files.
package expr

import "context"

// BufferSize is the number of bytes after which a buffer of output is written.
const BufferSize = 32 << 10

// Output is the destination of what expressions print in one run of muster.
type Output struct {
	Context context.Context      // ends expressions that do not end by themselves
	Write   func(b []byte) error // takes a full buffer, so that endless output needs no memory; may be nil
}

// Flush is called whenever something has been added to a buffer. It returns the buffer
// to go on with.
func (o *Output) Flush(b []byte) ([]byte, error) {
	if err := o.Context.Err(); err != nil {
		return b, err
	}
	if len(b) < BufferSize || o.Write == nil {
		return b, nil
	}
	return b[:0], o.Write(b)
}
