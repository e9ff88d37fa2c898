package inventory

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"muster/internal/awsapi"
	"muster/internal/sweep"
)

// pageSize is the most instances that EC2 gives at once.
const pageSize = 1000

// Instances collects the instances that a query selects.
type Instances struct {
	api   *awsapi.API
	query *matcher
}

// NewInstances compiles a query; the error is a *QueryError.
func NewInstances(api *awsapi.API, q Query) (*Instances, error) {
	m, err := q.compile()
	if err != nil {
		return nil, err
	}
	return &Instances{api: api, query: m}, nil
}

// Visit hands on the instances of one region, page by page.
func (c *Instances) Visit(ctx context.Context, p sweep.Place, emit func([]Instance)) error {
	seen := map[string]bool{} // two requests may find the same instance
	for _, filters := range c.query.requests {
		err := c.pages(ctx, p, filters, func(page []Instance) {
			if len(c.query.requests) > 1 {
				fresh := page[:0]
				for _, r := range page {
					if !seen[r.InstanceId] {
						seen[r.InstanceId] = true
						fresh = append(fresh, r)
					}
				}
				page = fresh
			}
			emit(page)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *Instances) pages(ctx context.Context, p sweep.Place, filters []types.Filter, emit func([]Instance)) error {
	in := &ec2.DescribeInstancesInput{Filters: filters, MaxResults: aws.Int32(pageSize)}
	for {
		var out *ec2.DescribeInstancesOutput
		err := p.Identity.Do(ctx, func() (err error) {
			out, err = c.api.EC2(p.Identity.Target).DescribeInstances(ctx, in, signed(p.Identity, p.Region))
			return err
		})
		if err != nil {
			return c.rejected(err)
		}
		var page []Instance
		for i := range out.Reservations {
			reservation := &out.Reservations[i]
			for j := range reservation.Instances {
				if r := newInstance(p, reservation, &reservation.Instances[j]); c.query.matches(&r) {
					page = append(page, r)
				}
			}
		}
		emit(page)
		next := aws.ToString(out.NextToken)
		if next == "" {
			return nil
		}
		if next == aws.ToString(in.NextToken) {
			return &answerError{"DescribeInstances answers the same page again and again"}
		}
		in.NextToken = out.NextToken
	}
}

// rejected ends the sweep where EC2 refuses the user's own filter: every other
// region would.
func (c *Instances) rejected(err error) error {
	failure := awsapi.Explain(err)
	switch failure.Code {
	case "InvalidParameterValue", "InvalidParameterCombination", "FilterLimitExceeded", "MissingParameter", "UnknownParameter":
		if c.query.users {
			return &sweep.Stop{Err: fmt.Errorf("EC2 does not accept --filter: %s", failure.Message)}
		}
	}
	return err
}
