package shape

import (
	"reflect"
	"slices"
	"strconv"
	"testing"
	"time"
)

type machine struct {
	Id    string `json:"ID"`
	Born  time.Time
	Key   []byte
	Disks []disk
	Tags  map[string]string
	Raw   raw `render:"sparse"`
	Pairs []entry
}

// entry is an item of AWS's tags, with more fields than the pair.
type entry struct {
	ResourceID string
	TagKey     *string `render:"optional"`
	TagValue   *string `render:"optional"`
}

type disk struct{ Size int }

type raw struct{ Spot, Hibernates *bool }

func TestSchemaOf(t *testing.T) {
	t.Parallel()
	want := []FieldInfo{
		{"ID", "string"}, {"Born", "string"}, {"Key", "string"}, {"Disks", "list of objects"}, {"Disks.Size", "number"},
		{"Tags", "map of strings"}, {"Raw", "object"}, {"Raw.Spot", "bool"}, {"Raw.Hibernates", "bool"},
		{"Pairs", "list of objects"}, {"Pairs.ResourceID", "string"}, {"Pairs.TagKey", "string"}, {"Pairs.TagValue", "string"},
	}
	if got := SchemaOf[machine]().AllFields(); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestVisit(t *testing.T) {
	t.Parallel()
	s, spot := SchemaOf[machine](), true
	env, team, prod, empty := "a.env", "team", "prod", ""
	record := ValueOf(s, reflect.ValueOf(machine{
		Id: "i-1", Born: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Key: []byte("key"), Disks: []disk{{1}, {2}},
		Tags: map[string]string{"a.b": "x"}, Raw: raw{Spot: &spot},
		Pairs: []entry{{}, {TagKey: &env, TagValue: &prod}, {TagKey: &env, TagValue: &team}, {TagKey: &team, TagValue: &empty}, {TagKey: &prod}},
	}))
	for path, want := range map[string][]string{
		"ID": {"i-1"}, "Born": {"2026-01-02T03:04:05+00:00"}, "Key": {"a2V5"}, "Disks.Size": {"1", "2"},
		"Tags.a.b": {"x"}, "Tags.c": nil, "Raw.Spot": {"true"}, "Raw.Hibernates": nil,
		"Pairs.a.env": {"prod"}, "Pairs.team": {""}, "Pairs.prod": nil, "Pairs.none": nil, "Pairs.TagKey": {"a.env", "a.env", "team", "prod"},
	} {
		p, err := ParsePath("--columns", path, s)
		if err != nil {
			t.Error(err)
			continue
		}
		var got []string
		p.Visit(record, func(v Value) {
			switch v.Schema.Kind {
			case String:
				got = append(got, v.Text())
			case Number:
				got = append(got, string(v.AppendNumber(nil)))
			case Bool:
				got = append(got, strconv.FormatBool(v.Bool()))
			}
		})
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}

// TestSchemaAsData builds a schema by hand, as for records that are no Go structs. One of
// its objects may contain objects of its own type.
func TestSchemaAsData(t *testing.T) {
	t.Parallel()
	condition := &Schema{Kind: Object, Fields: []Field{{Name: "Test", Schema: &Schema{Kind: String}}}}
	condition.Fields = append(condition.Fields, Field{Name: "And", Schema: &Schema{Kind: List, Elem: condition}})
	s := &Schema{
		Kind:   Object,
		Fields: []Field{{Name: "Rule", Schema: condition, Optional: true}, {Name: "Other", Schema: &Schema{}}},
		Absent: map[string]string{"Rules": "there is one: Rule"},
	}
	want := []FieldInfo{{"Rule", "object"}, {"Rule.Test", "string"}, {"Rule.And", "list of objects"}, {"Other", "any"}}
	if got := s.AllFields(); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if p, err := ParsePath("--columns", "Rule.And.And.Test", s); err != nil || !p.ThroughList || p.Leaf.Kind != String {
		t.Errorf("%+v, %v", p, err)
	}
	for path, want := range map[string]string{
		"Rules":       "--columns: unknown field Rules at column 1; there is one: Rule\n    Rules\n    ^^^^^",
		"Rule.Tst":    "--columns: unknown field Tst at column 6; did you mean \"Test\"?\n    Rule.Tst\n         ^^^",
		"Rule.":       "--columns: a field name is missing after the dot at column 6\n    Rule.\n         ^",
		"Other.X":     "--columns: records may lack X at column 7; use --jq for it\n    Other.X\n          ^",
		"Rule.Test.X": "--columns: a string has no field X at column 11\n    Rule.Test.X\n              ^",
	} {
		if _, err := ParsePath("--columns", path, s); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", path, err, want)
		}
	}
}
