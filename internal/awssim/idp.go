package awssim

import (
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"
)

// The states of a person.
const (
	stateActive  = "ACTIVE"
	stateLocked  = "LOCKED_OUT"
	stateExpired = "PASSWORD_EXPIRED"
	stateEnroll  = "MFA_ENROLL"
)

// The answers to a push.
const (
	pushApprove = "approve"
	pushDeny    = "deny"
	pushTimeout = "timeout"
	pushNone    = "none"
)

// idpState is what the identity providers remember. Server.mu protects it.
type idpState struct {
	issued       int                      // tokens so far
	access       map[string]accessToken   // of OneLogin's API
	transactions map[string]*transaction  // by state token
	sessions     map[string]*idpSession   // of Okta, by session token, and by cookie
	failures     map[*IDPUser]int         // wrong passwords and codes since the last sign-in
	locked       map[*IDPUser]bool        // by those
	sent         map[*IDPFactor]*sentCode // the last code
	answers      map[*IDPUser]string      // of AnswerPush
}

func newIDPState() idpState {
	return idpState{access: map[string]accessToken{}, transactions: map[string]*transaction{}, sessions: map[string]*idpSession{},
		failures: map[*IDPUser]int{}, locked: map[*IDPUser]bool{}, sent: map[*IDPFactor]*sentCode{}, answers: map[*IDPUser]string{}}
}

// transaction is a sign-in after the right password and before the second factor.
type transaction struct {
	token   string
	idp     *idp
	user    *IDPUser
	app     *idpApp // OneLogin
	expires time.Time
	push    *push // under way; nil: none
}

// push is a question on the person's phone.
type push struct {
	factor *IDPFactor
	polls  int // so far
}

type sentCode struct {
	code string
	at   time.Time
	n    int // codes that were sent so far
}

// The lifetimes and limits of both providers.
const (
	oneLoginAccessTTL = 10 * time.Hour
	oneLoginStateTTL  = 2 * time.Minute
	oktaStateTTL      = 5 * time.Minute
	oktaTokenTTL      = 5 * time.Minute
	oktaCookieTTL     = 2 * time.Hour
	sentCodeTTL       = 5 * time.Minute
	resendAfter       = 30 * time.Second
)

// IDPURL returns the saml_url of a profile: of OneLogin, where its API is; of Okta, the embed link of the first app. It
// returns "" if the world has no identity provider of that name.
func (s *Server) IDPURL(name string) string {
	i := slices.IndexFunc(s.idps, func(p *idp) bool { return p.Name == name })
	switch {
	case i < 0:
		return ""
	case s.idps[i].Kind == IDPOneLogin:
		return s.URL()
	}
	return s.URL() + s.idps[i].apps[0].embedPath()
}

// OneTimeCode returns the code that a person would type: of a factor with a secret or a list, the next that works; of sms
// and call, the one that was sent last. It returns "" if there is none.
func (s *Server) OneTimeCode(login, kind string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.idps {
		u := p.users[strings.ToLower(login)]
		if u == nil {
			continue
		}
		for i := range u.Factors {
			f := &u.Factors[i]
			if f.Kind != kind {
				continue
			}
			for _, code := range s.factorCodes(f) {
				if !s.usedCodes[f.usedKey(p, u, code)] {
					return code
				}
			}
		}
	}
	return ""
}

// AnswerPush answers the person's pushes from now on, whatever the world says.
func (s *Server) AnswerPush(login string, approve bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.idps {
		if u := p.users[strings.ToLower(login)]; u != nil {
			s.idp.answers[u] = map[bool]string{true: pushApprove, false: pushDeny}[approve]
		}
	}
}

// atIDP finds the identity providers that a request may be for.
func (s *Server) atIDP(r *request) *apiError {
	host := strings.ToLower(r.Host)
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	for _, p := range s.idps {
		if p.Kind == r.service && (s.isOwn(r.Host) || host == p.domain() || host == "api."+p.Region+".onelogin.com") {
			r.idps = append(r.idps, p)
		}
	}
	if len(r.idps) == 0 && !strings.HasPrefix(host, "api.") {
		return fail(http.StatusNotFound, "E0000007", "Not found: Resource not found: %s", r.URL.Path).blame("this world has no %s", r.service)
	}
	return nil
}

// base is the URL of the host that the client used.
func (r *request) base() string {
	if r.server.isOwn(r.Host) {
		return "http://" + r.Host
	}
	return "https://" + r.Host
}

// mint returns a new token. The caller holds mu.
func (s *Server) mint(kind string, n int) string {
	s.idp.issued++
	return derive(uint64(s.idp.issued), "idp token", kind).base64(n)
}

// begin starts a transaction. The caller holds mu.
func (s *Server) begin(t *transaction, token string, ttl time.Duration) *transaction {
	t.token, t.expires = token, s.now().Add(ttl)
	s.idp.transactions[token] = t
	return t
}

// transaction finds a transaction at one of the request's identity providers. The caller holds mu.
func (s *Server) transaction(r *request, token string) *transaction {
	t := s.idp.transactions[token]
	if t == nil || !slices.Contains(r.idps, t.idp) || !s.now().Before(t.expires) {
		return nil
	}
	return t
}

// finish ends a transaction that succeeded. The caller holds mu.
func (s *Server) finish(t *transaction) {
	delete(s.idp.transactions, t.token)
	delete(s.idp.failures, t.user)
}

// checkPassword finds the person of a login and returns the state; "" if the login or the password is wrong. A locked
// person learns nothing about the password. The caller holds mu.
func (s *Server) checkPassword(p *idp, login, password string) (*IDPUser, string) {
	u := p.users[strings.ToLower(login)]
	switch {
	case u == nil:
		return nil, ""
	case s.isLocked(u):
		return u, stateLocked
	case u.Password != password:
		s.failed(p, u)
		return u, ""
	}
	return u, u.State
}

func (s *Server) isLocked(u *IDPUser) bool { return u.State == stateLocked || s.idp.locked[u] }

// failed counts a wrong password or code. The caller holds mu.
func (s *Server) failed(p *idp, u *IDPUser) {
	s.idp.failures[u]++
	if s.idp.failures[u] >= p.Lockout {
		s.idp.locked[u] = true
	}
}

// codeResult says whether a one-time code is right.
type codeResult int

const (
	codeWrong codeResult = iota
	codeRight
	codeReplayed // it was right once
)

// checkCode uses up a code. The caller holds mu.
func (s *Server) checkCode(p *idp, u *IDPUser, f *IDPFactor, code string) codeResult {
	key := f.usedKey(p, u, code)
	switch {
	case !slices.Contains(s.factorCodes(f), code):
		s.failed(p, u)
		return codeWrong
	case s.usedCodes[key]:
		s.failed(p, u)
		return codeReplayed
	}
	s.usedCodes[key] = true
	return codeRight
}

// usedKey is the key of a code in Server.usedCodes. A code that is sent can be equal to an earlier one.
func (f *IDPFactor) usedKey(p *idp, u *IDPUser, code string) string {
	return fmt.Sprintf("idp %d %s %s %s", p.number, u.Login, f.id, code)
}

// factorCodes returns the codes of a factor, used ones too. The caller holds mu.
func (s *Server) factorCodes(f *IDPFactor) []string {
	if f.isSent() {
		if sent := s.idp.sent[f]; sent != nil && s.now().Before(sent.at.Add(sentCodeTTL)) {
			return []string{sent.code}
		}
		return nil
	}
	codes := slices.Clone(f.Codes)
	for _, step := range []time.Duration{0, 1, -1} {
		if f.Secret != "" {
			code, _ := totp(f.Secret, s.now().Add(step*totpPeriod))
			codes = append(codes, code)
		}
	}
	return codes
}

func (f *IDPFactor) isSent() bool { return f.Kind == factorSMS || f.Kind == factorCall }

// send sends a code, unless one was sent a moment ago. The caller holds mu.
func (s *Server) send(p *idp, u *IDPUser, f *IDPFactor) bool {
	sent := s.idp.sent[f]
	if sent == nil {
		sent = &sentCode{}
		s.idp.sent[f] = sent
	} else if s.now().Before(sent.at.Add(resendAfter)) {
		return false
	}
	sent.code, sent.at = fmt.Sprintf("%06d", derive(uint64(sent.n), "sent", f.id).next()%1000000), s.now()
	if sent.n < len(f.Codes) {
		sent.code = f.Codes[sent.n]
	}
	sent.n++
	delete(s.usedCodes, f.usedKey(p, u, sent.code))
	return true
}

// pushed returns the phone's answer, or "" while it lets the person wait. The caller holds mu.
func (s *Server) pushed(t *transaction) string {
	answer := t.push.factor.Answer
	if given := s.idp.answers[t.user]; given != "" {
		answer = given
	}
	t.push.polls++
	if answer == pushNone || t.push.polls <= t.push.factor.Polls {
		return ""
	}
	return answer
}
