package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"muster/internal/awssim"
)

// samlTokens matches the tokens of the simulated providers and the beginning of an assertion, in plain text and in base64.
var samlTokens = regexp.MustCompile(`\b20111[A-Za-z0-9]{40}\b|\b00[A-Za-z0-9]{40}\b|\b[a-f0-9]{40}\b|\b[A-Za-z0-9]{64}\b|PD94bWwg|saml2p:Response|sid=`)

// TestSAMLTokens: --debug shows the calls of a sign-in, but none of what is secret in them; and no file keeps a token.
func TestSAMLTokens(t *testing.T) {
	t.Parallel()
	for profile, steps := range map[string][]step{
		"ann": append(annPassword[:2:2], step{`Second factor:(?s:.*)Which one\? `, enters("protect")}),
		"bob": append(bobPassword[:1:1], step{`Second factor:(?s:.*)Which one\? `, enters("sms")}, step{`Code that Okta has sent [^\n]*: `, code("bob@example.com", "sms")}),
	} {
		t.Run(profile, func(t *testing.T) {
			t.Parallel()
			sim, home, environ := samlLaptop(t, "")
			shown, exitCode := dialogue(t, sim, environ, append(steps, step{`signed in to \w+ `, nil}), "login", profile, "--role-arn", "arn:aws:iam::200000000002:role/Staff", "--debug")
			if exitCode != 0 || !regexp.MustCompile(`level=DEBUG msg=call service=(OneLogin|Okta) `).MatchString(shown) {
				t.Errorf("exit code %d\n%s", exitCode, shown)
			}
			if found := samlTokens.FindString(shown); found != "" || strings.Contains(shown, "passw0rd") {
				t.Errorf("the terminal shows %q:\n%s", found, shown)
			}
			checkNoAssertion(t, home)
			for _, name := range keptFiles(t, home) {
				text, err := os.ReadFile(name)
				if found := regexp.MustCompile(`20111[A-Za-z0-9]{40}|\b00[A-Za-z0-9]{40}\b`).FindString(string(text)); err != nil || found != "" {
					t.Errorf("%s has %q (%v)", filepath.Base(name), found, err)
				}
			}
		})
	}
}

// TestSAMLEndedByUser: Ctrl-C while a push waits ends the sign-in, which keeps nothing.
func TestSAMLEndedByUser(t *testing.T) {
	t.Parallel()
	w, err := awssim.ParseWorld([]byte(`{"accounts": [{"id": "100000000001", "name": "main"}], "saml_providers": [{"name": "corp"}], "roles": [{"name": "Reader", "saml": "corp"}],
		"identity_providers": [{"kind": "okta", "name": "acme", "provider": "corp", "users": [
			{"login": "ann@example.com", "password": "Ann-5-passw0rd", "profile": "ann", "factors": [{"kind": "push", "answer": "none"}]}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	sim, environ := simulated(t, w, false)
	shown, exitCode := dialogue(t, sim, append(environ, "TERM=xterm"), []step{
		{`Password of ann@example\.com at Okta: `, enters("Ann-5-passw0rd")}, {`Approve the sign-in on your phone`, enters("\x03")}}, "login", "ann")
	if files := keptFiles(t, strings.TrimPrefix(environ[0], "HOME=")); exitCode != 130 || len(files) > 0 {
		t.Errorf("exit code %d, kept %q\n%s", exitCode, files, shown)
	}
}

// TestSAMLHosts signs in under the host names of the providers and of AWS, through a proxy. The API client of a OneLogin
// account is unknown in the other region.
func TestSAMLHosts(t *testing.T) {
	t.Parallel()
	const keys = `saml_provider = onelogin\nsaml_username = ann@example.com\nsaml_client_id = c1ient-1d\nsaml_app_id = 123456\nsaml_subdomain = acme\n`
	w, err := awssim.ParseWorld([]byte(`{"accounts": [{"id": "100000000001", "name": "main", "alias": "acme-main"}, {"id": "200000000002", "name": "dev"}],
		"saml_providers": [{"name": "corp"}], "roles": [{"name": "Reader", "saml": "corp"}],
		"identity_providers": [
			{"kind": "onelogin", "name": "acme", "provider": "corp", "region": "eu", "client_id": "c1ient-1d", "client_secret": "c1ient-s3cret", "apps": [{"id": "123456"}],
				"users": [{"login": "ann@example.com", "password": "Ann-5-passw0rd"}]},
			{"kind": "okta", "name": "staff", "provider": "corp", "apps": [{"id": "0oa1b2c3"}], "users": [{"login": "ann@example.com", "password": "Ann-5-passw0rd"}]}],
		"home": {"config": "[profile eu]\n` + keys + `saml_region = eu\n[profile us]\n` + keys + `saml_region = us\n[profile own]\n` + keys + `\n[profile okta]\nsaml_provider = okta\nsaml_username = ann@example.com\nsaml_url = https://staff.okta.com/home/amazon_aws/0oa1b2c3/272\n"}}`))
	if err != nil {
		t.Fatal(err)
	}
	for profile, want := range map[string]string{
		"eu":   `^muster: signed in to OneLogin \(profile "eu"\) as Reader \(acme-main, 100000000001\) until `,
		"own":  `^muster: signed in to OneLogin \(profile "own"\) as Reader \(acme-main, 100000000001\) until `,
		"okta": `^muster: signed in to Okta \(profile "okta"\) as Reader \(acme-main, 100000000001\) until `,
		"us":   `^muster: OneLogin \(api\.us\.onelogin\.com\) does not know the API client of saml_client_id: check it, its secret, and the account's saml_region`,
	} {
		sim, environ := simulated(t, w, true)
		environ = append(environ, "MUSTER_SAML_PASSWORD=Ann-5-passw0rd", "MUSTER_SAML_CLIENT_SECRET=c1ient-s3cret")
		got := muster(t, environ, "login", profile, "--role-arn", "arn:aws:iam::100000000001:role/Reader")
		if !regexp.MustCompile(want).MatchString(got.stderr) || (got.code == 0) != (profile != "us") {
			t.Errorf("%s: %+v", profile, got)
		}
		if problems := sim.Problems(); len(problems) > 0 {
			t.Errorf("%s: %q", profile, problems)
		}
	}
}
