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

// TestSigninURL: what is sent, what is sent again, and why there is no URL; and the
// credentials are in no error.
func TestSigninURL(t *testing.T) {
	t.Parallel()
	const endpoint = "https://signin.aws.amazon.com/federation"
	creds := aws.Credentials{AccessKeyID: "ASIA", SecretAccessKey: "the-secret", SessionToken: "the-token"}
	token := func(r *http.Request) (*http.Response, error) { return answer(r, 200, `{"SigninToken": "st"}`), nil }
	refusal := func(status int) roundTripper {
		return func(r *http.Request) (*http.Response, error) { return answer(r, status, "<html>"), nil }
	}
	said := func(status int, text string) roundTripper {
		return func(r *http.Request) (*http.Response, error) { return answer(r, status, text), nil }
	}
	repeated := func(n int, answer roundTripper) []roundTripper { return slices.Repeat([]roundTripper{answer}, n) }
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for name, c := range map[string]struct {
		answers []roundTripper // one for each request that is expected
		want    string
		kind    Kind
	}{
		"a moment later": {[]roundTripper{refusal(503), broken(io.ErrUnexpectedEOF), refusal(200), said(400, `{"__type": "com.amazon#Throttling"}`), token}, endpoint + "?Action=login&Destination=https%3A%2F%2Fconsole&SigninToken=st", ""},
		"a token":        {[]roundTripper{token}, endpoint + "?Action=login&Destination=https%3A%2F%2Fconsole&SigninToken=st", ""},
		"a chain":        {[]roundTripper{refusal(400), token}, endpoint + "?Action=login&Destination=https%3A%2F%2Fconsole&SigninToken=st", ""},
		"refused":        {[]roundTripper{refusal(400), refusal(400)}, "the sign-in endpoint (signin.aws.amazon.com) refuses these credentials: they may have ended, or be of another partition", Denied},
		"forbidden":      {[]roundTripper{refusal(403)}, "the sign-in endpoint (signin.aws.amazon.com) refuses these credentials: they may have ended, or be of another partition", Denied},
		"a page":         {repeated(attemptsTransient, refusal(200)), "the sign-in endpoint (signin.aws.amazon.com) answered with a page instead of a token; a proxy may be in the way", Broken},
		"closed":         {repeated(attemptsTransient, broken(io.ErrUnexpectedEOF)), "the sign-in endpoint (signin.aws.amazon.com) cannot be reached: the connection was closed before the answer was complete", Unreachable},
		"throttled": {
			repeated(attemptsThrottled, said(400, `<ErrorResponse><Error><Code>Throttling</Code></Error></ErrorResponse>`)),
			"the sign-in endpoint (signin.aws.amazon.com) takes no more calls for now", Throttled,
		},
		"too many":               {repeated(attemptsThrottled, refusal(429)), "the sign-in endpoint (signin.aws.amazon.com) takes no more calls for now", Throttled},
		"failing":                {repeated(attemptsTransient, refusal(502)), "the sign-in endpoint (signin.aws.amazon.com) answered 502 Bad Gateway", Unreachable},
		"cut off":                {repeated(attemptsTransient, said(200, `{"SigninToken": "s`)), "the sign-in endpoint (signin.aws.amazon.com) answered with a page instead of a token; a proxy may be in the way", Broken},
		"elsewhere":              {[]roundTripper{refusal(302)}, "the sign-in endpoint (signin.aws.amazon.com) answered 302 Found", Broken},
		"silent":                 {repeated(attemptsTimeout, broken(os.ErrDeadlineExceeded)), "the sign-in endpoint (signin.aws.amazon.com) cannot be reached: no answer in time", Unreachable},
		"given up by the caller": {nil, "context canceled", Cancelled},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				asked := 0
				a := faked(Settings{}, func(r *http.Request) (*http.Response, error) {
					if err := r.Context().Err(); err != nil {
						return nil, err
					}
					asked++
					body, _ := io.ReadAll(r.Body)
					form, err := url.ParseQuery(string(body))
					if err != nil || r.URL.String() != endpoint || r.URL.RawQuery != "" || !strings.Contains(form.Get("Session"), "the-token") {
						t.Errorf("asked %s with %s", r.URL, body)
					}
					want := "3600" // until the endpoint refuses it
					if strings.HasPrefix(name, "a chain") || name == "refused" {
						want = []string{"", "3600", ""}[asked]
					}
					if got := form.Get("SessionDuration"); got != want {
						t.Errorf("request %d has the duration %q, want %q", asked, got, want)
					}
					return c.answers[asked-1](r)
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
				if got != c.want || asked != len(c.answers) || errors.Is(err, context.Canceled) != (c.kind == Cancelled) {
					t.Errorf("after %d requests\n got %s\nwant %s", asked, got, c.want)
				}
			})
		})
	}
}
