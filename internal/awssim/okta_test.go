package awssim

import (
	"context"
	"html"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// authn posts to Okta's authentication API.
func authn(t *testing.T, s *Server, login, password string) (int, fields) {
	t.Helper()
	return postJSON(t, http.DefaultClient, s.URL()+"/api/v1/authn", "", fields{"username": login, "password": password})
}

// factor posts to the link of a factor of an answer.
func factor(t *testing.T, mfa fields, kind, provider string, in fields) (int, fields) {
	t.Helper()
	list, _ := at(mfa, "_embedded", "factors").([]any)
	for _, f := range list {
		if at(f, "factorType") == kind && at(f, "provider") == provider {
			whole := fields{"stateToken": mfa["stateToken"]}
			for name, value := range in {
				whole[name] = value
			}
			return postJSON(t, http.DefaultClient, at(f, "_links", "verify", "href").(string), "", whole)
		}
	}
	t.Fatalf("no factor %s of %s: %v", kind, provider, mfa)
	return 0, nil
}

func TestOktaPassword(t *testing.T) {
	t.Parallel()
	s := startIDP(t)
	for _, c := range []struct {
		login, password string
		status          int
		want            string // of status or errorCode
	}{
		{"bob@example.com", "secret", 200, "SUCCESS"},
		{"ann@example.com", "secret", 200, "MFA_REQUIRED"},
		{"nobody@example.com", "secret", 401, "E0000004"},
		{"dan@example.com", "secret", 200, "LOCKED_OUT"},
		{"eve@example.com", "secret", 200, "PASSWORD_EXPIRED"},
		{"fay@example.com", "secret", 200, "MFA_ENROLL"},
		{"bob@example.com", "wrong", 401, "E0000004"},
		{"bob@example.com", "wrong", 401, "E0000004"},
		{"bob@example.com", "secret", 200, "SUCCESS"}, // the count starts again
		{"bob@example.com", "wrong", 401, "E0000004"},
		{"bob@example.com", "wrong", 401, "E0000004"},
		{"bob@example.com", "wrong", 401, "E0000004"},
		{"bob@example.com", "secret", 200, "LOCKED_OUT"},
	} {
		status, out := authn(t, s, c.login, c.password)
		if got := out["status"]; status != c.status || got != c.want && out["errorCode"] != c.want {
			t.Errorf("%s %s: %d %v", c.login, c.password, status, out)
		}
		if c.want == "E0000004" && (out["errorSummary"] != "Authentication failed" || out["errorLink"] != c.want || out["errorId"] == "" || at(out, "errorCauses", "0") != nil) {
			t.Error(out)
		}
		if (out["sessionToken"] != nil) != (c.want == "SUCCESS") || (out["stateToken"] != nil) != strings.Contains("MFA_REQUIRED PASSWORD_EXPIRED MFA_ENROLL", c.want) {
			t.Error(c.login, out)
		}
	}
	wantProblems(t, s)
	if status, out := authn(t, s, "", ""); status != http.StatusBadRequest || out["errorCode"] != "E0000001" {
		t.Error(status, out)
	}
	wantProblems(t, s, "no username")
	resp, err := http.Post(s.URL()+"/api/v1/authn", "text/plain", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusUnsupportedMediaType {
		t.Error(resp.Status)
	}
	wantProblems(t, s, "no username", "E0000021")
}

// TestOktaHidden is an organization with Okta's defaults: it does not say that a person is locked.
func TestOktaHidden(t *testing.T) {
	t.Parallel()
	s := start(t, strings.Replace(strings.ReplaceAll(idpWorld, "PEOPLE", people), `"kind": "okta",`, `"kind": "okta", "hide_lockout": true,`, 1))
	if status, out := authn(t, s, "dan@example.com", "secret"); status != http.StatusUnauthorized || out["errorCode"] != "E0000004" {
		t.Error(status, out)
	}
}

// TestOktaBrowserOnly is an organization whose authentication API is off.
func TestOktaBrowserOnly(t *testing.T) {
	t.Parallel()
	s := start(t, strings.Replace(strings.ReplaceAll(idpWorld, "PEOPLE", people), `"kind": "okta",`, `"kind": "okta", "browser_only": true,`, 1))
	if status, out := authn(t, s, "bob@example.com", "secret"); status != http.StatusUnauthorized || out["errorCode"] != "E0000015" {
		t.Error(status, out)
	}
	if _, body := browse(t, http.DefaultClient, s.URL()+"/.well-known/okta-organization"); !strings.Contains(body, `"pipeline":"idx"`) {
		t.Error(body)
	}
}

func TestOktaCodes(t *testing.T) {
	t.Parallel()
	s := startIDP(t)
	_, mfa := authn(t, s, "ann@example.com", "secret")
	code := s.OneTimeCode("ann@example.com", "totp")
	status, out := factor(t, mfa, "token:software:totp", "GOOGLE", fields{"passCode": "000000"})
	if status != http.StatusForbidden || out["errorCode"] != "E0000068" || at(out, "errorCauses", "0", "errorSummary") != "Your passcode doesn't match our records. Please try again." {
		t.Error(status, out)
	}
	if status, out = factor(t, mfa, "token:software:totp", "GOOGLE", fields{}); status != http.StatusOK || out["status"] != "MFA_CHALLENGE" || out["factorResult"] != "CHALLENGE" {
		t.Error(status, out)
	}
	if status, out = factor(t, mfa, "token:software:totp", "GOOGLE", fields{"passCode": code}); status != http.StatusOK || out["status"] != "SUCCESS" || out["sessionToken"] == nil {
		t.Error(status, out)
	}
	if status, out = factor(t, mfa, "token:software:totp", "GOOGLE", fields{"passCode": code}); status != http.StatusUnauthorized || out["errorCode"] != "E0000011" {
		t.Error("a state token worked twice:", status, out)
	}
	_, mfa = authn(t, s, "ann@example.com", "secret")
	if status, out = factor(t, mfa, "token:software:totp", "GOOGLE", fields{"passCode": code}); status != http.StatusForbidden || !strings.HasPrefix(at(out, "errorCauses", "0", "errorSummary").(string), "Each code can only be used once.") {
		t.Error(status, out)
	}
	for _, c := range []struct{ kind, recently string }{{"sms", "E0000109"}, {"call", "E0000133"}} {
		if s.OneTimeCode("ann@example.com", c.kind) != "" {
			t.Error("a code before it is sent")
		}
		if status, out = factor(t, mfa, c.kind, "OKTA", nil); status != http.StatusOK || out["status"] != "MFA_CHALLENGE" || out["factorResult"] != "CHALLENGE" || at(out, "_links", "next", "name") != "verify" {
			t.Error(status, out)
		}
		if status, out = factor(t, mfa, c.kind, "OKTA", nil); status != http.StatusTooManyRequests || out["errorCode"] != c.recently {
			t.Error(status, out)
		}
		s.Advance(30 * time.Second)
		if status, out = factor(t, mfa, c.kind, "OKTA", nil); status != http.StatusOK {
			t.Error(status, out)
		}
		code := s.OneTimeCode("ann@example.com", c.kind)
		if status, out = factor(t, mfa, c.kind, "OKTA", fields{"passCode": code}); status != http.StatusOK || out["status"] != "SUCCESS" {
			t.Error(status, out)
		}
		_, mfa = authn(t, s, "ann@example.com", "secret")
		if status, out = factor(t, mfa, c.kind, "OKTA", fields{"passCode": code}); status != http.StatusForbidden {
			t.Error("a code that was sent worked twice:", status, out)
		}
	}
	// The last one was wrong; two more lock the person.
	for range 2 {
		factor(t, mfa, "token:software:totp", "GOOGLE", fields{"passCode": "1"})
	}
	if status, out = factor(t, mfa, "token:software:totp", "GOOGLE", fields{"passCode": s.OneTimeCode("ann@example.com", "totp")}); status != http.StatusForbidden || out["errorCode"] != "E0000069" {
		t.Error(status, out)
	}
	wantProblems(t, s)
	if status, out = postJSON(t, http.DefaultClient, s.URL()+"/api/v1/authn", "", fields{"stateToken": "02.id.wrong"}); status != http.StatusUnauthorized || out["errorCode"] != "E0000011" {
		t.Error(status, out)
	}
	s.Advance(5 * time.Minute)
	if status, out = factor(t, mfa, "push", "OKTA", nil); status != http.StatusUnauthorized || out["errorCode"] != "E0000011" {
		t.Error(status, out)
	}
}

func TestOktaPush(t *testing.T) {
	t.Parallel()
	s := startIDP(t)
	_, mfa := authn(t, s, "ann@example.com", "secret")
	challenge := []string{"_embedded", "factor", "_embedded", "challenge", "correctAnswer"}
	status, out := factor(t, mfa, "push", "OKTA", nil)
	if status != http.StatusOK || out["status"] != "MFA_CHALLENGE" || out["factorResult"] != "WAITING" || at(out, "_links", "next", "name") != "poll" || at(out, challenge...) != nil {
		t.Fatal(status, out)
	}
	for range 2 {
		if _, out = factor(t, mfa, "push", "OKTA", nil); out["factorResult"] != "WAITING" || at(out, challenge...) != "42" {
			t.Error(out)
		}
	}
	if _, out = factor(t, mfa, "push", "OKTA", nil); out["status"] != "SUCCESS" {
		t.Error(out)
	}
	for login, result := range map[string]string{"gus@example.com": "REJECTED", "hal@example.com": "TIMEOUT", "ida@example.com": "WAITING"} {
		_, mfa = authn(t, s, login, "secret")
		for _, want := range []string{"WAITING", result, "WAITING"} { // after an end, the next call sends another push
			if _, out = factor(t, mfa, "push", "OKTA", nil); out["factorResult"] != want || out["status"] != "MFA_CHALLENGE" {
				t.Errorf("%s: %v, want %s", login, out, want)
			}
		}
	}
	wantProblems(t, s)
}

// browser returns a client that keeps cookies and follows redirects.
func browser(t *testing.T) *http.Client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Jar: jar}
}

func visit(t *testing.T, c *http.Client, address string) (*http.Response, string) {
	t.Helper()
	resp, err := c.Get(address)
	return whole(t, resp, err)
}

// whole returns an answer and its text with the headers.
func whole(t *testing.T, resp *http.Response, err error) (*http.Response, string) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var b strings.Builder
	if err := resp.Write(&b); err != nil {
		t.Fatal(err)
	}
	return resp, b.String()
}

var formField = regexp.MustCompile(`<input name="SAMLResponse" type="hidden" value="([^"]*)"/>`)

func TestOktaApp(t *testing.T) {
	t.Parallel()
	s := startIDP(t)
	signIn := func(login string) string {
		t.Helper()
		_, out := authn(t, s, login, "secret")
		token, ok := out["sessionToken"].(string)
		if !ok {
			t.Fatal(out)
		}
		return token
	}
	link := s.IDPURL("acme")
	token := signIn("bob@example.com")
	ways := map[string]string{
		"redirect": s.URL() + "/login/sessionCookieRedirect?" + url.Values{"checkAccountSetupComplete": {"true"}, "token": {token}, "redirectUrl": {link}}.Encode(),
		"embed":    link + "?onetimetoken=" + signIn("bob@example.com"),
		"token":    link + "?sessionToken=" + signIn("bob@example.com"),
	}
	for name, address := range ways {
		c := browser(t)
		resp, body := visit(t, c, address)
		found := formField.FindStringSubmatch(body)
		if found == nil || resp.StatusCode != http.StatusOK {
			t.Fatal(name, resp.Status, body)
		}
		if !strings.Contains(found[1], "&#x3d;") && !strings.Contains(found[1], "&#x2b;") && !strings.Contains(found[1], "&#x2f;") {
			t.Error("no entities:", found[1])
		}
		wantRoles(t, s, html.UnescapeString(found[1]), "000000000001:role/Reader", "000000000002:role/Admin", "000000000002:role/Reader")
		if _, body = visit(t, c, link); !formField.MatchString(body) {
			t.Error("the cookie does not open the app again:", body)
		}
		if _, body = visit(t, browser(t), address); !strings.Contains(body, "<title>acme - Sign In</title>") || formField.MatchString(body) {
			t.Error("a session token worked twice:", body)
		}
		if resp, _ = browse(t, http.DefaultClient, link); resp.StatusCode != http.StatusFound {
			t.Error(resp.Status)
		}
	}
	for _, c := range []struct{ login, app, want string }{
		{"cyd@example.com", "0oa1", "you are not assigned this app"},
		{"cyd@example.com", "0oa9", "you are not assigned this app"},
		{"cyd@example.com", "0oa2", "needs JavaScript"},
		{"cyd@example.com", "0oa3", `stateToken = '02.id.app\x2D`},
	} {
		_, body := visit(t, browser(t), s.URL()+"/home/amazon_aws/"+c.app+"/272?sessionToken="+signIn(c.login))
		if !strings.Contains(body, c.want) || formField.MatchString(body) {
			t.Errorf("%v: %s", c, body)
		}
	}
	wantProblems(t, s)
	resp, _ := browse(t, http.DefaultClient, s.URL()+"/login/sessionCookieRedirect?token=x&redirectUrl=https://evil.example/")
	if resp.StatusCode != http.StatusBadRequest {
		t.Error(resp.Status)
	}
	wantProblems(t, s, "redirectUrl is")
}

// TestOktaHost signs in under Okta's own host name.
func TestOktaHost(t *testing.T) {
	t.Parallel()
	s := startIDP(t)
	web := throughProxy(t, s)
	web.Jar = browser(t).Jar
	_, out := postJSON(t, web, "https://acme.okta.com/api/v1/authn", "", fields{"username": "ann@example.com", "password": "secret"})
	href, _ := at(out, "_embedded", "factors", "0", "_links", "verify", "href").(string)
	if !strings.HasPrefix(href, "https://acme.okta.com/api/v1/authn/factors/uft") {
		t.Fatal(out)
	}
	_, out = postJSON(t, web, href, "", fields{"stateToken": out["stateToken"], "passCode": s.OneTimeCode("ann@example.com", "totp")})
	token, _ := out["sessionToken"].(string)
	_, body := visit(t, web, "https://acme.okta.com/home/amazon_aws/0oa1/272?sessionToken="+token)
	if !strings.Contains(body, `action="https&#x3a;&#x2f;&#x2f;signin&#x2e;aws&#x2e;amazon&#x2e;com&#x2f;saml"`) {
		t.Error(body)
	}
	wantProblems(t, s)
}

func TestOktaThrottled(t *testing.T) {
	t.Parallel()
	s := start(t, strings.Replace(strings.ReplaceAll(idpWorld, "PEOPLE", people), "{", `{"faults": [{"service": "okta", "operation": "Authenticate", "kind": "throttle", "times": 1}],`, 1))
	if status, out := authn(t, s, "bob@example.com", "secret"); status != http.StatusTooManyRequests || out["errorCode"] != "E0000047" {
		t.Error(status, out)
	}
	if status, _ := authn(t, s, "bob@example.com", "secret"); status != http.StatusOK {
		t.Error(status)
	}
	calls := s.Calls()
	if len(calls) != 2 || calls[1].Service != "okta" || calls[1].Operation != "Authenticate" || calls[0].Code != "E0000047" {
		t.Error(calls)
	}
}

func TestConsoleSAML(t *testing.T) {
	t.Parallel()
	s := startIDP(t)
	post := func(c *http.Client, address, encoded string) (int, string) {
		t.Helper()
		c = &http.Client{Transport: c.Transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		resp, err := c.PostForm(address, url.Values{"SAMLResponse": {encoded}, "RelayState": {""}})
		resp, body := whole(t, resp, err)
		return resp.StatusCode, body
	}
	const reader, admin = "arn:aws:iam::000000000001:role/Reader", "arn:aws:iam::000000000002:role/Admin"
	good := s.SAMLAssertion(reader, admin)
	for address, c := range map[string]*http.Client{s.URL() + "/saml": http.DefaultClient, "https://signin.aws.amazon.com/saml": throughProxy(t, s)} {
		status, body := post(c, address, good)
		for _, part := range []string{
			`<div class="saml-account-name">Account: acme-main (000000000001)</div>`, `<div class="saml-account-name">Account: 000000000002</div>`,
			`<input type="radio" name="roleIndex" value="` + reader + `" class="saml-radio" id="` + reader + `" />`,
			`<label for="` + admin + `" class="saml-role-description">Admin</label>`,
		} {
			if status != http.StatusOK || !strings.Contains(body, part) {
				t.Errorf("%s: %d, no %s: %s", address, status, part, body)
			}
		}
	}
	if status, _ := post(http.DefaultClient, s.URL()+"/saml", s.SAMLAssertion(reader)); status != http.StatusFound {
		t.Error("one role:", status)
	}
	if status, body := post(http.DefaultClient, s.URL()+"/saml", "bm90aGluZw=="); status != http.StatusForbidden || !strings.Contains(body, "Your request included an invalid SAML response.") {
		t.Error(status, body)
	}
	s.Advance(5 * time.Minute)
	if status, body := post(http.DefaultClient, s.URL()+"/saml", good); status != http.StatusBadRequest || !strings.Contains(body, "Response has expired") {
		t.Error(status, body)
	}
}

// TestIDPAssertion exchanges the assertion of a provider at STS, in time and too late.
func TestIDPAssertion(t *testing.T) {
	t.Parallel()
	s := startIDP(t)
	c := newOneLogin(t, s)
	assume := func(assertion any) error {
		t.Helper()
		out, err := sts.NewFromConfig(client(s, "eu-west-1", "", "", "")).AssumeRoleWithSAML(context.Background(), &sts.AssumeRoleWithSAMLInput{
			RoleArn: aws.String("arn:aws:iam::000000000002:role/Reader"), PrincipalArn: aws.String("arn:aws:iam::000000000002:saml-provider/corp"), SAMLAssertion: aws.String(assertion.(string))})
		if err == nil && !strings.HasSuffix(*out.AssumedRoleUser.Arn, "/bob@example.com") {
			t.Error(*out.AssumedRoleUser.Arn)
		}
		return err
	}
	_, out := c.assertion(fields{"username_or_email": "bob@example.com"})
	if err := assume(out["data"]); err != nil {
		t.Error(err)
	}
	_, out = c.assertion(fields{"username_or_email": "bob@example.com", "app_id": "123457"})
	wantCode(t, assume(out["data"]), "ExpiredTokenException")
}

func TestIDPWorld(t *testing.T) {
	t.Parallel()
	for old, c := range map[string][2]string{
		`"kind": "okta", "name": "acme"`:   {`"kind": "adfs", "name": "acme"`, "neither onelogin nor okta"},
		`"name": "acme"`:                   {`"name": "A.B"`, "no subdomain"},
		`"name": "acme", `:                 {`"name": "corp", `, "the name is there twice"},
		`"provider": "corp"`:               {`"provider": "none"`, `saml_providers has no "none"`},
		`"id": "123456"`:                   {`"id": "x"`, "not one of onelogin"},
		`"page": "changed"`:                {`"page": "other"`, "none of changed, policy"},
		`"answer": "deny"`:                 {`"answer": "no"`, "none of approve"},
		`{"kind": "sms"`:                   {`{"kind": "letter"`, `unknown kind "letter"`},
		`{"kind": "call"}`:                 {`{"kind": "totp"}`, "without secret or codes"},
		`"secret": "GEZDGNBVGY3TQOJQGEZDG`: {`"secret": "!`, "not base32"},
		`"users": ["ann@example.com"`:      {`"users": ["zoe@example.com"`, `no user "zoe@example.com"`},
		`"state": "LOCKED_OUT"`:            {`"state": "LOST"`, `unknown state "LOST"`},
		`"kind": "onelogin",`:              {`"kind": "onelogin", "region": "mars",`, "neither us nor eu"},
	} {
		world := strings.ReplaceAll(idpWorld, "PEOPLE", people)
		if !strings.Contains(world, old) {
			t.Errorf("the world has no %s", old)
		}
		if _, err := ParseWorld([]byte(strings.ReplaceAll(world, old, c[0]))); err == nil || !strings.Contains(err.Error(), c[1]) {
			t.Errorf("%s: %v, want %q", c[0], err, c[1])
		}
	}
}

func TestIDPProfile(t *testing.T) {
	t.Parallel()
	s := startIDP(t)
	text := s.configText()
	for _, part := range []string{
		"[profile saml-ann]\nsaml_provider = onelogin\nsaml_url = " + s.URL() + "\nsaml_username = ann@example.com\nsaml_client_id = 0123\nsaml_subdomain = corp\nsaml_app_id = 123456\n",
		"[profile saml-ann]\nsaml_provider = okta\nsaml_url = " + s.URL() + "/home/amazon_aws/0oa1/272\nsaml_username = ann@example.com\n",
	} {
		if !strings.Contains(text, part) {
			t.Errorf("no %q in %s", part, text)
		}
	}
}
