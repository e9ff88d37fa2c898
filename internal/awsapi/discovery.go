package awsapi

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"

	"muster/internal/wire"
)

// discovery keeps the endpoints that services name for their calls. They can differ from
// account to account.
type discovery struct {
	mu    sync.Mutex
	found map[discoveryKey]discovered
}

type discoveryKey struct{ service, region, accessKey string }

type discovered struct {
	address string
	until   time.Time
}

// discover returns e with the address that the service names for it. Timestream has many
// endpoints in a region, and asks its callers to look theirs up.
func (o *Operation) discover(ctx context.Context, t Target, region string, credentials aws.CredentialsProvider, e *endpoint) (*endpoint, error) {
	creds, err := credentials.Retrieve(ctx)
	if err != nil {
		return nil, &CredentialsError{err}
	}
	key, all := discoveryKey{o.op.Service.ID, region, creds.AccessKeyID}, &o.api.discovery
	all.mu.Lock()
	known, ok := all.found[key]
	all.mu.Unlock()
	if !ok || time.Now().After(known.until) {
		if known, err = o.describeEndpoint(ctx, t, region, credentials); err != nil {
			return nil, err
		}
		all.mu.Lock()
		if all.found == nil {
			all.found = map[discoveryKey]discovered{}
		}
		all.found[key] = known
		all.mu.Unlock()
	}
	address := known.address
	if !strings.Contains(address, "://") {
		address = "https://" + address
	}
	moved := *e
	moved.last = new(atomic.Pointer[unsigned])
	if moved.url, err = url.Parse(address); err != nil || moved.url.Host == "" {
		return nil, &endpointError{errors.New("the service named an endpoint that is not a host")}
	}
	moved.url.Path = ""
	return &moved, nil
}

// describeEndpoint asks a service for its endpoint. Its error names that call.
func (o *Operation) describeEndpoint(ctx context.Context, t Target, region string, credentials aws.CredentialsProvider) (found discovered, err error) {
	describe, err := o.api.Operation(o.op.Service.Operation("DescribeEndpoints"))
	if err != nil {
		return found, err
	}
	out, err := describe.Call(ctx, t, region, credentials, nil)
	if err != nil {
		return found, err
	}
	list, _ := out.Get("Endpoints").([]any)
	if len(list) > 0 {
		first, _ := list[0].(wire.Object)
		minutes, _ := first.Get("CachePeriodInMinutes").(int64)
		found.address, _ = first.Get("Address").(string)
		found.until = time.Now().Add(time.Duration(minutes) * time.Minute)
	}
	if found.address == "" {
		return found, &BrokenAnswer{Operation: "DescribeEndpoints", Msg: "named no endpoint"}
	}
	return found, nil
}

// forgetEndpoint reports whether a call failed because its endpoint is no longer valid, and
// forgets the endpoint.
func (o *Operation) forgetEndpoint(ctx context.Context, region string, credentials aws.CredentialsProvider, failed error) bool {
	api := (*smithy.GenericAPIError)(nil)
	invalid := errors.As(failed, &api) && api.Code == "InvalidEndpointException"
	if !o.op.Discovery || !invalid && statusOf(failed) != 421 {
		return false
	}
	creds, err := credentials.Retrieve(ctx)
	if err != nil {
		return false
	}
	all := &o.api.discovery
	all.mu.Lock()
	defer all.mu.Unlock()
	delete(all.found, discoveryKey{o.op.Service.ID, region, creds.AccessKeyID})
	return true
}
