package awssim

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// OneLogin's API: an access token, and version 2 of the SAML assertion API.

const oneLoginVerifyPath = "/api/2/saml_assertion/verify_factor"

// accessToken is a token of OneLogin's API.
type accessToken struct {
	idp     *idp
	expires time.Time
}

// The errors of version 2 have these names.
const (
	oneLoginBadRequest   = "BadRequestError"
	oneLoginUnauthorized = "UnauthorizedError"
	oneLoginNotFound     = "NotFoundError"
)

// renderOneLogin writes an error. The token has the form of version 1.
func (r *request) renderOneLogin(e *apiError) []byte {
	if r.operation.name != "GenerateToken" {
		return appendJSON(nil, object{{"name", e.code}, {"message", e.message}, {"statusCode", e.status}})
	}
	kind := map[int]string{http.StatusUnauthorized: "Unauthorized", http.StatusBadRequest: "bad request"}[e.status]
	if kind == "" {
		kind = strings.ToLower(http.StatusText(e.status))
	}
	return appendJSON(nil, object{{"status", object{{"error", true}, {"code", e.status}, {"type", kind}, {"message", e.message}}}})
}

// generateToken gives an access token to an API client.
func (s *Server) generateToken(r *request) (*answer, *apiError) {
	var in struct {
		GrantType string `json:"grant_type"`
	}
	if json.Unmarshal(r.body, &in) != nil || in.GrantType != "client_credentials" {
		return nil, fail(http.StatusBadRequest, oneLoginBadRequest, "grant_type is incorrect / absent").blame("grant_type is %q", in.GrantType)
	}
	id, secret, ok := r.oneLoginClient()
	i := slices.IndexFunc(r.idps, func(p *idp) bool { return p.ClientID == id && p.ClientSecret == secret })
	if !ok || i < 0 {
		return nil, fail(http.StatusUnauthorized, oneLoginUnauthorized, "Authentication Failure")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	token := s.mint("access", 64)
	s.idp.access[token] = accessToken{r.idps[i], s.now().Add(oneLoginAccessTTL)}
	return r.respond(object{{"access_token", token}, {"created_at", stamp(s.now())}, {"expires_in", int(oneLoginAccessTTL / time.Second)},
		{"refresh_token", s.mint("refresh", 64)}, {"token_type", "bearer"}, {"account_id", 100000 + r.idps[i].number}}), nil
}

// oneLoginClient reads the client's id and secret: HTTP Basic, or OneLogin's own form.
func (r *request) oneLoginClient() (id, secret string, ok bool) {
	if id, secret, ok = r.BasicAuth(); ok {
		return id, secret, true
	}
	left, right, ok := strings.Cut(r.Header.Get("Authorization"), ",")
	id, hasID := strings.CutPrefix(strings.TrimSpace(left), "client_id:")
	secret, hasSecret := strings.CutPrefix(strings.TrimSpace(right), "client_secret:")
	return strings.TrimSpace(id), strings.TrimSpace(secret), ok && hasID && hasSecret
}

// oneLoginAccount finds the account of the access token: "bearer:TOKEN", as the documentation has it, or "bearer TOKEN".
// The caller holds mu.
func (s *Server) oneLoginAccount(r *request) (*idp, *apiError) {
	scheme, token, _ := strings.Cut(strings.Replace(r.Header.Get("Authorization"), ":", " ", 1), " ")
	t, ok := s.idp.access[strings.TrimSpace(token)]
	if !strings.EqualFold(scheme, "bearer") || !ok || !slices.Contains(r.idps, t.idp) || !s.now().Before(t.expires) {
		return nil, fail(http.StatusUnauthorized, oneLoginUnauthorized, "Unauthorized")
	}
	return t.idp, nil
}

// text is a string that a client may send as a number.
type text string

// UnmarshalJSON reads a string or a number.
func (t *text) UnmarshalJSON(b []byte) error {
	var n json.Number
	if b[0] != '"' {
		err := json.Unmarshal(b, &n)
		*t = text(n)
		return err
	}
	return json.Unmarshal(b, (*string)(t))
}

// oneLoginInput reads the JSON of a request strictly.
func (r *request) oneLoginInput(v any) *apiError {
	dec := json.NewDecoder(bytes.NewReader(r.body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return oneLoginInvalid("the body is not the JSON expected: %v", err)
	}
	return nil
}

func oneLoginInvalid(format string, args ...any) *apiError {
	return fail(http.StatusBadRequest, oneLoginBadRequest, "bad request").blame(format, args...)
}

func (s *Server) generateAssertion(r *request) (*answer, *apiError) {
	var in struct {
		Username  string `json:"username_or_email"`
		Password  string `json:"password"`
		AppID     text   `json:"app_id"`
		Subdomain string `json:"subdomain"`
		IP        string `json:"ip_address"`
	}
	if err := r.oneLoginInput(&in); err != nil {
		return nil, err
	}
	s.mu.Lock()
	p, refusal := s.oneLoginAccount(r)
	if refusal != nil {
		s.mu.Unlock()
		return nil, refusal
	}
	t, refusal := s.oneLoginPassword(p, in.Username, in.Password, string(in.AppID), in.Subdomain)
	if refusal != nil {
		s.mu.Unlock()
		return nil, refusal
	}
	if t.user.State == stateActive && (len(t.user.Factors) == 0 || slices.Contains(p.AllowedIPs, in.IP)) {
		s.finish(t)
		s.mu.Unlock()
		return s.oneLoginSuccess(r, t), nil
	}
	s.begin(t, derive(uint64(len(s.idp.transactions)), "state", t.user.Login).hex(40), oneLoginStateTTL)
	s.mu.Unlock()
	devices := sequence{}
	for _, f := range t.user.Factors {
		devices.values = append(devices.values, object{{"device_id", json.Number(f.id)}, {"device_type", oneLoginDevices[f.Kind]}})
	}
	name, _, _ := strings.Cut(t.user.Login, "@")
	return r.respond(object{{"state_token", t.token}, {"message", "MFA is required for this user"}, {"devices", devices},
		{"callback_url", r.base() + oneLoginVerifyPath},
		{"user", object{{"lastname", name}, {"username", name}, {"email", t.user.Login}, {"firstname", name}, {"id", 10000000 + p.number}}}}), nil
}

// oneLoginDevices are OneLogin's names of the factors.
var oneLoginDevices = map[string]string{factorTOTP: "Google Authenticator", factorPush: "OneLogin Protect", factorSMS: "OneLogin SMS",
	factorCall: "OneLogin Voice", factorWebAuthn: "WebAuthn"}

// oneLoginPassword checks the first step of a sign-in. The caller holds mu.
func (s *Server) oneLoginPassword(p *idp, login, password, appID, subdomain string) (*transaction, *apiError) {
	unauthorized := func(why string) *apiError {
		return fail(http.StatusUnauthorized, oneLoginUnauthorized, "Authentication Failed: %s", why)
	}
	switch {
	case login == "" || password == "" || appID == "" || subdomain == "":
		return nil, oneLoginInvalid("username_or_email, password, app_id and subdomain are needed")
	case subdomain != p.Name:
		return nil, fail(http.StatusBadRequest, oneLoginBadRequest, "Invalid subdomain")
	}
	u, state := s.checkPassword(p, login, password)
	switch state {
	case "":
		return nil, unauthorized("Invalid user credentials")
	case stateLocked:
		return nil, unauthorized("User is locked")
	case stateExpired:
		return nil, unauthorized("Password expired")
	}
	app := p.app(appID, u)
	if app == nil {
		return nil, fail(http.StatusNotFound, oneLoginNotFound, "App could not be found")
	}
	return &transaction{idp: p, user: u, app: app}, nil
}

// oneLoginSuccess answers with the assertion.
func (s *Server) oneLoginSuccess(r *request, t *transaction) *answer {
	return r.respond(object{{"data", s.idpAssertion(t.idp, t.app, t.user)}, {"message", "Success"}})
}

// verifyOneLogin checks the second factor. Without a code it sends one, or a push; the client then asks again.
func (s *Server) verifyOneLogin(r *request) (*answer, *apiError) {
	var in struct {
		AppID       text   `json:"app_id"`
		DeviceID    text   `json:"device_id"`
		StateToken  string `json:"state_token"`
		Code        text   `json:"otp_token"`
		DoNotNotify bool   `json:"do_not_notify"`
	}
	if err := r.oneLoginInput(&in); err != nil {
		return nil, err
	}
	s.mu.Lock()
	_, refusal := s.oneLoginAccount(r)
	if refusal != nil {
		s.mu.Unlock()
		return nil, refusal
	}
	t, pending, refusal := s.oneLoginFactor(r, string(in.AppID), string(in.DeviceID), in.StateToken, string(in.Code), in.DoNotNotify)
	if refusal == nil && pending == "" {
		s.finish(t)
	}
	s.mu.Unlock()
	switch {
	case refusal != nil:
		return nil, refusal
	case pending != "":
		return r.respond(object{{"message", pending}}), nil
	}
	return s.oneLoginSuccess(r, t), nil
}

// oneLoginFactor returns the message of a sign-in that is not over yet. The caller holds mu.
func (s *Server) oneLoginFactor(r *request, appID, deviceID, token, code string, quiet bool) (t *transaction, pending string, refusal *apiError) {
	failed := fail(http.StatusUnauthorized, oneLoginUnauthorized, "Failed authentication with this factor")
	if appID == "" || deviceID == "" || token == "" {
		return nil, "", oneLoginInvalid("app_id, device_id and state_token are needed")
	}
	if t = s.transaction(r, token); t == nil {
		return nil, "", fail(http.StatusUnauthorized, oneLoginUnauthorized, "State token is invalid or expired")
	}
	i := slices.IndexFunc(t.user.Factors, func(f IDPFactor) bool { return f.id == deviceID })
	switch {
	case appID != t.app.ID:
		return nil, "", fail(http.StatusNotFound, oneLoginNotFound, "App could not be found").blame("app_id is %q, at the sign-in it was %q", appID, t.app.ID)
	case i < 0:
		return nil, "", fail(http.StatusNotFound, oneLoginNotFound, "Device not found").blame("device_id %q is none of the user's", deviceID)
	case s.isLocked(t.user):
		return nil, "", fail(http.StatusUnauthorized, oneLoginUnauthorized, "Authentication Failed: User is locked")
	}
	f := &t.user.Factors[i]
	switch {
	case code != "":
		if s.checkCode(t.idp, t.user, f, code) != codeRight {
			return nil, "", failed
		}
		return t, "", nil
	case f.isSent():
		s.send(t.idp, t.user, f)
		return t, map[string]string{factorSMS: "SMS token sent. Authentication pending.", factorCall: "Authentication pending on OL Voice"}[f.Kind], nil
	case f.Kind != factorPush:
		return nil, "", fail(http.StatusBadRequest, oneLoginBadRequest, "OTP token blank")
	}
	const waiting = "Authentication pending on OL Protect"
	switch {
	case t.push == nil && quiet:
		return t, waiting, nil // until the token expires, since nothing was sent to the phone
	case t.push == nil:
		t.push = &push{factor: f}
		return t, waiting, nil
	case !quiet:
		s.problems = append(s.problems, fmt.Sprintf("%s %s: a second push for one sign-in, without do_not_notify", r.service, r.name))
	}
	switch s.pushed(t) {
	case pushApprove:
		return t, "", nil
	case pushDeny:
		t.push = nil
		return nil, "", failed
	}
	return t, waiting, nil
}

// idpAssertion returns the assertion of an app for a person.
func (s *Server) idpAssertion(p *idp, a *idpApp, u *IDPUser) string {
	var arns []string
	for _, role := range a.roles {
		arns = append(arns, role.arn)
	}
	issuer := "https://app.onelogin.com/saml/metadata/" + a.ID
	if p.Kind == IDPOkta {
		issuer = "http://www.okta.com/" + a.externalID()
	}
	return base64.StdEncoding.EncodeToString([]byte(s.response(u.Login, issuer, time.Duration(a.Lifetime), arns)))
}
