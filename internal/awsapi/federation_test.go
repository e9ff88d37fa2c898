package awsapi

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// TestSigninURL checks the requests, their retries and the errors. No error contains the
// credentials.
func TestSigninURL(t *testing.T) {
	t.Parallel()
	const endpoint = "https://signin.aws.amazon.com/federation"
	creds := aws.Credentials{AccessKeyID: "ASIA", SecretAccessKey: "the-secret", SessionToken: "the-token"}
	token := func(r *http.Request) (*http.Response, error) { return answer(r, 200, `{"SigninToken": "st"}`), nil }
	page := func(status int) roundTripper {
		return func(r *http.Request) (*http.Response, error) { return answer(r, status, "<html>"), nil }
	}
	respond := func(status int, text string) roundTripper {
		return func(r *http.Request) (*http.Response, error) { return answer(r, status, text), nil }
	}
	repeated := func(n int, answer roundTripper) []roundTripper { return slices.Repeat([]roundTripper{answer}, n) }
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for name, c := range map[string]struct {
		answers []roundTripper // for the expected requests
		want    string
		kind    Kind
	}{
		"retries":   {[]roundTripper{page(503), failWith(io.ErrUnexpectedEOF), page(200), respond(400, `{"__type": "com.amazon#Throttling"}`), token}, endpoint + "?Action=login&Destination=https%3A%2F%2Fconsole&SigninToken=st", ""},
		"a token":   {[]roundTripper{token}, endpoint + "?Action=login&Destination=https%3A%2F%2Fconsole&SigninToken=st", ""},
		"a chain":   {[]roundTripper{page(400), token}, endpoint + "?Action=login&Destination=https%3A%2F%2Fconsole&SigninToken=st", ""},
		"refused":   {[]roundTripper{page(400), page(400)}, "the sign-in endpoint (signin.aws.amazon.com) rejects these credentials: they may have expired, or belong to another partition", Denied},
		"forbidden": {[]roundTripper{page(403)}, "the sign-in endpoint (signin.aws.amazon.com) rejects these credentials: they may have expired, or belong to another partition", Denied},
		"a page":    {repeated(attemptsTransient, page(200)), "the sign-in endpoint (signin.aws.amazon.com) answered with a page instead of a token; a proxy may be in the way", Broken},
		"closed":    {repeated(attemptsTransient, failWith(io.ErrUnexpectedEOF)), "the sign-in endpoint (signin.aws.amazon.com) cannot be reached: the connection was closed before the answer was complete", Unreachable},
		"throttled": {
			repeated(attemptsThrottled, respond(400, `<ErrorResponse><Error><Code>Throttling</Code></Error></ErrorResponse>`)),
			"the sign-in endpoint (signin.aws.amazon.com) throttles calls; try again later", Throttled,
		},
		"too many":  {repeated(attemptsThrottled, page(429)), "the sign-in endpoint (signin.aws.amazon.com) throttles calls; try again later", Throttled},
		"failing":   {repeated(attemptsTransient, page(502)), "the sign-in endpoint (signin.aws.amazon.com) answered 502 Bad Gateway", Unreachable},
		"cut off":   {repeated(attemptsTransient, respond(200, `{"SigninToken": "s`)), "the sign-in endpoint (signin.aws.amazon.com) answered with a page instead of a token; a proxy may be in the way", Broken},
		"redirect":  {[]roundTripper{page(302)}, "the sign-in endpoint (signin.aws.amazon.com) answered 302 Found", Broken},
		"silent":    {repeated(attemptsTimeout, failWith(os.ErrDeadlineExceeded)), "the sign-in endpoint (signin.aws.amazon.com) cannot be reached: no answer in time", Unreachable},
		"cancelled": {nil, "context canceled", Cancelled},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				requests := 0
				a := fakeAPI(Settings{}, func(r *http.Request) (*http.Response, error) {
					if err := r.Context().Err(); err != nil {
						return nil, err
					}
					requests++
					body, _ := io.ReadAll(r.Body)
					form, err := url.ParseQuery(string(body))
					if err != nil || r.URL.String() != endpoint || r.URL.RawQuery != "" || !strings.Contains(form.Get("Session"), "the-token") {
						t.Errorf("requested %s with %s", r.URL, body)
					}
					want := "3600" // until the endpoint refuses it
					if strings.HasPrefix(name, "a chain") || name == "refused" {
						want = []string{"", "3600", ""}[requests]
					}
					if got := form.Get("SessionDuration"); got != want {
						t.Errorf("request %d has the duration %q, want %q", requests, got, want)
					}
					return c.answers[requests-1](r)
				})
				ctx := t.Context()
				if c.kind == Cancelled {
					ctx = cancelled
				}
				got, err := a.SigninURL(ctx, Target{Region: "eu-west-1"}, creds, time.Hour, "https://console", "")
				if err != nil {
					got = err.Error()
					if kind := Explain(err).Kind; kind != c.kind || strings.Contains(got, "the-secret") || strings.Contains(got, "the-token") {
						t.Errorf("%v is %s, want %s", err, kind, c.kind)
					}
				}
				if got != c.want || requests != len(c.answers) || errors.Is(err, context.Canceled) != (c.kind == Cancelled) {
					t.Errorf("after %d requests\n got %s\nwant %s", requests, got, c.want)
				}
			})
		})
	}
}
