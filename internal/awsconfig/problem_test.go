package awsconfig

import (
	"errors"
	"strings"
	"testing"
)

const (
	keyPair = "aws_access_key_id = AKID\naws_secret_access_key = hidden\n"
	reader  = "role_arn = arn:aws:iam::111111111111:role/Reader\n"
	session = "[sso-session s]\nsso_start_url = https://s.awsapps.com/start\nsso_region = us-east-2\n"
	account = "sso_account_id = 222222222222\nsso_role_name = Look\n"

	oneLogin = "saml_provider = onelogin\nsaml_username = me\nsaml_client_id = c\nsaml_app_id = 1\nsaml_subdomain = corp\n"
)

func TestKinds(t *testing.T) {
	t.Parallel()
	const (
		process = "credential_process = cmd\n"
		login   = "login_session = arn:aws:iam::333333333333:user/me\n"
		web     = "web_identity_token_file = /t\n"
		legacy  = "sso_start_url = https://s.awsapps.com/start\nsso_region = us-east-2\n"
	)
	for _, test := range []struct {
		name, config, credentials string
		kind                      Kind
		gives                     bool
	}{
		{"settings", "region = us-east-1\n", "", KindNone, false},
		{"static", keyPair, "", KindStatic, true},
		{"static in credentials", "", keyPair, KindStatic, true},
		{"process", process, "", KindProcess, true},
		{"process over config keys", process + keyPair, "", KindProcess, true},
		{"credentials keys over process", process, keyPair, KindStatic, true},
		{"login", login, "", KindLogin, true},
		{"login over process and config keys", process + keyPair + login, "", KindLogin, true},
		{"credentials keys over login", login, keyPair, KindStatic, true},
		{"sso", "sso_session = s\n" + account, "", KindSSO, true},
		{"sso over credentials keys", "sso_session = s\n" + account, keyPair, KindSSO, true},
		{"sso only signs in", "sso_session = s\n", "", KindSSO, false},
		{"sso without role", "sso_session = s\nsso_account_id = 222222222222\n", "", KindSSO, false},
		{"keys over sso that only signs in", "sso_session = s\n" + keyPair, "", KindStatic, true},
		{"legacy", legacy + account, "", KindSSOLegacy, true},
		{"legacy only signs in", legacy, "", KindSSOLegacy, false},
		{"session over legacy", "sso_session = s\n" + legacy + account, "", KindSSO, true},
		{"web identity", web + reader, "", KindWebIdentity, true},
		{"web identity over sso and keys", web + reader + legacy + account, keyPair, KindWebIdentity, true},
		{"role", reader + "credential_source = Environment\n", "", KindRole, true},
		{"role over own keys", reader + "source_profile = x\n", keyPair, KindRole, true},
		{"saml over process", process + oneLogin, "", KindSAML, true},
		{"saml over keys, login and sso", keyPair + login + "sso_session = s\n" + account + oneLogin, keyPair, KindSAML, true},
		{"role of a source_profile over saml", reader + "source_profile = x\n" + oneLogin, "", KindRole, true},
		{"command for saml", "saml_provider = command\nsaml_command = print-assertion --quiet\n", "", KindSAML, true},
		{"okta for saml", "saml_provider = okta\nsaml_url = https://x.okta.com/home/amazon_aws/1/2\nsaml_username = me\n", "", KindSAML, true},
		{"role over sso", reader + "credential_source = EcsContainer\n" + legacy + account, "", KindRole, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := profile(t, read(t, session+"[profile x]\n"+test.config, "[x]\n"+test.credentials), "x")
			if p.Kind != test.kind || p.CanGiveCredentials() != test.gives || p.Problem != nil {
				t.Errorf("got %s, gives credentials: %t, problem: %v", p.Kind, p.CanGiveCredentials(), p.Problem)
			}
		})
	}
}

func TestProblems(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, config string // the test looks at profile x
		want         string // Problem; where that is nil, "region: " and RegionProblem, or "chain: " and Chain's error
	}{
		{"none", "[profile x]\n", `chain: config:1: profile "x": no credentials: expected keys, role_arn, sso_session, credential_process, login_session or saml_provider`},
		{"sign-in only", session + "[profile x]\nsso_session = s\n", `chain: config:4: profile "x": no sso_account_id: the profile can sign in but gives no credentials`},
		{"sign-in with account", session + "[profile x]\nsso_session = s\nsso_account_id = 012345678901\n", `chain: config:4: profile "x": no sso_role_name: the profile can sign in but gives no credentials`},

		{"two-step loop", "[profile x]\n" + reader + "source_profile = b\n[profile b]\n" + reader + "source_profile = x\n",
			`config:6: profile "x": source_profiles go round in a loop: x -> b -> x`},
		{"loop further down", "[profile x]\n" + reader + "source_profile = b\n[profile b]\n" + reader + "source_profile = c\n[profile c]\n" + reader + "source_profile = b\n",
			`config:9: profile "x": source_profiles go round in a loop: b -> c -> b`},
		{"own source without keys", "[profile x]\n" + reader + "source_profile = x\n", `config:3: profile "x": source_profiles go round in a loop: x -> x`},
		{"source's own source", "[profile x]\n" + reader + "source_profile = y\n[profile y]\n" + reader + "source_profile = y\n",
			`config:6: profile "x": source_profiles go round in a loop: y -> y`},

		{"no such source", "[profile x]\n" + reader + "source_profile = bass\n[profile base]\n", `config:3: profile "x": source_profile "bass" not found; did you mean "base"?`},
		{"no such source further down", "[profile x]\n" + reader + "source_profile = mid\n[profile mid]\n" + reader + "source_profile = zzzz\n",
			`config:6: profile "x": source_profile "mid": source_profile "zzzz" not found`},
		{"source without credentials", "[profile x]\n" + reader + "source_profile = y\n[profile y]\nregion = us-east-1\n", `config:4: profile "x": source_profile "y": no credentials`},
		{"source that only signs in", "[profile x]\n" + reader + "source_profile = y\n[profile y]\nsso_session = s\n" + session,
			`config:4: profile "x": source_profile "y": no sso_account_id: the profile can sign in but gives no credentials`},
		{"source with half a pair", "[profile x]\n" + reader + "source_profile = y\n[profile y]\nregion = US East\naws_access_key_id = A\n",
			`config:6: profile "x": source_profile "y": aws_access_key_id without aws_secret_access_key in the same file`},
		{"role without source", "[profile x]\n" + reader, `config:2: profile "x": role_arn without source_profile or credential_source`},
		{"both sources", "[profile x]\n" + reader + "source_profile = x\ncredential_source = Environment\n",
			`config:4: profile "x": both source_profile and credential_source, expected one`},
		{"credential_source", "[profile x]\n" + reader + "credential_source = ec2\n",
			`config:3: profile "x": credential_source "ec2" is unknown, expected Environment, Ec2InstanceMetadata or EcsContainer`},
		{"source without role", "[profile x]\nsource_profile = y\n", `config:2: profile "x": source_profile without role_arn`},
		{"credential_source without role", "[profile x]\ncredential_source = Environment\n", `config:2: profile "x": credential_source without role_arn`},
		{"token file without role", "[profile x]\nweb_identity_token_file = /t\n", `config:2: profile "x": web_identity_token_file without role_arn`},

		{"saml_provider", "[profile x]\nsaml_provider = one login\n", `config:2: profile "x": saml_provider "one login" is unknown, expected onelogin, okta or command`},
		{"saml key alone", "[profile x]\nsaml_url = https://x.okta.com/\n", `config:2: profile "x": saml_url without saml_provider`},
		{"okta without URL", "[profile x]\nsaml_username = me\nsaml_provider = okta\n", `config:3: profile "x": saml_provider = okta without saml_url`},
		{"okta without encryption", "[profile x]\nsaml_username = me\nsaml_provider = okta\nsaml_url = http://x.okta.com/a\n", `config:4: profile "x": saml_url "http://x.okta.com/a" is not an https URL`},
		{"okta with a password", "[profile x]\nsaml_username = me\nsaml_provider = okta\nsaml_url = https://me:hunter2@x.okta.com:bad/a\n", `config:4: profile "x": saml_url contains a user name or a password: leave it out, muster asks for the password`},
		{"okta on this machine", "[profile x]\nsaml_username = me\nsaml_provider = okta\nsaml_url = http://127.0.0.1:80/a\n", ""},
		{"OneLogin without a user", "[profile x]\nsaml_provider = onelogin\n", `config:2: profile "x": saml_provider = onelogin without saml_username`},
		{"OneLogin's region", "[profile x]\n" + oneLogin + "saml_region = mars\n", `config:7: profile "x": saml_region "mars" is unknown, expected us or eu`},
		{"saml_ip", "[profile x]\n" + oneLogin + "saml_ip = 10.0.0\n", `config:7: profile "x": saml_ip "10.0.0" is not an IP address`},
		{"saml without command", "[profile x]\nsaml_provider = command\nsaml_command =\n", `config:2: profile "x": saml_provider = command without saml_command`},
		{"saml with role_arn", "[profile x]\n" + reader + oneLogin, `config:2: profile "x": role_arn without source_profile: name the role of saml_provider with saml_role`},
		{"saml_role", "[profile x]\n" + oneLogin + "saml_role = arn:aws:iam::1:role/R\n",
			`config:7: profile "x": saml_role "arn:aws:iam::1:role/R" is not a role's ARN, expected arn:aws:iam::123456789012:role/NAME, or a role's name`},
		{"duration of saml", "[profile x]\n" + oneLogin + "duration_seconds = 60\n", `config:7: profile "x": duration_seconds "60" is not a number from 900 to 43200`},
		{"role of a saml profile", "[profile x]\n" + reader + "source_profile = y\n[profile y]\n" + oneLogin, ""},
		{"role of a saml profile with a mistake", "[profile x]\n" + reader + "source_profile = y\n[profile y]\nsaml_provider = okta\n",
			`config:5: profile "x": source_profile "y": saml_provider = okta without saml_username`},

		{"half a pair", "[profile x]\nregion = us-east-1\naws_access_key_id = A\n", `config:3: profile "x": aws_access_key_id without aws_secret_access_key in the same file`},
		{"the other half", "[profile x]\naws_secret_access_key = hidden\n", `config:2: profile "x": aws_secret_access_key without aws_access_key_id`},

		{"no such session", session + "[sso-session other]\n[profile x]\nsso_session = othr\n" + account, `config:6: profile "x": sso-session "othr" not found; did you mean "other"?`},
		{"session without URL", "[sso-session s]\nsso_region = us-east-2\n[profile x]\nsso_session = s\n", `config:1: profile "x": sso-session "s" lacks sso_start_url`},
		{"another URL", session + "[profile x]\nsso_session = s\nsso_start_url = https://t.awsapps.com/start\n" + account,
			`config:6: profile "x": sso_start_url "https://t.awsapps.com/start" is not that of sso-session "s", "https://s.awsapps.com/start"`},
		{"the same URL", session + "[profile x]\nsso_session = s\nsso_start_url = https://S.awsapps.com/start/#/\nsso_region = US-EAST-2\n" + account, ""},
		{"another region", session + "[profile x]\nsso_session = s\nsso_region = us-east-1\n" + account,
			`config:6: profile "x": sso_region "us-east-1" is not that of sso-session "s", "us-east-2"`},
		{"legacy without region", "[profile x]\nsso_start_url = https://s\n" + account, `config:2: profile "x": sso_start_url without sso_region`},
		{"legacy with odd region", "[profile x]\nsso_start_url = https://s\nsso_region = a.b\n" + account, `config:3: profile "x": sso_region "a.b" is not a region name, expected one such as us-east-1`},
		{"account without session", "[profile x]\n" + account, `config:1: profile "x": no sso_session, and no sso_start_url either`},
		{"short account id", session + "[profile x]\nsso_session = s\nsso_account_id = 12345678901\nsso_role_name = R\n",
			`config:6: profile "x": sso_account_id "12345678901" is not an account id, expected 12 digits, leading zeros included`},

		{"role ARN", "[profile x]\nrole_arn = arn:aws:iam::1:role/R\nsource_profile = x\n" + keyPair,
			`config:2: profile "x": role_arn "arn:aws:iam::1:role/R" is not a role's ARN, expected arn:aws:iam::123456789012:role/NAME`},
		{"user's ARN", "[profile x]\nrole_arn = arn:aws:iam::111111111111:user/R\ncredential_source = Environment\n",
			`config:2: profile "x": role_arn "arn:aws:iam::111111111111:user/R" is not a role's ARN, expected arn:aws:iam::123456789012:role/NAME`},
		{"short duration", "[profile x]\n" + reader + "source_profile = x\nduration_seconds = 899\n" + keyPair,
			`config:4: profile "x": duration_seconds "899" is not a number from 900 to 43200`},
		{"longest duration", "[profile x]\n" + reader + "source_profile = x\nduration_seconds = 43200\n" + keyPair, ""},
		{"duration in words", "[profile x]\n" + reader + "source_profile = x\nduration_seconds = 1h\n" + keyPair,
			`config:4: profile "x": duration_seconds "1h" is not a number from 900 to 43200`},
		{"region", "[profile x]\nregion = US East (Ohio)\n" + keyPair, `region: config:2: profile "x": region "US East (Ohio)" is not a region name, expected one such as us-east-1`},
		{"max_attempts", "[profile x]\nmax_attempts = 0\n" + keyPair, `config:2: profile "x": max_attempts "0" is not a number from 1 up`},
		{"retry_mode", "[profile x]\nretry_mode = fast\n" + keyPair, `config:2: profile "x": retry_mode "fast" is unknown, expected legacy, standard or adaptive`},
		{"endpoint_url", "[profile x]\nendpoint_url = localhost:4566\n" + keyPair, `config:2: profile "x": endpoint_url "localhost:4566" is not an http or https URL`},
		{"the first of two services", "[services s]\nsts =\n  endpoint_url = b\nec2 =\n  endpoint_url = a\n[profile x]\nservices = s\n" + keyPair,
			`config:7: profile "x": endpoint_url "a" of ec2 in [services s] is not an http or https URL`},
		{"services", "[profile x]\nservices = local\n" + keyPair, `config:2: profile "x": section [services local] not found`},

		{"a source's role and settings do not matter to its keys",
			"[profile x]\n" + reader + "source_profile = y\n[profile y]\nrole_arn = no ARN\nregion = No Region\n" + keyPair, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := read(t, test.config, "")
			p := profile(t, c, "x")
			chain, err := c.Chain(p)
			got := ""
			switch {
			case p.Problem != nil:
				got = p.Problem.Error()
				if p.Problem != err || p.CanGiveCredentials() {
					t.Errorf("Chain says %v, CanGiveCredentials %t", err, p.CanGiveCredentials())
				}
			case p.RegionProblem != nil:
				got = "region: " + p.RegionProblem.Error()
			case err != nil:
				got = "chain: " + err.Error()
			case len(chain) == 0:
				t.Error("neither chain nor error")
			}
			if got != test.want {
				t.Errorf("\n got %s\nwant %s", got, test.want)
			}
			if problem := new(ProblemError); err != nil && (!errors.As(err, &problem) || problem.Profile != "x") {
				t.Errorf("got %#v, want a *ProblemError of x", err)
			}
		})
	}
}

func TestProblemAcrossFiles(t *testing.T) {
	t.Parallel()
	c := read(t, "[profile x]\naws_access_key_id = A\n[profile y]\n", "[x]\naws_secret_access_key = hidden\n[y]\nregion = us-east-1\nrole_arn = nothing\n")
	for name, want := range map[string]string{
		"x": `config:2: profile "x": aws_access_key_id without aws_secret_access_key in the same file`,
		"y": `credentials:5: profile "y": role_arn "nothing" is not a role's ARN, expected arn:aws:iam::123456789012:role/NAME`,
	} {
		if got := profile(t, c, name).Problem; got == nil || got.Error() != want {
			t.Errorf("\n got %v\nwant %s", got, want)
		}
	}
}

func TestChain(t *testing.T) {
	t.Parallel()
	source := func(name string) string { return reader + "source_profile = " + name + "\n" }
	for _, test := range []struct{ name, config, want string }{
		{"one hop", "[profile x]\n" + source("default") + "[default]\n" + keyPair, "x:role default:static"},
		{"three hops", "[profile x]\n" + source("a") + "[profile a]\n" + source("b") + "[profile b]\n" + source("c d") + "[profile 'c d']\n" + keyPair,
			"x:role a:role b:role c d:static"},
		{"from SSO", session + "[profile x]\n" + source("y") + "[profile y]\nsso_session = s\n" + account, "x:role y:sso"},
		{"from a process", "[profile x]\n" + source("y") + "[profile y]\ncredential_process = cmd\n", "x:role y:process"},
		{"from web identity", "[profile x]\n" + source("y") + "[profile y]\n" + reader + "web_identity_token_file = /t\n", "x:role y:web-identity"},
		{"from the environment", "[profile x]\n" + source("y") + "[profile y]\n" + reader + "credential_source = Environment\n", "x:role y:role"},
		{"own keys", "[profile x]\n" + source("x") + keyPair, "x:role x:static"},
		{"own SSO", session + "[profile x]\n" + source("x") + "sso_session = s\n" + account, "x:role x:sso"},
		{"source with keys and a role", "[profile x]\n" + source("y") + "[profile y]\n" + source("z") + keyPair, "x:role y:static"},
		{"source with keys that comes back", "[profile x]\n" + source("y") + keyPair + "[profile y]\n" + source("x"), "x:role y:role x:static"},
		{"no role", "[profile x]\ncredential_process = cmd\n", "x:process"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := read(t, test.config, "")
			chain, err := c.Chain(profile(t, c, "x"))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for i, p := range chain {
				got = append(got, p.Name+":"+string(p.Kind))
				if hasRole := p.RoleARN != ""; p.Kind == KindStatic && hasRole || i < len(chain)-1 && !hasRole {
					t.Errorf("%s has role_arn %q", p.Name, p.RoleARN)
				}
			}
			if strings.Join(got, " ") != test.want {
				t.Errorf("got %s, want %s", strings.Join(got, " "), test.want)
			}
		})
	}
}
