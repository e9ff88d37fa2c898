package awssim

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sts"
)

const loginCallback = "http://127.0.0.1:49152/oauth/callback"

// proof is a DPoP proof before it is signed. A test changes what it refuses.
type proof struct {
	key    *ecdsa.PrivateKey
	header map[string]any
	jwk    map[string]any
	claims map[string]any
	text   func(signed string) string // changes the signed proof
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// newProof returns a proof that the sign-in service accepts.
func newProof(t *testing.T, s *Server, key *ecdsa.PrivateKey) *proof {
	t.Helper()
	public, err := key.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	return &proof{
		key: key, header: map[string]any{"typ": "dpop+jwt", "alg": "ES256"}, text: func(signed string) string { return signed },
		jwk:    map[string]any{"kty": "EC", "crv": "P-256", "x": encode(public[1:33]), "y": encode(public[33:])},
		claims: map[string]any{"htm": "POST", "htu": s.URL() + "/v1/token", "iat": time.Now().Unix(), "jti": rand.Text()},
	}
}

// sign returns the proof as the header of a request.
func (p *proof) sign(t *testing.T) string {
	t.Helper()
	part := func(v map[string]any) string {
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return base64.RawURLEncoding.EncodeToString(text)
	}
	head := maps.Clone(p.header)
	head["jwk"] = p.jwk
	text := part(head) + "." + part(p.claims)
	sum := sha256.Sum256([]byte(text))
	r, s, err := ecdsa.Sign(rand.Reader, p.key, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	signature := make([]byte, 64)
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	return p.text(text + "." + base64.RawURLEncoding.EncodeToString(signature))
}

// loginQuery is the query of the sign-in page as the AWS CLI makes it.
func loginQuery() url.Values {
	sum := sha256.Sum256([]byte(verifier))
	return url.Values{"response_type": {"code"}, "client_id": {sameDeviceClient}, "redirect_uri": {loginCallback}, "state": {"the state"}, "scope": {"openid"},
		"code_challenge_method": {"SHA-256"}, "code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}}
}

// loginCode plays the browser, and returns the code that the redirect carries back.
func loginCode(t *testing.T, s *Server) string {
	t.Helper()
	resp, body := browse(t, http.DefaultClient, s.URL()+"/v1/authorize?"+loginQuery().Encode())
	to, err := resp.Location()
	if err != nil || resp.StatusCode != http.StatusFound || to.Query().Get("state") != "the state" || to.Query().Get("code") == "" {
		t.Fatalf("%s %v %s", resp.Status, to, body)
	}
	return to.Query().Get("code")
}

// loginAnswer is the answer of the sign-in service to a request for a token.
type loginAnswer struct {
	status       int
	code         string // of the error
	Error        string `json:"error"`
	ExpiresIn    int
	RefreshToken string
	IDToken      string `json:"idToken"`
	AccessToken  struct{ AccessKeyID, SecretAccessKey, SessionToken string }
}

func (a *loginAnswer) String() string { return fmt.Sprintf("%d %s %s", a.status, a.code, a.Error) }

// loginFor asks for a token.
func loginFor(t *testing.T, s *Server, dpop string, fields map[string]string) *loginAnswer {
	t.Helper()
	body, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequest(http.MethodPost, s.URL()+"/v1/token", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("DPoP", dpop)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	a := &loginAnswer{status: resp.StatusCode, code: resp.Header.Get("X-Amzn-ErrorType")}
	if err != nil || json.Unmarshal(text, a) != nil {
		t.Fatalf("%v, %q", err, text)
	}
	return a
}

// codeFields are the fields of a request that exchanges a code.
func codeFields(code string) map[string]string {
	return map[string]string{"clientId": sameDeviceClient, "grantType": grantCode, "code": code, "codeVerifier": verifier, "redirectUri": loginCallback}
}

func refreshFields(token string) map[string]string {
	return map[string]string{"clientId": sameDeviceClient, "grantType": grantRefresh, "refreshToken": token}
}

// TestLoginToken: a code and each refresh token work once, and the credentials are the user's.
func TestLoginToken(t *testing.T) {
	t.Parallel()
	s := start(t, signinWorld)
	key := newKey(t)
	code := loginCode(t, s)
	first := loginFor(t, s, newProof(t, s, key).sign(t), codeFields(code))
	if first.status != http.StatusOK || first.ExpiresIn != 900 || first.RefreshToken == "" || strings.Count(first.IDToken, ".") != 2 {
		t.Fatal(first)
	}
	second := loginFor(t, s, newProof(t, s, key).sign(t), refreshFields(first.RefreshToken))
	if second.status != http.StatusOK || second.RefreshToken == first.RefreshToken || second.IDToken != "" {
		t.Fatal(second)
	}
	c := second.AccessToken
	caller, err := sts.NewFromConfig(client(s, "us-east-1", c.AccessKeyID, c.SecretAccessKey, c.SessionToken)).GetCallerIdentity(context.Background(), nil)
	if err != nil || *caller.Arn != "arn:aws:iam::000000000001:user/ann" {
		t.Error(caller, err)
	}
	wantProblems(t, s)
	for name, fields := range map[string]map[string]string{"code": codeFields(code), "refresh token": refreshFields(first.RefreshToken)} {
		if again := loginFor(t, s, newProof(t, s, key).sign(t), fields); again.status != http.StatusUnauthorized || again.code != "AccessDeniedException" {
			t.Errorf("the %s for the second time: %v", name, again)
		}
	}
}

// TestLoginPageRefuses: the sign-in page accepts only requests of the AWS CLI's form.
func TestLoginPageRefuses(t *testing.T) {
	t.Parallel()
	s := start(t, signinWorld)
	tested := 0
	for parameter, values := range map[string][]string{
		"response_type":         {"", "token"},
		"client_id":             {"", "arn:aws:signin:::devtools/other", crossDeviceClient},
		"redirect_uri":          {"", "https://evil.example.com/oauth/callback", "http://127.0.0.1/oauth/callback", "http://127.0.0.1:49152/other", "http://192.0.2.1:49152/oauth/callback"},
		"state":                 {""},
		"scope":                 {"", "openid profile"},
		"code_challenge":        {"", "short", strings.Repeat("=", 43)},
		"code_challenge_method": {"", "S256", "plain"},
	} {
		for _, value := range values {
			q := loginQuery()
			q.Set(parameter, value)
			if resp, body := browse(t, http.DefaultClient, s.URL()+"/v1/authorize?"+q.Encode()); resp.StatusCode != http.StatusBadRequest {
				t.Errorf("%s %q: %s %s", parameter, value, resp.Status, body)
			}
			tested++
		}
	}
	if problems := s.Problems(); len(problems) != tested {
		t.Errorf("%d problems of %d requests", len(problems), tested)
	}
}

// TestLoginTokenRefusesProofs: a wrong proof of the key gets no token, and does not use up the
// code.
func TestLoginTokenRefusesProofs(t *testing.T) {
	t.Parallel()
	s := start(t, signinWorld)
	key, other := newKey(t), newKey(t)
	code := loginCode(t, s)
	cases := map[string]func(*proof){
		"none":            func(p *proof) { p.text = func(string) string { return "" } },
		"two parts":       func(p *proof) { p.text = func(s string) string { return s[:strings.LastIndexByte(s, '.')] } },
		"no base64url":    func(p *proof) { p.text = func(s string) string { return "+" + s } },
		"other signature": func(p *proof) { p.key = other },
		"changed claims": func(p *proof) {
			signed := p.sign(t)
			p.claims["jti"] = rand.Text()
			p.text = func(s string) string {
				return s[:strings.LastIndexByte(s, '.')] + signed[strings.LastIndexByte(signed, '.'):]
			}
		},
		"JWT":           func(p *proof) { p.header["typ"] = "JWT" },
		"no algorithm":  func(p *proof) { p.header["alg"] = "none" },
		"HMAC":          func(p *proof) { p.header["alg"] = "HS256" },
		"private key":   func(p *proof) { p.jwk["d"] = "AAAA" },
		"other curve":   func(p *proof) { p.jwk["crv"] = "P-384" },
		"no key":        func(p *proof) { p.jwk = nil },
		"short x":       func(p *proof) { p.jwk["x"] = base64.RawURLEncoding.EncodeToString(make([]byte, 31)) },
		"off the curve": func(p *proof) { p.jwk["x"], p.jwk["y"] = p.jwk["y"], p.jwk["x"] },
		"GET":           func(p *proof) { p.claims["htm"] = "GET" },
		"other URL":     func(p *proof) { p.claims["htu"] = "https://signin.example.com/v1/token" },
		"no URL":        func(p *proof) { delete(p.claims, "htu") },
		"no jti":        func(p *proof) { p.claims["jti"] = "" },
		"old":           func(p *proof) { p.claims["iat"] = time.Now().Add(-6 * time.Minute).Unix() },
		"early":         func(p *proof) { p.claims["iat"] = time.Now().Add(6 * time.Minute).Unix() },
		"no time":       func(p *proof) { delete(p.claims, "iat") },
		"text for time": func(p *proof) { p.claims["iat"] = "now" },
	}
	for name, change := range cases {
		p := newProof(t, s, key)
		change(p)
		if a := loginFor(t, s, p.sign(t), codeFields(code)); a.status != http.StatusBadRequest || a.code != "ValidationException" {
			t.Errorf("%s: %v", name, a)
		}
	}
	if problems := s.Problems(); len(problems) != len(cases) {
		t.Errorf("%d problems of %d proofs: %q", len(problems), len(cases), problems)
	}
	dpop := newProof(t, s, key).sign(t)
	first := loginFor(t, s, dpop, codeFields(code))
	if first.status != http.StatusOK {
		t.Fatalf("the right proof afterwards: %v", first)
	}
	if a := loginFor(t, s, dpop, refreshFields(first.RefreshToken)); a.status != http.StatusBadRequest {
		t.Errorf("the same proof again: %v", a)
	}
}

// TestLoginTokenRefusesGrants: a code belongs to its verifier, client and redirect, a refresh
// token to its client and key, and both end.
func TestLoginTokenRefusesGrants(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(fields map[string]string)
		wait   time.Duration
		want   string
	}{
		"right":               {func(map[string]string) {}, 0, "200  "},
		"just in time":        {func(map[string]string) {}, loginCodeTTL - time.Second, "200  "},
		"other verifier":      {func(f map[string]string) { f["codeVerifier"] = strings.Repeat("a", 43) }, 0, "401 AccessDeniedException AUTHCODE_EXPIRED"},
		"no verifier":         {func(f map[string]string) { delete(f, "codeVerifier") }, 0, "401 AccessDeniedException AUTHCODE_EXPIRED"},
		"other redirect":      {func(f map[string]string) { f["redirectUri"] = "http://127.0.0.1:49153/oauth/callback" }, 0, "401 AccessDeniedException AUTHCODE_EXPIRED"},
		"other client":        {func(f map[string]string) { f["clientId"] = crossDeviceClient }, 0, "401 AccessDeniedException AUTHCODE_EXPIRED"},
		"unknown code":        {func(f map[string]string) { f["code"] = "x" }, 0, "401 AccessDeniedException AUTHCODE_EXPIRED"},
		"too late":            {func(map[string]string) {}, loginCodeTTL, "401 AccessDeniedException AUTHCODE_EXPIRED"},
		"code as refresh":     {func(f map[string]string) { f["grantType"], f["refreshToken"] = grantRefresh, f["code"] }, 0, "401 AccessDeniedException TOKEN_EXPIRED"},
		"client credentials":  {func(f map[string]string) { f["grantType"] = "client_credentials" }, 0, `400 ValidationException grantType is "client_credentials"`},
		"without a grantType": {func(f map[string]string) { delete(f, "grantType") }, 0, `400 ValidationException grantType is ""`},
	} {
		s := start(t, signinWorld)
		fields := codeFields(loginCode(t, s))
		c.change(fields)
		s.Advance(c.wait)
		if a := loginFor(t, s, newProof(t, s, newKey(t)).sign(t), fields); a.String() != c.want {
			t.Errorf("code, %s: %v, want %s", name, a, c.want)
		}
	}
	for name, c := range map[string]struct {
		change   func(fields map[string]string)
		otherKey bool
		wait     time.Duration
		want     string
	}{
		"right":            {func(map[string]string) {}, false, loginTTL - time.Second, "200  "},
		"other key":        {func(map[string]string) {}, true, 0, "401 AccessDeniedException TOKEN_EXPIRED"},
		"other client":     {func(f map[string]string) { f["clientId"] = crossDeviceClient }, false, 0, "401 AccessDeniedException TOKEN_EXPIRED"},
		"unknown":          {func(f map[string]string) { f["refreshToken"] += "x" }, false, 0, "401 AccessDeniedException TOKEN_EXPIRED"},
		"too late":         {func(map[string]string) {}, false, loginTTL, "401 AccessDeniedException TOKEN_EXPIRED"},
		"refresh as code":  {func(f map[string]string) { f["grantType"], f["code"] = grantCode, f["refreshToken"] }, false, 0, "401 AccessDeniedException AUTHCODE_EXPIRED"},
		"no refresh token": {func(f map[string]string) { delete(f, "refreshToken") }, false, 0, "401 AccessDeniedException TOKEN_EXPIRED"},
	} {
		s := start(t, signinWorld)
		key := newKey(t)
		fields := refreshFields(loginFor(t, s, newProof(t, s, key).sign(t), codeFields(loginCode(t, s))).RefreshToken)
		c.change(fields)
		if c.otherKey {
			key = newKey(t)
		}
		s.Advance(c.wait)
		if a := loginFor(t, s, newProof(t, s, key).sign(t), fields); a.String() != c.want {
			t.Errorf("refresh token, %s: %v, want %s", name, a, c.want)
		}
	}
}
