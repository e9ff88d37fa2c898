package render

import (
	"iter"

	"muster/internal/render/grid"
)

// draw draws a table behind what a run has in its buffer.
func draw(r *run, b []byte, t grid.Table, rows iter.Seq[grid.Row]) ([]byte, error) {
	out := &output{run: r, b: b}
	err := t.Draw(out, rows)
	return out.b, err
}

// output is the buffer of a run as an io.Writer.
type output struct {
	run *run
	b   []byte
}

// Write passes a full buffer on.
func (o *output) Write(p []byte) (n int, err error) {
	o.b, err = o.run.grown(append(o.b, p...))
	return len(p), err
}
