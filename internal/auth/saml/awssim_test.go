package saml_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"muster/internal/auth/saml"
	"muster/internal/awssim"
)

// world has both providers. Each person is for one case.
const world = `{
	"accounts": [{"id": "000000000001", "name": "main", "alias": "acme-main"}, {"id": "000000000002", "name": "shop"}],
	"saml_providers": [{"name": "corp"}],
	"roles": [{"name": "Reader", "saml": "corp"}],
	"identity_providers": [
		{"kind": "onelogin", "name": "corp", "client_id": "client", "client_secret": "client-secret", "lockout": 4, "allowed_ips": ["203.0.113.7"],
			"apps": [{"id": "123456", "users": ["ann@example.com", "plain@example.com", "deny@example.com", "late@example.com"]}], "users": PEOPLE},
		{"kind": "okta", "name": "acme", "provider": "corp", "lockout": 4, OKTA
			"apps": [{"id": "0oa1", PAGE "users": ["ann@example.com", "plain@example.com", "deny@example.com", "late@example.com"]}], "users": PEOPLE}]}`

const people = `[
	{"login": "ann@example.com", "password": "hunter2-secret", "factors": [
		{"kind": "totp", "secret": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"}, {"kind": "push", "polls": 2, "number": 42}, {"kind": "sms"}, {"kind": "call"}, {"kind": "webauthn"}]},
	{"login": "plain@example.com", "password": "hunter2-secret"},
	{"login": "deny@example.com", "password": "hunter2-secret", "factors": [{"kind": "push", "answer": "deny"}]},
	{"login": "late@example.com", "password": "hunter2-secret", "factors": [{"kind": "push", "polls": 8}]},
	{"login": "none@example.com", "password": "hunter2-secret"},
	{"login": "locked@example.com", "password": "hunter2-secret", "state": "LOCKED_OUT"},
	{"login": "expired@example.com", "password": "hunter2-secret", "state": "PASSWORD_EXPIRED"},
	{"login": "enroll@example.com", "password": "hunter2-secret", "state": "MFA_ENROLL"}]`

// person answers the questions of a sign-in: it chooses the factor whose label has a word, and reads codes off the device
// of a kind.
type person struct {
	sim              *awssim.Server
	login            string
	word, kind, code string
	shown            []string
}

func (p *person) Code(context.Context, string) (string, error) {
	if p.code != "" {
		return p.code, nil
	}
	return p.sim.OneTimeCode(p.login, p.kind), nil
}

func (p *person) Choose(_ context.Context, question string, choices []string) (int, error) {
	if i := slices.IndexFunc(choices, func(c string) bool { return strings.Contains(c, p.word) }); i >= 0 {
		return i, nil
	}
	return 0, fmt.Errorf("no %q in %q", p.word, choices)
}

func (p *person) Note(text string) { p.shown = append(p.shown, text) }

// TestSimulatedProviders signs people in at the simulated providers, which check each request.
func TestSimulatedProviders(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		provider, name, login string
		word, kind, code      string // of the factor
		options, page         string // of the Okta organization
		change                func(*saml.Config)
		want                  saml.Kind
		ok                    bool
		shows                 string
	}{
		{provider: saml.OneLogin, name: "password", login: "plain", ok: true},
		{provider: saml.OneLogin, name: "TOTP", login: "ann", word: "Google", kind: "totp", ok: true},
		{provider: saml.OneLogin, name: "push", login: "ann", word: "Protect", ok: true},
		{provider: saml.OneLogin, name: "late push", login: "late", ok: true},
		{provider: saml.OneLogin, name: "SMS", login: "ann", word: "SMS", kind: "sms", ok: true},
		{provider: saml.OneLogin, name: "call", login: "ann", word: "Voice", kind: "call", ok: true},
		{provider: saml.OneLogin, name: "allowed address", login: "ann", change: func(c *saml.Config) { c.IP = "203.0.113.7" }, ok: true},
		{provider: saml.OneLogin, name: "denied push", login: "deny", want: saml.PushDenied},
		{provider: saml.OneLogin, name: "wrong codes", login: "ann", word: "Google", code: "000000", want: saml.CodeRefused},
		{provider: saml.OneLogin, name: "wrong password", login: "plain", change: func(c *saml.Config) { c.Password = secret("wrong-password") }, want: saml.WrongPassword},
		{provider: saml.OneLogin, name: "nobody", login: "nobody", want: saml.WrongPassword},
		{provider: saml.OneLogin, name: "locked", login: "locked", want: saml.Locked},
		{provider: saml.OneLogin, name: "expired", login: "expired", want: saml.AccountProblem},
		{provider: saml.OneLogin, name: "not assigned", login: "none", want: saml.NotAssigned},
		{provider: saml.OneLogin, name: "wrong subdomain", login: "plain", change: func(c *saml.Config) { c.Subdomain = "other" }, want: saml.WrongRegion},
		{provider: saml.OneLogin, name: "wrong client", login: "plain", change: func(c *saml.Config) { c.ClientSecret = secret("other-secret") }, want: saml.ClientCredentials},

		{provider: saml.Okta, name: "password", login: "plain", ok: true},
		{provider: saml.Okta, name: "TOTP", login: "ann", word: "Google", kind: "totp", ok: true},
		{provider: saml.Okta, name: "push", login: "ann", word: "push", ok: true, shows: "42"},
		{provider: saml.Okta, name: "late push", login: "late", ok: true},
		{provider: saml.Okta, name: "SMS", login: "ann", word: "SMS", kind: "sms", ok: true},
		{provider: saml.Okta, name: "call", login: "ann", word: "call", kind: "call", ok: true},
		{provider: saml.Okta, name: "denied push", login: "deny", want: saml.PushDenied},
		{provider: saml.Okta, name: "wrong codes", login: "ann", word: "Google", code: "000000", want: saml.CodeRefused},
		{provider: saml.Okta, name: "wrong password", login: "plain", change: func(c *saml.Config) { c.Password = secret("wrong-password") }, want: saml.WrongPassword},
		{provider: saml.Okta, name: "locked", login: "locked", want: saml.Locked},
		{provider: saml.Okta, name: "locked and hidden", login: "locked", options: `"hide_lockout": true,`, want: saml.WrongPassword},
		{provider: saml.Okta, name: "expired", login: "expired", want: saml.AccountProblem},
		{provider: saml.Okta, name: "no factor yet", login: "enroll", want: saml.AccountProblem},
		{provider: saml.Okta, name: "not assigned", login: "none", want: saml.NotAssigned},
		{provider: saml.Okta, name: "browser only", login: "plain", options: `"browser_only": true,`, want: saml.BrowserOnly},
		{provider: saml.Okta, name: "policy of the app", login: "plain", page: `"page": "policy",`, want: saml.BrowserOnly},
		{provider: saml.Okta, name: "changed page", login: "plain", page: `"page": "changed",`, want: saml.PageChanged},
	} {
		t.Run(c.provider+" "+c.name, func(t *testing.T) {
			t.Parallel()
			w, err := awssim.ParseWorld([]byte(strings.NewReplacer("PEOPLE", people, "OKTA", c.options, "PAGE", c.page).Replace(world)))
			if err != nil {
				t.Fatal(err)
			}
			sim, err := awssim.Start(w)
			if err != nil {
				t.Fatal(err)
			}
			defer sim.Close()
			config := saml.Config{Provider: c.provider, Username: c.login + "@example.com", Password: secret("hunter2-secret"),
				Sleep: func(_ context.Context, d time.Duration) error { sim.Advance(d); return nil }}
			switch c.provider {
			case saml.OneLogin:
				config.URL, config.Subdomain, config.AppID = sim.IDPURL("corp"), "corp", "123456"
				config.ClientID, config.ClientSecret = "client", secret("client-secret")
			case saml.Okta:
				config.URL = sim.IDPURL("acme")
			}
			if c.change != nil {
				c.change(&config)
			}
			p := &person{sim: sim, login: config.Username, word: c.word, kind: c.kind, code: c.code}
			assertion, err := saml.SignIn(t.Context(), nil, config, p)
			if problems := sim.Problems(); len(problems) > 0 {
				t.Errorf("problems of the requests: %q", problems)
			}
			if !c.ok {
				var refused *saml.Error
				if !errors.As(err, &refused) || refused.Kind != c.want || assertion != nil {
					t.Fatalf("%v, want an error of kind %d", err, c.want)
				}
				if text := strings.Join(append(p.shown, err.Error()), "\n"); strings.Contains(text, "-secret") || strings.Contains(err.Error(), "\n") {
					t.Error(text)
				}
				return
			}
			text, decodeErr := base64.StdEncoding.DecodeString(string(assertion))
			if err != nil || decodeErr != nil || !strings.Contains(string(text), "arn:aws:iam::000000000002:role/Reader,arn:aws:iam::000000000002:saml-provider/corp") {
				t.Fatalf("%v %v %s", err, decodeErr, text)
			}
			if c.shows != "" && !strings.Contains(strings.Join(p.shown, "\n"), c.shows) {
				t.Errorf("shown: %q", p.shown)
			}
			names, err := saml.AccountNames(t.Context(), nil, sim.URL()+"/saml", assertion)
			if err != nil || len(names) != 1 || names["000000000001"] != "acme-main" {
				t.Errorf("names of accounts: %q, %v", names, err)
			}
		})
	}
}

func secret(text string) func(context.Context) (string, error) {
	return func(context.Context) (string, error) { return text, nil }
}
