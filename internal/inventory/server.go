package inventory

import (
	"context"
	"io"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"muster/internal/auth"
	"muster/internal/awsapi"
	"muster/internal/sweep"
)

// server is the EC2 of one place, and what it has turned out not to know. AWS's own
// knows all filters; an imitation of it, at a URL that somebody configured, may not.
type server struct {
	imitation  bool
	unmanaged  bool // it does not know IncludeManagedResources
	unnarrowed bool // it does not know a filter that narrows a request
}

// forImitations are the filters that find nothing more in AWS's own EC2: that has
// each address in the list of an interface's addresses. An imitation may have it
// only on the interface itself, or on the instance.
var forImitations = map[string]bool{
	"network-interface.private-ip-address":            true,
	"network-interface.association.public-ip":         true,
	"network-interface.association.carrier-ip":        true,
	"network-interface.association.customer-owned-ip": true,
	"private-ip-address":                              true, // of instances and of interfaces
	"ip-address":                                      true,
	"association.public-ip":                           true,
}

func newServer(api *awsapi.API, p sweep.Place) *server {
	return &server{imitation: api.CustomEC2Endpoint(p.Identity.Target)}
}

// managed asks for what AWS services manage as well: an account may have EC2 leave
// it out otherwise.
func (s *server) managed() *bool {
	if s.unmanaged {
		return nil
	}
	return aws.Bool(true)
}

// ask makes a request, and makes it again without what the server refuses: the
// parameter of managed, and in an imitation the filters beyond the user's own.
func (s *server) ask(ctx context.Context, operation string, filters, users []types.Filter, request func([]types.Filter) error) error {
	if s.unnarrowed {
		filters = users
	}
	err := request(filters)
	if err != nil && !s.unmanaged && awsapi.Explain(err).Code == "UnknownParameter" && ctx.Err() == nil {
		s.unmanaged = true
		err = request(filters)
	}
	if err != nil && s.imitation && len(filters) > len(users) && ctx.Err() == nil && s.refused(operation, err, request) {
		if request(users) == nil {
			s.unnarrowed = true
			return nil
		}
	}
	return err
}

// refused says whether it is the filters that the server did not like. One that
// fails has refused nothing; but some fail without a word of AWS's at a filter that
// they do not know, and answer the same call with another.
func (s *server) refused(operation string, err error, request func([]types.Filter) error) bool {
	f := awsapi.Explain(err)
	if f.Unsupported() || f.Kind != awsapi.Unreachable || !f.InvalidAnswer() {
		return f.Unsupported()
	}
	known := map[string][2]string{
		"DescribeInstances":         {"instance-id", "i-00000000000000000"},
		"DescribeNetworkInterfaces": {"network-interface-id", "eni-00000000000000000"},
		"DescribeAddresses":         {"allocation-id", "eipalloc-00000000000000000"},
	}[operation]
	return request([]types.Filter{{Name: aws.String(known[0]), Values: []string{known[1]}}}) == nil
}

// lacks says whether an error means that the server does not offer an operation to
// the caller, which another then has to do.
func (s *server) lacks(err error) bool {
	f := awsapi.Explain(err)
	if s.imitation && f.Answered && f.Kind != awsapi.Throttled && f.Kind != awsapi.Expired {
		return true
	}
	return f.Rejected()
}

// secondaryOwners are the instances whose interfaces in secondary networks match
// filters. DescribeInstances shows their addresses and has no filter for them.
func secondaryOwners(ctx context.Context, api *awsapi.API, p sweep.Place, filters []types.Filter) (instances []string, err error) {
	in := &ec2.DescribeSecondaryInterfacesInput{Filters: filters, MaxResults: aws.Int32(pageSize)}
	err = awsapi.ForEachPage("DescribeSecondaryInterfaces", func(token *string) (next *string, err error) {
		in.NextToken = token
		err = p.Identity.Do(ctx, func() error {
			out, err := api.EC2(p.Identity.Target).DescribeSecondaryInterfaces(ctx, in, signed(p.Identity, p.Region))
			if err != nil {
				return err
			}
			next = out.NextToken
			for _, found := range out.SecondaryInterfaces {
				if found.Attachment != nil {
					instances = union(instances, nonEmpty(aws.ToString(found.Attachment.InstanceId)))
				}
			}
			return nil
		})
		return next, err
	})
	return instances, err
}

// signed points a call of the shared client at a region, with an identity.
func signed(id *auth.Identity, region string) func(*ec2.Options) {
	return func(o *ec2.Options) { o.Region, o.Credentials = region, id.Credentials }
}

// readBy has a call's answer read by a decoder of ours, as awsapi.WithDecoder does.
func readBy(limit int64, read func(io.Reader) error, result any) func(*ec2.Options) {
	return func(o *ec2.Options) {
		o.APIOptions = append(slices.Clip(o.APIOptions), awsapi.WithDecoder(limit, read, result))
	}
}
