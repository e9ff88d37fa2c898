package html

import (
	"maps"
	"slices"
	"strings"
	"time"

	"muster/internal/render/encode"
	"muster/internal/render/shape"
)

// chart counts records by the values of their fields.
type chart struct {
	title  string
	kind   chartKind
	fields []*shape.Path
	counts map[string]*int
	others int // values beyond maxValues
	text   []byte
}

type chartKind int

const (
	byValue   chartKind = iota // of the first field that is not empty
	byMonth                    // of a time
	addresses                  // counts the items of lists, not records
)

// maxValues limits the values that a chart counts one by one.
const maxValues = 10_000

// newCharts returns the charts for which the records have a field. records names them.
func newCharts(records string, record *shape.Schema) (charts []chart) {
	// add adds a chart of some fields, or with first of the first of them that there is.
	add := func(title string, kind chartKind, first bool, names ...string) {
		c := chart{title: title, kind: kind, counts: map[string]*int{}}
		for _, name := range names {
			if first && len(c.fields) > 0 {
				break
			}
			if p, err := shape.ParsePath("the chart", name, record); err == nil && !p.ThroughList && fits(kind, p.Leaf) {
				c.fields = append(c.fields, p)
			}
		}
		if len(c.fields) > 0 {
			charts = append(charts, c)
		}
	}
	add(records+" by account", byValue, false, "AccountName", "AccountId")
	add(records+" by region", byValue, true, "Region")
	add(records+" by kind", byValue, true, "Kind")
	add(records+" by state", byValue, true, "State", "State.Name", "Status")
	add(records+" by type", byValue, true, "InstanceType", "Type", "Engine", "Runtime", "VolumeType", "OwnerType")
	add("Addresses", addresses, false, slices.Collect(maps.Keys(addressNames))...)
	add(records+" by month of creation", byMonth, true, "LaunchTime", "CreatedAt", "CreateTime", "CreationTime", "CreateDate")
	return charts
}

// addressNames are the names of lists of addresses in a chart.
var addressNames = map[string]string{"PublicIPs": "public", "PrivateIPs": "private", "IPv6s": "IPv6"}

// fits reports whether a field has what a chart counts.
func fits(kind chartKind, field *shape.Schema) bool {
	switch kind {
	case byMonth:
		return field.Format == shape.TimeText || field.Format == shape.Timestamp
	case addresses:
		return field.IsScalarList()
	}
	return field.Kind == shape.String
}

// add counts a record.
func (c *chart) add(record shape.Value) {
	switch c.kind {
	case addresses:
		for _, field := range c.fields {
			c.text = append(c.text[:0], addressNames[field.Text]...)
			field.Visit(record, func(v shape.Value) { c.count(c.text, v.Len()) })
		}
	case byMonth:
		if c.text = encode.Text(c.text[:0], c.fields[0], record); len(c.text) >= len("2006-01") {
			c.count(c.text[:len("2006-01")], 1)
		}
	default:
		for _, field := range c.fields {
			if c.text = encode.Text(c.text[:0], field, record); len(c.text) > 0 {
				c.count(c.text, 1)
				return
			}
		}
	}
}

func (c *chart) count(value []byte, n int) {
	switch counted := c.counts[string(value)]; {
	case counted != nil:
		*counted += n
	case len(c.counts) < maxValues:
		c.counts[string(value)] = &n
	default:
		c.others += n
	}
}

// bar is a bar of a chart.
type bar struct {
	label string
	n     int
}

// The bars of a chart: the most of values, and the least and the most of months.
const (
	maxBars   = 8
	minMonths = 12
	maxMonths = 24
)

// bars returns the bars in order: the largest first, or the months as they follow. rest has
// the other values. It gets no bar, which could be many times as long as the others.
func (c *chart) bars() (bars []bar, rest bar) {
	if c.kind == byMonth {
		return c.months()
	}
	for value, n := range c.counts {
		if *n > 0 {
			bars = append(bars, bar{value, *n})
		}
	}
	slices.SortFunc(bars, func(a, b bar) int {
		if a.n != b.n {
			return b.n - a.n
		}
		return strings.Compare(a.label, b.label)
	})
	few := min(len(bars), maxBars)
	for _, b := range bars[few:] {
		rest.n += b.n
	}
	switch n := len(bars) - few; {
	case c.others > 0:
		rest.label = "more than " + thousands(n) + " others"
	case n == 1:
		rest.label = "1 other"
	default:
		rest.label = thousands(n) + " others"
	}
	rest.n += c.others
	return bars[:few], rest
}

// months returns a bar for each month up to the last one.
func (c *chart) months() (bars []bar, earlier bar) {
	const layout = "2006-01"
	known := slices.DeleteFunc(slices.Sorted(maps.Keys(c.counts)), func(month string) bool {
		_, err := time.Parse(layout, month)
		return err != nil
	})
	if len(known) == 0 {
		return nil, bar{}
	}
	last, _ := time.Parse(layout, known[len(known)-1])
	first, _ := time.Parse(layout, known[0])
	if least := last.AddDate(0, 1-minMonths, 0); first.After(least) {
		first = least
	}
	if most := last.AddDate(0, 1-maxMonths, 0); first.Before(most) {
		first = most
	}
	earlier.label = "before " + first.Format(layout)
	for _, month := range known {
		if month < first.Format(layout) {
			earlier.n += *c.counts[month]
		}
	}
	for month := first; !month.After(last); month = month.AddDate(0, 1, 0) {
		b := bar{label: month.Format(layout)}
		if n := c.counts[b.label]; n != nil {
			b.n = *n
		}
		bars = append(bars, b)
	}
	return bars, earlier
}
