package awsapi

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
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
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for name, c := range map[string]struct {
		answers []roundTripper // one for each request that is expected
		want    string
		kind    Kind
	}{
		"a token":                {[]roundTripper{token}, endpoint + "?Action=login&Destination=https%3A%2F%2Fconsole&SigninToken=st", ""},
		"a chain":                {[]roundTripper{refusal(400), token}, endpoint + "?Action=login&Destination=https%3A%2F%2Fconsole&SigninToken=st", ""},
		"refused":                {[]roundTripper{refusal(400), refusal(400)}, "the sign-in endpoint (signin.aws.amazon.com) refuses these credentials: they may have ended, or be of another partition", Denied},
		"forbidden":              {[]roundTripper{refusal(403)}, "the sign-in endpoint (signin.aws.amazon.com) refuses these credentials: they may have ended, or be of another partition", Denied},
		"a page":                 {[]roundTripper{refusal(200)}, "the sign-in endpoint (signin.aws.amazon.com) answered with a page instead of a token; a proxy may be in the way", Broken},
		"closed":                 {[]roundTripper{broken(io.ErrUnexpectedEOF)}, "the sign-in endpoint (signin.aws.amazon.com) cannot be reached: the connection was closed before the answer was complete", Unreachable},
		"given up by the caller": {nil, "context canceled", Cancelled},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
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
				if got, want := form.Get("SessionDuration"), []string{"", "3600", ""}[asked]; got != want {
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
	}
}
