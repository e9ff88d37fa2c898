package awssim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Okta's authentication API: a password, then a second factor, then a session token that opens the apps in a browser.

var oktaPaths = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(POST /api/v1/authn/factors/|GET /home/amazon_aws/|GET /app/amazon_aws/)([A-Za-z0-9]+)(/verify|/verify/resend|/272|/sso/saml)$`)
})

// oktaKey returns the key of a path that names a factor or an app in the table of operations.
func oktaKey(restKey string) string {
	return oktaPaths().ReplaceAllString(restKey, "${1}{id}${3}")
}

// oktaPathID returns the factor or the app that the path names.
func (r *request) oktaPathID() string {
	if found := oktaPaths().FindStringSubmatch(r.restKey()); found != nil {
		return found[2]
	}
	return ""
}

// renderOkta writes an error.
func renderOkta(e *apiError) []byte {
	causes := sequence{}
	if e.cause != "" {
		causes.values = []any{object{{"errorSummary", e.cause}}}
	}
	return appendJSON(nil, object{{"errorCode", e.code}, {"errorSummary", e.message}, {"errorLink", e.code}, {"errorId", "oae" + derive(0, e.code).base64(22)}, {"errorCauses", causes}})
}

// oktaHeader returns the header that tells a client when it may call again.
func (r *request) oktaHeader(e *apiError) map[string]string {
	if e.code != "E0000047" {
		return nil
	}
	return map[string]string{"X-Rate-Limit-Limit": "4", "X-Rate-Limit-Remaining": "0", "X-Rate-Limit-Reset": strconv.FormatInt(r.server.clock().Unix()+1, 10)}
}

func oktaWrongInput(format string, args ...any) *apiError {
	return fail(http.StatusBadRequest, "E0000003", "The request body was not well-formed.").blame(format, args...)
}

var (
	oktaFailed  = apiError{status: http.StatusUnauthorized, code: "E0000004", message: "Authentication failed"}
	oktaInvalid = apiError{status: http.StatusUnauthorized, code: "E0000011", message: "Invalid token provided"}
)

func (s *Server) oktaOrganization(r *request) (*answer, *apiError) {
	p := r.idps[0]
	pipeline := "v1"
	if p.BrowserOnly || p.apps[0].Page == pagePolicy {
		pipeline = "idx"
	}
	return r.respond(object{{"id", "00o" + derive(0, "okta", p.Name).base64(17)}, {"pipeline", pipeline},
		{"_links", object{{"organization", object{{"href", "https://" + p.domain()}}}}}}), nil
}

// oktaAuthenticate checks the password.
func (s *Server) oktaAuthenticate(r *request) (*answer, *apiError) {
	var in struct{ Username, Password, StateToken string }
	if err := json.Unmarshal(r.body, &in); err != nil {
		return nil, oktaWrongInput("the body is not the JSON expected: %v", err)
	}
	p := r.idps[0]
	if p.BrowserOnly {
		return nil, fail(http.StatusUnauthorized, "E0000015", "You do not have permission to access the feature you are requesting")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case in.StateToken != "":
		if t := s.transaction(r, in.StateToken); t != nil {
			return r.oktaFactors(t), nil
		}
		return nil, new(oktaInvalid)
	case in.Username == "" || in.Password == "":
		e := fail(http.StatusBadRequest, "E0000001", "Api validation failed: authRequest").blame("no username or no password")
		e.cause = "The 'username' and 'password' attributes are required in this context."
		return nil, e
	}
	u, state := s.checkPassword(p, in.Username, in.Password)
	if state == stateActive && len(u.Factors) == 0 {
		return s.oktaSuccess(r, &transaction{idp: p, user: u}), nil
	}
	t := &transaction{idp: p, user: u}
	switch {
	case state == "", state == stateLocked && p.HideLockout:
		return nil, new(oktaFailed)
	case state == stateLocked:
		return r.respond(object{{"status", stateLocked}, {"_embedded", object{}},
			{"_links", object{{"next", oktaLink("unlock", r.base()+"/api/v1/authn/recovery/unlock")}}}}), nil
	}
	s.begin(t, "00"+s.mint("state", 40), oktaStateTTL)
	switch state {
	case stateExpired:
		return r.oktaState(t, state, nil, oktaLink("changePassword", r.base()+"/api/v1/authn/credentials/change_password")), nil
	case stateEnroll:
		enroll := object{{"factorType", "token:software:totp"}, {"provider", "GOOGLE"}, {"vendorName", "GOOGLE"}, {"enrollment", "REQUIRED"}, {"status", "NOT_SETUP"}}
		return r.oktaState(t, state, object{{"factors", sequence{values: []any{enroll}}}}, nil), nil
	}
	return r.oktaFactors(t), nil
}

// oktaLink returns a link of an answer; name is "" for a link that has none.
func oktaLink(name, href string) object {
	return append(object{}.with("name", name), member{"href", href}, member{"hints", object{{"allow", sequence{values: []any{"POST"}}}}})
}

// oktaState answers with the state of a sign-in that is not over. next is nil if nothing can follow.
func (r *request) oktaState(t *transaction, status string, embedded, next object, more ...member) *answer {
	o := object{{"stateToken", t.token}, {"expiresAt", stamp(t.expires)}, {"status", status}}
	o = append(o, more...)
	links := object{}
	if next != nil {
		links = append(links, member{"next", next})
	}
	links = append(links, member{"cancel", oktaLink("", r.base()+"/api/v1/authn/cancel")})
	return r.respond(append(o, member{"_embedded", append(object{{"user", t.user.oktaUser()}}, embedded...)}, member{"_links", links}))
}

func (u *IDPUser) oktaUser() object {
	name, _, _ := strings.Cut(u.Login, "@")
	return object{{"id", "00u" + derive(0, u.Login).base64(17)}, {"passwordChanged", "2024-03-01T08:00:00.000Z"},
		{"profile", object{{"login", u.Login}, {"firstName", name}, {"lastName", name}, {"locale", "en_US"}, {"timeZone", "America/Los_Angeles"}}}}
}

// oktaFactors answers with the factors that the person can choose.
func (r *request) oktaFactors(t *transaction) *answer {
	factors := sequenceOf(t.user.Factors, func(f IDPFactor) any { return r.oktaFactor(&f, true) })
	return r.oktaState(t, "MFA_REQUIRED", object{{"factors", factors}, {"policy", object{{"allowRememberDevice", false}, {"rememberDeviceLifetimeInMinutes", 0}, {"rememberDeviceByDefault", false}}}}, nil)
}

// oktaFactorTypes are the factorType and the provider of the factors.
var oktaFactorTypes = map[string][2]string{
	factorTOTP: {"token:software:totp", "GOOGLE"}, factorOktaTOTP: {"token:software:totp", "OKTA"}, factorPush: {"push", "OKTA"},
	factorSMS: {"sms", "OKTA"}, factorCall: {"call", "OKTA"}, factorWebAuthn: {"webauthn", "FIDO"},
}

func (r *request) oktaVerifyURL(f *IDPFactor) string {
	return r.base() + "/api/v1/authn/factors/" + f.id + "/verify"
}

// oktaFactor describes a factor. linked adds the link to verify it.
func (r *request) oktaFactor(f *IDPFactor, linked bool) object {
	kind := oktaFactorTypes[f.Kind]
	profile := object{{"credentialId", "dade.murphy"}}
	switch f.Kind {
	case factorPush:
		profile = object{{"credentialId", "dade.murphy"}, {"deviceType", "SmartPhone_IPhone"}, {"keys", sequence{}}, {"name", "Phone"}, {"platform", "IOS"}, {"version", "17.4"}}
	case factorSMS, factorCall:
		profile = object{{"phoneNumber", "+1 XXX-XXX-1337"}}
	}
	o := object{{"id", f.id}, {"factorType", kind[0]}, {"provider", kind[1]}, {"vendorName", kind[1]}, {"profile", profile}}
	if linked {
		o = append(o, member{"_links", object{{"verify", oktaLink("", r.oktaVerifyURL(f))}}})
	}
	return o
}

// oktaSuccess ends a sign-in with a session token. The caller holds mu.
func (s *Server) oktaSuccess(r *request, t *transaction) *answer {
	s.finish(t)
	expires := s.now().Add(oktaTokenTTL)
	token := "20111" + s.mint("session", 40)
	s.idp.sessions[token] = &idpSession{idp: t.idp, user: t.user, expires: expires}
	return r.respond(object{{"expiresAt", stamp(expires)}, {"status", "SUCCESS"}, {"sessionToken", token},
		{"_embedded", object{{"user", t.user.oktaUser()}}}})
}

// oktaVerify checks a second factor. Without a passCode it sends a code or a push; a push is then polled.
func (s *Server) oktaVerify(r *request) (*answer, *apiError) {
	var in struct {
		StateToken string
		PassCode   text
	}
	if err := json.Unmarshal(r.body, &in); err != nil {
		return nil, oktaWrongInput("the body is not the JSON expected: %v", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.transaction(r, in.StateToken)
	if t == nil {
		return nil, new(oktaInvalid)
	}
	i := slices.IndexFunc(t.user.Factors, func(f IDPFactor) bool { return f.id == r.oktaPathID() })
	switch {
	case i < 0:
		return nil, fail(http.StatusNotFound, "E0000007", "Not found: Resource not found: %s (UserFactor)", r.oktaPathID()).blame("the user has no such factor")
	case s.isLocked(t.user):
		return nil, fail(http.StatusForbidden, "E0000069", "User Locked")
	}
	f := &t.user.Factors[i]
	if in.PassCode != "" && f.Kind != factorPush {
		return s.oktaCode(r, t, f, string(in.PassCode))
	}
	challenge := func(result string, embedded object) (*answer, *apiError) {
		factor := append(r.oktaFactor(f, false), member{"_embedded", embedded})
		next := oktaLink(map[bool]string{true: "poll", false: "verify"}[f.Kind == factorPush], r.oktaVerifyURL(f))
		return r.oktaState(t, "MFA_CHALLENGE", object{{"factor", factor}}, next, member{"factorResult", result}), nil
	}
	switch f.Kind {
	case factorSMS, factorCall:
		if !s.send(t.idp, t.user, f) {
			return nil, oktaSentLately(f)
		}
		return challenge("CHALLENGE", object{})
	case factorPush:
		return s.oktaPush(r, t, f, challenge)
	}
	return challenge("CHALLENGE", object{})
}

func oktaSentLately(f *IDPFactor) *apiError {
	if f.Kind == factorCall {
		return fail(http.StatusTooManyRequests, "E0000133", "A factor call was recently made. Please wait 30 seconds before trying again.")
	}
	return fail(http.StatusTooManyRequests, "E0000109", "An SMS message was recently sent. Please wait 30 seconds before trying again.")
}

// oktaCode checks a code. The caller holds mu.
func (s *Server) oktaCode(r *request, t *transaction, f *IDPFactor, code string) (*answer, *apiError) {
	e := fail(http.StatusForbidden, "E0000068", "Invalid Passcode/Answer")
	switch s.checkCode(t.idp, t.user, f, code) {
	case codeRight:
		return s.oktaSuccess(r, t), nil
	case codeReplayed:
		e.cause = "Each code can only be used once. Please wait for a new code and try again."
	default:
		e.cause = "Your passcode doesn't match our records. Please try again."
	}
	return nil, e
}

// oktaPush sends a push, or polls it. The number that the person has to choose comes with the second poll, when the
// phone shows the question. The caller holds mu.
func (s *Server) oktaPush(r *request, t *transaction, f *IDPFactor, challenge func(string, object) (*answer, *apiError)) (*answer, *apiError) {
	if t.push == nil || t.push.factor != f {
		t.push = &push{factor: f}
		return challenge("WAITING", object{})
	}
	end := func(result string) (*answer, *apiError) {
		t.push = nil
		return challenge(result, object{})
	}
	switch s.pushed(t) {
	case pushApprove:
		return s.oktaSuccess(r, t), nil
	case pushDeny:
		return end("REJECTED")
	case pushTimeout:
		return end("TIMEOUT")
	}
	if f.Number > 0 {
		return challenge("WAITING", object{{"challenge", object{{"correctAnswer", fmt.Sprint(f.Number)}}}})
	}
	return challenge("WAITING", object{})
}

// idpSession is a session of a person in a browser, or the token that opens one.
type idpSession struct {
	idp     *idp
	user    *IDPUser
	expires time.Time
}
