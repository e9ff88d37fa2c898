package awsapi

import (
	"context"
	"encoding/hex"
	"errors"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/smithy-go"
	httpauth "github.com/aws/smithy-go/aws-http-auth/credentials"
	"github.com/aws/smithy-go/aws-http-auth/sigv4a"
	httpauthv4 "github.com/aws/smithy-go/aws-http-auth/v4"

	"muster/internal/timing"
)

// skewedError is the error of a request that AWS refused because of its time. The next
// request is signed for the server's time.
type skewedError struct{ error }

func (e *skewedError) Unwrap() error { return e.error }

// RetryableError makes the retryer try again.
func (e *skewedError) RetryableError() bool { return true }

// signsPlainly reports whether an endpoint's requests are signed with version 4, and with
// no rule of their own.
func (e *endpoint) signsPlainly() bool {
	return !e.unsigned && !e.version2 && !e.unsignedPayload && !e.unescaped && e.regionSet == nil
}

// sign signs an attempt at a request, for a time.
func (e *endpoint) sign(ctx context.Context, req *http.Request, of *unsigned, credentials aws.CredentialsProvider, now time.Time) error {
	if e.unsigned {
		return nil
	}
	timed := timing.CallOf(ctx)
	asked := timed.Begin()
	creds, err := credentials.Retrieve(ctx)
	timed.GotCredentials(asked)
	if err != nil {
		return &CredentialsError{err}
	}
	now = now.Add(time.Duration(e.offset.Load()))
	if of.canonical != nil && of.canonical.sign(req.Header, creds, e.name, e.region, now) {
		return nil
	}
	hash := of.hash
	if e.version2 {
		return signVersion2(req, creds, now)
	}
	if e.unsignedPayload {
		hash = "UNSIGNED-PAYLOAD"
	}
	if e.regionSet != nil {
		return e.signAsymmetrically(req, creds, hash, now)
	}
	if e.unescaped {
		req.Header.Set("X-Amz-Content-Sha256", hash)
	}
	return requestSigner.SignHTTP(ctx, creds, req, hash, e.name, e.region, now, func(o *v4.SignerOptions) {
		o.DisableURIPathEscaping = e.unescaped
	})
}

// signAsymmetrically signs with version 4a, whose signature is valid in several regions.
// A signer keeps the key of one identity only, so each request has its own.
func (e *endpoint) signAsymmetrically(req *http.Request, creds aws.Credentials, hash string, now time.Time) error {
	payload := []byte(hash)
	if !e.unsignedPayload {
		var err error
		if payload, err = hex.DecodeString(hash); err != nil {
			return err
		}
	}
	return sigv4a.New().SignRequest(&sigv4a.SignRequestInput{
		Request: req, PayloadHash: payload, Service: e.name, RegionSet: e.regionSet, Time: now,
		Credentials: httpauth.Credentials{AccessKeyID: creds.AccessKeyID, SecretAccessKey: creds.SecretAccessKey, SessionToken: creds.SessionToken},
	}, func(o *httpauthv4.SignerOptions) {
		o.DisableDoublePathEscape, o.AddPayloadHashHeader = e.unescaped, e.unescaped
	})
}

// requestSigner keeps the keys that it has derived.
var requestSigner = v4.NewSigner()

// skewed reports whether AWS refused a request because of its time, and corrects the
// clock for the next one.
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
