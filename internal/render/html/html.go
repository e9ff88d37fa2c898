// Package html writes records as one page that needs no other file and no network.
//
// The page's rules:
//
//   - It runs no script and applies no style but its own: its Content-Security-Policy names
//     both by their hashes, and allows no request.
//   - Every value is data. Records are JSON that cannot end its script element, and the
//     script writes values into the page as text only.
//   - Records go to the file one by one. The counts, the gaps and the charts are known only at
//     the end, and follow the records as plain HTML. A browser shows them on top, with or
//     without JavaScript, because the data before them is invisible.
package html

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/json"
	"html/template"
	"slices"
	"sync"
	"time"

	"muster/internal/render/encode"
	"muster/internal/render/shape"
)

// Page has the parts of a page that are known before the first record.
type Page struct {
	Title    string // of the page
	Command  string // the command line, without secrets
	Noun     string // names the records, in the plural
	Singular string // the noun of one record
	// Reload is the time after which a browser reads the page again; 0: never.
	Reload time.Duration
	// Summary is called after the last record.
	Summary func() Summary
}

// Summary has the parts of a page that are known after the last record.
type Summary struct {
	At                time.Time // when the sweep ended
	Accounts, Regions int       // that answered
	Gaps              []Gap
	// Consoles has the host of AWS's console for each region; "" is for accounts as a whole.
	Consoles map[string]string
}

// Gap is a cause for which places did not answer.
type Gap struct {
	Cause  string
	Remedy string // "" if none is known
	Where  string // names the places in short
	Places []string
}

// Column is a column that the table shows at first.
type Column struct {
	Path  *shape.Path
	Title string
	Color func(value string) string // the name of a color, or ""; nil: none has one
}

//go:embed assets
var assets embed.FS

// static has the parts that are the same on every page.
type static struct {
	templates     *template.Template
	Policy        string
	Style, Script template.HTML // elements
}

var page = sync.OnceValue(func() *static {
	read := func(names ...string) (all string) {
		for _, name := range names {
			text, err := assets.ReadFile("assets/" + name)
			if err != nil {
				panic(err) // a mistake in the program
			}
			all += string(text)
		}
		return all
	}
	style := read("style.css")
	script := read("records.js", "table.js", "details.js", "view.js", "keys.js", "app.js")
	return &static{
		templates: template.Must(template.New("page").Funcs(template.FuncMap{"thousands": thousands}).ParseFS(assets, "assets/page.html")),
		Policy: "default-src 'none'; script-src " + source(script) + "; style-src " + source(style) +
			"; connect-src 'none'; form-action 'none'; base-uri 'none'",
		Style:  template.HTML("<style>" + style + "</style>"),
		Script: template.HTML("<script>" + script + "</script>"),
	}
})

// source names an inline script or style in a Content-Security-Policy.
func source(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// Writer writes one page. It appends to the buffers of its caller.
type Writer struct {
	page    *Page
	layout  *layout
	columns []Column
	order   []string
	charts  []chart
	colors  map[string]map[string]string // of the values of columns that have colors, by title
	records int
	text    []byte
}

// NewWriter starts a page of records with a schema. order are fields by which the table is
// sorted at first; none: as the records come.
func NewWriter(p *Page, record *shape.Schema, columns []Column, order []string) *Writer {
	return &Writer{page: p, layout: newLayout(record, nil), columns: columns, order: order, charts: newCharts(p.Title, record), colors: map[string]map[string]string{}}
}

// Record appends a record.
func (w *Writer) Record(b []byte, record shape.Value) []byte {
	if w.records == 0 {
		b = w.top(b)
	} else {
		b = append(b, ",\n"...)
	}
	w.records++
	for i := range w.charts {
		w.charts[i].add(record)
	}
	start := len(b)
	b = append(b, '[')
	b = w.layout.members(b, record)
	for i := range w.columns {
		c := &w.columns[i]
		w.text = encode.Cell(w.text[:0], c.Path, record)
		w.addColor(c)
		if !c.isField() {
			b = append(b, ',')
			b = encode.JSON{}.Any(b, string(w.text), 0)
		}
	}
	return escaped(append(b, ']'), start)
}

// isField reports whether a column is a field of the record, which the rows have anyway.
func (c *Column) isField() bool { return len(c.Path.Steps) == 1 }

// maxColors limits the values of a column whose colors are kept.
const maxColors = 100

func (w *Writer) addColor(c *Column) {
	if c.Color == nil || len(w.text) == 0 {
		return
	}
	known := w.colors[c.Path.Text]
	if _, ok := known[string(w.text)]; ok || len(known) == maxColors {
		return
	}
	if known == nil {
		known = map[string]string{}
		w.colors[c.Path.Text] = known
	}
	value := string(w.text)
	known[value] = c.Color(value)
}

// top appends the page up to the first record.
func (w *Writer) top(b []byte) []byte {
	b = execute(b, "top", map[string]any{"Page": w.page, "Static": page(), "Seconds": int(w.page.Reload.Seconds())})
	type column struct {
		Path  string `json:"path"`
		Title string `json:"title"`
		Extra bool   `json:"extra,omitempty"` // its text stands behind the fields of a row
	}
	columns := []column{}
	for _, c := range w.columns {
		columns = append(columns, column{c.Path.Text, cmp.Or(c.Title, c.Path.Text), !c.isField()})
	}
	b = appendData(b, "head", map[string]any{
		"title": w.page.Title, "noun": w.page.Noun, "singular": w.page.Singular, "reload": w.page.Reload.Milliseconds(), "fields": w.layout.Fields, "columns": columns, "order": append([]string{}, w.order...),
	})
	return append(b, "<script type=\"application/json\" id=\"records\">[\n"...)
}

// End appends the rest of the page.
func (w *Writer) End(b []byte) []byte {
	if w.records == 0 {
		b = w.top(b)
	}
	b = append(b, "\n]</script>\n"...)
	s := w.page.Summary()
	b = appendData(b, "tail", map[string]any{"at": s.At.UTC().Format(time.RFC3339), "consoles": s.Consoles, "colors": w.colors})
	var drawn []figure
	for i := range w.charts {
		if f, ok := w.charts[i].draw(len(drawn)); ok {
			drawn = append(drawn, f)
		}
	}
	places := 0
	for _, g := range s.Gaps {
		places += len(g.Places)
	}
	return execute(b, "end", map[string]any{"Page": w.page, "Static": page(), "Summary": s, "Records": w.records, "Places": places, "Charts": drawn})
}

// execute appends a part of the page.
func execute(b []byte, name string, data any) []byte {
	out := bytes.NewBuffer(b)
	if err := page().templates.ExecuteTemplate(out, name, data); err != nil {
		panic(err) // a mistake in the template
	}
	return out.Bytes()
}

// appendData appends an element with data for the script. encoding/json escapes what HTML
// could take for a tag.
func appendData(b []byte, id string, data any) []byte {
	text, err := json.Marshal(data)
	if err != nil {
		panic(err) // a mistake in the program
	}
	return slices.Concat(b, []byte("<script type=\"application/json\" id=\""+id+"\">"), text, []byte("</script>\n"))
}
