package awssim

import (
	"cmp"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The kinds of identity providers.
const (
	IDPOneLogin = "onelogin"
	IDPOkta     = "okta"
)

// IdentityProvider is a OneLogin account or an Okta organization. People sign in to it with a password and a second
// factor, and it gives them SAML assertions for roles that trust the SAML provider Provider. Clients reach the first of
// each kind at the server's own address, and all under their own host names through the proxy.
type IdentityProvider struct {
	Kind     string    `json:"kind"`               // onelogin or okta
	Name     string    `json:"name"`               // the subdomain of onelogin.com or okta.com
	Provider string    `json:"provider,omitempty"` // one of saml_providers; default: the name
	Apps     []IDPApp  `json:"apps,omitempty"`     // default: one
	Users    []IDPUser `json:"users"`
	Lockout  int       `json:"lockout,omitempty"` // the wrong passwords and codes in a row that lock a user; default 5

	Region       string   `json:"region,omitempty"`        // OneLogin: us (default) or eu
	ClientID     string   `json:"client_id,omitempty"`     // OneLogin: of the API; default: derived
	ClientSecret string   `json:"client_secret,omitempty"` // OneLogin: likewise
	AllowedIPs   []string `json:"allowed_ips,omitempty"`   // OneLogin: an ip_address that needs no second factor

	HideLockout bool `json:"hide_lockout,omitempty"` // Okta: a locked user gets the answer of a wrong password, as by default in Okta
	BrowserOnly bool `json:"browser_only,omitempty"` // Okta: Identity Engine, whose authentication API is off
}

// IDPApp is the AWS app of an identity provider.
type IDPApp struct {
	ID       string   `json:"id,omitempty"`       // OneLogin: digits; Okta: as in the embed link; default: derived
	Roles    []string `json:"roles,omitempty"`    // globs of names of the roles that trust the provider; default: all
	Users    []string `json:"users,omitempty"`    // the logins of those who have the app; default: all
	Lifetime Duration `json:"lifetime,omitempty"` // of assertions, may be negative; default 5m
	Page     string   `json:"page,omitempty"`     // Okta: "changed" has no SAML form; "policy" asks for a sign-in in the browser, as Identity Engine may
}

// IDPUser is a person. Login is an email address.
type IDPUser struct {
	Login    string      `json:"login"`
	Password string      `json:"password"`
	State    string      `json:"state,omitempty"`   // ACTIVE (default), LOCKED_OUT, PASSWORD_EXPIRED or MFA_ENROLL
	Factors  []IDPFactor `json:"factors,omitempty"` // none: a password is enough
	Profile  string      `json:"profile,omitempty"` // in the config of WriteHome, for the first app; default: none
	Config   string      `json:"config,omitempty"`  // more lines of that profile
}

// The kinds of second factors. OneLogin has totp, push (OneLogin Protect, which shows codes too), sms, call and webauthn.
const (
	factorTOTP     = "totp"      // Google Authenticator
	factorOktaTOTP = "okta_totp" // a code of Okta Verify
	factorPush     = "push"
	factorSMS      = "sms"
	factorCall     = "call"
	factorWebAuthn = "webauthn" // which no client of these APIs supports
)

// IDPFactor is a second factor of a person.
type IDPFactor struct {
	Kind   string   `json:"kind"`             // totp, okta_totp (Okta), push, sms, call or webauthn
	Secret string   `json:"secret,omitempty"` // base32: of codes that change each 30 seconds (RFC 6238); each works once
	Codes  []string `json:"codes,omitempty"`  // further codes that work once; of sms and call: those that are sent, in order
	Polls  int      `json:"polls,omitempty"`  // push: those that the phone lets wait
	Answer string   `json:"answer,omitempty"` // push: approve (default), deny, timeout, or none until AnswerPush
	Number int      `json:"number,omitempty"` // push of Okta: the number that the person has to choose; 0: none

	id string
}

// idp is an IdentityProvider with its defaults. It does not change.
type idp struct {
	*IdentityProvider
	number int // in the world
	apps   []*idpApp
	users  map[string]*IDPUser // by login in lower case
}

type idpApp struct {
	IDPApp
	roles []*role
}

var (
	subdomain = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,60}$`) })
	oktaID    = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9]{1,40}$`) })
)

func (w *compiledWorld) compileIDPs() error {
	for i, given := range w.world.IdentityProviders {
		p := &idp{IdentityProvider: &given, number: i, users: map[string]*IDPUser{}}
		p.Provider, p.Region = cmp.Or(p.Provider, p.Name), cmp.Or(p.Region, "us")
		p.Lockout = cmp.Or(p.Lockout, 5)
		g := derive(w.world.Seed, "idp", p.Kind, p.Name)
		p.ClientID, p.ClientSecret = cmp.Or(p.ClientID, g.hex(64)), cmp.Or(p.ClientSecret, g.hex(64))
		switch {
		case p.Kind != IDPOneLogin && p.Kind != IDPOkta:
			return fmt.Errorf("identity provider %q: kind %q is neither onelogin nor okta", p.Name, p.Kind)
		case !subdomain().MatchString(p.Name):
			return fmt.Errorf("identity provider %q: the name is no subdomain", p.Name)
		case slices.ContainsFunc(w.idps, func(other *idp) bool { return other.Name == p.Name }):
			return fmt.Errorf("identity provider %q: the name is there twice", p.Name)
		case p.Region != "us" && p.Region != "eu":
			return fmt.Errorf("identity provider %q: region %q is neither us nor eu", p.Name, p.Region)
		case !slices.ContainsFunc(w.world.SAMLProviders, func(s SAMLProvider) bool { return s.Name == p.Provider }):
			return fmt.Errorf("identity provider %q: saml_providers has no %q", p.Name, p.Provider)
		}
		if err := p.compileUsers(); err != nil {
			return fmt.Errorf("identity provider %q: %w", p.Name, err)
		}
		if err := w.compileApps(p); err != nil {
			return fmt.Errorf("identity provider %q: %w", p.Name, err)
		}
		w.idps = append(w.idps, p)
	}
	return nil
}

func (p *idp) compileUsers() error {
	users := slices.Clone(p.Users)
	for i := range users {
		u := &users[i]
		u.State = cmp.Or(u.State, stateActive)
		key := strings.ToLower(u.Login)
		switch {
		case u.Login == "" || u.Password == "" || p.users[key] != nil:
			return fmt.Errorf("users[%d] %q: no login or no password, or the login is there twice", i, u.Login)
		case !slices.Contains([]string{stateActive, stateLocked, stateExpired, stateEnroll}, u.State):
			return fmt.Errorf("user %q: unknown state %q", u.Login, u.State)
		}
		u.Factors = slices.Clone(u.Factors)
		for n := range u.Factors {
			if err := p.compileFactor(u, n); err != nil {
				return fmt.Errorf("user %q: factors[%d]: %w", u.Login, n, err)
			}
		}
		p.users[key] = u
	}
	p.Users = users
	return nil
}

func (p *idp) compileFactor(u *IDPUser, n int) error {
	f := &u.Factors[n]
	f.Answer = cmp.Or(f.Answer, pushApprove)
	if _, err := totp(f.Secret, time.Time{}); err != nil {
		return fmt.Errorf("secret: %w", err)
	}
	switch {
	case !slices.Contains([]string{factorTOTP, factorOktaTOTP, factorPush, factorSMS, factorCall, factorWebAuthn}, f.Kind) || f.Kind == factorOktaTOTP && p.Kind != IDPOkta:
		return fmt.Errorf("unknown kind %q", f.Kind)
	case (f.Kind == factorTOTP || f.Kind == factorOktaTOTP) && f.Secret == "" && len(f.Codes) == 0:
		return fmt.Errorf("%s without secret or codes", f.Kind)
	case !slices.Contains([]string{pushApprove, pushDeny, pushTimeout, pushNone}, f.Answer):
		return fmt.Errorf("answer %q is none of approve, deny, timeout, none", f.Answer)
	}
	g := derive(uint64(n), "factor", p.Name, u.Login)
	if p.Kind == IDPOneLogin {
		f.id = strconv.Itoa(100000 + int(g.next()%900000))
		return nil
	}
	f.id = map[string]string{factorTOTP: "uft", factorOktaTOTP: "ost", factorPush: "opf", factorSMS: "sms", factorCall: "clf", factorWebAuthn: "fwf"}[f.Kind] + g.base64(17)
	return nil
}

// compileApps finds the roles of each app: by account in the world's order, then by name.
func (w *compiledWorld) compileApps(p *idp) error {
	given := p.Apps
	if len(given) == 0 {
		given = []IDPApp{{}}
	}
	for i, a := range given {
		g := derive(uint64(i), "app", p.Kind, p.Name)
		if p.Kind == IDPOneLogin {
			a.ID = cmp.Or(a.ID, strconv.Itoa(100000+int(g.next()%900000)))
		}
		a.ID = cmp.Or(a.ID, "0oa"+g.base64(17))
		a.Lifetime = Duration(a.Lifetime.or(5 * time.Minute))
		_, err := strconv.Atoi(a.ID)
		switch {
		case p.Kind == IDPOneLogin && err != nil, !oktaID().MatchString(a.ID):
			return fmt.Errorf("apps[%d]: the id %q is not one of %s", i, a.ID, p.Kind)
		case !slices.Contains([]string{"", pageChanged, pagePolicy}, a.Page):
			return fmt.Errorf("apps[%d]: page %q is none of changed, policy", i, a.Page)
		}
		for _, login := range a.Users {
			if p.users[strings.ToLower(login)] == nil {
				return fmt.Errorf("apps[%d]: no user %q", i, login)
			}
		}
		app := &idpApp{IDPApp: a}
		for _, account := range w.accounts {
			var roles []*role
			for _, r := range w.roles {
				if r.account == account && r.SAML == p.Provider && (len(a.Roles) == 0 || slices.ContainsFunc(a.Roles, func(glob string) bool {
					ok, _ := path.Match(glob, r.Name)
					return ok
				})) {
					roles = append(roles, r)
				}
			}
			slices.SortFunc(roles, func(a, b *role) int { return strings.Compare(a.arn, b.arn) })
			app.roles = append(app.roles, roles...)
		}
		p.apps = append(p.apps, app)
	}
	return nil
}

// app finds an app that the user has.
func (p *idp) app(id string, u *IDPUser) *idpApp {
	for _, a := range p.apps {
		if a.ID == id && (len(a.Users) == 0 || slices.ContainsFunc(a.Users, func(login string) bool { return strings.EqualFold(login, u.Login) })) {
			return a
		}
	}
	return nil
}

// domain is the host name of the people's pages.
func (p *idp) domain() string { return p.Name + "." + p.Kind + ".com" }

// resolveHost finds the service of a host name of AWS or of an identity provider.
func (w *compiledWorld) resolveHost(host string) (endpoint, bool) {
	for _, p := range w.idps {
		if host == p.domain() || p.Kind == IDPOneLogin && (host == "api.us.onelogin.com" || host == "api.eu.onelogin.com") {
			return endpoint{service: p.Kind}, true
		}
	}
	return w.partition.resolveHost(host)
}
