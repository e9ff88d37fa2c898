package inventory

import (
	"fmt"
	"iter"
	"strconv"
	"strings"
	"time"

	"muster/internal/catalog"
	"muster/internal/names"
	"muster/internal/wire"
)

// members are the members of an item, in order.
type members []member

type member struct {
	name  string
	shape *catalog.Shape
}

// valueMember is the only member of an item that is a plain value.
const valueMember = "Value"

// membersOf returns the members of the items of a shape.
func membersOf(s *catalog.Shape) (all members) {
	if s.Kind() != catalog.Structure {
		return members{{valueMember, s}}
	}
	for _, m := range s.Members() {
		all = append(all, member{m.Name, m.Shape})
	}
	return all
}

// with returns the members and another one, which replaces a member of the same name.
func (m members) with(name string, s *catalog.Shape) members {
	for i := range m {
		if m[i].name == name {
			m[i].shape = s
			return m
		}
	}
	return append(m, member{name, s})
}

func (m members) names() (all []string) {
	for i := range m {
		all = append(all, m[i].name)
	}
	return all
}

// path leads from an item, or an answer, to a part of it: names of members with dots
// between them. [] behind a name stands for all items of the list.
type path []string

func parsePath(text string) path { return strings.Split(text, ".") }

func (p path) String() string { return strings.Join(p, ".") }

// shape returns the shape at the end of the path.
func (p path) shape(m members) (*catalog.Shape, error) {
	var s *catalog.Shape
	for i, name := range p {
		name, all := strings.CutSuffix(name, "[]")
		if i > 0 {
			m = membersOf(s)
		}
		switch {
		case i > 0 && s.Kind() == catalog.Map:
			s = s.Element().Shape
		default:
			j := indexOf(m, name)
			if j < 0 {
				return nil, fmt.Errorf("no member %q in %s%s", name, strings.Join(p, "."), names.DidYouMean(name, m.names()))
			}
			s = m[j].shape
		}
		if all {
			if s.Kind() != catalog.List {
				return nil, fmt.Errorf("%s is not a list", name)
			}
			s = s.Element().Shape
		}
	}
	return s, nil
}

func indexOf(m members, name string) int {
	for i := range m {
		if m[i].name == name {
			return i
		}
	}
	return -1
}

// values yields the values at the end of the path, without those that are absent.
func (p path) values(value any) iter.Seq[any] {
	return func(yield func(any) bool) { p.each(value, yield) }
}

func (p path) each(value any, yield func(any) bool) bool {
	if len(p) == 0 {
		return value == nil || yield(value)
	}
	object, _ := value.(wire.Object)
	name, all := strings.CutSuffix(p[0], "[]")
	next := object.Get(name)
	if !all {
		return p[1:].each(next, yield)
	}
	list, _ := next.([]any)
	for _, item := range list {
		if !p[1:].each(item, yield) {
			return false
		}
	}
	return true
}

// value returns the first value at the end of the path, or nil.
func (p path) value(item wire.Object) any {
	for v := range p.values(item) {
		return v
	}
	return nil
}

// plainText returns a scalar as text; "" for others.
func plainText(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case time.Time:
		return wire.FormatTime(v)
	}
	return ""
}
