package inventory

import (
	"context"
	"io"
	"slices"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"muster/internal/awsapi"
	"muster/internal/sweep"
)

// pageSize is the maximum number of items on a page of EC2's answers.
const pageSize = 1000

// server is EC2 in one place. All calls of this package go through it. AWS knows every
// filter and parameter, but a custom endpoint may not, so server remembers the rejected
// ones. It is safe for concurrent use.
type server struct {
	api    *awsapi.API
	place  sweep.Place
	custom bool // not AWS's own endpoint

	withoutManaged atomic.Bool // it does not know IncludeManagedResources
	withoutFilters atomic.Bool // it has rejected a filter
}

func newServer(api *awsapi.API, p sweep.Place) *server {
	return &server{api: api, place: p, custom: api.CustomEC2Endpoint(p.Identity.Target)}
}

// managed returns the parameter IncludeManagedResources. Without it, an account may hide the
// resources that AWS services manage.
func (s *server) managed() *bool {
	if s.withoutManaged.Load() {
		return nil
	}
	return aws.Bool(true)
}

// call is a call of one operation, with all its pages.
type call struct {
	operation string
	filters   []types.Filter
	required  []types.Filter // the filters that cannot be left out: the user's own
}

// try makes a call. If the server rejects IncludeManagedResources, or a custom endpoint
// rejects a filter, it makes the call again without the parameter or with only the required
// filters.
func (s *server) try(ctx context.Context, c call, send func([]types.Filter) error) error {
	filters := c.filters
	if s.withoutFilters.Load() {
		filters = c.required
	}
	err := send(filters)
	if err != nil && !s.withoutManaged.Load() && awsapi.Explain(err).Code == "UnknownParameter" && ctx.Err() == nil {
		s.withoutManaged.Store(true)
		err = send(filters)
	}
	if err != nil && s.custom && len(filters) > len(c.required) && ctx.Err() == nil && s.rejectsFilters(c.operation, err, send) {
		if send(c.required) == nil {
			s.withoutFilters.Store(true)
			return nil
		}
	}
	return err
}

// rejectsFilters reports whether a call failed because of its filters. Some custom
// endpoints fail without an error code at a filter that they do not know. If they answer
// the same call with a filter that every one of them knows, the filter is the reason.
func (s *server) rejectsFilters(operation string, err error, send func([]types.Filter) error) bool {
	f := awsapi.Explain(err)
	if f.Unsupported() || f.Kind != awsapi.Unreachable || !f.InvalidAnswer() {
		return f.Unsupported()
	}
	known := map[string]types.Filter{
		"DescribeInstances":         {Name: aws.String("instance-id"), Values: []string{"i-00000000000000000"}},
		"DescribeNetworkInterfaces": {Name: aws.String("network-interface-id"), Values: []string{"eni-00000000000000000"}},
		"DescribeAddresses":         {Name: aws.String("allocation-id"), Values: []string{"eipalloc-00000000000000000"}},
	}[operation]
	return send([]types.Filter{known}) == nil
}

// lacks reports whether an error means that the caller cannot use an operation here, so
// that another operation must do its work.
func (s *server) lacks(err error) bool {
	f := awsapi.Explain(err)
	if s.custom && f.Answered && f.Kind != awsapi.Throttled && f.Kind != awsapi.Expired {
		return true
	}
	return f.Rejected()
}

// pages makes a call page by page; see eachPage.
func pages[T any](ctx context.Context, s *server, c call, get func(filters []types.Filter, token *string) (items T, next string, err error), use func(T) error) error {
	return s.try(ctx, c, func(filters []types.Filter) error {
		return eachPage(ctx, s, c.operation, func(token *string) (T, string, error) { return get(filters, token) }, use)
	})
}

// eachPage calls get for each page, which returns the page's items and the token of the
// next page. It hands the items to use, which holds no slot for calls.
func eachPage[T any](ctx context.Context, s *server, operation string, get func(token *string) (items T, next string, err error), use func(T) error) error {
	return awsapi.ForEachPage(operation, func(token *string) (*string, error) {
		var items T
		var next string
		err := s.place.Identity.Do(ctx, func() (err error) {
			items, next, err = get(token)
			return err
		})
		if err != nil {
			return nil, err
		}
		return &next, use(items)
	})
}

func (s *server) client() *ec2.Client { return s.api.EC2(s.place.Identity.Target) }

// signed makes a call of the shared client in the server's region, with its identity.
func (s *server) signed(o *ec2.Options) {
	o.Region, o.Credentials = s.place.Region, s.place.Identity.Credentials
}

// readBy makes a call's answer be read by read; see awsapi.WithDecoder.
func readBy(limit int64, read func(io.Reader) error, result any) func(*ec2.Options) {
	return func(o *ec2.Options) {
		o.APIOptions = append(slices.Clip(o.APIOptions), awsapi.WithDecoder(limit, read, result))
	}
}

// instanceReader says how answers of DescribeInstances are read.
type instanceReader struct {
	decoders *decoders
	keep     func(*Instance) bool
	full     bool   // also keep EC2's complete answer in each record
	large    func() // called when an answer turns out to be large, before the rest is read
}

// instances lists instances. A page is complete before use gets it: if a call breaks off,
// it is made again.
func (s *server) instances(ctx context.Context, c call, r instanceReader, use func(records) error) error {
	return pages(ctx, s, c, func(filters []types.Filter, token *string) (found records, next string, err error) {
		read := func(body io.Reader) (err error) {
			found, next, err = r.decoders.instances(body, s.place, r.keep, r.large)
			return err
		}
		answer := readBy(awsapi.PageLimit, read, &ec2.DescribeInstancesOutput{})
		if r.full {
			answer = readBy(awsapi.WholeLimit, read, nil)
		}
		in := &ec2.DescribeInstancesInput{Filters: filters, NextToken: token, MaxResults: aws.Int32(pageSize), IncludeManagedResources: s.managed()}
		out, err := s.client().DescribeInstances(ctx, in, s.signed, answer)
		if err == nil && r.full {
			err = found.complete(out)
		}
		return found, next, err
	}, use)
}

// interfaces lists network interfaces.
func (s *server) interfaces(ctx context.Context, filters []types.Filter, use func([]candidate) error) error {
	c := call{operation: "DescribeNetworkInterfaces", filters: filters}
	return pages(ctx, s, c, func(filters []types.Filter, token *string) (found []candidate, next string, err error) {
		read := func(body io.Reader) (err error) {
			found, next, err = decodeInterfaces(body, s.place)
			return err
		}
		in := &ec2.DescribeNetworkInterfacesInput{Filters: filters, NextToken: token, MaxResults: aws.Int32(pageSize), IncludeManagedResources: s.managed()}
		_, err = s.client().DescribeNetworkInterfaces(ctx, in, s.signed, readBy(awsapi.PageLimit, read, &ec2.DescribeNetworkInterfacesOutput{}))
		return found, next, err
	}, use)
}

// addresses lists Elastic IPs. The operation has no pages.
func (s *server) addresses(ctx context.Context, filters []types.Filter, use func([]types.Address) error) error {
	c := call{operation: "DescribeAddresses", filters: filters}
	return pages(ctx, s, c, func(filters []types.Filter, _ *string) ([]types.Address, string, error) {
		out, err := s.client().DescribeAddresses(ctx, &ec2.DescribeAddressesInput{Filters: filters}, s.signed)
		if err != nil {
			return nil, "", err
		}
		return out.Addresses, "", nil
	}, use)
}

// secondaryOwners returns the ids of the instances with an interface in a secondary
// network that the filters find. DescribeInstances returns the addresses of such
// interfaces, but has no filter for them.
func (s *server) secondaryOwners(ctx context.Context, filters []types.Filter) (owners []string, err error) {
	err = eachPage(ctx, s, "DescribeSecondaryInterfaces", func(token *string) ([]types.SecondaryInterface, string, error) {
		in := &ec2.DescribeSecondaryInterfacesInput{Filters: filters, NextToken: token, MaxResults: aws.Int32(pageSize)}
		out, err := s.client().DescribeSecondaryInterfaces(ctx, in, s.signed)
		if err != nil {
			return nil, "", err
		}
		return out.SecondaryInterfaces, aws.ToString(out.NextToken), nil
	}, func(found []types.SecondaryInterface) error {
		for _, i := range found {
			if i.Attachment != nil {
				owners = union(owners, nonEmpty(aws.ToString(i.Attachment.InstanceId)))
			}
		}
		return nil
	})
	return owners, err
}
