package inventory

import (
	"errors"

	"muster/internal/shorthand"
	"muster/internal/wire"
)

// filter is a filter of EC2's calls. It finds the resources that have any of the values.
type filter struct {
	name   string
	values []string
}

// withFilters adds filters to the input of a call.
func withFilters(in wire.Object, filters []filter) wire.Object {
	if len(filters) == 0 {
		return in
	}
	list := make([]any, len(filters))
	for i, f := range filters {
		values := make([]any, len(f.values))
		for j, value := range f.values {
			values[j] = value
		}
		list[i] = wire.Object{{Name: "Name", Value: f.name}, {Name: "Values", Value: values}}
	}
	return in.Set("Filters", list)
}

// filtersShape describes EC2's filters to the shorthand parser.
var filtersShape = &shorthand.Shape{Kind: shorthand.List, Item: &shorthand.Shape{Kind: shorthand.Structure, Members: []shorthand.Member{
	{Name: "Name", Shape: &shorthand.Shape{Kind: shorthand.String}},
	{Name: "Values", Shape: &shorthand.Shape{Kind: shorthand.List, Item: &shorthand.Shape{Kind: shorthand.String}}},
}}}

// parseFilters parses filters in the AWS CLI's syntax: one filter in shorthand or JSON, or a
// list in JSON or in a file.
func parseFilters(text string, load shorthand.Load) ([]filter, error) {
	value, err := shorthand.Values([]string{text}, filtersShape, load)
	if err == nil {
		err = filtersShape.Check("filters", value)
	}
	if err != nil {
		return nil, err
	}
	var filters []filter
	for _, item := range value.([]any) {
		given := item.(map[string]any)
		name, _ := given["Name"].(string)
		values, _ := given["Values"].([]any)
		if name == "" || len(values) == 0 {
			return nil, errors.New("expected Name=NAME,Values=VALUE[,VALUE...]")
		}
		f := filter{name: name}
		for _, value := range values {
			f.values = append(f.values, value.(string))
		}
		filters = append(filters, f)
	}
	if len(filters) == 0 {
		return nil, errors.New("the list is empty")
	}
	return filters, nil
}
