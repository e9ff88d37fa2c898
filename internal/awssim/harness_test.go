package awssim

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	static "github.com/aws/aws-sdk-go-v2/credentials"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/aws/smithy-go"
)

// start serves the world, given as JSON, until the test ends.
func start(t *testing.T, world string, opts ...Option) *Server {
	t.Helper()
	w, err := ParseWorld([]byte(world))
	if err != nil {
		t.Fatal(err)
	}
	return startWorld(t, w, opts...)
}

// startWorld serves a world until the test ends.
func startWorld(t *testing.T, w *World, opts ...Option) *Server {
	t.Helper()
	s, err := Start(w, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// client is the SDK's configuration for a user of the server, without retries.
func client(s *Server, region, keyID, secret, token string) aws.Config {
	return aws.Config{
		Region: region, BaseEndpoint: aws.String(s.URL()), HTTPClient: wholeBody{http.DefaultClient},
		Credentials: static.NewStaticCredentialsProvider(keyID, secret, token),
		Retryer:     func() aws.Retryer { return aws.NopRetryer{} },
	}
}

// wholeBody sends a request's body from memory. The SDK closes the body that it gave as soon as an answer begins,
// which may be before net/http has looked for its end, and then net/http drops the connection.
type wholeBody struct{ *http.Client }

func (c wholeBody) Do(r *http.Request) (*http.Response, error) {
	if r.Body == nil {
		return c.Client.Do(r)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return c.Client.Do(r)
}

// firstUser signs as the world's first user.
func firstUser(s *Server, region string) aws.Config {
	return client(s, region, s.users[0].AccessKeyID, s.users[0].SecretAccessKey, "")
}

func withCredentials(s *Server, region string, c *ststypes.Credentials) aws.Config {
	return client(s, region, *c.AccessKeyId, *c.SecretAccessKey, *c.SessionToken)
}

func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() != code {
		t.Fatalf("got error %v, want the code %s", err, code)
	}
}

// wantProblems wants the problems of s to be as many as parts, and to hold them in their order.
func wantProblems(t *testing.T, s *Server, parts ...string) {
	t.Helper()
	problems := s.Problems()
	if len(problems) != len(parts) {
		t.Fatalf("problems %q, want %d", problems, len(parts))
	}
	for i, part := range parts {
		if !strings.Contains(problems[i], part) {
			t.Errorf("problem %q does not say %q", problems[i], part)
		}
	}
}
