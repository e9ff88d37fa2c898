package inventory

import (
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"muster/internal/shorthand"
)

// filtersShape describes EC2's filters to the shorthand parser.
var filtersShape = &shorthand.Shape{Kind: shorthand.List, Item: &shorthand.Shape{Kind: shorthand.Structure, Members: []shorthand.Member{
	{Name: "Name", Shape: &shorthand.Shape{Kind: shorthand.String}},
	{Name: "Values", Shape: &shorthand.Shape{Kind: shorthand.List, Item: &shorthand.Shape{Kind: shorthand.String}}},
}}}

// parseFilters parses filters in the AWS CLI's syntax: one filter in shorthand or JSON, or a
// list in JSON or in a file.
func parseFilters(text string, load shorthand.Load) ([]types.Filter, error) {
	value, err := shorthand.Values([]string{text}, filtersShape, load)
	if err == nil {
		err = filtersShape.Check("filters", value)
	}
	if err != nil {
		return nil, err
	}
	var filters []types.Filter
	for _, item := range value.([]any) {
		filter := item.(map[string]any)
		name, _ := filter["Name"].(string)
		values, _ := filter["Values"].([]any)
		if name == "" || len(values) == 0 {
			return nil, errors.New("expected Name=NAME,Values=VALUE[,VALUE...]")
		}
		f := types.Filter{Name: aws.String(name)}
		for _, value := range values {
			f.Values = append(f.Values, value.(string))
		}
		filters = append(filters, f)
	}
	if len(filters) == 0 {
		return nil, errors.New("the list is empty")
	}
	return filters, nil
}
