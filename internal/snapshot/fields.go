package snapshot

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"muster/internal/names"
)

// Field is a field whose values differ: a path such as State or Tags.env. A value is JSON, and
// nil if the record lacks the field.
type Field struct {
	Path          string
	Before, After any
}

// Ignored are the fields that are not compared.
type Ignored struct {
	globs []*names.Glob
	paths map[string]bool
	all   []*names.Glob // of the last names of paths
}

// Ignore ignores fields by their paths, and what is nested in them. Paths may be globs. ending
// are globs of the last name of a path.
func Ignore(paths, ending []string) (*Ignored, error) {
	i := &Ignored{paths: map[string]bool{}}
	for _, path := range paths {
		if !names.IsGlob(path) {
			i.paths[path] = true
			continue
		}
		glob, err := names.CompileGlob(path)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		i.globs = append(i.globs, glob)
	}
	for _, text := range ending {
		glob, err := names.CompileGlob(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", text, err)
		}
		i.all = append(i.all, glob)
	}
	return i, nil
}

// without ignores more fields.
func (i *Ignored) without(fields []string) *Ignored {
	more := Ignored{paths: map[string]bool{}}
	if i != nil {
		more = Ignored{i.globs, maps.Clone(i.paths), i.all}
	}
	for _, name := range fields {
		more.paths[name] = true
	}
	return &more
}

func (i *Ignored) has(path, name string) bool {
	matches := func(text string) func(*names.Glob) bool {
		return func(g *names.Glob) bool { return g.Match(text) }
	}
	return i.paths[path] || slices.ContainsFunc(i.globs, matches(path)) || slices.ContainsFunc(i.all, matches(name))
}

// differences compares two records.
func differences(before, after []byte, ignored *Ignored) (fields []Field, err error) {
	old, err := decode(before)
	if err != nil {
		return nil, err
	}
	now, err := decode(after)
	if err != nil {
		return nil, err
	}
	return ignored.compare(nil, "", old, now), nil
}

func decode(text []byte) (value any, err error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber() // an int64 is no float64
	if err := d.Decode(&value); err != nil {
		return nil, fmt.Errorf("a record of a snapshot is not JSON: %w", err)
	}
	return value, nil
}

// compare adds the differences of two values at a path. Objects are compared field by field,
// and other values as a whole.
func (i *Ignored) compare(fields []Field, path string, before, after any) []Field {
	old, isObject := before.(map[string]any)
	now, stillObject := after.(map[string]any)
	if !isObject || !stillObject {
		if i.text(path, before) != i.text(path, after) {
			fields = append(fields, Field{path, before, after})
		}
		return fields
	}
	all := map[string]bool{}
	for name := range old {
		all[name] = true
	}
	for name := range now {
		all[name] = true
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if inner := join(path, name); !i.has(inner, name) {
			fields = i.compare(fields, inner, old[name], now[name])
		}
	}
	return fields
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// text returns a text that is the same for values that count as equal. The order of a list does
// not count: AWS does not promise one.
func (i *Ignored) text(path string, value any) string {
	switch value := value.(type) {
	case map[string]any:
		var b strings.Builder
		b.WriteByte('{')
		for _, name := range slices.Sorted(maps.Keys(value)) {
			if inner := join(path, name); !i.has(inner, name) {
				fmt.Fprintf(&b, "%q:%s,", name, i.text(inner, value[name]))
			}
		}
		b.WriteByte('}')
		return b.String()
	case []any:
		items := make([]string, len(value))
		for j, item := range value {
			items[j] = i.text(path, item)
		}
		slices.Sort(items)
		return "[" + strings.Join(items, ",") + "]"
	case string:
		return fmt.Sprintf("%q", value)
	}
	return fmt.Sprint(value) // a number, a bool or null
}
