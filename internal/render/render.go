// Package render prints records as tables, JSON, YAML, CSV, text, and through
// Go templates, jq filters and JMESPath queries.
//
// A Printer is compiled from the output flags before shape.Any is asked of AWS:
// whatever can be wrong with a format, a field name or an expression is found
// then. What it prints goes through a Stream, record by record where the format
// allows.
package render

import (
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"muster/internal/render/caret"
	"muster/internal/render/expr"
	"muster/internal/render/shape"
)

// Error is a mistake in an output flag.
type Error = caret.Error

// Schema describes records before there is one.
type Schema = *shape.Schema

// SchemaOf derives the schema of records of type T.
func SchemaOf[T any]() Schema { return shape.SchemaOf[T]() }

// FieldInfo describes a field for help and completion.
type FieldInfo = shape.FieldInfo

// Options are the output flags as the user gave them.
type Options struct {
	Output    string   // -o: a name of Formats, "template=TEXT" or "template-file=PATH"; "" is table
	JQ        string   // --jq
	Slurp     bool     // --slurp: the filter gets one array of all records
	Query     string   // --query, JMESPath
	Columns   []string // --columns: field paths
	NoHeaders bool     // --no-headers
	SortBy    []string // --sort-by: field paths; "-Path" descending
	CountBy   []string // --count-by: field paths; the records are then counts of those given
	Watch     bool     // --watch: the Printer is for Watch, not Start
	Color     bool     // colour is wanted
	Links     bool     // the output is a terminal that knows hyperlinks
	Terminal  bool     // the output is a terminal: no name may do shape.Any to it
	Style     string   // --style: plain, rounded, grid or compact; "" is plain
	CSVSafe   bool     // --csv-safe: no spreadsheet takes a cell for a formula

	// Width is asked for the terminal's columns when a table is printed; nil or 0: no
	// terminal, nothing is shortened.
	Width func() int
	// LeftOut is told the columns of a table for which the terminal is too narrow; nil:
	// nobody is.
	LeftOut func(columns []string)

	ReadFile func(path string) ([]byte, error) // for template-file; nil: os.ReadFile
	Now      func() time.Time                  // for the template function timeago; nil: time.Now
}

// View says how one type of record is shown where the user does not say it.
type View struct {
	Columns []Column // of table, in their order
	Wide    []string // of wide; empty: every scalar and every list of scalars
	Text    []string // of text; empty: the table's columns
	CSV     []string // of csv; empty: those of wide
	ID      string   // the field that name prints
	Sort    []string // the order of table, wide, json and yaml, "-Path" descending; with ID, what tells records apart

	// Absent are fields that the records lack, with a hint at where they are.
	Absent map[string]string

	// Tree are the levels of tree above the records, each the fields of a heading:
	// "first (others)". nil: a level for each field of Sort but the ID.
	Tree [][]string
}

// Column is a column of a table.
type Column struct {
	Field   string           // path of the field, as in --columns
	Title   string           // header; "" is Field
	Need    int              // where a terminal is too narrow, the highest goes first, and of equal ones the rightmost
	Shorten bool             // a name that may be cut; never an id or an address
	Min     int              // a name is cut to this before a column of the same Need is dropped; 0: 8
	Colors  map[string]Color // of values
}

// Color is the colour of a value, where colour is wanted.
type Color string

// The colours of a terminal's own palette.
const (
	Red    Color = "31"
	Green  Color = "32"
	Yellow Color = "33"
	Faint  Color = "2"
)

// Printer prints records of type T. It may be used for any number of streams.
type Printer[T any] struct {
	plan plan
}

// Compile checks the flags against T, a struct whose exported fields are named
// as the keys of the JSON, and makes a Printer of them. The error is an *caret.Error.
func Compile[T any](o Options, v View) (*Printer[T], error) {
	if o.ReadFile == nil {
		o.ReadFile = os.ReadFile
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Width == nil {
		o.Width = func() int { return 0 }
	}
	c := compiler{Options: o, view: v, record: shape.SchemaOf[T]()}
	c.record.Absent = v.Absent
	p, err := c.compile()
	if err != nil {
		return nil, err
	}
	return &Printer[T]{p}, nil
}

// Start begins the output of one run.
func (p *Printer[T]) Start(w io.Writer) *Stream[T] {
	s := newStream[T](p.plan, w)
	if p.plan.counting != nil {
		s.tally = p.plan.counting.start()
	}
	return s
}

// plan is a compiled Options.
type plan struct {
	record *shape.Schema             // of the records that are given
	start  func(*expr.Output) format // a format may keep buffers, so each stream has its own
	order  []sortKey
	waits  bool // all records are needed before the first can be printed
	flag   string

	screening screening

	counting *counting     // what is printed are counts; nil: the records themselves
	shown    []*shape.Path // what a table or tree shows of a record
	given    []*shape.Path // what tells a record from others
	same     []*shape.Path // what tells what is printed from others: of records, or of counts
}

// format turns records into bytes: one at a time, or all at once where all is set.
type format struct {
	open, between, close string // around the records
	none                 string // instead, where there is no record
	record               func(b []byte, record shape.Value) ([]byte, error)
	finish               func(b []byte) []byte // behind the records; nil: nothing more
	all                  func(b []byte, records []marked) ([]byte, error)
}

type compiler struct {
	Options
	view    View
	record  *shape.Schema
	counted bool // the records are counts
}

func (c *compiler) compile() (plan, error) {
	name, argument, _ := strings.Cut(c.Output, "=")
	if err := c.checkFlags(name); err != nil {
		return plan{}, err
	}
	if err := c.dropBlanks(); err != nil {
		return plan{}, err
	}
	var err error
	p := plan{record: c.record, flag: "--output " + name, screening: c.screening(name)}
	if p.given, err = c.identity(); err != nil {
		return plan{}, err
	}
	if len(c.CountBy) > 0 {
		if p.counting, err = c.countBy(); err != nil {
			return plan{}, err
		}
	}
	var id *shape.Path
	if c.view.ID != "" {
		if id, err = shape.ParsePath("the id", c.view.ID, c.record); err != nil {
			return plan{}, err
		}
	}
	sorted := false
	switch {
	case c.JQ != "":
		p.flag, sorted = "--jq", c.Slurp
		p.start, err = c.jq()
	case c.Query != "":
		p.flag, sorted = "--query", true
		p.start, err = c.query(name)
	default:
		switch name {
		case "", "table", "wide", "markdown":
			sorted = true
			p.start, p.shown, err = c.table(name)
		case "tree":
			sorted = true
			p.start, p.shown, err = c.tree(id)
		case "json", "yaml":
			sorted = true
			fallthrough
		case "ndjson":
			p.start = c.json(name)
		case "csv":
			p.start, err = c.csv()
		case "text":
			p.start, err = c.text()
		case "name":
			p.start, err = c.name(id)
		case "template", "template-file":
			p.start, sorted, err = c.template(name, argument)
		}
	}
	if err != nil {
		return plan{}, err
	}
	sorted = sorted || c.counted
	if p.order, err = c.sortKeys(sorted); err != nil {
		return plan{}, err
	}
	p.waits = sorted || len(c.SortBy) > 0
	p.same, err = c.identity()
	return p, err
}

// identity is what tells a record from others: the fields of the view's order, and
// the id.
func (c *compiler) identity() ([]*shape.Path, error) {
	var paths []*shape.Path
	for _, field := range append(slices.Clone(c.view.Sort), c.view.ID) {
		field = strings.TrimPrefix(field, "-")
		if field == "" || c.counted && field == countField {
			continue
		}
		p, err := shape.ParsePath("the default order", field, c.record)
		if err != nil {
			return nil, err
		}
		paths = append(paths, p)
	}
	return paths, nil
}

// columns are the paths that a format shows: the user's, or else its defaults.
func (c *compiler) columns(defaults []string) ([]*shape.Path, error) {
	flag := "--columns"
	names := c.Columns
	if len(names) == 0 {
		flag, names = "the default columns", defaults
	}
	paths := make([]*shape.Path, len(names))
	for i, name := range names {
		p, err := shape.ParsePath(flag, strings.TrimSpace(name), c.record)
		if err != nil {
			return nil, err
		}
		paths[i] = p
	}
	return paths, nil
}
