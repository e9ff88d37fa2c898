package html

import (
	"bytes"
	"fmt"
	"html/template"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/go-analyze/charts"

	"muster/internal/safe"
)

// figure is a chart as the page shows it.
type figure struct {
	Title string
	SVG   template.HTML
	Rest  string // the values that have no bar, and their number
}

// The library writes colors and fonts as style attributes, which the page's policy forbids
// and which no dark mode could change. So each part gets a color that stands for a class.
var (
	textColor  = charts.Color{R: 1, G: 1, B: 1, A: 255}
	axisColor  = charts.Color{R: 2, G: 2, B: 2, A: 255}
	gridColor  = charts.Color{R: 3, G: 3, B: 3, A: 255}
	barColor   = charts.Color{R: 4, G: 4, B: 4, A: 255}
	valueColor = charts.Color{R: 5, G: 5, B: 5, A: 255}
)

var classes = []struct{ color, class string }{
	{"rgb(4,4,4)", "bar"}, {"rgb(5,5,5)", "value"}, {"rgb(3,3,3)", "grid"}, {"rgb(2,2,2)", "axis"}, {"rgb(1,1,1)", "label"},
}

var theme = sync.OnceValue(func() charts.ColorPalette {
	return charts.MakeTheme(charts.ThemeOption{
		AxisStrokeColor: axisColor, AxisSplitLineColor: gridColor, BackgroundColor: charts.ColorTransparent,
		TextColor: textColor, TextColorLabel: valueColor, SeriesColors: []charts.Color{barColor},
	})
})

// Sizes in the units of the drawing.
const (
	chartWidth  = 360
	barHeight   = 26
	monthsTall  = 180
	labelSize   = 12
	maxMonthTag = 5
	maxLabel    = 24 // characters
	chartMargin = 6
)

// draw draws the chart. i makes its ids unique. It returns false if there is nothing to
// show.
func (c *chart) draw(i int) (f figure, ok bool) {
	bars, rest := c.bars()
	if len(bars) == 0 {
		return f, false
	}
	draw := drawBars
	if c.kind == byMonth {
		draw = drawMonths
	}
	svg, err := draw(bars)
	if err != nil {
		return f, false // the table has the records all the same
	}
	f = figure{Title: c.title, SVG: template.HTML(described(svg, i, c.title, bars))}
	if rest.n > 0 {
		f.Rest = rest.label + ": " + thousands(rest.n)
	}
	return f, true
}

// drawBars draws horizontal bars, the first on top.
func drawBars(bars []bar) ([]byte, error) {
	values := make([]float64, len(bars))
	labels := make([]string, len(bars))
	for i, b := range bars {
		last := len(bars) - 1 - i
		values[last], labels[last] = float64(b.n), shortened(b.label)
	}
	o := charts.NewBarChartOptionWithData([][]float64{values})
	o.Horizontal = true
	o.CategoryAxis = charts.CategoryAxisOption{Labels: labels, LabelFontStyle: charts.FontStyle{FontSize: labelSize}}
	svg, err := paint(o, bars, len(bars)*barHeight+2*chartMargin)
	return flushRight(svg), err
}

// drawMonths draws upright bars from left to right. Some of them have a label, the last one
// among them.
func drawMonths(bars []bar) ([]byte, error) {
	values := make([]float64, len(bars))
	labels := make([]string, len(bars))
	var labeled []int
	for i, b := range bars {
		values[i] = float64(b.n)
		if step := (len(bars) + maxMonthTag - 1) / maxMonthTag; (len(bars)-1-i)%step == 0 {
			labels[i] = b.label
			labeled = append(labeled, i)
		}
	}
	o := charts.NewBarChartOptionWithData([][]float64{values})
	o.CategoryAxis = charts.CategoryAxisOption{Labels: labels, LabelFontStyle: charts.FontStyle{FontSize: labelSize}, LabelCount: len(bars)}
	svg, err := paint(o, bars, monthsTall)
	return underBars(svg, labeled), err
}

// paint draws bars that begin at 0, with room for the numbers at their ends.
func paint(o charts.BarChartOption, bars []bar, height int) ([]byte, error) {
	const room = 1.16
	longest := slices.MaxFunc(bars, func(a, b bar) int { return a.n - b.n }).n
	axis := &o.ValueAxis[0]
	axis.Show, axis.Min, axis.Max = charts.Ptr(false), charts.Ptr(0.0), charts.Ptr(float64(longest)*room)
	o.Theme = theme()
	o.Padding = charts.NewBoxEqual(chartMargin)
	label := &o.SeriesList[0].Label
	label.Show = charts.Ptr(true)
	label.FontStyle = charts.FontStyle{FontSize: labelSize, FontColor: valueColor}
	label.ValueFormatter = func(n float64) string {
		if n == 0 {
			return ""
		}
		return thousands(int(n))
	}
	p := charts.NewPainter(charts.PainterOptions{OutputFormat: charts.ChartOutputSVG, Width: chartWidth, Height: height, Theme: theme()})
	if err := p.BarChart(o); err != nil {
		return nil, err
	}
	svg, err := p.Bytes()
	return withClasses(svg), err
}

var (
	styleAttribute = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`style="([^"]*)"`) })
	labelPlace     = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`<text x="[0-9.]+" (y="[0-9.]+") class="label"`) })
	barPlace       = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`<path\s+d="M ([0-9]+) [0-9]+\s+L ([0-9]+)[^"]*" class="bar"`)
	})
	axisPlace = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`<path\s+d="M ([0-9.]+)[^"]*" class="axis"`) })
)

// flushRight ends the labels of bars at the axis. The library measures them in a font that
// the reader may not have.
func flushRight(svg []byte) []byte {
	axis := axisPlace().FindSubmatch(svg)
	if axis == nil {
		return svg
	}
	return labelPlace().ReplaceAll(svg, fmt.Appendf(nil, `<text x="%s" dx="-10" $1 class="label end"`, axis[1]))
}

// underBars centers the labels under the bars that have one. The library moves the last one
// to the left, so that it does not exceed the drawing.
func underBars(svg []byte, labeled []int) []byte {
	bars := barPlace().FindAllSubmatch(svg, -1)
	return labelPlace().ReplaceAllFunc(svg, func(label []byte) []byte {
		if len(labeled) == 0 || labeled[0] >= len(bars) {
			return label
		}
		place := bars[labeled[0]]
		labeled = labeled[1:]
		left, _ := strconv.Atoi(string(place[1]))
		right, _ := strconv.Atoi(string(place[2]))
		return labelPlace().ReplaceAll(label, fmt.Appendf(nil, `<text x="%d" $1 class="label middle"`, (left+right)/2))
	})
}

// withClasses replaces styles by classes.
func withClasses(svg []byte) []byte {
	return styleAttribute().ReplaceAllFunc(svg, func(style []byte) []byte {
		for _, c := range classes {
			if bytes.Contains(style, []byte(c.color)) {
				return []byte(`class="` + c.class + `"`)
			}
		}
		return []byte(`class="none"`)
	})
}

// described adds a title and a description for screen readers.
func described(svg []byte, i int, title string, bars []bar) string {
	var words []string
	for _, b := range bars {
		words = append(words, safe.Text(b.label)+" "+thousands(b.n))
	}
	_, rest, _ := strings.Cut(string(svg), ">")
	_, size, _ := strings.Cut(string(svg), `viewBox="`)
	size, _, _ = strings.Cut(size, `"`)
	escape := template.HTMLEscapeString
	return fmt.Sprintf(`<svg viewBox="%[1]s" role="img" aria-labelledby="chart%[2]d-title chart%[2]d-values"><title id="chart%[2]d-title">%[3]s</title><desc id="chart%[2]d-values">%[4]s</desc>%[5]s`,
		size, i, escape(title), escape(strings.Join(words, ", ")), rest)
}

// shortened returns a label that fits beside its bar.
func shortened(label string) string {
	text := []rune(safe.Text(label))
	if len(text) > maxLabel {
		text = append(text[:maxLabel-1], '…')
	}
	return string(text)
}

// thousands writes a number with commas.
func thousands(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
