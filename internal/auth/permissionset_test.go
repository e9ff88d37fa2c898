package auth

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"muster/internal/auth/botocache"
	"muster/internal/auth/sso"
	"muster/internal/awssim"
)

// TestLegacy: the token file of a legacy profile is named by the hash of its start URL
// as written; the token cannot be refreshed, and the profile names it at sign-in.
func TestLegacy(t *testing.T) {
	t.Parallel()
	h := newHome(t, testWorld())
	h.configure(t, "[profile my legacy]\nsso_start_url = https://old.awsapps.com/start/#/\nsso_region = us-east-2\nsso_account_id = 200000000002\nsso_role_name = Billing\n")
	// sha1("https://old.awsapps.com/start/#/")
	if _, err := os.Stat(filepath.Join(h.Dir, ".aws/sso/cache/18452554767b88255deeebb68f0e820b4b18c595.json")); err != nil {
		t.Fatal(err)
	}
	if _, err := profile(t, h.resolver(t), "my legacy").Credentials.Retrieve(t.Context()); err != nil {
		t.Error(err)
	}
	h.Advance(9 * time.Hour)
	_, err := profile(t, h.resolver(t), "my legacy").Credentials.Retrieve(t.Context())
	var login *sso.LoginError
	if !errors.As(err, &login) || login.Error() != `SSO session "my legacy" has ended; sign in with: muster login 'my legacy'` {
		t.Errorf("%v", err)
	}
	h.CheckRequests(t)
}

// TestForgetFailures: after ForgetFailures, a user who has signed in meanwhile gets
// credentials.
func TestForgetFailures(t *testing.T) {
	t.Parallel()
	h := newHome(t, signedIn(awssim.SSOToken{}))
	path := (&botocache.Cache{Home: h.Dir}).Token("corp").Path()
	if err := os.Rename(path, path+".away"); err != nil {
		t.Fatal(err)
	}
	r := h.resolver(t)
	for range 2 {
		if err := readOnly(t, r); !errors.As(err, new(*sso.LoginError)) {
			t.Fatalf("%v, want a LoginError", err)
		}
		if err := os.Rename(path+".away", path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
	}
	r.ForgetFailures()
	if err := readOnly(t, r); err != nil {
		t.Error(err)
	}
}

// corp is the session of a resolver.
func corp(t testing.TB, r *Resolver) *sso.Session {
	t.Helper()
	session, err := r.Config.Session("corp")
	if err != nil {
		t.Fatal(err)
	}
	return r.SSO(session, nil)
}

func readOnly(t testing.TB, r *Resolver) error {
	_, err := r.PermissionSet(corp(t, r), "010000000004", "ReadOnly").Credentials.Retrieve(t.Context())
	return err
}

var expiredToken = awssim.SSOToken{AccessToken: "aoa-old", RefreshToken: "aor-old", ClientID: "client", ClientSecret: "client-secret", ExpiresIn: awssim.Duration(-time.Hour)}

// signedIn returns a world with one token of the session corp, whose user has ReadOnly
// in audit.
func signedIn(token awssim.SSOToken) *awssim.World {
	w := testWorld()
	w.SSO = w.SSO[:1]
	w.SSO[0].Tokens = []awssim.SSOToken{token}
	return w
}
