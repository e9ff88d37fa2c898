package inventory

import (
	"context"
	"slices"

	"muster/internal/awsapi"
	"muster/internal/catalog"
	"muster/internal/sweep"
	"muster/internal/wire"
)

// Paging says how pages are followed.
type Paging struct {
	MaxItems int    // of each place; 0: all
	PageSize int    // 0: AWS's choice
	Token    string // where to start; "" is the beginning
	OnePage  bool   // the first page alone
	byHand   bool   // the input asks for that page
}

// walkPages calls an operation in a place and passes its pages on, until the last page or
// until page returns false.
func walkPages(
	ctx context.Context, api *awsapi.API, op *catalog.Operation, p sweep.Place, in wire.Object, paging Paging, page func(wire.Object) (more bool),
) error {
	caller, err := api.Operation(op)
	if err != nil {
		return err
	}
	region := p.Region
	if region == "" {
		region = regionForAccount(op.Service, p.Identity.Target.Region)
	}
	if !op.Service.Offered(region) {
		return &notOfferedError{op.Service.Name, region}
	}
	if paging.PageSize > 0 && op.Pages != nil && op.Pages.Limit != "" {
		in = slices.Clone(in).Set(op.Pages.Limit, int64(paging.PageSize))
	}
	token := []any{}
	if paging.Token != "" {
		token = append(token, paging.Token)
	}
	return awsapi.ForEachPage(op.Name, func(*string) (*string, error) {
		if op.Pages != nil {
			for i, name := range op.Pages.Input {
				if i < len(token) && token[i] != nil {
					in = slices.Clone(in).Set(name, token[i])
				}
			}
		}
		var answer wire.Object
		err := p.Identity.Do(ctx, func() (err error) {
			answer, err = caller.Call(ctx, p.Identity.Target, region, p.Identity.Credentials, in)
			return err
		})
		if err != nil || !page(answer) || paging.OnePage {
			return nil, err
		}
		if token = nextTokens(op.Pages, answer); token == nil {
			return nil, nil
		}
		text := string(wire.AppendJSON(nil, token))
		return &text, nil
	})
}

// regionForAccount returns the region to call for an account as a whole: the profile's, as
// in the AWS CLI. Where the account may not have that region, or the service is not
// offered there, it is the one that signs for the partition.
func regionForAccount(s *catalog.Service, profile string) string {
	if slices.Contains(catalog.PartitionOf(profile).AlwaysOn, profile) && s.Offered(profile) {
		return profile
	}
	return catalog.PartitionOf(profile).Global()
}

// nextTokens returns the tokens of the page that follows; nil at the end.
func nextTokens(pages *catalog.Pagination, answer wire.Object) []any {
	if pages == nil || pages.More != "" && answer.Find(pages.More) != true {
		return nil
	}
	tokens := make([]any, len(pages.Output))
	found := false
	for i, path := range pages.Output {
		tokens[i] = answer.Find(path)
		found = found || tokens[i] != nil && tokens[i] != ""
	}
	if !found {
		return nil
	}
	return tokens
}

// notOfferedError says that a service has no endpoint in a region. AWS was not called.
type notOfferedError struct{ Service, Region string }

func (e *notOfferedError) Error() string { return e.Service + " is not offered in " + e.Region }

// Reason gives the place its status in the ledger.
func (e *notOfferedError) Reason() awsapi.Kind { return awsapi.NotOffered }
