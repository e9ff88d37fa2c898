package render

import (
	"iter"
	"slices"
	"strings"

	"muster/internal/render/expr"
	"muster/internal/render/shape"
)

// plan is the result of Compile.
type plan struct {
	record *shape.Schema             // of the records that the caller writes
	start  func(*expr.Output) format // makes the format of one run, with its own buffers
	order  []sortKey
	waits  bool   // nothing can be printed before the last record
	flag   string // for errors of the expression

	screening screening

	counting  *counting     // --count-by; nil if the records themselves are printed
	shown     []*shape.Path // the fields that a table or tree shows
	given     []*shape.Path // identify a record that the caller writes
	partition []*shape.Path // --partition-by
	same      []*shape.Path // identify a record that is printed: one of the caller's, or a count
}

// format appends records to a buffer: one at a time, or all of them at once if all is set.
type format struct {
	open, between, close string // around the records
	none                 string // instead of them, if there are no records
	record               func(b []byte, record shape.Value) ([]byte, error)
	finish               func(b []byte) []byte // after the last record; may be nil
	all                  func(b []byte, records []marked) ([]byte, error)

	// keep appends the form in which a record waits for its turn. kept is all for these
	// forms; if it is nil, record appends the form. If keep is nil, the record waits:
	// its form would be larger, or it depends on the records before it.
	keep func(b []byte, record shape.Value) []byte
	kept func(b []byte, forms iter.Seq[[]byte]) ([]byte, error)
}

// compiler turns Options into a plan. After countBy, view and record describe the counts.
type compiler struct {
	Options
	view    View
	record  *shape.Schema
	counted bool // countBy has run
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
	sorted, err := c.compileFormat(&p, name, argument, id)
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

// compileFormat sets the plan's format. It reports whether the format prints the records
// in the view's order.
func (c *compiler) compileFormat(p *plan, name, argument string, id *shape.Path) (sorted bool, err error) {
	switch {
	case c.JQ != "":
		p.flag = "--jq"
		p.start, err = c.jq()
		return c.Slurp, err
	case c.Query != "":
		p.flag = "--query"
		p.start, err = c.query(name)
		return true, err
	}
	switch name {
	case "", "table", "wide", "markdown":
		p.start, p.shown, err = c.table(name)
		return true, err
	case "tree":
		p.start, p.shown, err = c.tree(id)
		return true, err
	case "json", "yaml", "ndjson":
		p.start = c.json(name)
		return name != "ndjson", nil
	case "parquet":
		p.start, p.partition, err = c.parquet()
	case "html":
		p.start, err = c.html()
	case "csv":
		p.start, err = c.csv()
	case "text":
		p.start, err = c.text()
	case "name":
		p.start, err = c.name(id)
	case "template", "template-file":
		p.start, sorted, err = c.template(name, argument)
	}
	return sorted, err
}

// identity returns the fields that identify a record: the view's key, or else the fields of
// its order, and the id.
func (c *compiler) identity() ([]*shape.Path, error) {
	var paths []*shape.Path
	fields := c.view.Key
	if fields == nil {
		fields = append(slices.Clone(c.view.Sort), c.view.ID)
	}
	for _, field := range fields {
		field = strings.TrimPrefix(field, "-")
		known := slices.ContainsFunc(paths, func(p *shape.Path) bool { return p.Text == field })
		if field == "" || known || c.counted && field == countField {
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

// columns returns the paths that a format shows: the user's, or else the defaults.
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
