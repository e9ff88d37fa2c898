// Package render prints records as tables, trees, JSON, YAML, CSV and text, and through
// Go templates, jq filters and JMESPath queries.
//
// Compile makes a Printer from the output flags, and finds all mistakes in formats, field
// names and expressions before muster calls AWS. A Stream prints the records of one run,
// each one at once if the format allows it.
//
// The parts: shape describes records and reads their fields, expr runs expressions, grid
// draws tables, encode writes values as text, html writes pages, caret words errors.
package render

import (
	"io"
	"os"
	"reflect"
	"time"

	"muster/internal/render/caret"
	"muster/internal/render/html"
	"muster/internal/render/shape"
)

// Error is a mistake in an output flag.
type Error = caret.Error

// Options are the output flags as the user gave them.
type Options struct {
	Output      string   // -o: a name of Formats, "template=TEXT" or "template-file=PATH"; "" is table
	JQ          string   // --jq
	Slurp       bool     // --slurp: the filter gets one array of all records
	Query       string   // --query, JMESPath
	Columns     []string // --columns: field paths
	NoHeaders   bool     // --no-headers
	SortBy      []string // --sort-by: field paths; "-Path" descending
	CountBy     []string // --count-by: field paths; prints how many records share their values
	PartitionBy []string // --partition-by: fields whose values name the folders of parquet files
	Watch       bool     // --watch: the caller uses Printer.Watch instead of Start
	Color       bool     // print colors
	Links       bool     // the output is a terminal that supports hyperlinks
	Terminal    bool     // the output is a terminal, and control characters in names are escaped
	Style       string   // --style: plain, rounded, grid or compact; "" is plain
	CSVSafe     bool     // --csv-safe: spreadsheets take no cell for a formula

	Page *html.Page // of html; nil: the command has no page

	Width   func() int             // columns of the terminal; nil or 0: no terminal, nothing is cut
	LeftOut func(columns []string) // called with the columns that do not fit in the terminal; may be nil

	ReadFile func(path string) ([]byte, error) // for template-file; nil: os.ReadFile
	Now      func() time.Time                  // for the template function timeago; nil: time.Now
}

// View is the default appearance of one type of record. Fields are paths as in --columns.
type View struct {
	Columns []Column // of table
	Wide    []string // fields of wide; empty: every scalar and every list of scalars
	Text    []string // fields of text; empty: the table's columns
	CSV     []string // fields of csv; empty: the fields of wide
	ID      string   // the field that -o name prints
	Sort    []string // the order of table, wide, json and yaml, "-Path" descending; these fields and ID identify a record

	// Key lists the fields that identify a record; nil: those of Sort, and ID.
	Key []string
	// Mark is the field that says how a record has changed: a word of Marks. Tables and trees
	// show its mark. "" is for records that do not change.
	Mark string

	// Absent lists fields that users expect but that the records lack, each with a hint
	// that says where to find it.
	Absent map[string]string

	// Single says that there is one record and that it is the whole output: --query and
	// --slurp read the record itself, and json and yaml print no list.
	Single bool

	// Tree lists the levels of -o tree above the records. Each level is the fields of its
	// headings, printed as "first (others)". nil: a level for each field of Sort but ID.
	Tree [][]string
}

// Column is a column of a table.
type Column struct {
	Field   string                   // path of the field
	Title   string                   // header; "" is Field
	Need    int                      // a narrow terminal drops the column with the highest Need first, and of equal ones the rightmost
	Shorten bool                     // values may be cut; not for ids and addresses
	Min     int                      // values are cut to this width before a column of the same Need is dropped; 0: 8
	Color   func(value string) Color // of a value; nil: none has one
}

// Color is the parameter of the escape sequence for a color.
type Color string

// Colors of the terminal's own palette.
const (
	Red    Color = "31"
	Green  Color = "32"
	Yellow Color = "33"
	Faint  Color = "2"
)

// Printer prints records of type T, in any number of runs.
type Printer[T any] struct {
	plan  plan
	value func(*T) reflect.Value // returns the struct that is printed
}

// Compile checks the flags against the schema of T; see shape.SchemaOf. An error is an
// *Error.
func Compile[T any](o Options, v View) (*Printer[T], error) {
	return CompileAs(o, v, reflect.TypeFor[T](), func(record *T) reflect.Value { return reflect.ValueOf(record).Elem() })
}

// CompileAs is Compile for records that are printed as structs of another type, which
// may be known only when the program runs. value returns the struct of a record.
func CompileAs[T any](o Options, v View, t reflect.Type, value func(*T) reflect.Value) (*Printer[T], error) {
	if o.ReadFile == nil {
		o.ReadFile = os.ReadFile
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Width == nil {
		o.Width = func() int { return 0 }
	}
	c := compiler{Options: o, view: v, record: shape.OfGoType(t)}
	c.record.Absent = v.Absent
	p, err := c.compile()
	if err != nil {
		return nil, err
	}
	return &Printer[T]{p, value}, nil
}

// valueOf returns the value that is printed of a record.
func (p *Printer[T]) valueOf(record *T) shape.Value {
	return shape.ValueOf(p.plan.record, p.value(record))
}

// Sorted returns the structs of records, in the order in which the output has them.
func (p *Printer[T]) Sorted(records []T) []reflect.Value {
	all := p.valuesOf(records)
	sortRecords(all, p.plan.order)
	structs := make([]reflect.Value, len(all))
	for i := range all {
		structs[i] = all[i].record.Reflect()
	}
	return structs
}

// Type returns the type of the structs that are printed.
func (p *Printer[T]) Type() reflect.Type { return p.plan.record.GoType() }

// Identity returns the fields that identify a record that the caller writes.
func (p *Printer[T]) Identity() (fields []string) {
	for _, path := range p.plan.given {
		fields = append(fields, path.Text)
	}
	return fields
}

// Aligned reports whether the output is a table or a tree, for people to read.
func (p *Printer[T]) Aligned() bool { return p.plan.shown != nil }

// Start starts the output of one run.
func (p *Printer[T]) Start(w io.Writer) *Stream[T] {
	s := newStream(p, w)
	switch {
	case p.plan.counting != nil:
		s.tally = p.plan.counting.start()
	case p.plan.waits && s.format.keep != nil:
		s.forms = newKeptRecords(p.plan.order)
	}
	return s
}
