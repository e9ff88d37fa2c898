package awsapi

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/smithy-go"
)

// skewedError is a request that AWS refused for its time. The next one is signed for
// the server's.
type skewedError struct{ error }

func (e *skewedError) Unwrap() error { return e.error }

// RetryableError makes it one that is retried.
func (e *skewedError) RetryableError() bool { return true }

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
