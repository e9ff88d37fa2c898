package inventory

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"muster/internal/catalog"
	"muster/internal/wire"
)

// demoTrail follows a record back through the steps of its source, to the answers that
// make it. Stage 0 are the items of the first operation, stage n those behind step n.
type demoTrail struct {
	lister *lister
	stages []wire.Object // the known members of the item at each stage; the last is the record
}

func newDemoTrail(l *lister, record wire.Object) *demoTrail {
	t := &demoTrail{l, make([]wire.Object, len(l.Steps)+1)}
	last := len(l.Steps)
	t.stages[last] = record
	for i := last - 1; i >= 0; i-- {
		t.goBack(i)
	}
	return t
}

// goBack fills in a stage from the one behind it.
func (t *demoTrail) goBack(stage int) {
	st, after := t.lister.Steps[stage], t.stages[stage+1]
	if st.items == nil { // the step adds to the item
		t.stages[stage] = slices.Clone(after)
	}
	for _, k := range st.keep {
		if value := after.Get(k.name); value != nil {
			t.set(stage, k.path, value)
		}
	}
	for _, ref := range st.parameters.references() {
		if value := t.find(stage, ref); value != nil {
			t.set(stage, ref, value)
		}
	}
}

func (t *demoTrail) set(stage int, p path, value any) {
	t.stages[stage] = merged(t.stages[stage], outputAt(p, value)).(wire.Object)
}

// references returns the paths that a template has in items.
func (t template) references() (all []path) {
	for _, value := range t.values {
		parts, _ := value.([]part)
		for _, p := range parts {
			if ofItem(p) {
				all = append(all, p.ref)
			}
		}
	}
	return all
}

// parts emits the record's part of the answer of each operation.
func (t *demoTrail) parts(emit func(*catalog.Operation, demoPart)) error {
	for stage := range t.stages {
		op, items, output := t.answer(stage)
		p := demoPart{}
		if stage > 0 {
			p.parameters = map[string]string{}
			for name, value := range t.lister.Steps[stage-1].parameters.values {
				parts, _ := value.([]part)
				if !slices.ContainsFunc(parts, ofItem) {
					continue
				}
				if p.parameters[name] = join(parts, t.stages[stage-1], placeText{}); p.parameters[name] == "" {
					return fmt.Errorf("no member gives the parameter %s of %s", name, op.Name)
				}
			}
		}
		p.output = outputAt(items, output)
		emit(op, p)
	}
	return nil
}

// ofItem reports whether a part of a text refers to an item.
func ofItem(p part) bool {
	if p.ref == nil {
		return false
	}
	_, ofPlace := placeText{}.get(p.ref.String())
	return !ofPlace
}

// answer returns the operation in front of a stage, the path of its items or its result,
// and the item, or the members that the result adds to it.
func (t *demoTrail) answer(stage int) (op *catalog.Operation, at path, value any) {
	name := valueMember
	if stage == 0 {
		op, at, name = t.lister.op, t.lister.items, cmp.Or(t.lister.Value, valueMember)
	} else if st := t.lister.Steps[stage-1]; st.items != nil {
		op, at = st.op, st.items
	} else {
		op, at = st.op, st.result
	}
	shape := op.Output
	if at != nil {
		shape, _ = at.shape(membersOf(op.Output)) // compile has checked the path
	}
	if shape.Kind() != catalog.Structure {
		return op, at, t.find(stage, path{name})
	}
	item := wire.Object{}
	for _, m := range shape.Members() {
		if v := t.stages[stage].Get(m.Name); v != nil {
			item = append(item, wire.Field{Name: m.Name, Value: v})
		}
	}
	return op, at, item
}

// find returns the value of a path at a stage; nil if it is not known.
func (t *demoTrail) find(stage int, p path) any {
	if value := p.value(t.stages[stage]); value != nil {
		return value
	}
	record := t.stages[len(t.stages)-1]
	list := t.lister.items
	if stage > 0 {
		st := t.lister.Steps[stage-1]
		for _, k := range st.keep {
			if k.name == p[0] {
				return t.find(stage-1, append(slices.Clone(k.path), p[1:]...))
			}
		}
		list = st.items
	}
	if p.String() != valueMember || len(list) == 0 {
		return p.value(record)
	}
	// The values of a list clusterArns are the members clusterArn of the records.
	name := strings.TrimSuffix(strings.TrimSuffix(list[len(list)-1], "[]"), "s")
	for member, value := range record.All() {
		if strings.EqualFold(member, name) {
			return value
		}
	}
	return nil
}
