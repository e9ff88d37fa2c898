package inventory

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"slices"
	"sync"
	"time"

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

	decoders decoders
	large    chan struct{} // the large answers that are in memory; see turn
	largest  chan struct{} // of those that the SDK reads, too
	// Large is called when the first large answer comes in, once; nil: nobody cares.
	Large func()

	first sync.Once // of the large answers
}

// NewInstances compiles a query; the error is a *QueryError.
func NewInstances(api *awsapi.API, q Query) (*Instances, error) {
	m, err := q.compile()
	if err != nil {
		return nil, err
	}
	return &Instances{api: api, query: m, large: make(chan struct{}, largeAnswers()), largest: make(chan struct{}, largestAnswers)}, nil
}

// Visit hands on the instances of one region, page by page.
func (c *Instances) Visit(ctx context.Context, p sweep.Place, emit func([]Instance)) error {
	return c.visit(ctx, p, false, emit)
}

// VisitFull is Visit with all of EC2's answer, which the SDK reads at many times
// the cost.
func (c *Instances) VisitFull(ctx context.Context, p sweep.Place, emit func([]FullInstance)) error {
	return c.visit(ctx, p, true, func(found []Instance) {
		full := make([]FullInstance, len(found))
		for i, r := range found {
			full[i] = FullInstance{Instance: r, EC2: *r.ec2}
		}
		emit(full)
	})
}

func (c *Instances) visit(ctx context.Context, p sweep.Place, full bool, emit func([]Instance)) error {
	seen := newSightings()
	seen.all = len(c.query.requests) > 1 || len(c.query.secondary) > 0 // two of them may find the same instance
	once := func(page []Instance) {
		emit(slices.DeleteFunc(page, func(r Instance) bool { return seen.again(r.InstanceId) }))
	}
	server := newServer(c.api, p)
	ask := func(filters []types.Filter) error {
		return server.ask(ctx, "DescribeInstances", filters, c.query.users, func(filters []types.Filter) error {
			return c.pages(ctx, p, full, filters, server, once)
		})
	}
	for _, request := range c.query.requests {
		if request.imitated && !server.imitation {
			continue
		}
		if err := ask(request.filters); err != nil {
			return c.rejected(err)
		}
		if server.unnarrowed {
			return nil // that was everything
		}
	}
	if len(c.query.secondary) == 0 {
		return nil
	}
	owners, err := secondaryOwners(ctx, c.api, p, []types.Filter{{Name: aws.String(secondaryFilter), Values: c.query.secondary}})
	switch {
	case err != nil && server.lacks(err) && ctx.Err() == nil:
		return c.rejected(ask(c.query.base))
	case err != nil:
		return err
	}
	for batch := range slices.Chunk(owners, maxFilterValues/2) {
		if err := ask(narrow(c.query.base, "instance-id", batch)); err != nil {
			return c.rejected(err)
		}
	}
	return nil
}

func (c *Instances) pages(ctx context.Context, p sweep.Place, full bool, filters []types.Filter, server *server, emit func([]Instance)) error {
	in := &ec2.DescribeInstancesInput{Filters: filters, MaxResults: aws.Int32(pageSize), IncludeManagedResources: server.managed()}
	return awsapi.ForEachPage("DescribeInstances", func(token *string) (*string, error) {
		var (
			found records
			next  string
			turn  = turn{at: c.large}
		)
		if full {
			turn.at = c.largest
		}
		in.NextToken = token
		err := p.Identity.Do(ctx, func() (err error) {
			found, next, err = c.page(ctx, p, full, in, &turn)
			return err
		})
		for i, piece := range found {
			found[i] = nil // the memory is the printer's
			emit(piece)
		}
		turn.leave()
		return &next, err
	})
}

// page asks for one page. All of the call is the SDK's but the reading of the
// answer, which costs the SDK many times what this decoder takes. A page is
// complete before anybody sees it, since a call that breaks off is made again.
func (c *Instances) page(ctx context.Context, p sweep.Place, full bool, in *ec2.DescribeInstancesInput, turn *turn) (found records, next string, err error) {
	read := func(body io.Reader) (err error) {
		found, next, err = c.decoders.instances(body, p, c.query.matches, func() {
			if c.Large != nil {
				c.first.Do(c.Large)
			}
			turn.take(ctx)
		})
		return err
	}
	var result any = &ec2.DescribeInstancesOutput{}
	limit := int64(awsapi.PageLimit)
	if full {
		result, limit = nil, awsapi.WholeLimit
	}
	out, err := c.api.EC2(p.Identity.Target).DescribeInstances(ctx, in, signed(p.Identity, p.Region), readBy(limit, read, result))
	if err == nil && full {
		err = found.complete(out)
	}
	if err != nil {
		return nil, "", err
	}
	return found, next, nil
}

// largeAnswers is how many large answers are in memory at one time, some 2 MB
// each: enough for some to come over slow lines while the others are decoded.
func largeAnswers() int { return 3 * max(2, runtime.GOMAXPROCS(0)) }

// largestAnswers is the same for those that the SDK reads, some 80 MB each.
const largestAnswers = 2

// turn is the place of an answer among the large ones, which it takes once it
// turns out to be one, and leaves when the last of its records has been handed on.
// Until then the rest of the answer stays on the wire.
type turn struct {
	at    chan struct{}
	taken bool
}

// take waits for as long as the server can be expected to: who reads the output
// may have stopped for now, as pagers do, and the answer must not be lost.
func (t *turn) take(ctx context.Context) {
	if t.taken {
		return
	}
	const patience = 30 * time.Second
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case t.at <- struct{}{}:
		t.taken = true
	case <-late.C:
	case <-ctx.Done():
	}
}

func (t *turn) leave() {
	if t.taken {
		<-t.at
	}
}

// rejected ends the sweep where EC2 refuses the user's own filter: every other
// region would.
func (c *Instances) rejected(err error) error {
	if err == nil {
		return nil
	}
	failure := awsapi.Explain(err)
	switch failure.Code {
	case "InvalidParameterValue", "InvalidParameterCombination", "FilterLimitExceeded", "MissingParameter", "UnknownParameter":
		if len(c.query.users) > 0 {
			return &sweep.Stop{Err: fmt.Errorf("EC2 does not accept --filter: %s", failure.Message)}
		}
	}
	return err
}
