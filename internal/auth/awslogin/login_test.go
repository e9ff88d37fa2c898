package awslogin

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"muster/internal/auth/botocache"
	"muster/internal/auth/sso"
	"muster/internal/awsapi"
)

// service is a sign-in service that gives one answer.
func service(t *testing.T, answer http.HandlerFunc) (*awsapi.API, awsapi.Target, *atomic.Int32) {
	t.Helper()
	calls := &atomic.Int32{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		answer(w, r)
	}))
	t.Cleanup(server.Close)
	return awsapi.New(awsapi.Settings{EndpointURL: server.URL, Concurrency: 1, MaxAttempts: 1}), awsapi.Target{Region: "us-east-1"}, calls
}

func says(status int, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		fmt.Fprint(w, text)
	}
}

// login is a login whose key is good.
func goodLogin(t *testing.T) *botocache.Login {
	t.Helper()
	key, err := newProofKey()
	if err != nil {
		t.Fatal(err)
	}
	text, err := key.pem()
	if err != nil {
		t.Fatal(err)
	}
	return &botocache.Login{ClientID: "client", RefreshToken: "refresh-secret", DPoPKey: text, AccessToken: botocache.LoginCredentials{AccountID: "100000000001"}}
}

func pemOf(kind string, der []byte, err error) string {
	if err != nil {
		panic(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

// TestHostileKeys: a login whose key is none is an error before any call. The error has
// nothing of the file in it.
func TestHostileKeys(t *testing.T) {
	t.Parallel()
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p256, err := newProofKey()
	if err != nil {
		t.Fatal(err)
	}
	other, otherErr := x509.MarshalECPrivateKey(p384)
	pkcs8, pkcs8Err := x509.MarshalPKCS8PrivateKey(p256.PrivateKey)
	good, err := p256.pem()
	if err != nil {
		t.Fatal(err)
	}
	api, target, calls := service(t, says(200, "{}"))
	for name, text := range map[string]string{
		"nothing":         "",
		"text":            "hunter2-is-the-secret",
		"an empty block":  pemOf("EC PRIVATE KEY", nil, nil),
		"no key":          pemOf("EC PRIVATE KEY", []byte("hunter2-is-the-secret"), nil),
		"another curve":   pemOf("EC PRIVATE KEY", other, otherErr),
		"RSA":             pemOf("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(rsaKey), nil),
		"PKCS 8":          pemOf("PRIVATE KEY", pkcs8, pkcs8Err),
		"a key cut short": good[:len(good)/2],
		"a large file":    strings.Repeat("-----BEGIN EC PRIVATE KEY-----\n", 1<<14),
	} {
		login := goodLogin(t)
		login.DPoPKey = text
		_, err := Renew(t.Context(), api, target, login, time.Now())
		if err == nil || !strings.HasPrefix(err.Error(), "its dpopKey is not a key") || strings.Contains(err.Error(), "hunter2") || len(err.Error()) > 100 {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := calls.Load(); n != 0 {
		t.Errorf("%d calls", n)
	}
}

// TestHostileAnswers: an answer without whole credentials is an error. No error has a secret of
// the login or of the answer in it, and none is an endless renewal.
func TestHostileAnswers(t *testing.T) {
	t.Parallel()
	const whole = `{"accessToken": {"accessKeyId": "ASIANEW", "secretAccessKey": "new-secret", "sessionToken": "new-session"}, "expiresIn": 900, "refreshToken": "new-refresh"`
	for name, answer := range map[string]http.HandlerFunc{
		"nothing":          says(200, ""),
		"null":             says(200, "null"),
		"an empty object":  says(200, "{}"),
		"a list":           says(200, "["+whole+"}]"),
		"a text":           says(200, `"new-secret"`),
		"a page":           says(200, "<html>new-secret</html>"),
		"cut short":        says(200, whole),
		"no credentials":   says(200, `{"accessToken": null, "expiresIn": 900, "refreshToken": "new-refresh"}`),
		"text credentials": says(200, `{"accessToken": "new-secret", "expiresIn": 900}`),
		"no key":           says(200, strings.Replace(whole, "ASIANEW", "", 1)+"}"),
		"no secret":        says(200, strings.Replace(whole, `"secretAccessKey": "new-secret", `, "", 1)+"}"),
		"no session":       says(200, strings.Replace(whole, `, "sessionToken": "new-session"`, "", 1)+"}"),
		"no end":           says(200, strings.Replace(whole, `"expiresIn": 900, `, "", 1)+"}"),
		"a past end":       says(200, strings.Replace(whole, "900", "-900", 1)+"}"),
		"an end at once":   says(200, strings.Replace(whole, "900", "0", 1)+"}"),
		"a huge end":       says(200, strings.Replace(whole, "900", "9e99", 1)+"}"),
		"a text for end":   says(200, strings.Replace(whole, "900", `"new-secret"`, 1)+"}"),
		"elsewhere": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1:1/new-secret", http.StatusFound)
		},
		"an echo": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Amzn-ErrorType", "AccessDeniedException")
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprint(w, `{"error": "WHAT", "message": "refresh-secret is not the token"}`)
		},
		"an echo without a type": says(400, `refresh-secret`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			api, target, _ := service(t, answer)
			renewed, err := Renew(t.Context(), api, target, goodLogin(t), time.Now())
			if err == nil {
				t.Fatalf("%+v", renewed)
			}
			if text := err.Error() + awsapi.Explain(err).Message; strings.Contains(text, "-secret") || strings.Contains(text, "new-") {
				t.Error(text)
			}
		})
	}
	api, target, _ := service(t, says(200, whole+"}"))
	renewed, err := Renew(t.Context(), api, target, goodLogin(t), time.Now())
	if err != nil || renewed.AccessToken.SecretAccessKey != "new-secret" || renewed.AccessToken.AccountID != "100000000001" {
		t.Errorf("%+v, %v", renewed, err)
	}
}

// TestSubject: who has signed in stands in the id token.
func TestSubject(t *testing.T) {
	t.Parallel()
	token := func(claims string) string {
		return "e30." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + ".sig"
	}
	const ann = "arn:aws:iam::100000000001:user/ann"
	for text, want := range map[string]string{
		"":                                 "",
		"e30":                              "",
		"e30.e30":                          "",
		"e30..sig":                         "",
		"e30.%%%.sig":                      "",
		"a.b.c.d":                          "",
		token("{}"):                        "",
		token("null"):                      "",
		token("[]"):                        "",
		token(`{"sub": 7}`):                "",
		token(`{"sub": "ann"}`):            "",
		token(`{"sub": "` + ann + `"`):     "",
		token(`{"sub": "` + ann + `"}`):    ann,
		token(`{"sub":"`+ann+`"} `) + "==": ann, // the padding of the signature does not count
		"e30." + base64.URLEncoding.EncodeToString([]byte(`{"sub":"`+ann+`"}`)) + ".sig": ann,
	} {
		session, account, ok := subject(text)
		if ok != (want != "") || ok && (session != want || account != "100000000001") {
			t.Errorf("%q: %q, %q, %t; want %q", text, session, account, ok, want)
		}
	}
}

// TestCodes: a code that is not of this sign-in is an error that does not repeat it.
func TestCodes(t *testing.T) {
	t.Parallel()
	encoded := func(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }
	api, target, calls := service(t, says(200, "{}"))
	for name, typed := range map[string]string{
		"nothing":       "",
		"text":          "hunter2",
		"no code":       encoded("state=hunter2"),
		"another state": encoded("code=hunter2&state=x"),
		"no state":      encoded("code=hunter2"),
		"no query":      encoded("code=hunter2;%zz"),
		"large":         encoded("code=" + strings.Repeat("hunter2", 1<<16)),
	} {
		_, _, err := SignIn(t.Context(), api, target, sso.LoginOptions{
			DeviceCode: true, Show: func(string, string) {}, Ask: func(context.Context, string) (string, error) { return typed, nil },
		}, time.Now)
		if err == nil || strings.Contains(err.Error(), "hunter2") || len(err.Error()) > 100 {
			t.Errorf("%s: %v", name, err)
		}
	}
	given := errors.New("given up")
	_, _, err := SignIn(t.Context(), api, target, sso.LoginOptions{
		DeviceCode: true, Show: func(string, string) {}, Ask: func(context.Context, string) (string, error) { return "", given },
	}, time.Now)
	if !errors.Is(err, given) || calls.Load() != 0 {
		t.Errorf("%v, %d calls", err, calls.Load())
	}
}
