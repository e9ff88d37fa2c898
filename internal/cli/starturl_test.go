package cli

import (
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"muster/internal/awssim"
)

// TestVanityStartURL: muster sends one HEAD request to a start URL in a company's own
// domain and follows one redirect. The host of the redirect names the region, as in the
// AWS CLI since 2.35.
func TestVanityStartURL(t *testing.T) {
	t.Parallel()
	const portal = "https://ssoins-abc.portal.us-west-2.app.aws"
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		want   string // of the error; "" for none
		asked  string
	}{
		"redirect": {answer: func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, portal+"/?x=1#/", http.StatusFound) }, asked: "HEAD"},
		"no HEAD": {answer: func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodHead {
				w.WriteHeader(http.StatusMethodNotAllowed)
				return
			}
			w.Header().Set("Location", portal)
			w.WriteHeader(http.StatusPermanentRedirect)
		}, asked: "HEAD GET"},
		"no redirect": {answer: func(http.ResponseWriter, *http.Request) {}, want: "which is not an access portal of AWS", asked: "HEAD"},
		"two": {answer: func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/again", http.StatusFound) },
			want: "which is not an access portal of AWS", asked: "HEAD"},
		"elsewhere": {answer: func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://x.app.aws.example.com", http.StatusFound)
		}, want: "leads to https://x.app.aws.example.com, which is not an access portal of AWS", asked: "HEAD"},
		"http": {answer: func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://a.awsapps.com", http.StatusFound)
		}, want: "not an access portal", asked: "HEAD"},
		"failure": {answer: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) }, want: "HTTP status 404", asked: "HEAD"},
		"nowhere": {answer: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusFound) }, want: "redirects to nowhere", asked: "HEAD"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var asked []string
			vanity := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				asked = append(asked, r.Method)
				c.answer(w, r)
			}))
			defer vanity.Close()
			_, environ := simulated(t, &awssim.World{
				Accounts: []awssim.Account{{ID: "100000000001", Name: "main"}},
				SSO: []awssim.SSOSession{{Name: "corp", StartURL: portal, Region: "us-west-2", Tokens: []awssim.SSOToken{}, Login: awssim.Login{Polls: 1},
					Assignments: map[string][]string{"*": {"ReadOnly"}}}},
				Home: awssim.Home{},
			}, false)
			home := strings.TrimPrefix(environ[0], "HOME=")
			config := filepath.Join(home, ".aws", "config")
			text := "# kept\n[sso-session corp]\nsso_start_url = " + vanity.URL + "\nsso_region: eu-west-1\nsso_registration_scopes = sso:account:access\n"
			bundle := filepath.Join(home, "ca.pem")
			for path, data := range map[string][]byte{
				config: []byte(text), bundle: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: vanity.Certificate().Raw}),
			} {
				if err := os.WriteFile(path, data, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			environ = append(environ, "AWS_CA_BUNDLE="+bundle, "AWS_PROFILE=", "AWS_EC2_METADATA_DISABLED=true")
			got := muster(t, environ, "login", "--sso-session", "corp", "--use-device-code", "--no-browser", "--timeout", "30s")
			if methods := strings.Join(asked, " "); methods != c.asked {
				t.Errorf("asked by %s, want %s", methods, c.asked)
			}
			after, _ := os.ReadFile(config)
			if c.want != "" {
				if got.code != 1 || !strings.Contains(got.stderr, c.want) || string(after) != text {
					t.Errorf("exit code %d: %s\n%s", got.code, got.stderr, after)
				}
				return
			}
			if got.code != 0 || !strings.Contains(got.stderr, "muster: set sso_region to us-west-2 in "+config+":2, as the start URL says\n") {
				t.Fatalf("exit code %d: %s", got.code, got.stderr)
			}
			if want := strings.Replace(text, "sso_region: eu-west-1", "sso_region = us-west-2", 1); string(after) != want {
				t.Errorf("config:\n%s\nwant:\n%s", after, want)
			}
			if got := muster(t, environ, "accounts", "--sso-session", "corp", "-o", "name"); got.code != 0 || got.stdout != "100000000001\n" {
				t.Errorf("exit code %d: %s%s", got.code, got.stdout, got.stderr)
			}
			got = muster(t, environ, "instances")
			if want := `muster: no account is selected; you are signed in to SSO session "corp": add --sso-session corp for all its accounts, or --profile for one` + "\n"; got.code != 1 || got.stderr != want {
				t.Errorf("exit code %d: %s", got.code, got.stderr)
			}
		})
	}
}
