package awsapi

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/url"
	"strings"

	"muster/internal/wire"
)

// unsigned is the request for an input at an endpoint, before it is signed. It does not
// change, so that calls can share it.
type unsigned struct {
	input   wire.Object
	request *http.Request // its body can be read through GetBody
	hash    string        // the SHA-256 of the body, in hexadecimal digits

	canonical *canonicalParts // nil: the SDK signs the request
}

// unsigned returns the request for an input. An endpoint keeps the last one: a sweep makes
// the same call in each account, and only the first one encodes its input.
func (o *Operation) unsigned(ctx context.Context, e *endpoint, in wire.Object) (*unsigned, error) {
	if last := e.last.Load(); last != nil && last.input.Equal(in) {
		return last, nil
	}
	req, err := o.request(ctx, e, in)
	if err != nil {
		return nil, err
	}
	hash, err := payloadHash(req)
	if err != nil {
		return nil, err
	}
	u := &unsigned{input: in.Clone(), request: req.WithContext(context.Background()), hash: hash}
	if e.signsPlainly() {
		u.canonical = newCanonicalParts(req, hash)
	}
	e.last.Store(u)
	return u, nil
}

// payloadHash returns the SHA-256 of a request's body, in hexadecimal digits.
func payloadHash(req *http.Request) (string, error) {
	sum := sha256.New()
	if req.GetBody != nil {
		body, err := req.GetBody()
		if err != nil {
			return "", err
		}
		if _, err := io.Copy(sum, body); err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// signatureHeaders is how many headers a request gets after it has been made.
const signatureHeaders = 5

// attempt returns a copy of the request, to be signed and sent.
func (u *unsigned) attempt(ctx context.Context) (*http.Request, error) {
	r := u.request.WithContext(ctx)
	place := *r.URL
	r.URL = &place
	r.Header = make(http.Header, len(u.request.Header)+signatureHeaders)
	for name, values := range u.request.Header {
		r.Header[name] = values[:len(values):len(values)]
	}
	var err error
	if r.GetBody != nil {
		r.Body, err = r.GetBody()
	}
	return r, err
}

// request returns the unsigned request for an input.
func (o *Operation) request(ctx context.Context, e *endpoint, in wire.Object) (*http.Request, error) {
	req, err := o.codec.Request(ctx, in)
	if err != nil {
		return nil, err
	}
	host := e.url.Host
	if !e.custom && !o.hasAccountInHost() { // a custom host is complete
		prefix, err := o.codec.HostPrefix(in)
		if err != nil {
			return nil, err
		}
		host = prefix + host
	}
	path := req.URL.EscapedPath()
	if o.op.Service.ID == "S3" && strings.HasPrefix(o.op.URI, "/{Bucket}") {
		path = withoutBucket(path)
	}
	path = cmp.Or(strings.TrimSuffix(e.url.EscapedPath(), "/")+path, "/")
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
	if o.op.NamesEndpoint {
		req.Header.Set("X-Amz-Api-Version", o.op.Service.Version)
	}
	for name, values := range e.headers {
		req.Header[http.CanonicalHeaderKey(name)] = values
	}
	if o.handlers.request != nil {
		err = o.handlers.request(req)
	}
	return req, err
}

// hasAccountInHost reports whether the endpoint's rules put the account in front of the
// host, so that the model's prefix would be a second one.
func (o *Operation) hasAccountInHost() bool {
	return o.op.HostPrefix == "{AccountId}." && o.op.Static["RequiresAccountId"] == true
}

// serviceHeaders are headers of all requests of a service that its model does not have.
var serviceHeaders = map[string]map[string]string{
	"API Gateway": {"Accept": "application/json"}, // its default is another format
	"Glacier":     {"X-Amz-Glacier-Version": "2012-06-01"},
}
