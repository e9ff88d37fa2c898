package cli

import (
	"context"

	"muster/internal/render"
)

// recordPrinter prints records that come from no sweep, all at once.
type recordPrinter[R any] struct {
	*render.Printer[R]
	app     *App
	global  *Global
	leftOut []string // columns for which the terminal was too narrow
}

func newRecordPrinter[R any](app *App, g *Global, o *Output, view render.View) (p *recordPrinter[R], err error) {
	p = &recordPrinter[R]{app: app, global: g}
	options := o.options(app, g)
	options.LeftOut = func(columns []string) { p.leftOut = columns }
	p.Printer, err = render.Compile[R](options, view)
	return p, err
}

func (p *recordPrinter[R]) print(ctx context.Context, records []R) error {
	stream := startOutput(p.app, p.global, p.Printer)
	stream.Until(ctx)
	for _, r := range records {
		if err := stream.Write(r); err != nil {
			return written(err)
		}
	}
	if err := stream.Close(); err != nil {
		return written(err)
	}
	p.app.noteLeftOut(p.leftOut)
	return nil
}
