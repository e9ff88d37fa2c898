package inventory

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"muster/internal/names"
	"muster/internal/shorthand"
)

// Query selects instances. An empty list means no restriction.
type Query struct {
	What    []string // ids, names, addresses, CIDR blocks; any of them
	States  []string // any of them
	Types   []string // globs; any of them
	Tags    []string // K, K=V[,V...], !K or K!=V[,V...], V a glob; all of them
	Filters []string // EC2's own, in the AWS CLI's syntax; EC2 checks them

	Since, Until time.Time // of LaunchTime; zero: no limit

	Load shorthand.Load // reads the files that Filters name
}

// States are EC2's names for the states of an instance.
var States = []string{"pending", "running", "shutting-down", "terminated", "stopping", "stopped"}

// QueryError reports a selection that is not valid.
type QueryError struct{ Msg string }

func (e *QueryError) Error() string { return e.Msg }

// UsageError marks a mistake in the command line: exit code 2.
func (*QueryError) UsageError() {}

func queryError(format string, args ...any) error { return &QueryError{fmt.Sprintf(format, args...)} }

// matcher is a compiled Query. EC2's filters narrow the calls as far as they can, and
// matches then checks each record: EC2 knows neither CIDR blocks nor brackets in globs.
type matcher struct {
	targets targetMatcher
	states  []string
	types   []*names.Glob
	tags    []tagMatcher
	launch  period

	userFilters []filter // the user's own; every call has them
	filters     []filter // of every call: userFilters, and the filters of states, types and tags
	lookups     []lookup // of the targets, one call each; empty: one call finds everything
	secondary   []string // addresses to look for in secondary networks, with a call of their own
}

func (q Query) compile() (*matcher, error) {
	m := &matcher{launch: period{q.Since, q.Until}}
	for _, text := range q.Filters {
		filters, err := parseFilters(text, q.Load)
		if err != nil {
			example := ""
			if name, value, ok := strings.Cut(text, "="); ok && name != "Name" && !strings.ContainsAny(text, ",{}[] \"'") {
				example = ", as in Name=" + name + ",Values=" + value
			}
			return nil, queryError("--filter %q: %v%s", text, err, example)
		}
		m.userFilters = append(m.userFilters, filters...)
	}
	m.filters = slices.Clip(m.userFilters)
	for _, compile := range []func(Query) error{m.compileStates, m.compileTypes, m.compileTags, m.compileTargets} {
		if err := compile(q); err != nil {
			return nil, err
		}
	}
	m.filters = slices.Clip(m.filters)
	return m, nil
}

// requests returns the filters of each call of DescribeInstances. Together the calls find
// all instances of the query, apart from addresses in secondary networks.
func (m *matcher) requests(customEndpoint bool) (requests [][]filter) {
	if len(m.lookups) == 0 {
		return [][]filter{m.filters}
	}
	for _, l := range m.lookups {
		if customEndpoint || !onlyCustom[l.filter] {
			requests = append(requests, narrow(m.filters, l.filter, l.values))
		}
	}
	return requests
}

func (m *matcher) compileStates(q Query) error {
	for _, state := range q.States {
		if !slices.Contains(States, state) {
			return queryError("--state %q: expected one of %s%s", state, strings.Join(States, ", "), names.DidYouMean(state, States))
		}
	}
	m.states = q.States
	m.filters = narrow(m.filters, "instance-state-name", q.States)
	return nil
}

func (m *matcher) compileTypes(q Query) error {
	var patterns []string
	for _, text := range q.Types {
		g, err := names.CompileGlob(text)
		if err != nil {
			return queryError("--type %q: not a pattern: %v", text, err)
		}
		m.types = append(m.types, g)
		patterns = append(patterns, ec2Pattern(text))
	}
	m.filters = narrow(m.filters, "instance-type", patterns)
	return nil
}

// compileTags narrows the calls by the tags that an instance must have. EC2 has no filter
// for tags that an instance must not have.
func (m *matcher) compileTags(q Query) error {
	for _, text := range q.Tags {
		t, values, err := parseTag(text)
		if err != nil {
			return err
		}
		m.tags = append(m.tags, t)
		switch {
		case t.negated:
		case len(values) == 0:
			m.filters = narrow(m.filters, "tag-key", []string{ec2Literal(t.key)})
		default:
			for i := range values {
				values[i] = ec2Pattern(values[i])
			}
			m.filters = narrow(m.filters, "tag:"+t.key, values)
		}
	}
	return nil
}

// matches reports whether the query selects a record.
func (m *matcher) matches(r *Instance) bool {
	return m.targets.matches(r) &&
		(len(m.states) == 0 || slices.Contains(m.states, r.State)) &&
		(len(m.types) == 0 || slices.ContainsFunc(m.types, func(g *names.Glob) bool { return g.Match(r.InstanceType) })) &&
		!slices.ContainsFunc(m.tags, func(t tagMatcher) bool { return !t.matches(r.Tags) }) &&
		m.launch.containsText(r.LaunchTime)
}
