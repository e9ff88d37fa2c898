package awssim

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sso"
	"github.com/aws/aws-sdk-go-v2/service/ssooidc"
)

const (
	loginURL = "https://corp.awsapps.com/start"
	verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" // RFC 7636, appendix B
)

// loginWorld has the session corp, whose user signs in as the JSON says.
func loginWorld(login string) string {
	return `{"accounts": [{"id": "000000000001", "name": "one"}], "sso": [{"name": "corp", "start_url": "` + loginURL + `",
		"region": "eu-west-1", "assignments": {"one": ["ReadOnly"]}, "tokens": [], "login": ` + login + `}]}`
}

// registration is one for the authorization code, as the AWS CLI asks for it.
func registration(change ...func(*ssooidc.RegisterClientInput)) *ssooidc.RegisterClientInput {
	in := &ssooidc.RegisterClientInput{ClientName: aws.String("test"), ClientType: aws.String("public"), Scopes: []string{"sso:account:access"},
		GrantTypes: []string{"authorization_code", "refresh_token"}, RedirectUris: []string{"http://127.0.0.1/oauth/callback"}, IssuerUrl: aws.String(loginURL)}
	for _, f := range change {
		f(in)
	}
	return in
}

// authorization is the query of /authorize as the AWS CLI makes it.
func authorization(clientID string, pairs ...string) url.Values {
	sum := sha256.Sum256([]byte(verifier))
	q := url.Values{"response_type": {"code"}, "client_id": {clientID}, "redirect_uri": {"http://127.0.0.1:49152/oauth/callback"},
		"state": {"the state"}, "code_challenge_method": {"S256"}, "code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])},
		"scopes": {"sso:account:access"}}
	for i := 0; i < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	return q
}

// browse gets a page without following a redirect.
func browse(t *testing.T, c *http.Client, address string) (resp *http.Response, body string) {
	t.Helper()
	still := *c
	still.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := still.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(text)
}

// signIn plays the browser and returns the query that the redirect carries back.
func signIn(t *testing.T, s *Server, q url.Values) url.Values {
	t.Helper()
	resp, body := browse(t, http.DefaultClient, s.URL()+"/authorize?"+q.Encode())
	to, err := resp.Location()
	if err != nil || resp.StatusCode != http.StatusFound || to.Scheme+"://"+to.Host+to.Path != "http://127.0.0.1:49152/oauth/callback" {
		t.Fatalf("%s %v %s", resp.Status, to, body)
	}
	return to.Query()
}

func exchange(c *ssooidc.RegisterClientOutput, code string, change ...func(*ssooidc.CreateTokenInput)) *ssooidc.CreateTokenInput {
	in := &ssooidc.CreateTokenInput{ClientId: c.ClientId, ClientSecret: c.ClientSecret, GrantType: aws.String("authorization_code"),
		Code: &code, CodeVerifier: aws.String(verifier), RedirectUri: aws.String("http://127.0.0.1:49152/oauth/callback")}
	for _, f := range change {
		f(in)
	}
	return in
}

func TestAuthorizationCode(t *testing.T) {
	t.Parallel()
	s := start(t, loginWorld(`{}`))
	ctx := context.Background()
	oidc := ssooidc.NewFromConfig(client(s, "eu-west-1", "", "", ""))
	c, err := oidc.RegisterClient(ctx, registration(func(in *ssooidc.RegisterClientInput) { in.IssuerUrl = aws.String("https://Corp.awsapps.com/start/#/") }))
	if err != nil {
		t.Fatal(err)
	}
	back := signIn(t, s, authorization(*c.ClientId))
	if back.Get("state") != "the state" || back.Get("code") == "" || len(back) != 2 {
		t.Fatal(back)
	}
	token, err := oidc.CreateToken(ctx, exchange(c, back.Get("code")))
	if err != nil || token.ExpiresIn != 28800 || token.RefreshToken == nil {
		t.Fatal(token, err)
	}
	list, err := sso.NewFromConfig(client(s, "eu-west-1", "", "", "")).ListAccounts(ctx, &sso.ListAccountsInput{AccessToken: token.AccessToken})
	if err != nil || len(list.AccountList) != 1 {
		t.Fatal(list, err)
	}
	if _, err = oidc.CreateToken(ctx, &ssooidc.CreateTokenInput{ClientId: c.ClientId, ClientSecret: c.ClientSecret,
		GrantType: aws.String("refresh_token"), RefreshToken: token.RefreshToken}); err != nil {
		t.Fatal(err)
	}
	_, err = oidc.CreateToken(ctx, exchange(c, back.Get("code")))
	wantCode(t, err, "InvalidGrantException") // a code works once

	late := signIn(t, s, authorization(*c.ClientId))
	s.Advance(10 * time.Minute)
	_, err = oidc.CreateToken(ctx, exchange(c, late.Get("code")))
	wantCode(t, err, "InvalidGrantException")

	other, err := oidc.RegisterClient(ctx, registration())
	if err != nil {
		t.Fatal(err)
	}
	back = signIn(t, s, authorization(*c.ClientId))
	_, err = oidc.CreateToken(ctx, exchange(other, back.Get("code")))
	wantCode(t, err, "InvalidGrantException") // the code of another client
	wantProblems(t, s)

	for _, change := range []func(*ssooidc.CreateTokenInput){
		func(in *ssooidc.CreateTokenInput) { in.RedirectUri = aws.String("http://127.0.0.1:1/oauth/callback") },
		func(in *ssooidc.CreateTokenInput) { in.CodeVerifier = aws.String("short") },
		func(in *ssooidc.CreateTokenInput) { in.CodeVerifier = aws.String(strings.Repeat("x", 43)) },
	} {
		code := signIn(t, s, authorization(*c.ClientId)).Get("code")
		_, err = oidc.CreateToken(ctx, exchange(c, code, change))
		wantCode(t, err, "InvalidGrantException")
		_, err = oidc.CreateToken(ctx, exchange(c, code))
		wantCode(t, err, "InvalidGrantException") // one attempt is all
	}
	wantProblems(t, s, "redirectUri", "unreserved characters", "not what the code_challenge was made of")
	s.Advance(90 * 24 * time.Hour)
	resp, body := browse(t, http.DefaultClient, s.URL()+"/authorize?"+authorization(*c.ClientId).Encode())
	if resp.StatusCode != http.StatusBadRequest || !strings.Contains(body, "Client registration has expired") {
		t.Errorf("%s %s", resp.Status, body)
	}
}

func TestRefusedSignIn(t *testing.T) {
	t.Parallel()
	s := start(t, loginWorld(`{"refuse": true, "polls": 1, "interval": "0s"}`))
	ctx := context.Background()
	oidc := ssooidc.NewFromConfig(client(s, "eu-west-1", "", "", ""))
	c, err := oidc.RegisterClient(ctx, registration())
	if err != nil {
		t.Fatal(err)
	}
	back := signIn(t, s, authorization(*c.ClientId))
	if back.Get("error") != "access_denied" || back.Get("error_description") == "" || back.Get("state") != "the state" || back.Has("code") {
		t.Error(back)
	}
	poll, device := startDevice(t, s)
	if device.Interval != 0 || device.ExpiresIn != 600 {
		t.Errorf("interval %d, expires in %d", device.Interval, device.ExpiresIn)
	}
	wantCode(t, poll(), "AuthorizationPendingException")
	wantCode(t, poll(), "AccessDeniedException")
	wantProblems(t, s)
}

// startDevice begins the device flow at s and returns a function that polls for its token.
func startDevice(t *testing.T, s *Server) (poll func() error, device *ssooidc.StartDeviceAuthorizationOutput) {
	t.Helper()
	ctx := context.Background()
	oidc := ssooidc.NewFromConfig(client(s, "eu-west-1", "", "", ""))
	c, err := oidc.RegisterClient(ctx, &ssooidc.RegisterClientInput{ClientName: aws.String("test"), ClientType: aws.String("public"), Scopes: []string{"sso:account:access"}})
	if err != nil {
		t.Fatal(err)
	}
	device, err = oidc.StartDeviceAuthorization(ctx, &ssooidc.StartDeviceAuthorizationInput{ClientId: c.ClientId, ClientSecret: c.ClientSecret, StartUrl: aws.String(loginURL)})
	if err != nil {
		t.Fatal(err)
	}
	return func() error {
		_, err := oidc.CreateToken(ctx, &ssooidc.CreateTokenInput{ClientId: c.ClientId, ClientSecret: c.ClientSecret,
			GrantType: aws.String("urn:ietf:params:oauth:grant-type:device_code"), DeviceCode: device.DeviceCode})
		return err
	}, device
}

func TestDeviceCodePolls(t *testing.T) {
	t.Parallel()
	now := time.Now()
	clock := WithClock(func() time.Time { return now })
	s := start(t, loginWorld(`{"polls": 2, "interval": "3s", "expires_in": "1m"}`), clock)
	poll, device := startDevice(t, s)
	if device.Interval != 3 || device.ExpiresIn != 60 {
		t.Errorf("interval %d, expires in %d", device.Interval, device.ExpiresIn)
	}
	for _, c := range []struct {
		wait time.Duration
		code string
	}{{0, "AuthorizationPendingException"}, {time.Second, "SlowDownException"}, {3 * time.Second, "SlowDownException"},
		{13 * time.Second, "AuthorizationPendingException"}} {
		s.Advance(c.wait)
		wantCode(t, poll(), c.code)
	}
	s.Advance(13 * time.Second)
	if err := poll(); err != nil {
		t.Error(err)
	}
	wantCode(t, poll(), "InvalidGrantException") // a device code works once

	poll, device = startDevice(t, s)
	s.Advance(time.Minute)
	wantCode(t, poll(), "ExpiredTokenException")
	if err := s.Confirm(*device.UserCode, true); err == nil {
		t.Error("a device code that has expired was confirmed")
	}
	wantProblems(t, s)
}

// TestVerificationPage confirms as a browser does.
func TestVerificationPage(t *testing.T) {
	t.Parallel()
	s := start(t, loginWorld(`{"interval": "-1s"}`))
	poll, device := startDevice(t, s)
	if device.Interval != 0 {
		t.Errorf("interval %d", device.Interval)
	}
	if resp, body := browse(t, http.DefaultClient, *device.VerificationUri+"?user_code=WRONG"); resp.StatusCode != http.StatusBadRequest {
		t.Errorf("%s %s", resp.Status, body)
	}
	if resp, body := browse(t, http.DefaultClient, *device.VerificationUriComplete); resp.StatusCode != http.StatusOK || !strings.Contains(body, "Request approved") {
		t.Errorf("%s %s", resp.Status, body)
	}
	if err := poll(); err != nil {
		t.Error(err)
	}
	wantProblems(t, s)
}

// TestWrongSignIn makes the mistakes of wrong clients.
func TestWrongSignIn(t *testing.T) {
	t.Parallel()
	s := start(t, loginWorld(`{}`))
	ctx := context.Background()
	oidc := ssooidc.NewFromConfig(client(s, "eu-west-1", "", "", ""))
	var problems []string
	for _, c := range []struct {
		change        func(*ssooidc.RegisterClientInput)
		code, problem string
	}{
		{func(in *ssooidc.RegisterClientInput) { in.RedirectUris = nil }, "InvalidRedirectUriException", "without redirectUris"},
		{func(in *ssooidc.RegisterClientInput) { in.RedirectUris = []string{"http://localhost/oauth/callback"} }, "InvalidRedirectUriException", "http://localhost/oauth/callback"},
		{func(in *ssooidc.RegisterClientInput) { in.RedirectUris = []string{"http://127.0.0.1/callback"} }, "InvalidRedirectUriException", "http://127.0.0.1/callback"},
		{func(in *ssooidc.RegisterClientInput) { in.IssuerUrl = nil }, "InvalidRequestException", "without issuerUrl"},
		{func(in *ssooidc.RegisterClientInput) { in.IssuerUrl = aws.String("https://other.awsapps.com/start") }, "InvalidRequestException", ""},
		{func(in *ssooidc.RegisterClientInput) { in.GrantTypes = append(in.GrantTypes, grantDevice) }, "InvalidScopeException", "both authorization code and device code"},
		{func(in *ssooidc.RegisterClientInput) { in.GrantTypes = []string{"password"} }, "UnsupportedGrantTypeException", "password"},
		{func(in *ssooidc.RegisterClientInput) { in.ClientType = aws.String("confidential") }, "InvalidClientMetadataException", "confidential"},
	} {
		_, err := oidc.RegisterClient(ctx, registration(c.change))
		wantCode(t, err, c.code)
		if c.problem != "" {
			problems = append(problems, c.problem)
		}
	}
	c, err := oidc.RegisterClient(ctx, registration())
	if err != nil {
		t.Fatal(err)
	}
	for _, pair := range [][2]string{{"response_type", "token"}, {"redirect_uri", "http://127.0.0.1/oauth/callback"}, {"redirect_uri", "http://127.0.0.1:5/other"},
		{"redirect_uri", "http://evil.example:80/oauth/callback"}, {"state", ""}, {"code_challenge", verifier + "="}, {"code_challenge_method", "plain"}, {"scopes", "sso:everything"}} {
		resp, body := browse(t, http.DefaultClient, s.URL()+"/authorize?"+authorization(*c.ClientId, pair[0], pair[1]).Encode())
		if resp.StatusCode != http.StatusBadRequest || resp.Header.Get("Content-Type") != contentHTML || !strings.Contains(body, "InvalidRequestException") {
			t.Errorf("%s=%s: %s %s", pair[0], pair[1], resp.Status, body)
		}
		name, _, _ := strings.Cut(pair[0], "_uri")
		problems = append(problems, strings.TrimSuffix(name, "s"))
	}
	resp, _ := browse(t, http.DefaultClient, s.URL()+"/authorize?"+authorization("stranger").Encode())
	if resp.StatusCode != http.StatusBadRequest {
		t.Error(resp.Status)
	}
	_, err = oidc.StartDeviceAuthorization(ctx, &ssooidc.StartDeviceAuthorizationInput{ClientId: c.ClientId, ClientSecret: c.ClientSecret, StartUrl: aws.String(loginURL)})
	wantCode(t, err, "UnauthorizedClientException")
	wantProblems(t, s, append(problems, "asks for "+grantDevice)...)
}

// TestScopes: the portal is open to tokens of its own scope, and to those of old
// registrations, which have none.
func TestScopes(t *testing.T) {
	t.Parallel()
	s := start(t, loginWorld(`{}`))
	ctx := context.Background()
	oidc := ssooidc.NewFromConfig(client(s, "eu-west-1", "", "", ""))
	portal := sso.NewFromConfig(client(s, "eu-west-1", "", "", ""))
	const own, other = "sso:account:access", "codewhisperer:completions"
	for _, c := range []struct {
		registered []string
		asked      string // at /authorize
		open       bool
	}{
		{nil, "", true}, {[]string{own, other}, own, true}, {[]string{own, other}, own + " " + other, true}, {[]string{own}, "", true},
		{[]string{own, other}, other, false}, {[]string{other}, other, false}, {[]string{other}, "", false},
	} {
		in, err := oidc.RegisterClient(ctx, registration(func(in *ssooidc.RegisterClientInput) { in.Scopes = c.registered }))
		if err != nil {
			t.Fatal(err)
		}
		token, err := oidc.CreateToken(ctx, exchange(in, signIn(t, s, authorization(*in.ClientId, "scopes", c.asked)).Get("code")))
		if err != nil {
			t.Fatal(err)
		}
		ask := func(token *string) {
			t.Helper()
			if _, err := portal.ListAccounts(ctx, &sso.ListAccountsInput{AccessToken: token}); (err == nil) != c.open {
				t.Errorf("registered for %q, asked for %q: %v", c.registered, c.asked, err)
			}
		}
		ask(token.AccessToken)
		if token.RefreshToken != nil {
			again, err := oidc.CreateToken(ctx, &ssooidc.CreateTokenInput{ClientId: in.ClientId, ClientSecret: in.ClientSecret,
				GrantType: aws.String("refresh_token"), RefreshToken: token.RefreshToken})
			if err != nil {
				t.Fatal(err)
			}
			ask(again.AccessToken)
		}
	}
	wantProblems(t, s, slices.Repeat([]string{`a token for ["codewhisperer:completions"] alone`}, 6)...)
}

// TestSignInElsewhere asks the OIDC endpoint of another region than the session's.
func TestSignInElsewhere(t *testing.T) {
	t.Parallel()
	s := start(t, loginWorld(`{}`))
	c := throughProxy(t, s)
	ctx := context.Background()
	in := func(region string) *ssooidc.Client {
		return ssooidc.NewFromConfig(real(client(s, region, "", "", ""), c))
	}
	_, err := in("eu-west-2").RegisterClient(ctx, registration())
	wantCode(t, err, "InvalidRequestException")
	home, err := in("eu-west-1").RegisterClient(ctx, registration())
	if err != nil {
		t.Fatal(err)
	}
	page := func(region string) int {
		resp, _ := browse(t, c, fmt.Sprintf("https://oidc.%s.amazonaws.com/authorize?%s", region, authorization(*home.ClientId).Encode()))
		return resp.StatusCode
	}
	if here, there := page("eu-west-1"), page("eu-west-2"); here != http.StatusFound || there != http.StatusBadRequest {
		t.Errorf("%d in the session's region, %d in another", here, there)
	}
	_, err = in("eu-west-2").CreateToken(ctx, exchange(home, "code"))
	wantCode(t, err, "InvalidClientException")
	wantProblems(t, s)
}
