package render

import (
	"errors"
	"regexp"
	"sync"

	"github.com/itchyny/gojq"
	"muster/internal/render/caret"
	"muster/internal/render/encode"
	"muster/internal/render/shape"
)

// jqMistake is the first thing that the check objects to and a trial meets.
func (c *compiler) jqMistake(input *shape.Schema) error {
	findings := func(text string) []jqFinding {
		filter, err := gojq.Parse(text)
		if err != nil {
			return nil
		}
		found, _ := checkJQ(filter, input)
		return found
	}
	found := findings(c.JQ)
	if len(found) == 0 {
		return c.listHabit()
	}
	inputs := c.jqTrials()
	for i, found := range found {
		if !c.meets(i, input, inputs) {
			continue
		}
		return noFieldError(found.NoField, "--jq", c.JQ, "go through it with [] first", func(text string) *shape.NoField {
			if again := findings(text); i < len(again) {
				return again[i].NoField
			}
			return nil
		})
	}
	return c.listHabit()
}

// listHabits are filters for a list of records, such as .[].Name and map(.Name).
var listHabits = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[\s\[(]*(?:\.\[|(?:map|group_by|sort_by|unique_by|min_by|max_by|first|last|sort|unique|reverse|flatten|add|any|all)\b)`)
})

// listHabit finds a filter that is made for a list and fails on every single record.
func (c *compiler) listHabit() error {
	if c.Slurp || !listHabits().MatchString(c.JQ) {
		return nil
	}
	filter, err := gojq.Parse(c.JQ)
	if err != nil {
		return nil
	}
	for _, value := range c.jqTrials()[:20] {
		result, more := filter.RunWithContext(newSteps(trialSteps), value).Next()
		if _, failed := result.(error); !failed || !more {
			return nil
		}
	}
	return &caret.Error{
		Flag: "--jq", Text: c.JQ, Offset: -1, Msg: "the filter runs for each record by itself, and a record is no list",
		Hint: "leave out .[] or map, or add --slurp for one list of all records",
	}
}

// meets reports whether the filter, run over trial records, gets to what the check has
// found as the finding at i, with a value as the check took it to be.
func (c *compiler) meets(i int, input *shape.Schema, values []any) bool {
	const name = "_meets"
	filter, err := gojq.Parse(c.JQ)
	if err != nil {
		return false
	}
	found, _ := checkJQ(filter, input)
	found[i].spot(&gojq.Query{Term: &gojq.Term{Type: gojq.TermTypeFunc, Func: &gojq.Func{Name: name}}})
	met := false
	code, err := gojq.Compile(filter, gojq.WithFunction(name, 0, 0, func(value any, _ []any) any {
		met = met || fails(found[i].NoField, value)
		return errors.New("")
	}))
	if err != nil {
		return false
	}
	budget := newSteps(trialSteps)
	for _, value := range values {
		for results := code.RunWithContext(budget, value); !met && budget.Err() == nil; {
			result, more := results.Next()
			if _, failed := result.(error); failed || !more {
				break
			}
		}
		if met || budget.Err() != nil {
			break
		}
	}
	return met
}

// jqTrials are inputs of the filter.
func (c *compiler) jqTrials() []any {
	var values []any
	for record := range trials(c.record.GoType(), c.JQ) {
		values = append(values, encode.Tree{}.Value(shape.ValueOf(c.record, record.Elem())))
	}
	if !c.Slurp {
		return values
	}
	lists := make([]any, len(values))
	for i := range values {
		lists[i] = values[i:min(i+3, len(values))]
	}
	return lists
}

// fails reports whether the access gives nothing of a value.
func fails(m *shape.NoField, value any) bool {
	switch value := value.(type) {
	case nil:
		return false
	case map[string]any:
		_, ok := value[m.Name]
		return m.In.Kind == shape.Object && !ok
	case []any:
		return m.Name != ""
	}
	return true
}
