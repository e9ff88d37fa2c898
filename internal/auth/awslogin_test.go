package auth

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials/logincreds"

	"muster/internal/auth/botocache"
	"muster/internal/awsapi"
)

const loginConfig = `
[profile laptop]
login_session = arn:aws:iam::100000000001:user/admin
[profile laptop west]
login_session = arn:aws:iam::100000000001:user/admin
region = us-west-2
`

// loginToken writes a token of `aws login` that ends at a time.
func (h *testHome) loginToken(t testing.TB, ends time.Time) (path string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(map[string]any{
		"accessToken": map[string]any{
			"accessKeyId": "ASIAOLD", "secretAccessKey": "old-secret", "sessionToken": "old-session", "accountId": "100000000001", "expiresAt": ends.UTC(),
		},
		"tokenType": "aws_sigv4", "refreshToken": "refresh-1", "identityToken": "me", "clientId": "cli",
		"dpopKey": string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der})),
	})
	if err != nil {
		t.Fatal(err)
	}
	path, err = logincreds.StandardCachedTokenFilepath("arn:aws:iam::100000000001:user/admin", "/cache")
	if err != nil {
		t.Fatal(err)
	}
	return h.Write(t, ".aws/login"+path, string(text))
}

// TestAWSLogin: the refresh token of a login works once; two processes renew all
// profiles of the login with it.
func TestAWSLogin(t *testing.T) {
	t.Parallel()
	h := newHome(t, testWorld())
	h.configure(t, loginConfig)
	path := h.loginToken(t, time.Now().Add(-time.Minute))
	var refreshes atomic.Int32
	signin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if refreshes.Add(1) > 1 || r.Header.Get("DPoP") == "" {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		fmt.Fprint(w, `{"accessToken": {"accessKeyId": "ASIANEW", "secretAccessKey": "new-secret", "sessionToken": "new-session"},
			"tokenType": "aws_sigv4", "expiresIn": 900, "refreshToken": "refresh-2"}`)
	}))
	defer signin.Close()
	users := make(chan *Identity, 20)
	for range 2 {
		r := h.resolver(t, "AWS_ENDPOINT_URL_SIGNIN="+signin.URL)
		for range 5 {
			users <- profile(t, r, "laptop")
			users <- profile(t, r, "laptop west")
		}
	}
	atOnce(20, func() {
		creds, err := (<-users).Credentials.Retrieve(t.Context())
		if err != nil || creds.AccessKeyID != "ASIANEW" || creds.AccountID != "100000000001" {
			t.Errorf("%s of %q, %v", creds.AccessKeyID, creds.AccountID, err)
		}
	})
	if n := refreshes.Load(); n != 1 {
		t.Errorf("%d refreshes, want 1", n)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

// TestAWSLoginFails: an error that only a new sign-in ends says so and names the
// command; an error that may pass does not.
func TestAWSLoginFails(t *testing.T) {
	t.Parallel()
	refuse := func(status int, text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Amzn-ErrorType", "AccessDeniedException")
			w.WriteHeader(status)
			fmt.Fprint(w, text)
		}
	}
	const advice = "; sign in with: muster login laptop"
	for name, c := range map[string]struct {
		file   func(testing.TB, *testHome)
		signin http.HandlerFunc
		kind   awsapi.Kind
		want   string // "": AWS's own words
	}{
		"none": {func(testing.TB, *testHome) {}, nil, awsapi.Expired,
			`profile "laptop" is not signed in` + advice},
		"cut short": {func(t testing.TB, h *testHome) { _ = os.Truncate(h.loginToken(t, time.Now()), 7) }, nil, awsapi.Expired,
			`the login of profile "laptop" cannot be used (FILE: not a login)` + advice},
		"ended": {func(t testing.TB, h *testHome) { h.loginToken(t, time.Now().Add(-time.Hour)) },
			refuse(http.StatusForbidden, `{"error": "TOKEN_EXPIRED", "message": "no"}`), awsapi.Expired,
			`the login of profile "laptop" has ended and cannot be renewed (its time is over)` + advice},
		"down": {func(t testing.TB, h *testHome) { h.loginToken(t, time.Now().Add(-time.Hour)) },
			func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }, awsapi.Unreachable, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHome(t, testWorld())
			h.configure(t, loginConfig)
			c.file(t, h)
			signin := httptest.NewServer(c.signin)
			defer signin.Close()
			_, err := profile(t, h.resolver(t, "AWS_ENDPOINT_URL_SIGNIN="+signin.URL), "laptop").Credentials.Retrieve(t.Context())
			if err == nil {
				t.Fatal("no error")
			}
			file := (&botocache.Cache{Home: h.Dir, Lookup: os.LookupEnv}).Login("arn:aws:iam::100000000001:user/admin").Path()
			if kind := awsapi.Explain(err).Kind; kind != c.kind || c.want != "" && err.Error() != strings.ReplaceAll(c.want, "FILE", file) {
				t.Errorf("%s: %v\nwant %s: %s", kind, err, c.kind, c.want)
			}
		})
	}
}
