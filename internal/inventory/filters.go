package inventory

import (
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"muster/internal/shorthand"
)

// filtersShape is the shape of EC2's filters.
var filtersShape = &shorthand.Shape{Kind: shorthand.List, Item: &shorthand.Shape{Kind: shorthand.Structure, Members: []shorthand.Member{
	{Name: "Name", Shape: &shorthand.Shape{Kind: shorthand.String}},
	{Name: "Values", Shape: &shorthand.Shape{Kind: shorthand.List, Item: &shorthand.Shape{Kind: shorthand.String}}},
}}}

// parseFilters reads EC2's own filters as the AWS CLI does: one in shorthand or as
// JSON, or a list of them as JSON or in a file.
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
