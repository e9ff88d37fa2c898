package cli

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"muster/internal/inventory"
	"muster/internal/render"
)

// viewOf chooses the columns of a table, the best first: ids, names, states. Within a
// place, records keep AWS's order, which may be that of events.
func viewOf(record reflect.Type, noun string) render.View {
	v := render.View{Sort: []string{"AccountId", "Region"}, Tree: [][]string{{"AccountName", "AccountId"}, {"Region"}}}
	v.Text = []string{"AccountId", "AccountName", "Region"}
	var scalars, others []string
	for i := reflect.TypeFor[ownerFields]().NumField() - 2; i < record.NumField(); i++ {
		switch f := record.Field(i); {
		case f.Tag.Get("render") == "":
		case isScalar(f.Type):
			scalars = append(scalars, f.Tag.Get("json"))
		default:
			others = append(others, f.Tag.Get("json"))
		}
	}
	if len(scalars) == 0 { // an item of a table of DynamoDB, the one structure of an answer
		scalars = others
		v.Wide = slices.Concat(v.Text, others)
	}
	v.Text = append(v.Text, scalars...)
	slices.SortStableFunc(scalars, func(a, b string) int { return rank(a, noun) - rank(b, noun) })
	v.Columns = []render.Column{{Field: "AccountName", Need: 2, Shorten: true}, {Field: "Region", Need: 3}}
	for i, name := range scalars[:min(len(scalars), 6)] {
		v.Columns = append(v.Columns, render.Column{Field: name, Need: max(1, 3*i)})
	}
	if len(scalars) > 0 {
		v.ID = scalars[0]
	}
	return v
}

// rank orders the fields of a record for a table. noun is the name of its list.
func rank(field, noun string) int {
	singular := strings.TrimSuffix(noun, "s")
	if stem, ok := strings.CutSuffix(noun, "ies"); ok {
		singular = stem + "y"
	}
	is := func(endings ...string) bool {
		return slices.ContainsFunc(endings, func(ending string) bool {
			return strings.EqualFold(field, ending) || strings.EqualFold(field, singular+ending)
		})
	}
	switch {
	case is("Id", "Identifier"):
		return 0
	case is("Name"):
		return 1
	case is("State", "Status"):
		return 3
	case is("Type", "Size", "Engine", "Runtime"):
		return 4
	case is("Arn"):
		return 6
	}
	return 5
}

func isScalar(t reflect.Type) bool {
	return t.Kind() == reflect.Pointer && (t.Elem().Kind() != reflect.Struct || t.Elem() == reflect.TypeFor[time.Time]())
}

// answerStream gathers the records of all places and prints them as one answer.
type answerStream struct {
	*render.Stream[reflect.Value]
	operation *inventory.Operation
	answer    reflect.Type
	sorter    *render.Printer[inventory.Record]
	records   []inventory.Record
}

func (s *answerStream) Write(r inventory.Record) error {
	s.records = append(s.records, r)
	return nil
}

func (s *answerStream) Flush() error { return nil }

func (s *answerStream) Close() error {
	v := reflect.New(s.answer).Elem()
	s.operation.Answer(v, s.sorter.Sorted(s.records))
	if err := s.Stream.Write(v); err != nil {
		return err
	}
	return s.Stream.Close()
}

// namedOwners returns the fields of the account's profile and role that the output
// names. Other outputs do not have them: they are not AWS's.
func namedOwners(o *Output) (fields []string) {
	texts := slices.Concat([]string{o.JQ, o.Query, o.Output}, o.Columns, o.SortBy, o.CountBy)
	for _, name := range []string{"Profile", "Role"} {
		word := regexp.MustCompile(`\b` + name + `\b`)
		if slices.ContainsFunc(texts, word.MatchString) {
			fields = append(fields, name)
		}
	}
	return fields
}
