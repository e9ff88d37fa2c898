package saml

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"muster/internal/safe"
	"muster/internal/secret"
)

// scripted answers requests with texts in turn; the last one repeats.
type scripted []string

func (s *scripted) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Host != "corp.example" || r.URL.Scheme != "https" {
		return nil, errors.New("a request to another server: " + r.URL.String())
	}
	text := (*s)[0]
	if len(*s) > 1 {
		*s = (*s)[1:]
	}
	status, body, _ := strings.Cut(text, " ")
	resp := &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
	switch status {
	case "302":
		resp.StatusCode = http.StatusFound
		resp.Header.Set("Location", body)
	case "401":
		resp.StatusCode = http.StatusUnauthorized
	case "429":
		resp.StatusCode = http.StatusTooManyRequests
	}
	return resp, nil
}

// FuzzAnswers: whatever a server answers, a sign-in ends, asks no other server, and its error
// is one line that does not have the password or the code.
func FuzzAnswers(f *testing.F) {
	f.Add(false, `200 {"access_token":"access-token-0123456789"}`, `200 {"message":"MFA","state_token":"s","devices":[{"device_id":1,"device_type":"OneLogin Protect"}]}`, `200 {"message":"pending"}`)
	f.Add(false, `200 {"access_token":"access-token-0123456789"}`, `401 {"message":"no correct-horse-battery"}`, ``)
	f.Add(true, `200 {"status":"MFA_REQUIRED","stateToken":"s","_embedded":{"factors":[{"id":"a","factorType":"push"},{"id":"b","factorType":"sms"}]}}`, `200 {"status":"MFA_CHALLENGE","factorResult":"WAITING"}`, `200 {"status":"SUCCESS","sessionToken":"session-token-0123456789"}`)
	f.Add(true, `200 {"status":"SUCCESS","sessionToken":"session-token-0123456789"}`, `302 https://other.example/?t=session-token-0123456789`, ``)
	f.Add(true, `200 {"status":"SUCCESS","sessionToken":"session-token-0123456789"}`, `302 /login?stateToken=x`, `429 {}`)
	f.Fuzz(func(t *testing.T, isOkta bool, first, second, third string) {
		ask := func(context.Context) (string, error) { return "correct-horse-battery", nil }
		c := Config{
			Provider: OneLogin, URL: "https://corp.example/app", Username: testUser, Password: ask, ClientID: "c", ClientSecret: ask, Subdomain: "corp", AppID: "1",
			Secrets: new(secret.Set), Sleep: func(context.Context, time.Duration) error { return nil },
		}
		if isOkta {
			c.Provider = Okta
		}
		server := scripted{first, second, third}
		p := &fakePrompt{codes: []string{"424242", "424242", "424242"}, choices: []string{"", "", "", "", "", "", "", "", "", "", ""}}
		assertion, err := SignIn(t.Context(), &http.Client{Transport: &server}, c, p)
		if err == nil {
			if _, ok := normalize(assertion); !ok {
				t.Errorf("not an assertion: %q", assertion)
			}
			return
		}
		shown := err.Error() + strings.Join(p.shown, "")
		if safe.Text(shown) != shown || len(err.Error()) > 2000 || strings.Contains(shown, "another server") {
			t.Errorf("shown: %q", shown)
		}
		for _, s := range []string{"correct-horse-battery", "424242"} {
			if strings.Contains(shown, s) {
				t.Errorf("secret %s in %q", s, shown)
			}
		}
	})
}
