package shape

import (
	"slices"
	"strings"

	"muster/internal/render/caret"
)

// Path leads from a record to one of its fields, or through lists to several values.
type Path struct {
	Text        string  // as the user wrote it: "NetworkInterfaces.SubnetId"
	Leaf        *Schema // of the values at its end
	ThroughList bool    // several values may be at its end
	EndsAtKey   bool    // the last step is a key of a map

	Steps []Step
}

// Step is a field of an Object, a key of a Map or of a List of pairs, or all items of a
// List.
type Step struct {
	In    *Schema
	Field *Field // nil unless In is an Object
	Key   string // of a Map, or of a List of pairs

	index int // of Field
	pair  pair
}

// AllItems reports whether the step leads to all items of a List.
func (s *Step) AllItems() bool { return s.In.Kind == List && s.Key == "" }

// pair has the places of two fields that make a key with its value from an Object.
type pair struct{ key, value int }

// pairOf finds the pair of fields with which AWS writes a map as a list: Key and Value,
// TagKey and TagValue, key and value.
func pairOf(item *Schema) (p pair, ok bool) {
	if item.Kind != Object {
		return p, false
	}
	for i, f := range item.Fields {
		prefix, isKey := strings.CutSuffix(strings.ToLower(f.Name), "key")
		if !isKey || f.Schema.Kind != String {
			continue
		}
		j := slices.IndexFunc(item.Fields, func(f Field) bool { return strings.EqualFold(f.Name, prefix+"value") })
		if j >= 0 && item.Fields[j].Schema.Kind == String {
			return pair{i, j}, true
		}
	}
	return p, false
}

// ParsePath reads a path such as "A.B.C" from the text of a flag. After a map, or a list
// of pairs such as AWS's tags, the rest of the text is the key, dots included, unless a
// pair has a field of that name. The error is a *caret.Error.
func ParsePath(flag, text string, s *Schema) (*Path, error) {
	p := &Path{Text: text}
	for rest := text; ; {
		for s.Kind == List && rest != "" {
			if pair, ok := pairOf(s.Elem); ok && !slices.Contains(s.Elem.FieldNames(), rest) {
				p.Steps = append(p.Steps, Step{In: s, Key: rest, pair: pair})
				p.EndsAtKey, p.Leaf = true, s.Elem.Fields[pair.value].Schema
				return p, nil
			}
			p.Steps = append(p.Steps, Step{In: s})
			p.ThroughList, s = true, s.Elem
		}
		if rest == "" && len(p.Steps) > 0 {
			break
		}
		if s.Kind == Map {
			p.Steps = append(p.Steps, Step{In: s, Key: rest})
			p.EndsAtKey, s = true, s.Elem
			break
		}
		name, after, dot := strings.Cut(rest, ".")
		wrong := &caret.Error{Flag: flag, Text: text, Offset: len(text) - len(rest), Length: len(name)}
		switch _, missing := s.Field(name); {
		case name == "":
			wrong.Msg = "a field name is missing"
			return nil, wrong
		case missing != nil:
			wrong.Msg, wrong.Hint = missing.Explain(Paths{})
			return nil, wrong
		case s.Kind == Any:
			wrong.Msg, wrong.Hint = "records may lack "+name, "use --jq for it"
			return nil, wrong
		case dot && after == "":
			wrong.Offset, wrong.Length, wrong.Msg = len(text), 0, "a field name is missing after the dot"
			return nil, wrong
		}
		i := slices.IndexFunc(s.Fields, func(f Field) bool { return f.Name == name })
		p.Steps = append(p.Steps, Step{In: s, Field: &s.Fields[i], index: i})
		s, rest = s.Fields[i].Schema, after
	}
	p.Leaf = s
	return p, nil
}

// Visit calls f for each value at the end of the path: never if the record lacks the
// field or key, and once for each item of the lists on the way, of which a list of pairs
// is none.
func (p *Path) Visit(record Value, f func(Value)) { visit(p.Steps, record, f) }

func visit(steps []Step, v Value, f func(Value)) {
	for i := range steps {
		s, ok := &steps[i], true
		switch {
		case s.In.Kind == Object:
			v, ok = v.Field(s.index)
		case s.In.Kind == Map:
			v, ok = v.Key(s.Key)
		case s.Key != "":
			v, ok = v.valueOf(s.Key, s.pair)
		default:
			for j := range v.Len() {
				visit(steps[i+1:], v.Index(j), f)
			}
			return
		}
		if !ok {
			return
		}
	}
	f(v)
}

// valueOf is the value of the first item of a List of pairs with a key. It reports whether
// there is one.
func (v Value) valueOf(key string, p pair) (Value, bool) {
	for i := range v.Len() {
		item := v.Index(i)
		if k, ok := item.Field(p.key); ok && k.Text() == key {
			return item.Field(p.value)
		}
	}
	return Value{}, false
}
