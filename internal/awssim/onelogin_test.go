package awssim

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

// idpWorld has a OneLogin account and an Okta organization with the same people.
const idpWorld = `{
	"accounts": [{"id": "000000000001", "name": "main", "alias": "acme-main"}, {"id": "000000000002", "name": "shop"}],
	"saml_providers": [{"name": "corp"}],
	"roles": [{"name": "Reader", "saml": "corp"}, {"name": "Admin", "saml": "corp", "accounts": ["shop"]}, {"name": "Other"}],
	"identity_providers": [
		{"kind": "onelogin", "name": "corp", "client_id": "0123", "client_secret": "4567", "lockout": 3, "allowed_ips": ["203.0.113.7"],
			"apps": [{"id": "123456", "users": ["ann@example.com", "bob@example.com"]}, {"id": "123457", "roles": ["Read*"], "lifetime": "-1s"}], "users": PEOPLE},
		{"kind": "okta", "name": "acme", "provider": "corp", "lockout": 3,
			"apps": [{"id": "0oa1", "users": ["ann@example.com", "bob@example.com"]}, {"id": "0oa2", "page": "changed"}, {"id": "0oa3", "page": "policy"}], "users": PEOPLE}]}`

const people = `[
	{"login": "ann@example.com", "password": "secret", "profile": "saml-ann", "factors": [
		{"kind": "totp", "secret": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"}, {"kind": "push", "polls": 2, "number": 42},
		{"kind": "sms", "codes": ["111222"]}, {"kind": "webauthn"}, {"kind": "call"}]},
	{"login": "bob@example.com", "password": "secret"},
	{"login": "cyd@example.com", "password": "secret"},
	{"login": "dan@example.com", "password": "secret", "state": "LOCKED_OUT"},
	{"login": "eve@example.com", "password": "secret", "state": "PASSWORD_EXPIRED"},
	{"login": "fay@example.com", "password": "secret", "state": "MFA_ENROLL"},
	{"login": "gus@example.com", "password": "secret", "factors": [{"kind": "push", "answer": "deny"}]},
	{"login": "hal@example.com", "password": "secret", "factors": [{"kind": "push", "answer": "timeout"}]},
	{"login": "ida@example.com", "password": "secret", "factors": [{"kind": "push", "answer": "none"}]}]`

func startIDP(t *testing.T) *Server {
	t.Helper()
	return start(t, strings.ReplaceAll(idpWorld, "PEOPLE", people))
}

// fields is a JSON object.
type fields = map[string]any

// postJSON sends an object. It returns the status and the object in the answer.
func postJSON(t *testing.T, c *http.Client, address, authorization string, in any) (status int, out fields) {
	t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequest(http.MethodPost, address, strings.NewReader(string(body)))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	resp, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if media := resp.Header.Get("Content-Type"); media != "application/json" {
		t.Errorf("the Content-Type is %q", media)
	}
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return resp.StatusCode, out
}

// at follows names and numbers into nested objects and lists.
func at(v any, path ...string) any {
	for _, step := range path {
		switch in := v.(type) {
		case fields:
			v = in[step]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i >= len(in) {
				return nil
			}
			v = in[i]
		default:
			return nil
		}
	}
	return v
}

// oneLogin is a client of OneLogin's API.
type oneLogin struct {
	t     *testing.T
	s     *Server
	token string
}

func newOneLogin(t *testing.T, s *Server) oneLogin {
	t.Helper()
	status, out := postJSON(t, http.DefaultClient, s.IDPURL("corp")+"/auth/oauth2/v2/token", "client_id:0123, client_secret:4567", fields{"grant_type": "client_credentials"})
	if status != http.StatusOK || out["token_type"] != "bearer" || out["expires_in"] != 36000.0 || out["account_id"] == nil || out["refresh_token"] == nil {
		t.Fatal(status, out)
	}
	return oneLogin{t, s, out["access_token"].(string)}
}

func (c oneLogin) assertion(in fields) (int, fields) {
	c.t.Helper()
	whole := fields{"username_or_email": "ann@example.com", "password": "secret", "app_id": "123456", "subdomain": "corp"}
	for name, value := range in {
		whole[name] = value
	}
	return postJSON(c.t, http.DefaultClient, c.s.URL()+"/api/2/saml_assertion", "bearer:"+c.token, whole)
}

func (c oneLogin) verify(mfa fields, device int, in fields) (int, fields) {
	c.t.Helper()
	whole := fields{"app_id": "123456", "device_id": at(mfa, "devices", strconv.Itoa(device), "device_id"), "state_token": mfa["state_token"]}
	for name, value := range in {
		whole[name] = value
	}
	return postJSON(c.t, http.DefaultClient, mfa["callback_url"].(string), "bearer "+c.token, whole)
}

func TestOneLoginToken(t *testing.T) {
	t.Parallel()
	s := startIDP(t)
	address, body := s.URL()+"/auth/oauth2/v2/token", fields{"grant_type": "client_credentials"}
	if status, out := postJSON(t, http.DefaultClient, address, "Basic MDEyMzo0NTY3", body); status != http.StatusOK || out["access_token"] == "" {
		t.Error(status, out)
	}
	for _, authorization := range []string{"", "client_id:0123, client_secret:4568", "client_id:0123", "Basic MDEyMzo0NTY4"} {
		status, out := postJSON(t, http.DefaultClient, address, authorization, body)
		if status != http.StatusUnauthorized || at(out, "status", "message") != "Authentication Failure" || at(out, "status", "code") != 401.0 || at(out, "status", "error") != true || at(out, "status", "type") != "Unauthorized" {
			t.Error(authorization, status, out)
		}
	}
	wantProblems(t, s)
	if status, out := postJSON(t, http.DefaultClient, address, "Basic MDEyMzo0NTY3", fields{}); status != http.StatusBadRequest || at(out, "status", "type") != "bad request" {
		t.Error(status, out)
	}
	wantProblems(t, s, "grant_type")

	web := throughProxy(t, s)
	for host, want := range map[string]int{"api.us": http.StatusOK, "corp": http.StatusOK, "api.eu": http.StatusUnauthorized} {
		if status, out := postJSON(t, web, "https://"+host+".onelogin.com/auth/oauth2/v2/token", "Basic MDEyMzo0NTY3", body); status != want {
			t.Error(host, status, out)
		}
	}
}

func TestOneLoginPassword(t *testing.T) {
	t.Parallel()
	s := startIDP(t)
	c := newOneLogin(t, s)
	for _, o := range []struct {
		in      fields
		status  int
		message string
	}{
		{fields{"username_or_email": "bob@example.com"}, 200, "Success"},
		{fields{"username_or_email": "BOB@example.com", "app_id": 123456}, 200, "Success"},
		{fields{"ip_address": "203.0.113.7"}, 200, "Success"},
		{fields{"ip_address": "203.0.113.8"}, 200, "MFA is required for this user"},
		{fields{"username_or_email": "fay@example.com", "app_id": "123457"}, 200, "MFA is required for this user"},
		{fields{"username_or_email": "nobody@example.com"}, 401, "Authentication Failed: Invalid user credentials"},
		{fields{"username_or_email": "dan@example.com"}, 401, "Authentication Failed: User is locked"},
		{fields{"username_or_email": "eve@example.com"}, 401, "Authentication Failed: Password expired"},
		{fields{"username_or_email": "cyd@example.com"}, 404, "App could not be found"},
		{fields{"app_id": "1"}, 404, "App could not be found"},
		{fields{"subdomain": "other"}, 400, "Invalid subdomain"},
		{fields{"username_or_email": "bob@example.com", "password": "wrong"}, 401, "Authentication Failed: Invalid user credentials"},
		{fields{"username_or_email": "bob@example.com", "password": "wrong"}, 401, "Authentication Failed: Invalid user credentials"},
		{fields{"username_or_email": "bob@example.com", "password": "wrong"}, 401, "Authentication Failed: Invalid user credentials"},
		{fields{"username_or_email": "bob@example.com"}, 401, "Authentication Failed: User is locked"},
	} {
		status, out := c.assertion(o.in)
		if status != o.status || out["message"] != o.message || status >= 400 && (out["statusCode"] != float64(o.status) || out["name"] == nil) {
			t.Errorf("%v: %d %v", o.in, status, out)
		}
		if text, _ := out["data"].(string); o.message == "Success" {
			wantRoles(t, s, text, "000000000001:role/Reader", "000000000002:role/Admin", "000000000002:role/Reader")
		}
	}
	wantProblems(t, s)
	if status, out := c.assertion(fields{"subdomain": ""}); status != http.StatusBadRequest || out["message"] != "bad request" {
		t.Error(status, out)
	}
	if status, out := c.assertion(fields{"otp": "1"}); status != http.StatusBadRequest {
		t.Error(status, out)
	}
	wantProblems(t, s, "subdomain are needed", "unknown field")
	s.Advance(11 * time.Hour)
	if status, out := c.assertion(nil); status != http.StatusUnauthorized || out["message"] != "Unauthorized" {
		t.Error(status, out)
	}
}

// wantRoles wants an assertion to have roles in their order, and STS to accept its first role.
func wantRoles(t *testing.T, s *Server, encoded string, roles ...string) {
	t.Helper()
	a, refusal := s.readAssertion(encoded)
	if refusal != nil {
		t.Fatal(refusal.message)
	}
	var got []string
	for _, pair := range a.values("Role") {
		arn, _, _ := strings.Cut(pair, ",")
		got = append(got, strings.TrimPrefix(arn, "arn:aws:iam::"))
	}
	if strings.Join(got, " ") != strings.Join(roles, " ") {
		t.Errorf("roles %q, want %q", got, roles)
	}
}

func TestOneLoginFactors(t *testing.T) {
	t.Parallel()
	s := startIDP(t)
	c := newOneLogin(t, s)
	status, mfa := c.assertion(nil)
	if status != http.StatusOK || mfa["callback_url"] != s.URL()+"/api/2/saml_assertion/verify_factor" || at(mfa, "user", "email") != "ann@example.com" {
		t.Fatal(status, mfa)
	}
	for i, kind := range []string{"Google Authenticator", "OneLogin Protect", "OneLogin SMS", "WebAuthn", "OneLogin Voice"} {
		if at(mfa, "devices", strconv.Itoa(i), "device_type") != kind {
			t.Error(mfa["devices"])
		}
	}
	code := s.OneTimeCode("ann@example.com", "totp")
	if status, out := c.verify(mfa, 0, fields{"otp_token": code}); status != http.StatusOK || out["data"] == nil {
		t.Error(status, out)
	}
	if status, out := c.verify(mfa, 0, fields{"otp_token": code}); status != http.StatusUnauthorized || out["message"] != "State token is invalid or expired" {
		t.Error("a state token worked twice:", status, out)
	}
	_, mfa = c.assertion(nil)
	if status, out := c.verify(mfa, 0, fields{"otp_token": code}); status != http.StatusUnauthorized || out["message"] != "Failed authentication with this factor" {
		t.Error("a code worked twice:", status, out)
	}
	if status, out := c.verify(mfa, 0, nil); status != http.StatusBadRequest || out["message"] != "OTP token blank" {
		t.Error(status, out)
	}
	// A text has to be asked for.
	if s.OneTimeCode("ann@example.com", "sms") != "" {
		t.Error("a code before the text")
	}
	if status, out := c.verify(mfa, 2, nil); status != http.StatusOK || out["data"] != nil || out["message"] != "SMS token sent. Authentication pending." {
		t.Error(status, out)
	}
	if status, out := c.verify(mfa, 2, fields{"otp_token": "111222"}); status != http.StatusOK || out["data"] == nil {
		t.Error(status, out)
	}
	wantProblems(t, s)

	_, mfa = c.assertion(nil)
	if status, out := c.verify(mfa, 0, fields{"app_id": "123457"}); status != http.StatusNotFound {
		t.Error(status, out)
	}
	if status, out := c.verify(mfa, 0, fields{"device_id": "1"}); status != http.StatusNotFound {
		t.Error(status, out)
	}
	if status, out := c.verify(mfa, 0, fields{"state_token": ""}); status != http.StatusBadRequest {
		t.Error(status, out)
	}
	wantProblems(t, s, "app_id is", "device_id", "are needed")
	s.Advance(2 * time.Minute)
	if status, out := c.verify(mfa, 0, fields{"otp_token": s.OneTimeCode("ann@example.com", "totp")}); status != http.StatusUnauthorized || out["message"] != "State token is invalid or expired" {
		t.Error(status, out)
	}

	// Three wrong codes lock the person, also for the password.
	_, mfa = c.assertion(nil)
	for range 3 {
		if status, out := c.verify(mfa, 0, fields{"otp_token": "000000"}); status != http.StatusUnauthorized || out["message"] != "Failed authentication with this factor" {
			t.Error(status, out)
		}
	}
	if status, out := c.verify(mfa, 0, fields{"otp_token": s.OneTimeCode("ann@example.com", "totp")}); status != http.StatusUnauthorized || out["message"] != "Authentication Failed: User is locked" {
		t.Error(status, out)
	}
	if status, out := c.assertion(nil); status != http.StatusUnauthorized || out["message"] != "Authentication Failed: User is locked" {
		t.Error(status, out)
	}
}

func TestOneLoginPush(t *testing.T) {
	t.Parallel()
	s := startIDP(t)
	c := newOneLogin(t, s)
	const waiting = "Authentication pending on OL Protect"
	poll := func(login string, device int, quiet ...bool) (status int, out fields) {
		t.Helper()
		_, mfa := c.assertion(fields{"username_or_email": login, "app_id": "123457"})
		for i, do := range quiet {
			if i > 0 && out["message"] != waiting {
				t.Errorf("poll %d of %s: %d %v", i, login, status, out)
			}
			status, out = c.verify(mfa, device, fields{"app_id": "123457", "do_not_notify": do})
		}
		return status, out
	}
	if status, out := poll("ann@example.com", 1, false, true, true, true); status != http.StatusOK || out["data"] == nil {
		t.Error(status, out)
	} else {
		wantRoles(t, s, out["data"].(string), "000000000001:role/Reader", "000000000002:role/Reader")
	}
	if status, out := poll("gus@example.com", 0, false, true); status != http.StatusUnauthorized || out["message"] != "Failed authentication with this factor" {
		t.Error(status, out)
	}
	// Nobody answers, or nothing was sent.
	poll("hal@example.com", 0, false, true, true, true)
	poll("ida@example.com", 0, false, true, true, true)
	poll("ann@example.com", 1, true, true, true, true, true)
	wantProblems(t, s)
	s.AnswerPush("ida@example.com", true)
	if status, out := poll("ida@example.com", 0, false, true); status != http.StatusOK || out["data"] == nil {
		t.Error(status, out)
	}
	s.AnswerPush("ida@example.com", false)
	if status, out := poll("ida@example.com", 0, false, true); status != http.StatusUnauthorized {
		t.Error(status, out)
	}
	wantProblems(t, s)
	poll("hal@example.com", 0, false, false)
	wantProblems(t, s, "a second push")
}
