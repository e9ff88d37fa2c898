package inventory

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"muster/internal/catalog"
	"muster/internal/names"
	"muster/internal/wire"
)

// DemoOperation is an operation that the simulated organization answers from the records
// that kinds bring for it.
type DemoOperation struct {
	Operation *catalog.Operation
	parts     []demoPart
}

// demoPart is a record's part of the answers of an operation.
type demoPart struct {
	account, region string            // the account's name; "" in both: of all places
	parameters      map[string]string // values that the call must have
	output          wire.Object
}

// DemoOperations returns the operations of all kinds. Its error is a mistake in a kind's
// file.
func DemoOperations() (all []*DemoOperation, err error) {
	d := newDemo()
	for _, name := range KindNames() {
		k, err := openKind(name)
		if err == nil {
			err = k.compile()
		}
		if err == nil {
			err = d.add(k)
		}
		if err != nil {
			return nil, err
		}
	}
	return d.all, nil
}

// Answer returns the response to a call in an account, given by its name, and a region.
// has reports whether the call has a value of a parameter, alone or in a list.
func (o *DemoOperation) Answer(ctx context.Context, account, region string, has func(parameter, value string) bool) (*http.Response, error) {
	output, err := wire.Input{Partial: true}.Structure(o.Operation.Output, o.given(account, region, has))
	if err != nil {
		return nil, err
	}
	codec, err := wire.For(o.Operation)
	if err != nil {
		return nil, err
	}
	return codec.Answer(ctx, output)
}

// given returns the output of a call, with values as they are in the kinds' files.
func (o *DemoOperation) given(account, region string, has func(parameter, value string) bool) wire.Object {
	output := wire.Object{}
	for _, part := range o.parts {
		if part.account != "" && part.account != account || part.region != "" && part.region != region {
			continue
		}
		fits := true
		for name, value := range part.parameters {
			fits = fits && has(name, value)
		}
		if fits {
			output = merged(output, part.output).(wire.Object)
		}
	}
	return output
}

// demo collects operations.
type demo struct {
	all        []*DemoOperation
	operations map[[2]string]*DemoOperation // by service and name
}

func newDemo() *demo { return &demo{operations: map[[2]string]*DemoOperation{}} }

func (d *demo) addPart(op *catalog.Operation, p demoPart) {
	key := [2]string{op.Service.Name, op.Name}
	if d.operations[key] == nil {
		d.operations[key] = &DemoOperation{Operation: op}
		d.all = append(d.all, d.operations[key])
	}
	d.operations[key].parts = append(d.operations[key].parts, p)
}

// add adds the operations of a kind, and the parts of its records.
func (d *demo) add(k *Kind) error {
	for _, l := range k.listers {
		d.addPart(l.op, demoPart{output: outputAt(l.items, nil)})
		for _, st := range l.Steps {
			d.addPart(st.op, demoPart{output: outputAt(st.items, nil)})
		}
	}
	for i, record := range k.Demo {
		item := objectOf(record)
		account, region := plainText(item.Get("AccountName")), plainText(item.Get("Region"))
		item = item.Without("AccountName", "Region")
		l := k.listers[0]
		for _, other := range k.listers[1:] {
			if l.members.lack(item) != "" {
				l = other
			}
		}
		if name := l.members.lack(item); name != "" {
			return fmt.Errorf("kinds/%s.yaml: demo: item %d: no member %q%s", k.Name, i+1, name, names.DidYouMean(name, l.members.names()))
		}
		err := newDemoTrail(l, item).parts(func(op *catalog.Operation, p demoPart) {
			if p.account = account; !l.perAccount() {
				p.region = region
			}
			d.addPart(op, p)
		})
		if err != nil {
			return fmt.Errorf("kinds/%s.yaml: demo: item %d: %w", k.Name, i+1, err)
		}
	}
	return nil
}

// lack returns the name of a member of an item that is not among m; "" if there is none.
func (m members) lack(item wire.Object) string {
	for name := range item.All() {
		if indexOf(m, name) < 0 {
			return name
		}
	}
	return ""
}

// outputAt returns an output with a value at the end of a path; nil stands for no items.
func outputAt(p path, value any) wire.Object {
	for i := len(p) - 1; i >= 0; i-- {
		name, list := strings.CutSuffix(p[i], "[]")
		switch {
		case list && value == nil:
			value = []any{}
		case list:
			value = []any{value}
		}
		value = wire.Object{{Name: name, Value: value}}
	}
	object, _ := value.(wire.Object)
	return object
}

// merged returns a value that has the parts of two: the members of objects, the items of
// lists. An item with nothing that another item lacks counts once.
func merged(a, b any) any {
	switch b := b.(type) {
	case wire.Object:
		both, _ := a.(wire.Object)
		both = slices.Clone(both)
		for name, value := range b.All() {
			both = both.Set(name, merged(both.Get(name), value))
		}
		return both
	case []any:
		both, _ := a.([]any)
		both = slices.Clone(both)
		for _, item := range b {
			if i := slices.IndexFunc(both, func(known any) bool { return covers(item, known) }); i >= 0 {
				both[i] = item
			} else if !slices.ContainsFunc(both, func(known any) bool { return covers(known, item) }) {
				both = append(both, item)
			}
		}
		return both
	case nil:
		return a
	}
	return b
}

// covers reports whether an item has all members of another one.
func covers(item, other any) bool {
	whole, isObject := item.(wire.Object)
	part, bothObjects := other.(wire.Object)
	if !isObject || !bothObjects {
		return reflect.DeepEqual(item, other)
	}
	return !slices.ContainsFunc(part, func(f wire.Field) bool { return !reflect.DeepEqual(whole.Get(f.Name), f.Value) })
}

// objectOf returns an object of a kind's file.
func objectOf(given map[string]any) wire.Object {
	object := make(wire.Object, 0, len(given))
	for _, name := range slices.Sorted(maps.Keys(given)) {
		object = append(object, wire.Field{Name: name, Value: valueOf(given[name])})
	}
	return object
}

func valueOf(given any) any {
	switch v := given.(type) {
	case map[string]any:
		return objectOf(v)
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = valueOf(v[i])
		}
		return list
	case uint64:
		return int64(v)
	}
	return given
}
