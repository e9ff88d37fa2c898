package inventory

import (
	"context"
	"fmt"
	"io"
	"slices"
	"sync/atomic"

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

	decoders   decoders
	unnarrowed atomic.Bool // the server does not know the filters of requests
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
	requests := c.query.requests
	if c.unnarrowed.Load() {
		requests = [][]types.Filter{c.query.users}
	}
	handedOn := 0
	seen := map[string]bool{}
	once := func(page []Instance) {
		if len(requests) > 1 { // two of them may find the same instance
			page = slices.DeleteFunc(page, func(r Instance) bool {
				known := seen[r.InstanceId]
				seen[r.InstanceId] = true
				return known
			})
		}
		handedOn += len(page)
		emit(page)
	}
	var err error
	for _, filters := range requests {
		if err = c.pages(ctx, p, filters, once); err != nil {
			break
		}
	}
	if err != nil && c.query.narrowed && handedOn == 0 && misunderstood(err) && ctx.Err() == nil {
		// EC2 knows the filters that narrow a request; its imitations may not. What
		// is asked for is then found without.
		if c.pages(ctx, p, c.query.users, once) == nil {
			c.unnarrowed.Store(true)
			return nil
		}
	}
	if err != nil {
		return c.rejected(err)
	}
	return nil
}

// misunderstood says whether a request, rather than its caller, may be what the
// server does not like.
func misunderstood(err error) bool {
	switch f := awsapi.Explain(err); f.Kind {
	case awsapi.Broken:
		return true
	case awsapi.Unreachable:
		return f.Answered
	}
	return false
}

func (c *Instances) pages(ctx context.Context, p sweep.Place, filters []types.Filter, emit func([]Instance)) error {
	in := &ec2.DescribeInstancesInput{Filters: filters, MaxResults: aws.Int32(pageSize)}
	for {
		var (
			found records
			next  string
		)
		err := p.Identity.Do(ctx, func() (err error) {
			found, next, err = c.page(ctx, p, in)
			return err
		})
		if err != nil {
			return err
		}
		for _, piece := range found {
			emit(piece)
		}
		if next == "" {
			return nil
		}
		if next == aws.ToString(in.NextToken) {
			return &answerError{"DescribeInstances answers the same page again and again"}
		}
		in.NextToken = &next
	}
}

// page asks for one page. All of the call is the SDK's but the reading of the
// answer, which costs the SDK many times what this decoder takes. A page is
// complete before anybody sees it, since a call that breaks off is made again.
func (c *Instances) page(ctx context.Context, p sweep.Place, in *ec2.DescribeInstancesInput) (found records, next string, err error) {
	read := func(body io.Reader) (err error) {
		found, next, err = c.decoders.instances(body, p, c.query.matches)
		return err
	}
	_, err = c.api.EC2(p.Identity.Target).DescribeInstances(ctx, in, signed(p.Identity, p.Region), func(o *ec2.Options) {
		o.APIOptions = append(slices.Clip(o.APIOptions), awsapi.ReadAnswer(read, &ec2.DescribeInstancesOutput{}))
	})
	return found, next, err
}

// rejected ends the sweep where EC2 refuses the user's own filter: every other
// region would.
func (c *Instances) rejected(err error) error {
	failure := awsapi.Explain(err)
	switch failure.Code {
	case "InvalidParameterValue", "InvalidParameterCombination", "FilterLimitExceeded", "MissingParameter", "UnknownParameter":
		if len(c.query.users) > 0 {
			return &sweep.Stop{Err: fmt.Errorf("EC2 does not accept --filter: %s", failure.Message)}
		}
	}
	return err
}
