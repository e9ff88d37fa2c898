package awsapi

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"muster/internal/catalog"
	"muster/internal/wire"
)

// Operation makes calls of one operation of the catalogue. It is safe for concurrent
// use.
type Operation struct {
	api   *API
	op    *catalog.Operation
	codec *wire.Codec
	handlers

	configKey string            // the service's name in the settings of custom endpoints
	context   []*catalog.Member // of the input, that are parameters of the endpoint
	lists     bool              // every answer has a list

	mu        sync.Mutex
	endpoints map[endpointKey]*endpoint
}

type operationKey struct {
	service *catalog.Service
	name    string
}

// Operation returns the operation's caller, the same one each time.
func (a *API) Operation(op *catalog.Operation) (*Operation, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	key := operationKey{op.Service, op.Name}
	if o := a.operations[key]; o != nil {
		return o, nil
	}
	codec, err := wire.For(op)
	if err != nil {
		return nil, err
	}
	o := &Operation{api: a, op: op, codec: codec, handlers: handlersOf(op), lists: lists(op), endpoints: map[endpointKey]*endpoint{}}
	o.configKey = strings.ReplaceAll(strings.ToLower(op.Service.ID), " ", "_")
	if op.Input != nil {
		for _, m := range op.Input.Members() {
			if m.Context != "" {
				o.context = append(o.context, m)
			}
		}
	}
	a.operations[key] = o
	return o, nil
}

// Named is Operation by the names of a service and an operation in the AWS CLI. The
// catalogue must have them.
func (a *API) Named(service, operation string) *Operation {
	key := [2]string{service, operation}
	if o, ok := a.named.Load(key); ok {
		return o.(*Operation)
	}
	o, err := a.Operation(catalog.Open(service).Operation(operation))
	if err != nil {
		panic(err)
	}
	a.named.Store(key, o)
	return o
}

// Call makes a call in a region, with retries. Services with Once are called in the
// Global region of their partition. Its errors are *smithy.OperationError,
// like the errors of the SDK's clients.
func (o *Operation) Call(ctx context.Context, t Target, region string, credentials aws.CredentialsProvider, in wire.Object) (wire.Object, error) {
	return o.call(ctx, t, region, credentials, in, nil)
}

// Read is Call for answers that package wire would decode too slowly, or with too much
// memory: read decodes the answer itself. If read fails, the call is made again, so read
// must not pass on anything before the end of the answer.
func (o *Operation) Read(
	ctx context.Context, t Target, region string, credentials aws.CredentialsProvider, in wire.Object, read func(io.Reader) error,
) error {
	_, err := o.call(ctx, t, region, credentials, in, read)
	return err
}

func (o *Operation) call(
	ctx context.Context, t Target, region string, credentials aws.CredentialsProvider, in wire.Object, read func(io.Reader) error,
) (wire.Object, error) {
	ctx, start := o.api.settings.Timings.StartCall(ctx), time.Now()
	out, attempts, err := o.retried(ctx, t, region, credentials, in, read)
	if err == nil && o.output != nil {
		out = o.output(in, out)
	}
	if err != nil {
		err = o.failed(err)
	}
	finishedCall{o.op.Service.ID, o.op.Name, region, attempts, time.Since(start), err}.record(ctx, o.api.settings.Log)
	return out, err
}

// failed returns an error of a call with the operation's name and without secrets.
func (o *Operation) failed(err error) error {
	return o.api.secrets.Error(&smithy.OperationError{ServiceID: o.op.Service.ID, OperationName: o.op.Name, Err: err})
}

// retried repeats a call while the retryer says so, and once where AWS says that another
// endpoint serves it.
func (o *Operation) retried(
	ctx context.Context, t Target, region string, credentials aws.CredentialsProvider, in wire.Object, read func(io.Reader) error,
) (out wire.Object, attempts int, err error) {
	e, req, err := o.prepare(ctx, t, region, credentials, in)
	if err != nil {
		return nil, 0, err
	}
	moved, unanswered := false, false
	defer func() {
		if err != nil && unanswered {
			err = &repeatedError{err}
		}
	}()
	for attempts = 1; ; attempts++ {
		out, err = o.attempt(ctx, e, req, region, credentials, read)
		if err == nil || ctx.Err() != nil {
			return out, attempts, err
		}
		if !moved && (o.findBucket(ctx, t, region, credentials, in, err) || o.forgetEndpoint(ctx, region, credentials, err)) {
			moved = true
			if e, req, err = o.prepare(ctx, t, region, credentials, in); err != nil {
				return nil, attempts, err
			}
			continue
		}
		if !o.api.retryer.IsErrorRetryable(err) || attempts >= o.api.retryer.MaxAttempts() {
			return out, attempts, err
		}
		delay, last := o.api.retryer.RetryDelay(attempts, err)
		if last != nil {
			return nil, attempts, err
		}
		unanswered = unanswered || !refused(err)
		if stopped := pause(ctx, delay); stopped != nil {
			return nil, attempts, &aws.RequestCanceledError{Err: stopped}
		}
	}
}

// repeatedError is the error of a call that AWS may have carried out although it was rejected
// in the end: an earlier attempt had no answer, or one that makes no sense.
type repeatedError struct{ error }

func (e *repeatedError) Unwrap() error { return e.error }

// NotMade reports whether AWS has carried out no attempt of a call that ended with an error.
func NotMade(err error) bool {
	return !errors.As(err, new(*repeatedError)) && refused(err)
}

// refused reports whether AWS has not carried out an attempt.
func refused(err error) bool {
	failure := explain(err)
	return failure.Rejected() || failure.Kind == Throttled || errors.As(err, new(*skewedError))
}

// prepare returns the endpoint and the unsigned request of a call.
func (o *Operation) prepare(ctx context.Context, t Target, region string, credentials aws.CredentialsProvider, in wire.Object) (*endpoint, *unsigned, error) {
	if o.input != nil {
		in = o.input(slices.Clone(in))
	}
	region = o.regionOf(in, region)
	account, err := o.accountOf(ctx, t, credentials)
	if err != nil {
		return nil, nil, err
	}
	e, err := o.endpoint(t, region, account, in)
	if err == nil && o.op.Discovery && !e.custom && !t.Unsigned {
		e, err = o.discover(ctx, t, region, credentials, e)
	}
	if err != nil {
		return nil, nil, err
	}
	req, err := o.unsigned(ctx, e, in)
	return e, req, err
}

// attempt makes a call once, when its limit allows.
func (o *Operation) attempt(
	ctx context.Context, e *endpoint, req *unsigned, region string, credentials aws.CredentialsProvider, read func(io.Reader) error,
) (wire.Object, error) {
	limiter := o.api.limiters.of(ctx, o.op.Service.ID, o.op.Name, region)
	return attemptWithin(ctx, limiter, func() (wire.Object, error) { return o.send(ctx, e, req, credentials, read) })
}

func (o *Operation) send(
	ctx context.Context, e *endpoint, req *unsigned, credentials aws.CredentialsProvider, read func(io.Reader) error,
) (wire.Object, error) {
	limit := int64(WholeLimit)
	if read != nil {
		limit = PageLimit
	}
	try, err := req.attempt(withLimit(ctx, limit))
	if err != nil {
		return nil, err
	}
	sent := time.Now()
	if err := e.sign(ctx, try, req, credentials, sent); err != nil {
		return nil, err
	}
	resp, err := o.api.http.send(try)
	if err != nil {
		if ctx.Err() != nil {
			return nil, &aws.RequestCanceledError{Err: err}
		}
		return nil, err
	}
	defer resp.Body.Close()
	out, err := o.answer(ctx, resp, read)
	if err == nil {
		return out, nil
	}
	failed := &smithyhttp.ResponseError{Response: &smithyhttp.Response{Response: resp}, Err: err}
	if e.skewed(resp, err, sent) {
		return nil, &skewedError{failed}
	}
	return nil, failed
}
