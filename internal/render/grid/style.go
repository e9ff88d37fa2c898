package grid

import (
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

// renderer returns tablewriter's renderer for the style.
func (s Style) renderer() tw.Renderer {
	switch s {
	case Markdown:
		return renderer.NewMarkdown()
	case Rounded:
		return renderer.NewBlueprint(tw.Rendition{Symbols: tw.NewSymbols(tw.StyleRounded)})
	case Grid:
		return renderer.NewBlueprint(tw.Rendition{
			Symbols:  tw.NewSymbols(tw.StyleASCII),
			Settings: tw.Settings{Separators: tw.Separators{BetweenRows: tw.On}},
		})
	}
	return renderer.NewBlueprint(tw.Rendition{
		Borders:  tw.BorderNone,
		Settings: tw.Settings{Lines: tw.LinesNone, Separators: tw.SeparatorsNone},
	})
}
