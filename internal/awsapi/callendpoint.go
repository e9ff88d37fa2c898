package awsapi

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"

	"muster/internal/catalog"
	"muster/internal/wire"
)

// endpoint is where an operation is called in a region, and how its requests are
// signed.
type endpoint struct {
	url     *url.URL
	custom  bool // configured by the user
	headers map[string][]string

	unsigned        bool
	unsignedPayload bool
	unescaped       bool // the path is signed as it is sent
	version2        bool // of the signature
	name, region    string
	regionSet       []string      // of a signature of version 4a; nil for version 4
	offset          *atomic.Int64 // of the server's clock from this one's, in nanoseconds

	last *atomic.Pointer[unsigned] // the request made last, for this URL
}

type endpointKey struct {
	region, custom  string
	account         string // of the credentials, where the endpoint has it in its name
	fips, dualStack bool
	unsigned        bool
}

// endpoint resolves the endpoint of a call. Most operations have one in a region; those
// with parameters in their input have one for each input.
func (o *Operation) endpoint(t Target, region, account string, in wire.Object) (*endpoint, error) {
	key := endpointKey{region: region, account: account, fips: t.FIPS, dualStack: t.DualStack, unsigned: t.Unsigned}
	if custom := o.api.endpoint(t, o.configKey); custom != nil {
		key = endpointKey{region: region, custom: *custom, unsigned: t.Unsigned}
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

// accountOf returns the account of a call's credentials, where the service has an endpoint
// for each account and the credentials name theirs; else "".
func (o *Operation) accountOf(ctx context.Context, t Target, credentials aws.CredentialsProvider) (string, error) {
	if t.Unsigned || !o.op.Service.HasParameter(accountMode) || o.api.accountMode() == "disabled" {
		return "", nil
	}
	creds, err := credentials.Retrieve(ctx)
	if err != nil {
		return "", &CredentialsError{err}
	}
	return creds.AccountID, nil
}

// accountMode is the parameter of endpoint rules that says whether to use the endpoint of
// an account.
const accountMode = "AccountIdEndpointMode"

// accountMode returns the user's choice: preferred, disabled or required.
func (a *API) accountMode() string {
	if a.settings.Lookup != nil {
		if mode, _ := a.settings.Lookup("AWS_ACCOUNT_ID_ENDPOINT_MODE"); mode != "" {
			return strings.ToLower(mode)
		}
	}
	return "preferred"
}

// parameters returns the parameters of the endpoint's rules that come from an input; nil
// if there are none.
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
	if s.ID == "CloudSearch Domain" && key.custom == "" {
		return nil, &endpointError{errors.New("each domain has its own endpoint: set AWS_ENDPOINT_URL_CLOUDSEARCH_DOMAIN to its URL")}
	}
	p := catalog.Parameters{"Region": key.region, "UseFIPS": key.fips, "UseDualStack": key.dualStack, "DisableS3ExpressSessionAuth": true}
	if key.account != "" {
		p["AccountId"], p[accountMode] = key.account, "preferred"
	}
	if key.custom != "" {
		p["Endpoint"] = key.custom
	}
	if s.ID == "S3" {
		p["ForcePathStyle"] = hasBucketInPath(op, key.custom != "", parameters)
		p["UseGlobalEndpoint"] = true // of us-east-1, as in the AWS CLI
	}
	for _, more := range []map[string]any{op.Static, parameters} {
		for name, value := range more {
			p[name] = value
		}
	}
	found, err := s.Endpoint(p)
	if err != nil {
		return nil, &endpointError{err}
	}
	u, err := url.Parse(found.URL)
	if err != nil || u.Host == "" {
		return nil, &endpointError{fmt.Errorf("%q is not the URL of an endpoint", found.URL)}
	}
	e := &endpoint{
		url: u, custom: key.custom != "", headers: found.Headers, name: s.SigningName, region: key.region, offset: new(atomic.Int64), last: new(atomic.Pointer[unsigned]),
		version2:  s.Signature == "v2" && s.ID != "ImportExport", // it accepts version 4, too
		unescaped: found.DisableDoubleEncoding || s.Signature == "s3" || s.Signature == "s3v4",
		unsigned:  key.unsigned || op.AuthType == "none" || found.Scheme == "none", unsignedPayload: op.UnsignedBody || op.AuthType == "v4-unsigned-body",
	}
	if found.SigningName != "" {
		e.name = found.SigningName
	}
	if found.SigningRegion != "" {
		e.region = found.SigningRegion
	}
	if found.Scheme == "sigv4a" {
		e.regionSet = found.SigningRegionSet
	}
	return e, nil
}

// endpointError says that an operation has no endpoint for its region and input. AWS
// was not called.
type endpointError struct{ Err error }

func (e *endpointError) Error() string { return e.Err.Error() }

func (e *endpointError) Unwrap() error { return e.Err }

// Reason makes it a broken place in the ledger.
func (e *endpointError) Reason() Kind { return Broken }
