package inventory

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"muster/internal/catalog"
	"muster/internal/render"
	"muster/internal/wire"
)

// TestKindsFitTheCatalogue finds a kind whose operations or members AWS has changed, and
// a mistake in a kind's file.
func TestKindsFitTheCatalogue(t *testing.T) {
	t.Parallel()
	names := map[string]string{} // aliases, and the kinds that have them
	for _, name := range KindNames() {
		k, err := FindKind(name)
		if err != nil {
			t.Error(err)
			continue
		}
		r, err := NewResources([]*Kind{k}, ResourceQuery{})
		if err != nil {
			t.Error(err)
			continue
		}
		record := r.RecordType("Profile", "Role")
		_, err = render.CompileAs(render.Options{Columns: k.Columns}, render.View{}, record, func(*Resource) (v reflect.Value) { return v })
		if err != nil {
			t.Errorf("%s: columns: %v", name, err)
		}
		for _, alias := range append(k.Aliases, name) {
			if other := names[alias]; other != "" {
				t.Errorf("%s and %s are both called %s", name, other, alias)
			}
			names[alias] = name
		}
		if k.Title == "" || len(k.Columns) == 0 {
			t.Errorf("%s: title %q, columns %q", name, k.Title, k.Columns)
		}
	}
}

// TestDemoItems checks the items of the simulated organization against the shapes of AWS's
// answers: each is an item of one of the kind's sources.
func TestDemoItems(t *testing.T) {
	t.Parallel()
	for _, name := range KindNames() {
		k, err := FindKind(name)
		if err != nil || k.compile() != nil {
			continue // TestKindsFitTheCatalogue reports it
		}
		for i, item := range k.Demo {
			var problems []error
			if !slices.ContainsFunc(k.listers, func(l *lister) bool {
				err := l.checkDemo(item)
				problems = append(problems, err)
				return err == nil
			}) {
				t.Errorf("%s: demo[%d]: %v", name, i, problems)
			}
		}
	}
}

// checkDemo returns an error for an item that the lister's last operation does not return.
func (l *lister) checkDemo(demo map[string]any) error {
	text, err := json.Marshal(demo)
	if err != nil {
		return err
	}
	var given map[string]any
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&given); err != nil {
		return err
	}
	if given["AccountName"] == nil || (given["Region"] == nil) != l.perAccount() {
		return fmt.Errorf("account %v, region %v", given["AccountName"], given["Region"])
	}
	delete(given, "AccountName")
	delete(given, "Region")
	var item wire.Object
	for name, value := range given {
		at := indexOf(l.members, name)
		if at < 0 {
			return fmt.Errorf("%s has no member %q", l.Operation, name)
		}
		parsed, err := wire.Input{Partial: true}.Value(l.members[at].shape, name, value)
		if err != nil {
			return err
		}
		item = item.Set(name, parsed)
	}
	r := l.resource(nil, Resource{}, item, placeText{account: "123456789012", region: "eu-west-1", partition: "aws"})
	if r.Id == "" || l.ARN != nil && r.Arn == "" || l.Created != nil && r.CreatedAt.IsZero() {
		return fmt.Errorf("id %q, ARN %q, created at %v", r.Id, r.Arn, r.CreatedAt)
	}
	return nil
}

// TestNestedMembersKeepTheirNames: only members of a record itself can have an owner's name.
func TestNestedMembersKeepTheirNames(t *testing.T) {
	t.Parallel()
	k, err := FindKind("access-keys")
	if err != nil {
		t.Fatal(err)
	}
	r, err := NewResources([]*Kind{k}, ResourceQuery{})
	if err != nil {
		t.Fatal(err)
	}
	item := wire.Object{{Name: "AccessKeyLastUsed", Value: wire.Object{{Name: "Region", Value: "eu-west-1"}}}}
	v := reflect.New(r.RecordType()).Elem()
	r.Fill(v, &Resource{Kind: k, Region: "", item: item, lister: k.listers[0]})
	text, err := json.Marshal(v.Interface())
	if want := `"AccessKeyLastUsed":{"LastUsedDate":null,"ServiceName":null,"Region":"eu-west-1"}`; err != nil || !bytes.Contains(text, []byte(want)) {
		t.Errorf("%s, %v, want %s", text, err, want)
	}
}

// TestKindsFollowPages: AWS's model does not declare the pages of every operation, such as
// ListEventBuses.
func TestKindsFollowPages(t *testing.T) {
	t.Parallel()
	for _, name := range KindNames() {
		k, err := FindKind(name)
		if err != nil || k.compile() != nil {
			continue // TestKindsFitTheCatalogue reports it
		}
		for _, l := range k.listers {
			ops := []*catalog.Operation{l.op}
			for _, st := range l.Steps {
				ops = append(ops, st.op)
			}
			for _, op := range ops {
				paged := slices.ContainsFunc(membersOf(op.Output), func(m member) bool {
					return strings.EqualFold(m.name, "NextToken") || strings.HasSuffix(m.name, "Marker")
				})
				if paged && op.Pages == nil {
					t.Errorf("%s: the pages of %s are not followed", name, op.Name)
				}
			}
		}
	}
}
