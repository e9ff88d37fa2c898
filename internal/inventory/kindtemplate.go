package inventory

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"muster/internal/catalog"
	"muster/internal/wire"
)

// template is the input of an operation, with references to an item and its place.
type template struct {
	op     *catalog.Operation
	values map[string]any // a text with references is a []part
}

// compileTemplate checks the names of an input, and its references to items with members m.
func compileTemplate(parameters map[string]any, op *catalog.Operation, m members) (t template, err error) {
	t = template{op, map[string]any{}}
	for name, value := range parameters {
		if op.Input == nil || op.Input.Member(name) == nil {
			return t, fmt.Errorf("%s has no parameter %q", op.Name, name)
		}
		if t.values[name], err = compileValue(value, m); err != nil {
			return t, fmt.Errorf("%s: %s: %w", op.Name, name, err)
		}
	}
	return t, nil
}

func compileValue(value any, m members) (any, error) {
	switch v := value.(type) {
	case string:
		if !strings.Contains(v, "{") {
			return v, nil
		}
		parts, err := parseParts(v)
		if err == nil {
			err = checkParts(parts, m)
		}
		return parts, err
	case []any:
		list := make([]any, len(v))
		for i := range v {
			item, err := compileValue(v[i], m)
			if err != nil {
				return nil, err
			}
			list[i] = item
		}
		return list, nil
	case map[string]any:
		object := map[string]any{}
		for name := range v {
			item, err := compileValue(v[name], m)
			if err != nil {
				return nil, err
			}
			object[name] = item
		}
		return object, nil
	case bool:
		return v, nil
	}
	return fmt.Sprint(value), nil // a number
}

// refersTo reports whether a text is the reference.
func (t template) refersTo(reference string) bool {
	for _, value := range t.values {
		parts, _ := value.([]part)
		if slices.ContainsFunc(parts, func(p part) bool { return p.ref.String() == reference }) {
			return true
		}
	}
	return false
}

// batched returns the parameter that is a list, for which the template has one reference
// to an item.
func (t template) batched() (name string, err error) {
	for name, value := range t.values {
		if _, isReference := value.([]part); isReference && t.op.Input.Member(name).Shape.Kind() == catalog.List {
			return name, nil
		}
	}
	return "", fmt.Errorf("%s: no parameter is a list of references, as in %s", t.op.Name, "clusters: '{Value}'")
}

// texts returns the values of an item, with the texts of its references.
func (t template) texts(item wire.Object, p placeText) map[string]any {
	values := make(map[string]any, len(t.values))
	for name, value := range t.values {
		values[name] = fillIn(value, item, p)
	}
	return values
}

func fillIn(value any, item wire.Object, p placeText) any {
	switch v := value.(type) {
	case []part:
		return join(v, item, p)
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = fillIn(v[i], item, p)
		}
		return list
	case map[string]any:
		object := maps.Clone(v)
		for name := range object {
			object[name] = fillIn(object[name], item, p)
		}
		return object
	}
	return value
}

// input returns the input for an item.
func (t template) input(item wire.Object, p placeText) (wire.Object, error) {
	return t.inputOf(t.texts(item, p))
}

func (t template) inputOf(values map[string]any) (wire.Object, error) {
	if t.op.Input == nil {
		return nil, nil
	}
	return wire.Input{Text: true}.Structure(t.op.Input, values)
}
