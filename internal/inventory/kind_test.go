package inventory

import (
	"reflect"
	"testing"

	"muster/internal/render"
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
