package cli

import (
	"bytes"
	"io"
	"log"
	"maps"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"muster/internal/awssim"
)

// echoWorld has something of every kind that a secret is needed for.
const echoWorld = `{
  "regions": ["us-east-1", "eu-west-1"],
  "organization": {},
  "accounts": [{"id": "100000000001", "name": "main"}, {"id": "200000000002", "name": "dev"}],
  "users": [{"account": "main", "name": "ann", "mfa_serial": "arn:aws:iam::100000000001:mfa/ann", "mfa_codes": ["493817", "820364"]}],
  "roles": [
    {"name": "Reader", "external_id": "ext-5b1c0a77"},
    {"name": "Strict", "accounts": ["dev"], "external_id": "ext-5b1c0a77", "require_mfa": true},
    {"name": "Machine", "accounts": ["dev"]},
    {"name": "Staff", "saml": "corp"},
    {"name": "Robot", "web_identity": {"provider": "https://token.example.com", "audience": "sts.amazonaws.com", "subject": "*"}}
  ],
  "saml_providers": [{"name": "corp"}],
  "identity_providers": [
    {"kind": "onelogin", "name": "corp", "client_id": "c1ient-1d", "client_secret": "c1ient-s3cret-0f-the-api-0f-0ne", "users": [{"login": "ann@example.com", "password": "Tr0ub4dor", "profile": "onelogin"}]},
    {"kind": "okta", "name": "acme", "provider": "corp", "users": [{"login": "bob@example.com", "password": "Tr0ub4dor", "profile": "okta"}]}
  ],
  "oidc_providers": [{"url": "https://token.example.com", "audiences": ["sts.amazonaws.com"]}],
  "sso": [
    {"name": "corp", "start_url": "https://corp.awsapps.com/start", "region": "us-east-1", "assignments": {"*": ["ReadOnly"]},
      "tokens": [{"expires_in": "1m", "access_token": "aoaAAAAAGcQ7Vn2xXw8Yt5Zk3LmPqRs9UvWbCdEfGh", "refresh_token": "aorAAAAAGdR8Wo3yYx9Zu6Al4MnQrSt0VwXcDeFgHi"}],
      "login": {"polls": 1, "interval": "1s"}}
  ],
  "instances": [{"account": "*", "region": "*", "name": "web", "private_ips": ["10.0.0.5"]}],
  "metadata": {"account": "dev", "role": "Machine"},
  "container": {"account": "dev", "role": "Machine"},
  "home": {"profile": "ann", "region": "eu-west-1", "config": "[profile mine]\nrole_arn = arn:aws:iam::200000000002:role/Machine\nsource_profile = ann\n\n[profile laptop]\nlogin_session = arn:aws:iam::100000000001:user/ann\n"}
}`

// TestEcho: whatever a server repeats of what it was sent and has sent before, in
// whichever call, part of the answer and encoding, no secret of the run is printed.
func TestEcho(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long")
	}
	t.Parallel()
	role := []string{"--org", "--role", "Reader", "--external-id", "ext-5b1c0a77"}
	strict := []string{"--role-arn", "arn:aws:iam::200000000002:role/Strict", "--external-id", "ext-5b1c0a77",
		"--serial-number", "arn:aws:iam::100000000001:mfa/ann", "--token-code", "493817"}
	type command struct {
		args    []string
		listing bool     // no secret belongs on stdout
		mute    bool     // nothing of the server's is printed at all
		without string   // variables that lead to other credentials
		with    []string // more of the environment
	}
	machine := "AWS_PROFILE="
	passwords := []string{"MUSTER_SAML_PASSWORD=Tr0ub4dor", "MUSTER_SAML_CLIENT_SECRET=c1ient-s3cret-0f-the-api-0f-0ne"}
	for name, c := range map[string]command{
		"whoami":        {args: []string{"whoami", "--profile", "mine"}, listing: true},
		"instances":     {args: append([]string{"instances"}, role...), listing: true},
		"accounts":      {args: append([]string{"accounts"}, role...), listing: true},
		"regions":       {args: append([]string{"regions"}, role...), listing: true},
		"find":          {args: append([]string{"find", "10.0.0.5"}, role...), listing: true},
		"sso":           {args: []string{"instances", "--sso-session", "corp"}, listing: true},
		"sso roles":     {args: []string{"accounts", "--sso-session", "corp"}, listing: true},
		"login":         {args: []string{"login", "corp"}},
		"aws login":     {args: []string{"login", "laptop"}},
		"device login":  {args: []string{"login", "corp", "--use-device-code"}},
		"logout":        {args: []string{"logout", "corp"}},
		"assume-role":   {args: append([]string{"assume-role", "-o", "env"}, strict...)},
		"saml":          {args: []string{"assume-role", "-o", "env", "--saml-assertion", "FILE.saml"}},
		"onelogin":      {args: []string{"login", "onelogin", "--role-arn", "arn:aws:iam::200000000002:role/Staff"}, with: passwords},
		"okta":          {args: []string{"login", "okta", "--role", "St*"}, with: passwords},
		"web identity":  {args: []string{"assume-role", "-o", "env", "--web-identity-token-file", "FILE.jwt", "--role-arn", "arn:aws:iam::200000000002:role/Robot"}},
		"session-token": {args: []string{"session-token", "-o", "env", "--serial-number", "arn:aws:iam::100000000001:mfa/ann", "--token-code", "820364"}},
		"console":       {args: []string{"console", "--profile", "mine"}, mute: true},
		"federation":    {args: []string{"console", "--policy-arns", "arn:aws:iam::aws:policy/ReadOnlyAccess"}, mute: true},
		"container":     {args: []string{"whoami"}, listing: true, without: machine},
		"instance role": {args: []string{"whoami"}, listing: true, without: machine, with: []string{"AWS_CONTAINER_CREDENTIALS_FULL_URI="}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run := func(attack, style, form string) *echo {
				w, err := awssim.ParseWorld([]byte(echoWorld))
				if err != nil {
					t.Fatal(err)
				}
				sim, environ := simulated(t, w, false)
				defer sim.Close()
				e := &echo{sim: sim, attack: attack, style: style, form: echoForms[form], operations: map[string]bool{}, secrets: map[string]bool{}}
				server := httptest.NewUnstartedServer(e)
				server.Config.ErrorLog = log.New(io.Discard, "", 0)
				server.Start()
				defer server.Close()
				home := strings.TrimPrefix(environ[0], "HOME=")
				for i, pair := range environ {
					if c.without != "" && strings.HasPrefix(pair, c.without) {
						environ[i] = c.without
					}
					environ[i] = strings.ReplaceAll(environ[i], sim.URL(), server.URL)
				}
				environ = append(environ, append(c.with, "AWS_MAX_ATTEMPTS=1")...)
				config := filepath.Join(home, ".aws", "config")
				text, err := os.ReadFile(config)
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(config, []byte(strings.ReplaceAll(string(text), sim.URL(), server.URL)), 0o600); err != nil {
					t.Fatal(err)
				}
				report := filepath.Join(home, "report.json")
				args := slices.Clone(c.args)
				if args[0] == "login" && attack != "" {
					args = append(args, "--timeout", "2s") // nobody signs in
				}
				for i, arg := range args {
					switch arg {
					case "FILE.saml":
						assertion := sim.SAMLAssertion("arn:aws:iam::200000000002:role/Staff")
						e.learn(assertion)
						args[i] = filepath.Join(home, arg)
						if err := os.WriteFile(args[i], []byte(assertion), 0o600); err != nil {
							t.Fatal(err)
						}
					case "FILE.jwt":
						token := sim.WebIdentityToken("https://token.example.com", "sts.amazonaws.com", "me", time.Hour)
						args[i] = filepath.Join(home, arg)
						if err := os.WriteFile(args[i], []byte(token), 0o600); err != nil {
							t.Fatal(err)
						}
					}
				}
				if args[0] == "instances" || args[0] == "accounts" || args[0] == "regions" || args[0] == "find" {
					args = append(args, "--report", report)
				}
				var stdout, stderr bytes.Buffer
				Main(t.Context(), append(args, "--debug"), &App{
					Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr, Environ: environ, OpenBrowser: visit,
					OpenTTY: func() (io.ReadWriteCloser, error) { return nil, os.ErrNotExist },
				})
				printed := map[string]string{"stderr": stderr.String()}
				if c.listing {
					printed["stdout"] = stdout.String()
				}
				if data, err := os.ReadFile(report); err == nil {
					printed["report"] = string(data)
				}
				for where, text := range printed {
					found := newPrintedText(text)
					for _, secret := range e.known() {
						if form := found.leaks(secret); form != "" {
							t.Errorf("attack %s, %s, %s: %s has %s (%s) in\n%.3000s", attack, style, form, where, secret, form, text)
							return e
						}
					}
				}
				e.removed = strings.Contains(printed["stderr"], "[secret]")
				return e
			}
			healthy := run("", "message", "plain")
			removed := false
			forms := slices.Sorted(maps.Keys(echoForms))
			for i, attack := range slices.Sorted(maps.Keys(healthy.operations)) {
				for j, style := range []string{"message", "message", "code", "header", "page", "status", "malformed"} {
					removed = run(attack, style, forms[(len(name)+i+j)%len(forms)]).removed || removed
				}
			}
			if !removed && !c.mute {
				t.Error("no attack has had its secrets printed: is it one?")
			}
		})
	}
}
