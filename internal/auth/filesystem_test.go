package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"muster/internal/auth/botocache"
	"muster/internal/auth/sso"
	"muster/internal/awssim"
)

// TestLoginFileKeepsAll: a renewed login keeps every key of its file and gets no empty
// ones, even if the exchange returns less than the AWS CLI expects.
func TestLoginFileKeepsAll(t *testing.T) {
	t.Parallel()
	h := newHome(t, testWorld())
	h.configure(t, loginConfig)
	path := h.loginToken(t, time.Now().Add(-time.Minute))
	before := object(t, path)
	before["idToken"], before["future"] = "eyJ.claims.sig", map[string]any{"a": nil}
	delete(before, "identityToken")
	before["accessToken"].(map[string]any)["scope"] = "kept"
	data, _ := json.Marshal(before)
	h.Write(t, path, string(data))
	signin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, `{"accessToken": {"accessKeyId": "ASIANEW", "secretAccessKey": "new", "sessionToken": "s"}, "tokenType": "aws_sigv4", "expiresIn": 900, "refreshToken": "refresh-2"}`)
	}))
	defer signin.Close()
	r := h.resolver(t, "AWS_ENDPOINT_URL_SIGNIN="+signin.URL)
	if creds, err := profile(t, r, "laptop").Credentials.Retrieve(t.Context()); err != nil || creds.AccessKeyID != "ASIANEW" {
		t.Fatal(creds.AccessKeyID, err)
	}
	after := object(t, path)
	access := after["accessToken"].(map[string]any)
	for key, want := range map[string]any{"accessKeyId": "ASIANEW", "secretAccessKey": "new", "sessionToken": "s", "accountId": "100000000001", "scope": "kept"} {
		if access[key] != want {
			t.Errorf("accessToken.%s is %v, want %v", key, access[key], want)
		}
	}
	if _, err := time.Parse("2006-01-02T15:04:05Z", access["expiresAt"].(string)); err != nil {
		t.Error(err) // as the AWS CLI writes it
	}
	before["refreshToken"] = "refresh-2"
	delete(before, "accessToken")
	delete(after, "accessToken")
	if got, want := fmt.Sprint(after), fmt.Sprint(before); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}

// TestHungTokens: an interrupt ends the wait for a file that never arrives, and the
// next run can still read others.
func TestHungTokens(t *testing.T) {
	t.Parallel()
	h := newHome(t, signedIn(awssim.SSOToken{}))
	h.configure(t, loginConfig+"[profile web]\nrole_arn = arn:aws:iam::200000000002:role/Ops\nweb_identity_token_file = HOME/web\n")
	login := h.loginToken(t, time.Now().Add(time.Hour))
	token := (&botocache.Cache{Home: h.Dir}).Token("corp").Path()
	for _, path := range []string{login, token, filepath.Join(h.Dir, "web")} {
		_ = os.Remove(path)
		if err := exec.Command("mkfifo", path).Run(); err != nil {
			t.Skip("no mkfifo: ", err)
		}
	}
	enough := errors.New("enough")
	for name, use := range map[string]func(context.Context, *Resolver) error{
		"sso": func(ctx context.Context, r *Resolver) error {
			_, err := corp(t, r).RoleCredentials(ctx, "010000000004", "ReadOnly")
			return err
		},
		"login": func(ctx context.Context, r *Resolver) error {
			_, err := profile(t, r, "laptop").Credentials.Retrieve(ctx)
			return err
		},
		"web identity": func(ctx context.Context, r *Resolver) error {
			_, err := profile(t, r, "web").Credentials.Retrieve(ctx)
			return err
		},
		"logout": func(ctx context.Context, r *Resolver) error {
			_, err := r.Logout(ctx, corp(t, r))
			return err
		},
	} {
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(50*time.Millisecond, func() { cancel(enough) })
		if err := use(ctx, h.resolver(t)); !errors.Is(err, enough) && !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
		cancel(nil)
	}
	if result, err := h.resolver(t).LogoutAll(t.Context()); err != nil || result.Tokens != 0 {
		t.Errorf("%+v, %v", result, err) // pipes are no tokens
	}
}

// TestReadOnlyHome: if a folder is not writable, an ended token is not exchanged,
// because that would lose the session; the error names the folder. Root can write
// everywhere, so that root runs the test as another user.
func TestReadOnlyHome(t *testing.T) {
	t.Parallel()
	if os.Geteuid() == 0 {
		asNobody(t)
		return
	}
	h := newHome(t, signedIn(expiredToken))
	h.configure(t, loginConfig)
	login := h.loginToken(t, time.Now().Add(-time.Minute))
	token := (&botocache.Cache{Home: h.Dir}).Token("corp").Path()
	for _, path := range []string{login, token} {
		if err := os.Chmod(filepath.Dir(path), 0o500); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { os.Chmod(filepath.Dir(path), 0o700) })
	}
	r := h.resolver(t, "AWS_ENDPOINT_URL_SIGNIN=http://127.0.0.1:1")
	for _, c := range []struct{ got, want string }{
		{fmt.Sprint(readOnly(t, r)), fmt.Sprintf(
			`SSO session "corp" has ended, and a new token cannot be written (write %[1]s: permission denied): make %[1]s writable; sign in with: muster login corp`, filepath.Dir(token))},
		{func() string {
			_, err := corp(t, r).Login(t.Context(), sso.LoginOptions{})
			return fmt.Sprint(err)
		}(), fmt.Sprintf(`a token of SSO session "corp" cannot be written (write %[1]s: permission denied): make %[1]s writable`, filepath.Dir(token))},
		{func() string {
			_, err := profile(t, r, "laptop").Credentials.Retrieve(t.Context())
			return fmt.Sprint(err)
		}(), fmt.Sprintf(`the login of profile "laptop" has ended, and a renewed one cannot be written (write %[1]s: permission denied): make %[1]s writable; sign in with: muster login laptop`, filepath.Dir(login))},
	} {
		if c.got != c.want {
			t.Errorf("\n got %s\nwant %s", c.got, c.want)
		}
	}
	if n := h.CountCalls()["CreateToken"]; n != 0 {
		t.Errorf("%d refreshes", n)
	}
}

// object reads a file of a cache.
func object(t testing.TB, path string) (o map[string]any) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(data, &o)
	}
	if err != nil {
		t.Fatal(err)
	}
	return o
}
