package grid

import (
	"io"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/pkg/twwidth"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"
)

// Style is the look of a table. The zero value is Plain.
type Style string

// The styles of tables.
const (
	Plain    Style = "plain"    // columns are two blanks apart
	Compact  Style = "compact"  // columns are one blank apart
	Rounded  Style = "rounded"  // a frame with round corners
	Grid     Style = "grid"     // a frame around every cell, in ASCII
	Markdown Style = "markdown" // a table of GitHub-flavored Markdown
)

// framed reports whether lines are drawn around the cells.
func (s Style) framed() bool { return s == Rounded || s == Grid || s == Markdown }

// spacing returns the columns between two cells, and at both ends of a line together.
func (s Style) spacing() (between, ends int) {
	switch {
	case s.framed():
		return 3, 4 // a line with a blank on each side; a line with a blank at each end
	case s == Compact:
		return 1, 0
	}
	return 2, 0
}

// newTable returns a tablewriter.Table with columns of these widths that leaves texts
// unchanged.
func (s Style) newTable(w io.Writer, widths []int) *tablewriter.Table {
	twwidth.SetOptions(twwidth.Options{}) // else the locale doubles the width of borders
	between, _ := s.spacing()
	around, padded := tw.Padding{Right: " ", Overwrite: true}, between // tablewriter repeats the blank
	if s.framed() {
		around, padded = tw.PaddingDefault, 2
	}
	columns := tw.NewMapper[int, int]()
	for i, width := range widths {
		columns.Set(i, width+padded)
	}
	cell := tw.CellConfig{
		Formatting: tw.CellFormatting{AutoFormat: tw.Off},
		Alignment:  tw.CellAlignment{Global: tw.AlignLeft},
		Padding:    tw.CellPadding{Global: around},
	}
	return tablewriter.NewTable(w,
		tablewriter.WithRenderer(s.renderer()),
		tablewriter.WithConfig(tablewriter.Config{
			Header:   cell,
			Row:      cell,
			Widths:   tw.CellWidth{PerColumn: columns},
			Stream:   tw.StreamConfig{Enable: true},
			Behavior: tw.Behavior{TrimSpace: tw.Off, TrimTab: tw.Off, TrimLine: tw.Off},
		}),
		// A Config cannot switch wrapping off: it takes tw.WrapNone for "not set".
		tablewriter.WithHeaderAutoWrap(tw.WrapNone),
		tablewriter.WithRowAutoWrap(tw.WrapNone),
	)
}

// renderer returns tablewriter's renderer for the style.
func (s Style) renderer() tw.Renderer {
	switch s {
	case Markdown:
		return renderer.NewMarkdown(tw.Rendition{Streaming: true})
	case Rounded:
		return renderer.NewBlueprint(tw.Rendition{Streaming: true, Symbols: tw.NewSymbols(tw.StyleRounded)})
	case Grid:
		return renderer.NewBlueprint(tw.Rendition{
			Streaming: true,
			Symbols:   tw.NewSymbols(tw.StyleASCII),
			Settings:  tw.Settings{Separators: tw.Separators{BetweenRows: tw.On}},
		})
	}
	return renderer.NewBlueprint(tw.Rendition{
		Streaming: true,
		Borders:   tw.BorderNone,
		Settings:  tw.Settings{Lines: tw.LinesNone, Separators: tw.SeparatorsNone},
	})
}
