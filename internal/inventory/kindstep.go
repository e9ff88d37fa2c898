package inventory

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"

	"muster/internal/awsapi"
	"muster/internal/catalog"
	"muster/internal/sweep"
	"muster/internal/wire"
)

// step calls another operation for the items of the operation before. Its answers
// replace the items, or add members to them. Its exported fields are those of a kind's
// file.
type step struct {
	Each       string            `yaml:"each"`       // an operation that is called for each item
	Batch      string            `yaml:"batch"`      // an operation that is called for up to Size items
	Size       int               `yaml:"size"`       // of a batch
	Service    string            `yaml:"service"`    // "": the source's
	Parameters map[string]any    `yaml:"parameters"` // with members of the item in braces
	Items      string            `yaml:"items"`      // path of the list whose items replace the item
	Result     string            `yaml:"result"`     // without Items: path of the structure that is added; "": the answer
	Keep       map[string]string `yaml:"keep"`       // new names, and the paths in the item before
	Domain     string            `yaml:"domain"`     // the item's DNS domain: a search for a name outside it skips the item
	Absent     []string          `yaml:"absent"`     // error codes: the item has nothing to add

	op         *catalog.Operation
	parameters template
	batched    string // the parameter that names the items of a batch
	items      path
	result     path
	keep       []kept
	plain      bool // the items before are plain values, which an answer replaces
}

// kept is a member that the items of an answer take over from the item before.
type kept struct {
	name string
	path path
}

// compile looks up the step's operation. m are the members of its items; compile returns
// the members of the items after it.
func (st *step) compile(service string, m members) (after members, err error) {
	if st.Service != "" {
		service = st.Service
	}
	name := st.Each
	if st.Batch != "" {
		name = st.Batch
	}
	if st.op, err = findOperation(service, name); err != nil {
		return nil, err
	}
	if st.parameters, err = compileTemplate(st.Parameters, st.op, m); err != nil {
		return nil, err
	}
	st.plain = len(m) == 1 && m[0].name == valueMember
	if st.Batch != "" {
		if st.batched, err = st.parameters.batched(); err != nil {
			return nil, err
		}
		if st.Size < 1 || st.Items == "" {
			return nil, fmt.Errorf("%s: a batch needs size and items", name)
		}
	}
	if st.Items != "" {
		var shape *catalog.Shape
		if st.items, shape, err = listPath(st.op, st.Items); err != nil {
			return nil, err
		}
		after = membersOf(shape)
	} else if after, err = st.compileResult(m); err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(st.Keep)) {
		k := kept{name, parsePath(st.Keep[name])}
		shape, err := k.path.shape(m)
		if err != nil {
			return nil, fmt.Errorf("%s: keep: %w", st.op.Name, err)
		}
		st.keep = append(st.keep, k)
		after = after.with(name, shape)
	}
	return after, nil
}

// compileResult returns the members of an item with the members of the step's result.
func (st *step) compileResult(m members) (members, error) {
	result := membersOf(st.op.Output)
	if st.Result != "" {
		st.result = parsePath(st.Result)
		shape, err := st.result.shape(result)
		if err != nil {
			return nil, fmt.Errorf("%s: result: %w", st.op.Name, err)
		}
		result = membersOf(shape)
	}
	if m = slices.Clone(m); st.plain {
		m = nil
	}
	for _, added := range result {
		m = m.with(added.name, added.shape)
	}
	return m, nil
}

// chain is the state of a source's steps in one place.
type chain struct {
	api   *awsapi.API
	place sweep.Place
	text  placeText
	host  func(domain string) bool // whether a name that is searched for may be in a domain; nil: everything is wanted
	steps map[*step]*stepState
	stuck bool // a step that replaces items is over
}

// stepState is the state of a step in one place.
type stepState struct {
	works    bool  // a call has succeeded
	failures int   // calls that failed before that
	err      error // of the first call that failed
	over     bool  // no call is made any more
}

// maxTrials is the number of calls that may fail before a step is over. A policy may deny
// one item, such as a key of KMS; if it denies the first few, it denies them all.
const maxTrials = 4

// fail notes a failed call.
func (s *stepState) fail(err error) {
	if s.err == nil {
		s.err = err
	}
	s.failures++
	s.over = s.over || !isOwnFailure(err) || !s.works && s.failures == maxTrials
}

// failure returns the error of the first call that failed; nil if the step was not reached.
func (s *stepState) failure() error {
	if s == nil {
		return nil
	}
	return s.err
}

// isOwnFailure reports whether a failure may be one of the item alone.
func isOwnFailure(err error) bool {
	failure := awsapi.Explain(err)
	return failure.Denied() || failure.Kind == awsapi.Broken
}

// run returns the items after the step. Where a call fails it returns the items that it
// has anyway, and the chain keeps the error. Until one call has succeeded, they are made
// one after the other.
func (st *step) run(ctx context.Context, c *chain, items []wire.Object) []wire.Object {
	if c.host != nil && st.Domain != "" {
		items = slices.DeleteFunc(items, func(item wire.Object) bool { return !c.host(plainText(item.Get(st.Domain))) })
	}
	state := c.steps[st]
	if state == nil {
		state = new(stepState)
		c.steps[st] = state
	}
	groups := st.groups(c, items)
	answers := make([][]wire.Object, len(groups))
	begun := 0
	for ; begun < len(groups) && !state.works && !state.over; begun++ {
		var err error
		if answers[begun], err = st.call(ctx, c, groups[begun]); err != nil {
			state.fail(err)
		} else {
			state.works = true
		}
	}
	st.runAtOnce(ctx, c, state, groups[begun:], answers[begun:])
	c.stuck = c.stuck || state.over && st.items != nil
	return slices.Concat(answers...)
}

// runAtOnce makes the remaining calls at the same time. It skips those behind a call whose
// failure ends the step.
func (st *step) runAtOnce(ctx context.Context, c *chain, state *stepState, groups []*group, answers [][]wire.Object) {
	var last atomic.Int64 // the call whose failure ends the step
	last.Store(int64(len(groups)))
	if state.over {
		last.Store(-1)
	}
	calls := make([]func(context.Context, turn) error, len(groups))
	for i, g := range groups {
		calls[i] = func(ctx context.Context, _ turn) (err error) {
			if last.Load() < int64(i) {
				answers[i] = st.without(g.items)
				return nil
			}
			if answers[i], err = st.call(ctx, c, g); err != nil && !isOwnFailure(err) && last.Load() > int64(i) {
				last.Store(int64(i))
			}
			return err
		}
	}
	for _, err := range atOnce(ctx, calls) {
		if err != nil {
			state.fail(err)
		}
	}
}

// group are the items of one call.
type group struct {
	items  []wire.Object
	values map[string]any
}

// groups returns the calls for items: one for each, or one for each batch.
func (st *step) groups(c *chain, items []wire.Object) (groups []*group) {
	open := map[string]*group{} // by the other parameters
	for _, item := range items {
		values := st.parameters.texts(item, c.text)
		if st.batched == "" {
			groups = append(groups, &group{[]wire.Object{item}, values})
			continue
		}
		value := values[st.batched]
		values[st.batched] = nil
		others, _ := json.Marshal(values) // maps are sorted
		g := open[string(others)]
		if g == nil || len(g.items) == st.Size {
			values[st.batched] = []any{}
			g = &group{values: values}
			open[string(others)] = g
			groups = append(groups, g)
		}
		g.items = append(g.items, item)
		g.values[st.batched] = append(g.values[st.batched].([]any), value)
	}
	return groups
}

// call makes the call for a group and returns the items after it. With an error it
// returns the items that it has anyway.
func (st *step) call(ctx context.Context, c *chain, g *group) (after []wire.Object, err error) {
	in, err := st.parameters.inputOf(g.values)
	if err != nil {
		return st.without(g.items), err
	}
	err = eachItems(ctx, c.api, st.op, c.place, in, st.items, valueMember, func(answer []wire.Object) (more bool) {
		if st.items == nil {
			answer = []wire.Object{st.add(g.items[0], answer[0])}
		}
		for _, item := range answer {
			for _, k := range st.keep {
				item = item.Set(k.name, k.path.value(g.items[0]))
			}
			after = append(after, item)
		}
		return st.items != nil
	})
	if err == nil {
		return after, nil
	}
	switch code := awsapi.Explain(err).Code; {
	case slices.Contains(st.Absent, code):
		return g.items, nil
	case isGone(code) && st.batched == "":
		return nil, nil
	}
	return append(after, st.without(g.items)...), err
}

// without returns the items that are left without an answer of the step.
func (st *step) without(items []wire.Object) []wire.Object {
	if st.items != nil {
		return nil
	}
	return items
}

// add returns the item with the members of an answer.
func (st *step) add(item, answer wire.Object) wire.Object {
	if st.result != nil {
		answer, _ = st.result.value(answer).(wire.Object)
	}
	if item = slices.Clone(item); st.plain {
		item = nil
	}
	for name, value := range answer.All() {
		item = item.Set(name, value)
	}
	return item
}

// isGone reports whether an error's code says that the resource does not exist: it was
// deleted after AWS had listed it.
func isGone(code string) bool {
	return strings.HasPrefix(code, "NoSuch") || strings.HasSuffix(code, "NotFound") || strings.HasSuffix(code, "NotFoundException") ||
		strings.HasSuffix(code, ".NonExistentQueue") || strings.HasSuffix(code, "NotFoundFault")
}
