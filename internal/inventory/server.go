package inventory

import (
	"bytes"
	"context"
	"io"
	"sync/atomic"

	"muster/internal/awsapi"
	"muster/internal/sweep"
	"muster/internal/wire"
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

// input returns the input of a call for one page. Without IncludeManagedResources, an
// account may hide the resources that AWS services manage.
func (s *server) input(filters []filter, token *string, managed bool) wire.Object {
	in := wire.Object{{Name: "MaxResults", Value: int64(pageSize)}}
	if managed && !s.withoutManaged.Load() {
		in = in.Set("IncludeManagedResources", true)
	}
	if token != nil {
		in = in.Set("NextToken", *token)
	}
	return withFilters(in, filters)
}

// call is a call of one operation, with all its pages.
type call struct {
	operation string
	filters   []filter
	required  []filter // the filters that cannot be left out: the user's own
}

// try makes a call. If the server rejects IncludeManagedResources, or a custom endpoint
// rejects a filter, it makes the call again without the parameter or with only the required
// filters.
func (s *server) try(ctx context.Context, c call, send func([]filter) error) error {
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
func (s *server) rejectsFilters(operation string, err error, send func([]filter) error) bool {
	f := awsapi.Explain(err)
	if f.Unsupported() || f.Kind != awsapi.Unreachable || !f.InvalidAnswer() {
		return f.Unsupported()
	}
	known := map[string]filter{
		"DescribeInstances":         {"instance-id", []string{"i-00000000000000000"}},
		"DescribeNetworkInterfaces": {"network-interface-id", []string{"eni-00000000000000000"}},
		"DescribeAddresses":         {"allocation-id", []string{"eipalloc-00000000000000000"}},
	}[operation]
	return send([]filter{known}) == nil
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
func pages[T any](ctx context.Context, s *server, c call, get func(filters []filter, token *string) (items T, next string, err error), use func(T) error) error {
	return s.try(ctx, c, func(filters []filter) error {
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

func (s *server) operation(name string) *awsapi.Operation { return s.api.Named("ec2", name) }

// read makes a call whose answer is read by read.
func (s *server) read(ctx context.Context, operation string, in wire.Object, read func(io.Reader) error) error {
	id := s.place.Identity
	return s.operation(operation).Read(ctx, id.Target, s.place.Region, id.Credentials, in, read)
}

// answer makes a call and returns its answer.
func (s *server) answer(ctx context.Context, operation string, in wire.Object) (wire.Object, error) {
	id := s.place.Identity
	return s.operation(operation).Call(ctx, id.Target, s.place.Region, id.Credentials, in)
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
	return pages(ctx, s, c, func(filters []filter, token *string) (found records, next string, err error) {
		read := func(body io.Reader) (err error) {
			found, next, err = r.decoders.instances(body, s.place, r.keep, r.large)
			return err
		}
		if r.full {
			read = func(body io.Reader) (err error) {
				found, next, err = s.fullInstances(body, r)
				return err
			}
		}
		err = s.read(ctx, c.operation, s.input(filters, token, true), read)
		return found, next, err
	}, use)
}

// fullInstances reads an answer into records with EC2's complete answer.
func (s *server) fullInstances(body io.Reader, r instanceReader) (found records, next string, err error) {
	var text bytes.Buffer
	limited := io.LimitReader(body, awsapi.WholeLimit)
	if found, next, err = r.decoders.instances(io.TeeReader(limited, &text), s.place, r.keep, r.large); err != nil {
		return nil, "", err
	}
	answer, err := s.operation("DescribeInstances").Decode(&text)
	if err != nil {
		return nil, "", err
	}
	return found, next, found.complete(answer)
}

// interfaces lists network interfaces.
func (s *server) interfaces(ctx context.Context, filters []filter, use func([]candidate) error) error {
	c := call{operation: "DescribeNetworkInterfaces", filters: filters}
	return pages(ctx, s, c, func(filters []filter, token *string) (found []candidate, next string, err error) {
		err = s.read(ctx, c.operation, s.input(filters, token, true), func(body io.Reader) (err error) {
			found, next, err = decodeInterfaces(body, s.place)
			return err
		})
		return found, next, err
	}, use)
}

// addresses lists Elastic IPs. The operation has no pages.
func (s *server) addresses(ctx context.Context, filters []filter, use func([]wire.Object) error) error {
	c := call{operation: "DescribeAddresses", filters: filters}
	return pages(ctx, s, c, func(filters []filter, _ *string) ([]wire.Object, string, error) {
		answer, err := s.answer(ctx, c.operation, withFilters(nil, filters))
		return answer.Objects("Addresses"), "", err
	}, use)
}

// secondaryOwners returns the ids of the instances with an interface in a secondary
// network that the filters find. DescribeInstances returns the addresses of such
// interfaces, but has no filter for them.
func (s *server) secondaryOwners(ctx context.Context, filters []filter) (owners []string, err error) {
	const operation = "DescribeSecondaryInterfaces"
	err = eachPage(ctx, s, operation, func(token *string) ([]wire.Object, string, error) {
		answer, err := s.answer(ctx, operation, s.input(filters, token, false))
		return answer.Objects("SecondaryInterfaces"), answer.Text("NextToken"), err
	}, func(found []wire.Object) error {
		for _, i := range found {
			attachment, _ := i.Get("Attachment").(wire.Object)
			owners = union(owners, nonEmpty(attachment.Text("InstanceId")))
		}
		return nil
	})
	return owners, err
}
