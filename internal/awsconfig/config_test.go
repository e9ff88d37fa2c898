package awsconfig

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// read loads two texts as files named config and credentials, so that the
// positions in messages are short.
func read(t *testing.T, config, credentials string) *Config {
	t.Helper()
	c, err := build(Files{Config: "config", Credentials: "credentials"}, []byte(config), []byte(credentials))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func profile(t *testing.T, c *Config, name string) *Profile {
	t.Helper()
	p, err := c.Profile(name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestLocate(t *testing.T) {
	t.Parallel()
	home := "/home/mia"
	for _, test := range []struct {
		name string
		env  map[string]string
		want Files
		err  string
	}{
		{"home", map[string]string{"HOME": home},
			Files{Config: "/home/mia/.aws/config", Credentials: "/home/mia/.aws/credentials"}, ""},
		{"no home", nil, Files{}, ""},
		{"named", map[string]string{"HOME": home, "AWS_CONFIG_FILE": "~/c", "AWS_SHARED_CREDENTIALS_FILE": "$HOME/k/$none"},
			Files{Config: "/home/mia/c", Credentials: "/home/mia/k/$none", ConfigSet: true, CredentialsSet: true}, ""},
		{"one named", map[string]string{"HOME": home, "AWS_CONFIG_FILE": "rel/~x"},
			Files{Config: "rel/~x", Credentials: "/home/mia/.aws/credentials", ConfigSet: true}, ""},
		{"empty is unset", map[string]string{"HOME": home, "AWS_CONFIG_FILE": ""},
			Files{Config: "/home/mia/.aws/config", Credentials: "/home/mia/.aws/credentials"}, ""},
		{"other user's home", map[string]string{"HOME": home, "AWS_CONFIG_FILE": "~bob/c"},
			Files{Config: "~bob/c", Credentials: "/home/mia/.aws/credentials", ConfigSet: true}, ""},
		{"tilde without home", map[string]string{"AWS_SHARED_CREDENTIALS_FILE": "~/k"},
			Files{}, `AWS_SHARED_CREDENTIALS_FILE is "~/k" but HOME is not set: set it, or give the whole path`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if filepath.Separator != '/' {
				t.Skip("the paths are those of Unix")
			}
			got, err := Locate(func(name string) (string, bool) { v, ok := test.env[name]; return v, ok })
			if fmt.Sprint(err) != test.err && (err != nil || test.err != "") {
				t.Fatalf("error %v, want %q", err, test.err)
			}
			got.Locks = test.want.Locks
			if err == nil && got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

func TestLoadFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f := Files{Config: filepath.Join(dir, "config"), Credentials: filepath.Join(dir, "credentials")}
	c, err := Load(f)
	if err != nil || len(c.Profiles) != 0 {
		t.Fatalf("missing files: %v, %v", c, err)
	}
	if c, err = Load(Files{}); err != nil || len(c.Profiles) != 0 {
		t.Fatalf("no paths: %v, %v", c, err)
	}
	for path, text := range map[string]string{f.Config: "[profile a]\nregion = eu-west-1\n", f.Credentials: "[a]\nregion = us-west-2\n[b]\n"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if c, err = Load(f); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprintf("%q %s", c.profileNames(), c.Profiles[0].Region); got != `["a" "b"] us-west-2` {
		t.Error("got", got)
	}
	if _, err := Load(Files{Config: dir}); err == nil {
		t.Error("a directory was read as a file")
	}
	if err := os.WriteFile(f.Credentials, []byte("[b"), 0o600); err != nil {
		t.Fatal(err)
	}
	var syntax *SyntaxError
	if _, err := Load(f); !errors.As(err, &syntax) || syntax.File != f.Credentials || syntax.Line != 1 {
		t.Errorf("got %v, want a *SyntaxError in line 1 of %s", err, f.Credentials)
	}
}

func TestMatch(t *testing.T) {
	t.Parallel()
	c := read(t, "[profile prod-eu]\n[default]\n[profile prod-us]\n[profile dev]\n[profile odd[1]*]\n[profile bare \"x]\n[forgot]\n[profile b c]\n", "[only keys]\n")
	for _, test := range []struct{ pattern, want, err string }{
		{"dev", "dev", ""},
		{"prod-*", "prod-eu prod-us", ""},
		{"*", `prod-eu default prod-us dev odd[1]* bare "x b c only keys`, ""},
		{"prod-{us,eu}", "prod-eu prod-us", ""},
		{"de[vw]", "dev", ""},
		{"de?", "dev", ""},
		{"odd[1]*", "odd[1]*", ""},
		{"stage-*", "", `profile "stage-*" not found in config`},
		{"dve", "", `profile "dve" not found in config; did you mean "dev"?`},
		{"prod-ue", "", `profile "prod-ue" not found in config; did you mean "prod-eu"?`},
		{"Dev", "", `profile "Dev" not found in config; did you mean "dev"?`},
		{"keys", "", `profile "keys" not found in config; did you mean "only keys"?`},
		{"forgot", "", `profile "forgot" not found in config: write [profile forgot] instead of [forgot] in line 7`},
		{"new\nline", "", `profile "new\nline" not found in config`},
		{"", "", `profile "" not found in config`},
	} {
		got, err := c.Match(test.pattern)
		var names []string
		for _, p := range got {
			names = append(names, p.Name)
		}
		text := ""
		if err != nil {
			text = err.Error()
			if !errors.As(err, new(*NotFoundError)) {
				t.Errorf("Match(%q): %T, want *NotFoundError", test.pattern, err)
			}
		}
		if strings.Join(names, " ") != test.want || text != test.err {
			t.Errorf("Match(%q)\n got %q, %q\nwant %q, %q", test.pattern, names, text, test.want, test.err)
		}
	}
	if _, err := c.Match("prod-["); err == nil || !strings.HasPrefix(err.Error(), `profile "prod-[": not a pattern: `) || strings.Contains(err.Error(), "\n") {
		t.Errorf("broken pattern: %v", err)
	}
}

func TestSession(t *testing.T) {
	t.Parallel()
	c := read(t, `[sso-session "big corp"]
sso_start_url = https://Big.awsapps.com/start/#/
sso_region = eu-west-1   # Ireland
sso_registration_scopes = sso:account:access,
  codewhisperer:completions other

[sso-session half]
sso_start_url = https://x

[sso-session unnamed-region]
sso_start_url = https://x
sso_region = Ireland
`, "")
	s, err := c.Session("big corp")
	if err != nil {
		t.Fatal(err)
	}
	want := Session{Name: "big corp", StartURL: "https://Big.awsapps.com/start/#/", Region: "eu-west-1",
		Scopes: []string{"sso:account:access", "codewhisperer:completions", "other"}, File: "config", Line: 1}
	if !reflect.DeepEqual(*s, want) {
		t.Errorf("got %+v\nwant %+v", *s, want)
	}
	for name, want := range map[string]string{
		"half":           `config:7: sso-session "half" lacks sso_region`,
		"unnamed-region": `config:10: sso-session "unnamed-region" has sso_region "Ireland", which is not a region name`,
	} {
		if s, err := c.Session(name); err != nil || fmt.Sprint(s.Problem) != want {
			t.Errorf("%s: %v\nwant %s", name, s.Problem, want)
		}
	}
	if _, err := c.Session("big"); err == nil || err.Error() != `sso-session "big" not found in config; did you mean "big corp"?` {
		t.Error(err)
	}
}

func TestProfileFields(t *testing.T) {
	t.Parallel()
	c := read(t, `# comment
[profile full]
REGION = us-east-2	; Ohio
Output=json
role_arn: arn:aws-cn:iam::012345678901:role/team/Reader
source_profile = 'base'
external_id = a=b#c
role_session_name = "me"
mfa_serial = arn:aws-cn:iam::012345678901:mfa/me
duration_seconds = 3600
endpoint_url = http://localhost:4566
services = local
ignore_configured_endpoint_urls = True
use_fips_endpoint = true
use_dualstack_endpoint = TRUE
ca_bundle = /etc/ssl #1/ca.pem
retry_mode = adaptive
max_attempts = 7
s3 =
  addressing_style = path

  signature_version = s3v4
aws_account_id = 012345678901
[profile base]
region = eu-west-1
aws_access_key_id = CONFIG
aws_secret_access_key = config-secret
aws_session_token = config-token
[profile tool]
credential_process = "/opt/my tool/keys" --as "x"
[profile pod]
web_identity_token_file = '/var/run/to ken'
role_arn = arn:aws:iam::111111111111:role/Pod
[profile in]
login_session = arn:aws:iam::111111111111:user/me
[services local]
ec2 =
  endpoint_url = http://ec2
  # note
  other = x
cognito_identity =
	Endpoint_URL=http://cognito
s3 = 1
`, `[base]
aws_access_key_id = AKIDBASE
aws_secret_access_key = "se=cr#et ;x"
`)
	p := *profile(t, c, "full")
	p.keys = nil
	want := Profile{
		Name: "full", File: "config", Line: 2, Kind: KindRole, Region: "us-east-2", Output: "json",
		RoleSettings: RoleSettings{
			RoleARN: "arn:aws-cn:iam::012345678901:role/team/Reader", ExternalID: "a=b#c", RoleSessionName: "me",
			MFASerial: "arn:aws-cn:iam::012345678901:mfa/me", Duration: time.Hour,
		},
		SourceProfile: "base", EndpointURL: "http://localhost:4566", services: "local",
		Endpoints:                 map[string]string{"ec2": "http://ec2", "cognito_identity": "http://cognito"},
		IgnoreConfiguredEndpoints: true, UseFIPS: true, UseDualStack: true, CABundle: "/etc/ssl #1/ca.pem", RetryMode: "adaptive", MaxAttempts: 7,
	}
	if !reflect.DeepEqual(p, want) {
		t.Errorf("got  %#v\nwant %#v", p, want)
	}
	if p.AccountID() != "012345678901" || p.Role() != "Reader" {
		t.Error(p.AccountID(), p.Role())
	}
	base := profile(t, c, "base")
	got := []string{base.AccessKeyID, base.SecretAccessKey, base.SessionToken, base.Region, base.AccountID(), base.Role(), profile(t, c, "tool").CredentialProcess,
		profile(t, c, "pod").WebIdentityTokenFile, profile(t, c, "pod").AccountID(), profile(t, c, "in").LoginSession}
	if want := []string{"AKIDBASE", "se=cr#et ;x", "", "eu-west-1", "", "", `"/opt/my tool/keys" --as "x"`,
		"/var/run/to ken", "111111111111", "arn:aws:iam::111111111111:user/me"}; !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	asJSON, err := json.Marshal(base)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{fmt.Sprintf("%v %+v %s", base, base, base), string(asJSON)} {
		if strings.Contains(text, "se=cr") {
			t.Errorf("the secret is in %s", text)
		}
	}
}

func TestNormalizeStartURL(t *testing.T) {
	t.Parallel()
	const want = "https://freddy.awsapps.com/start"
	for _, s := range []string{
		want, "https://Freddy.awsapps.com/start/", " HTTPS://FREDDY.AWSAPPS.COM/start/#/", "https://freddy.awsapps.com/start#/",
		"https://freddy.awsapps.com/start/#", "https://freddy.awsapps.com/start//", "https://freddy.awsapps.com/start/#/?tab=accounts",
	} {
		if got := NormalizeStartURL(s); got != want {
			t.Errorf("%q: got %q", s, got)
		}
	}
	for s, want := range map[string]string{
		"https://x/Start": "https://x/Start", "HTTPS://X.Y:8": "https://x.y:8", "": "", "x/Y/": "x/Y", "://A/B": "://a/B",
	} {
		if got := NormalizeStartURL(s); got != want {
			t.Errorf("%q: got %q, want %q", s, got, want)
		}
	}
}
