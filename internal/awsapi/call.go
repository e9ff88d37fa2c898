package awsapi

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
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

	configKey string            // the service's name in the settings of custom endpoints
	context   []*catalog.Member // of the input, that are parameters of the endpoint

	mu        sync.Mutex
	endpoints map[endpointKey]*endpoint
}

// Operation returns the operation's caller, the same one each time.
func (a *API) Operation(op *catalog.Operation) (*Operation, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if o := a.operations[op]; o != nil {
		return o, nil
	}
	codec, err := wire.For(op)
	if err != nil {
		return nil, err
	}
	o := &Operation{api: a, op: op, codec: codec, endpoints: map[endpointKey]*endpoint{}}
	o.configKey = strings.ReplaceAll(strings.ToLower(op.Service.ID), " ", "_")
	if op.Input != nil {
		for _, m := range op.Input.Members() {
			if m.Context != "" {
				o.context = append(o.context, m)
			}
		}
	}
	a.operations[op] = o
	return o, nil
}

// Call makes a call in a region, with retries. Services with Once are called in the
// Global region of their partition. Its errors are *smithy.OperationError,
// as those of the SDK's clients.
func (o *Operation) Call(ctx context.Context, t Target, region string, credentials aws.CredentialsProvider, in wire.Object) (wire.Object, error) {
	start := time.Now()
	out, attempts, err := o.retried(ctx, t, region, credentials, in)
	if err != nil {
		err = o.api.secrets.Error(&smithy.OperationError{ServiceID: o.op.Service.ID, OperationName: o.op.Name, Err: err})
	}
	finishedCall{o.op.Service.ID, o.op.Name, region, attempts, time.Since(start), err}.record(ctx, o.api.settings.Log)
	return out, err
}

// retried repeats a call while the retryer says so.
func (o *Operation) retried(ctx context.Context, t Target, region string, credentials aws.CredentialsProvider, in wire.Object) (out wire.Object, attempts int, err error) {
	e, err := o.endpoint(t, region, in)
	if err != nil {
		return nil, 0, err
	}
	req, err := o.request(ctx, e, in)
	if err != nil {
		return nil, 0, err
	}
	for attempts = 1; ; attempts++ {
		out, err = o.attempt(ctx, e, req, region, credentials)
		if err == nil || ctx.Err() != nil || !o.api.retryer.IsErrorRetryable(err) || attempts >= o.api.retryer.MaxAttempts() {
			return out, attempts, err
		}
		delay, last := o.api.retryer.RetryDelay(attempts, err)
		if last != nil {
			return nil, attempts, err
		}
		if stopped := pause(ctx, delay); stopped != nil {
			return nil, attempts, &aws.RequestCanceledError{Err: stopped}
		}
	}
}

// attempt makes a call once, when its limit allows.
func (o *Operation) attempt(ctx context.Context, e *endpoint, req *http.Request, region string, credentials aws.CredentialsProvider) (wire.Object, error) {
	limiter := o.api.limiters.of(ctx, o.op.Service.ID, o.op.Name, region)
	return attemptWithin(ctx, limiter, func() (wire.Object, error) { return o.send(ctx, e, req, credentials) })
}

// responseLimit bounds an answer, which the protocols read as a whole.
const responseLimit = WholeLimit

func (o *Operation) send(ctx context.Context, e *endpoint, req *http.Request, credentials aws.CredentialsProvider) (wire.Object, error) {
	try := req.Clone(withLimit(ctx, responseLimit))
	var err error
	if req.GetBody != nil {
		if try.Body, err = req.GetBody(); err != nil {
			return nil, err
		}
	}
	sent := time.Now()
	if err := e.sign(ctx, try, credentials, sent); err != nil {
		return nil, err
	}
	resp, err := o.api.http.Do(try)
	if err != nil {
		if ctx.Err() != nil {
			return nil, &aws.RequestCanceledError{Err: err}
		}
		return nil, err
	}
	defer resp.Body.Close()
	out, err := o.codec.Response(ctx, resp, responseLimit)
	if err == nil {
		return out, nil
	}
	failed := &smithyhttp.ResponseError{Response: &smithyhttp.Response{Response: resp}, Err: err}
	if e.skewed(resp, err, sent) {
		return nil, &skewedError{failed}
	}
	return nil, failed
}

// skewedError is a request that AWS refused for its time. The next one is signed for
// the server's.
type skewedError struct{ error }

func (e *skewedError) Unwrap() error { return e.error }

// RetryableError makes it one that is retried.
func (e *skewedError) RetryableError() bool { return true }

// request returns the unsigned request for an input.
func (o *Operation) request(ctx context.Context, e *endpoint, in wire.Object) (*http.Request, error) {
	req, err := o.codec.Request(ctx, in)
	if err != nil {
		return nil, err
	}
	host := e.url.Host
	if !e.custom { // a custom host is complete
		prefix, err := o.codec.HostPrefix(in)
		if err != nil {
			return nil, err
		}
		host = prefix + host
	}
	path := strings.TrimSuffix(e.url.EscapedPath(), "/") + req.URL.EscapedPath()
	u := &url.URL{Scheme: e.url.Scheme, Host: host, RawQuery: req.URL.RawQuery}
	if u.Path, err = url.PathUnescape(path); err != nil {
		return nil, err
	}
	u.RawPath = path
	req.URL, req.Host = u, host
	req.Header.Set("User-Agent", o.api.settings.UserAgent)
	for name, value := range serviceHeaders[o.op.Service.ID] {
		req.Header.Set(name, value)
	}
	for name, values := range e.headers {
		req.Header[http.CanonicalHeaderKey(name)] = values
	}
	return req, nil
}

// serviceHeaders are headers of all requests of a service that its model does not have.
var serviceHeaders = map[string]map[string]string{
	"API Gateway": {"Accept": "application/json"}, // its default is another format
	"Glacier":     {"X-Amz-Glacier-Version": "2012-06-01"},
}

// endpoint is where an operation is called in a region, and how its requests are
// signed.
type endpoint struct {
	url     *url.URL
	custom  bool // configured by the user
	headers map[string][]string

	unsigned        bool
	unsignedPayload bool
	unescaped       bool // the path is signed as it is sent
	name, region    string
	offset          *atomic.Int64 // of the server's clock from this one's, in nanoseconds
}

type endpointKey struct {
	region, custom  string
	fips, dualStack bool
}

// endpoint resolves the endpoint of a call. Most operations have one in a region; those
// with parameters in their input have one for each input.
func (o *Operation) endpoint(t Target, region string, in wire.Object) (*endpoint, error) {
	key := endpointKey{region: region, fips: t.FIPS, dualStack: t.DualStack}
	if custom := o.api.endpoint(t, o.configKey); custom != nil {
		key = endpointKey{region: region, custom: *custom}
	}
	parameters := o.parameters(in)
	if parameters == nil {
		o.mu.Lock()
		defer o.mu.Unlock()
		if known := o.endpoints[key]; known != nil {
			return known, nil
		}
	}
	e, err := newEndpoint(o.op, key, parameters)
	if err == nil && parameters == nil {
		o.endpoints[key] = e
	}
	return e, err
}

// parameters returns what an input adds to the parameters of the endpoint's rules; nil
// if nothing.
func (o *Operation) parameters(in wire.Object) (p catalog.Parameters) {
	for _, m := range o.context {
		if value := in.Get(m.Name); value != nil {
			if p == nil {
				p = catalog.Parameters{}
			}
			p[m.Context] = value
		}
	}
	return p
}

func newEndpoint(op *catalog.Operation, key endpointKey, parameters catalog.Parameters) (*endpoint, error) {
	s := op.Service
	p := catalog.Parameters{"Region": key.region, "UseFIPS": key.fips, "UseDualStack": key.dualStack}
	if key.custom != "" {
		p["Endpoint"] = key.custom
	}
	for _, more := range []map[string]any{op.Static, parameters} {
		for name, value := range more {
			p[name] = value
		}
	}
	found, err := s.Endpoint(p)
	if err != nil {
		return nil, &EndpointError{err}
	}
	u, err := url.Parse(found.URL)
	if err != nil || u.Host == "" {
		return nil, &EndpointError{fmt.Errorf("%q is not the URL of an endpoint", found.URL)}
	}
	e := &endpoint{
		url: u, custom: key.custom != "", headers: found.Headers, name: s.SigningName, region: key.region, offset: new(atomic.Int64),
		unescaped: found.DisableDoubleEncoding || s.Signature == "s3" || s.Signature == "s3v4",
		unsigned:  op.AuthType == "none" || found.Scheme == "none", unsignedPayload: op.UnsignedBody || op.AuthType == "v4-unsigned-body",
	}
	if found.SigningName != "" {
		e.name = found.SigningName
	}
	if found.SigningRegion != "" {
		e.region = found.SigningRegion
	}
	switch {
	case found.Scheme == "sigv4a":
		err = errors.New("it needs a signature of version 4a, which muster does not make")
	case s.Signature == "v2":
		err = errors.New("it needs a signature of version 2, which muster does not make")
	case op.Discovery:
		err = errors.New("it needs endpoint discovery, which muster does not do")
	default:
		return e, nil
	}
	return nil, &EndpointError{fmt.Errorf("%s cannot be called: %w", op.Name, err)}
}

// EndpointError says that an operation has no endpoint for its region and input. AWS
// was not called.
type EndpointError struct{ Err error }

func (e *EndpointError) Error() string { return e.Err.Error() }

func (e *EndpointError) Unwrap() error { return e.Err }

// Reason makes it a broken place in the ledger.
func (e *EndpointError) Reason() Kind { return Broken }

var emptyHash = hex.EncodeToString(sha256.New().Sum(nil))

// sign signs a request for a time.
func (e *endpoint) sign(ctx context.Context, req *http.Request, credentials aws.CredentialsProvider, now time.Time) error {
	if e.unsigned {
		return nil
	}
	creds, err := credentials.Retrieve(ctx)
	if err != nil {
		return &CredentialsError{err}
	}
	hash := emptyHash
	switch {
	case e.unsignedPayload:
		hash = "UNSIGNED-PAYLOAD"
	case req.GetBody != nil:
		body, err := req.GetBody()
		if err != nil {
			return err
		}
		sum := sha256.New()
		if _, err := io.Copy(sum, body); err != nil {
			return err
		}
		hash = hex.EncodeToString(sum.Sum(nil))
	}
	if e.unescaped {
		req.Header.Set("X-Amz-Content-Sha256", hash)
	}
	return requestSigner.SignHTTP(ctx, creds, req, hash, e.name, e.region, now.Add(time.Duration(e.offset.Load())), func(o *v4.SignerOptions) {
		o.DisableURIPathEscaping = e.unescaped
	})
}

// requestSigner keeps the keys that it has derived.
var requestSigner = v4.NewSigner()

// skewed reports whether AWS refused a request for its time, and corrects the clock
// for the next one.
func (e *endpoint) skewed(resp *http.Response, err error, sent time.Time) bool {
	api := (*smithy.GenericAPIError)(nil)
	if !errors.As(err, &api) {
		return false
	}
	switch api.Code {
	case "RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture", "InvalidSignatureException", "SignatureDoesNotMatch", "AuthFailure":
	default:
		return false
	}
	server, parseErr := http.ParseTime(resp.Header.Get("Date"))
	if parseErr != nil {
		return false
	}
	offset := server.Sub(sent)
	if (offset - time.Duration(e.offset.Load())).Abs() < 4*time.Minute {
		return false
	}
	e.offset.Store(int64(offset))
	return true
}
