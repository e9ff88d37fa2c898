package inventory

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"muster/internal/names"
	"muster/internal/wire"
)

// ResourceQuery selects resources. An empty list means no restriction.
type ResourceQuery struct {
	What         []string  // ids, names, ARNs, globs, addresses, CIDR blocks; any of them
	States       []string  // any of them, in any case
	Tags         []string  // as in Query; all of them
	Since, Until time.Time // of CreatedAt; zero: no limit
}

// resourceMatcher is a compiled ResourceQuery.
type resourceMatcher struct {
	targets   []resourceTarget
	states    []string
	tags      []tagMatcher
	tagValues [][]string // of tags, as texts
	created   period
}

// resourceTarget is one word of What.
type resourceTarget struct {
	target
	glob     *names.Glob
	contains func(netip.Addr) bool // of an address or block; nil: a name
}

func (q ResourceQuery) compile() (*resourceMatcher, error) {
	m := &resourceMatcher{states: q.States, created: period{q.Since, q.Until}}
	targets, err := parseTargets(q.What, "an id, a name, an ARN, an IP address or a CIDR block")
	if err != nil {
		return nil, err
	}
	for _, t := range targets {
		compiled := resourceTarget{target: t}
		if address, ok := parseAddress(t.normalized); ok {
			compiled.contains = func(a netip.Addr) bool { return a == address }
		} else if block, ok := parseBlock(t.normalized); ok {
			compiled.contains = block.Contains
		} else if compiled.glob, err = names.CompileGlob(t.text); err != nil {
			return nil, queryError("%q: not a pattern: %v", t.text, err)
		}
		m.targets = append(m.targets, compiled)
	}
	for _, text := range q.Tags {
		t, values, err := parseTag(text)
		if err != nil {
			return nil, err
		}
		m.tags, m.tagValues = append(m.tags, t), append(m.tagValues, values)
	}
	return m, nil
}

// matches reports whether the query selects a resource.
func (m *resourceMatcher) matches(r *Resource) bool {
	return (len(m.targets) == 0 || slices.ContainsFunc(m.targets, func(t resourceTarget) bool { return t.matches(r) })) &&
		(len(m.states) == 0 || slices.ContainsFunc(m.states, func(s string) bool { return strings.EqualFold(s, r.State) })) &&
		!slices.ContainsFunc(m.tags, func(t tagMatcher) bool { return !t.matches(r.Tags) }) &&
		m.created.contains(r.CreatedAt)
}

func (t *resourceTarget) matches(r *Resource) bool {
	if t.contains != nil {
		return hasAddress(r.item, t.contains)
	}
	if t.glob.Match(r.Id) || t.glob.Match(r.Name) {
		return true
	}
	if !strings.HasPrefix(t.text, "arn:") { // else 'a*' would match every ARN
		return t.normalized != t.text && (t.normalized == r.Id || t.normalized == r.Name)
	}
	return t.glob.Match(r.Arn) || r.Arn == "" && (t.normalized == r.Id || t.normalized == r.Name)
}

// hasAddress reports whether a value, or a part of it, is an address that is wanted.
func hasAddress(value any, wanted func(netip.Addr) bool) bool {
	switch v := value.(type) {
	case string:
		if !strings.ContainsAny(v, ".:") || len(v) > 45 { // no address is longer
			return false
		}
		address, ok := parseAddress(v)
		return ok && wanted(address)
	case []any:
		return slices.ContainsFunc(v, func(item any) bool { return hasAddress(item, wanted) })
	case wire.Object:
		return slices.ContainsFunc(v, func(f wire.Field) bool { return hasAddress(f.Value, wanted) })
	}
	return false
}

// filtersParameter is the parameter of operations that filter by names and values.
const filtersParameter = "Filters"

// filters returns the filters by which AWS can narrow a lister's answer. They let
// everything pass that the query selects.
func (m *resourceMatcher) filters(l *lister) (filters []any) {
	add := func(name string, values []string) {
		if name == "" || len(values) == 0 || len(values) > maxFilterValues {
			return
		}
		texts := make([]any, len(values))
		for i := range values {
			texts[i] = values[i]
		}
		filters = append(filters, wire.Object{{Name: "Name", Value: name}, {Name: "Values", Value: texts}})
	}
	add(l.Filters["id"], m.ids())
	add(l.Filters["name"], m.patterns(l))
	if state := l.State.shapeOf(l.members); state != nil {
		add(l.Filters["state"], canonical(m.states, state.Enum()))
	}
	for i, t := range m.tags {
		if prefix := l.Filters["tag"]; prefix != "" && !t.negated && len(m.tagValues[i]) > 0 && l.Service == "ec2" {
			var values []string
			for _, value := range m.tagValues[i] {
				values = append(values, ec2Pattern(value))
			}
			add(prefix+t.key, values)
		}
	}
	return filters
}

// ids returns the targets if all of them are ids.
func (m *resourceMatcher) ids() (ids []string) {
	for _, t := range m.targets {
		if !isID(t.normalized) || endsInDate(t.normalized) {
			return nil
		}
		ids = append(ids, t.normalized)
	}
	return ids
}

// patterns returns the targets as EC2's patterns if all of them can only be names.
func (m *resourceMatcher) patterns(l *lister) (patterns []string) {
	for _, t := range m.targets {
		if t.glob == nil || l.Service != "ec2" || t.normalized != t.text || couldBeID(t.text) || strings.HasPrefix(t.text, "arn:") {
			return nil
		}
		patterns = append(patterns, ec2Pattern(t.text))
	}
	return patterns
}

// couldBeID reports whether a glob matches some ids.
func couldBeID(glob string) bool {
	literal := glob
	if i := strings.IndexAny(glob, `*?[{\`); i >= 0 {
		literal = glob[:i]
	}
	prefix, _, dash := strings.Cut(literal, "-")
	return literal == "" || dash && len(prefix) <= len("eipalloc") || !dash && literal != glob && len(literal) <= len("eipalloc")
}

// canonical returns words in the case that an enum has them; nil if one is not in it.
func canonical(words, enum []string) (all []string) {
	for _, word := range words {
		i := slices.IndexFunc(enum, func(known string) bool { return strings.EqualFold(known, word) })
		if i < 0 {
			return nil
		}
		all = append(all, enum[i])
	}
	return all
}
