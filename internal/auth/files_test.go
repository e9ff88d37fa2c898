package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"muster/internal/auth/botocache"
	"muster/internal/awssim"
	"muster/internal/disk"
)

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

// TestRegistrationEnds: what a token says of its registration matters only where it
// is to be refreshed, and nothing of it makes the token unusable.
func TestRegistrationEnds(t *testing.T) {
	t.Parallel()
	for _, value := range []string{`null`, `""`, `"soon"`, `17`, `[]`} {
		h := furnish(t, signedIn(awssim.SSOToken{}))
		path := botocache.TokenFile(h.home, "corp")
		token := object(t, path)
		token["registrationExpiresAt"], token["clientId"] = json.RawMessage(value), nil
		data, err := json.Marshal(token)
		if err != nil {
			t.Fatal(err)
		}
		h.write(t, strings.TrimPrefix(path, h.home), string(data))
		if err := readOnly(t, h.resolver(t)); err != nil {
			t.Errorf("%s: %v", value, err)
		}
		h.advance(9 * time.Hour)
		if err := readOnly(t, h.resolver(t)); !errors.As(err, new(*LoginError)) || !strings.Contains(err.Error(), "has ended; sign in with") {
			t.Errorf("%s: %v", value, err)
		}
	}
}

// TestLoginFileKeepsAll: a login that is renewed keeps every key of its file, and
// gets no empty ones, also if the exchange gives less than the AWS CLI expects.
func TestLoginFileKeepsAll(t *testing.T) {
	t.Parallel()
	h := furnish(t, village())
	h.configure(t, loginConfig)
	path := h.loginToken(t, time.Now().Add(-time.Minute))
	before := object(t, path)
	before["idToken"], before["future"] = "eyJ.claims.sig", map[string]any{"a": nil}
	delete(before, "identityToken")
	before["accessToken"].(map[string]any)["scope"] = "kept"
	data, _ := json.Marshal(before)
	h.write(t, strings.TrimPrefix(path, h.home), string(data))
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

// TestTokenLink: a token file that is a link stays one when the token is renewed,
// and at logout neither the link nor the token is left.
func TestTokenLink(t *testing.T) {
	t.Parallel()
	h := furnish(t, signedIn(expiredToken))
	path, far := botocache.TokenFile(h.home, "corp"), filepath.Join(t.TempDir(), "token")
	if err := os.Rename(path, far); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(far, path); err != nil {
		t.Skip("no symbolic links: ", err)
	}
	old := read(t, far)
	if err := readOnly(t, h.resolver(t)); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(path); err != nil || info.Mode()&fs.ModeSymlink == 0 || read(t, far) == old {
		t.Errorf("%v, %v", info, err)
	}
	if result, err := h.resolver(t).LogoutAll(t.Context()); err != nil || result.Tokens != 1 {
		t.Errorf("%+v, %v", result, err)
	}
	for _, name := range []string{path, far} {
		if _, err := os.Lstat(name); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is still there: %v", name, err)
		}
	}
}

// TestLogoutsAtOnce: several succeed, and the token is removed once.
func TestLogoutsAtOnce(t *testing.T) {
	t.Parallel()
	h := furnish(t, signedIn(awssim.SSOToken{}))
	var tokens atomic.Int32
	atOnce(8, func() {
		result, err := h.resolver(t).LogoutAll(t.Context())
		if err != nil || result.Unrevoked != nil {
			t.Errorf("%+v, %v", result, err)
		}
		tokens.Add(int32(result.Tokens))
	})
	if n := tokens.Load(); n != 1 {
		t.Errorf("%d tokens were removed", n)
	}
}

// TestLogoutInterrupted: a token that was not revoked stays, so that it can be.
func TestLogoutInterrupted(t *testing.T) {
	t.Parallel()
	w := signedIn(awssim.SSOToken{})
	w.Faults = []awssim.Fault{{Kind: awssim.FaultHang, Service: "sso", Operation: "Logout"}}
	h := furnish(t, w)
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(100*time.Millisecond, cancel)
	if result, err := h.resolver(t).LogoutAll(ctx); !errors.Is(err, context.Canceled) || result.Tokens != 0 {
		t.Errorf("%+v, %v", result, err)
	}
	if _, err := os.Stat(botocache.TokenFile(h.home, "corp")); err != nil {
		t.Error(err)
	}
}

// TestLockIsElsewhere: a process that holds the lock in the cache folder is waited
// for, and the user learns of it.
func TestLockIsElsewhere(t *testing.T) {
	t.Parallel()
	h := furnish(t, signedIn(expiredToken))
	path := botocache.TokenFile(h.home, "corp")
	unlock, err := disk.Locks{Cache: filepath.Join(h.home, ".cache", "muster", "locks")}.Lock(t.Context(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r := h.resolver(t)
	var once sync.Once
	r.Warn = func(text string) {
		if text != `waiting for another process, which has locked the token of SSO session "corp"` {
			t.Error(text)
		}
		once.Do(unlock)
	}
	if err := readOnly(t, r); err != nil {
		t.Error(err)
	}
	if n := h.calls()["CreateToken"]; n != 1 {
		t.Errorf("%d refreshes", n)
	}
}

// TestHungTokens: a file that never comes is given up when the run is ended, and the
// next one is not kept out.
func TestHungTokens(t *testing.T) {
	t.Parallel()
	h := furnish(t, signedIn(awssim.SSOToken{}))
	h.configure(t, loginConfig+"[profile web]\nrole_arn = arn:aws:iam::200000000002:role/Ops\nweb_identity_token_file = HOME/web\n")
	login := h.loginToken(t, time.Now().Add(time.Hour))
	token := botocache.TokenFile(h.home, "corp")
	for _, path := range []string{login, token, filepath.Join(h.home, "web")} {
		_ = os.Remove(path)
		if err := exec.Command("mkfifo", path).Run(); err != nil {
			t.Skip("no mkfifo: ", err)
		}
	}
	enough := errors.New("enough")
	for name, use := range map[string]func(context.Context, *Resolver) error{
		"sso": func(ctx context.Context, r *Resolver) error {
			_, err := corp(t, r).Role("010000000004", "ReadOnly").Retrieve(ctx)
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
			_, err := corp(t, r).Logout(ctx)
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

// TestReadOnlyHome: with a folder that cannot be written, an ended token is not
// exchanged, which would lose its session, and the error says what is wrong. Root
// may write everywhere: the test is then run once more by somebody else.
func TestReadOnlyHome(t *testing.T) {
	t.Parallel()
	if os.Geteuid() == 0 {
		asNobody(t)
		return
	}
	h := furnish(t, signedIn(expiredToken))
	h.configure(t, loginConfig)
	login := h.loginToken(t, time.Now().Add(-time.Minute))
	token := botocache.TokenFile(h.home, "corp")
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
			_, err := corp(t, r).Login(t.Context(), LoginOptions{Open: visit, Show: quiet})
			return fmt.Sprint(err)
		}(), fmt.Sprintf(`a token of SSO session "corp" cannot be written: write %s: permission denied`, filepath.Dir(token))},
		{func() string {
			_, err := profile(t, r, "laptop").Credentials.Retrieve(t.Context())
			return fmt.Sprint(err)
		}(), fmt.Sprintf(`the login of profile "laptop" has ended, and a renewed one cannot be written (write %[1]s: permission denied): make %[1]s writable; sign in with: aws login --profile laptop`, filepath.Dir(login))},
	} {
		if c.got != c.want {
			t.Errorf("\n got %s\nwant %s", c.got, c.want)
		}
	}
	if n := h.calls()["CreateToken"]; n != 0 {
		t.Errorf("%d refreshes", n)
	}
}

// TestSignInPage: only a page for a browser is shown and opened, whatever the token
// service says.
func TestSignInPage(t *testing.T) {
	t.Parallel()
	for _, page := range []string{"file:///etc/passwd", "javascript:alert(1)", "-headless", "calc.exe", "https:///x", "smb://host/share", ""} {
		oidc := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasPrefix(r.URL.Path, "/client") {
				fmt.Fprint(w, `{"clientId": "c", "clientSecret": "s", "clientSecretExpiresAt": 9999999999}`)
				return
			}
			answer, _ := json.Marshal(map[string]any{"deviceCode": "d", "userCode": "u", "verificationUri": page, "verificationUriComplete": page, "expiresIn": 600, "interval": 1})
			w.Write(answer)
		}))
		h := furnish(t, signedOut(awssim.Login{}))
		_, err := corp(t, h.resolver(t, "AWS_ENDPOINT_URL_SSO_OIDC="+oidc.URL)).Login(t.Context(), LoginOptions{
			DeviceCode: true,
			Open:       func(url string) error { t.Errorf("%s was opened", url); return nil },
			Show:       func(url, _ string) { t.Errorf("%s was shown", url) },
		})
		if err == nil || !strings.Contains(err.Error(), "no URL of http or https") {
			t.Errorf("%s: %v", page, err)
		}
		oidc.Close()
	}
}
