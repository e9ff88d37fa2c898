package render

import (
	"iter"

	"muster/internal/render/expr"
	"muster/internal/render/grid"
)

// draw appends a table to the buffer of a run.
func draw(o *expr.Output, b []byte, t grid.Table, rows iter.Seq[grid.Row]) ([]byte, error) {
	w := &writer{out: o, b: b}
	err := t.Draw(w, rows)
	return w.b, err
}

// writer is a buffer of an Output as an io.Writer.
type writer struct {
	out *expr.Output
	b   []byte
}

// Write passes a full buffer on.
func (w *writer) Write(p []byte) (n int, err error) {
	w.b, err = w.out.Flush(append(w.b, p...))
	return len(p), err
}
