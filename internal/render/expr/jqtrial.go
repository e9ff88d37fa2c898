package expr

import (
	"errors"
	"regexp"
	"sync"

	"github.com/itchyny/gojq"

	"muster/internal/render/caret"
	"muster/internal/render/encode"
	"muster/internal/render/shape"
)

var jqPaths = shape.Paths{Each: "go through it with [] first", ByKey: "write [] | select(.%s == %q) | .%s behind the list"}

// check returns the first access to an impossible field that a trial makes.
func (f *JQ) check() error {
	findings := func(text string) []jqFinding {
		query, err := gojq.Parse(text)
		if err != nil {
			return nil
		}
		found, _ := checkJQ(query, f.input())
		return found
	}
	found := findings(f.text)
	if len(found) == 0 {
		return f.checkListHabit()
	}
	inputs := f.trialInputs()
	for i := range found {
		if !f.trialReaches(i, inputs) {
			continue
		}
		return noFieldError(found[i].NoField, jqFlag, f.text, jqPaths, func(text string) *shape.NoField {
			if again := findings(text); i < len(again) {
				return again[i].NoField
			}
			return nil
		})
	}
	return f.checkListHabit()
}

// listHabits are the starts of filters for a list of records, such as .[].Name and
// map(.Name), which users of the AWS CLI expect.
var listHabits = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[\s\[(]*(?:\.\[|(?:map|group_by|sort_by|unique_by|min_by|max_by|first|last|sort|unique|reverse|flatten|add|any|all)\b)`)
})

// checkListHabit finds a filter that is made for a list and fails on every record.
func (f *JQ) checkListHabit() error {
	if f.slurp || !listHabits().MatchString(f.text) {
		return nil
	}
	query, err := gojq.Parse(f.text)
	if err != nil {
		return nil
	}
	for _, input := range f.trialInputs()[:20] {
		result, more := query.RunWithContext(newStepLimit(trialSteps), input).Next()
		if _, failed := result.(error); !failed || !more {
			return nil
		}
	}
	return &caret.Error{
		Flag: jqFlag, Text: f.text, Offset: -1, Msg: "the filter runs for each record by itself, and a record is not a list",
		Hint: "leave out .[] or map, or add --slurp for one list of all records",
	}
}

// trialReaches reports whether the filter, run over trial inputs, makes the access of
// finding i on a value that lacks the field.
func (f *JQ) trialReaches(i int, inputs []any) bool {
	const probe = "_probe"
	query, err := gojq.Parse(f.text)
	if err != nil {
		return false
	}
	found, _ := checkJQ(query, f.input())
	found[i].replace(&gojq.Query{Term: &gojq.Term{Type: gojq.TermTypeFunc, Func: &gojq.Func{Name: probe}}})
	reached := false
	code, err := gojq.Compile(query, gojq.WithFunction(probe, 0, 0, func(value any, _ []any) any {
		reached = reached || lacksField(value, found[i].NoField)
		return errors.New("")
	}))
	if err != nil {
		return false
	}
	limit := newStepLimit(trialSteps)
	for _, input := range inputs {
		for results := code.RunWithContext(limit, input); !reached && limit.Err() == nil; {
			result, more := results.Next()
			if _, failed := result.(error); failed || !more {
				break
			}
		}
		if reached || limit.Err() != nil {
			break
		}
	}
	return reached
}

// trialInputs returns fake inputs of the filter.
func (f *JQ) trialInputs() []any {
	var inputs []any
	for record := range trialRecords(f.record, f.text) {
		inputs = append(inputs, encode.Tree{}.Value(record))
	}
	if !f.slurp {
		return inputs
	}
	lists := make([]any, len(inputs))
	for i := range inputs {
		lists[i] = inputs[i:min(i+3, len(inputs))]
	}
	return lists
}

// lacksField reports whether the access gives nothing for a value.
func lacksField(value any, access *shape.NoField) bool {
	switch value := value.(type) {
	case nil:
		return false
	case map[string]any:
		_, ok := value[access.Name]
		return access.In.Kind == shape.Object && !ok
	case []any:
		return access.Name != ""
	}
	return true
}
