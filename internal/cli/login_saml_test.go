package cli

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"muster/internal/awssim"
	"muster/internal/awssim/simtest"
)

// samlWorld has people who sign in at OneLogin and at Okta. Each has a profile of the same name,
// which the AWS CLI uses through its credential_process. MUSTER stands for the program.
const samlWorld = `{
  "regions": ["us-east-1", "eu-west-1"],
  "accounts": [
    {"id": "100000000001", "name": "main"}, {"id": "200000000002", "name": "dev", "alias": "acme-dev"}, {"id": "300000000003", "name": "prod", "alias": "acme-prod"}
  ],
  "roles": [{"name": "Staff", "saml": "corp"}, {"name": "Admin", "saml": "corp", "accounts": ["prod"], "max_session": "4h"}],
  "saml_providers": [{"name": "corp"}],
  "identity_providers": [
    {"kind": "onelogin", "name": "acme", "provider": "corp", "client_id": "c1ient-1d", "client_secret": "c1ient-s3cret-0f-the-api", "lockout": 8, "allowed_ips": ["192.0.2.7"], "users": [
      {"login": "ann@example.com", "password": "Ann-5-passw0rd", "profile": "ann", "factors": [{"kind": "totp", "secret": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"}, {"kind": "push", "polls": 1}], "config": "CONFIG ann"},
      {"login": "una@example.com", "password": "Una-5-passw0rd", "profile": "una", "state": "LOCKED_OUT"}]},
    {"kind": "okta", "name": "staff", "provider": "corp", "lockout": 8, "apps": [{}], "users": [
      {"login": "bob@example.com", "password": "Bob-5-passw0rd", "profile": "bob", "config": "CONFIG bob", "factors": [
        {"kind": "totp", "secret": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJA"}, {"kind": "push", "polls": 1, "number": 42}, {"kind": "sms"}]},
      {"login": "dan@example.com", "password": "Dan-5-passw0rd", "profile": "dan", "factors": [{"kind": "push", "answer": "deny"}]},
      {"login": "eve@example.com", "password": "Eve-5-passw0rd", "profile": "eve", "state": "LOCKED_OUT"},
      {"login": "sam@example.com", "password": "Sam-5-passw0rd", "profile": "sam"}]}
  ],
  "instances": [{"account": "*", "region": "us-east-1", "name": "web", "private_ips": ["10.0.0.5"]}],
  "home": {}
}`

// samlLaptop returns the environment of a user at a terminal in that world, for all profiles of
// the config. Okta's only app gets the settings of app.
func samlLaptop(t *testing.T, app string) (sim *awssim.Server, home string, environ []string) {
	t.Helper()
	binary, err := built()
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(samlWorld, `"apps": [{}]`, cmp.Or(app, `"apps": [{}]`), 1)
	text = regexp.MustCompile(`CONFIG (\w+)`).ReplaceAllString(text, "region = us-east-1\\ncredential_process = "+binary+" credentials --profile $1 -o process")
	w, err := awssim.ParseWorld([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	sim, environ = simulated(t, w, false)
	home = strings.TrimPrefix(environ[0], "HOME=")
	config := filepath.Join(home, ".config", "muster", "config.yaml") // with it, login offers no context
	if err := os.MkdirAll(filepath.Dir(config), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(config, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	return sim, home, append(environ, "TERM=xterm", "PATH="+os.Getenv("PATH"), "MUSTER_PAGER=cat")
}

// step is a part of a dialogue on a terminal.
type step struct {
	shown string                          // a pattern to wait for
	typed func(sim *awssim.Server) string // then typed; nil for nothing
}

func enters(text string) func(*awssim.Server) string {
	return func(*awssim.Server) string { return text }
}

func code(login, kind string) func(*awssim.Server) string {
	return func(sim *awssim.Server) string { return sim.OneTimeCode(login, kind) }
}

// dialogue runs muster on a terminal through the steps. It returns the screen and the exit code.
func dialogue(t *testing.T, sim *awssim.Server, environ []string, steps []step, args ...string) (shown string, exitCode int) {
	t.Helper()
	command, tty, screen := startOnTerminal(t, environ, args...)
	seen := "(?s:"
	for _, s := range steps {
		seen += ".*" + s.shown
		waitFor(t, screen, seen+")")
		if s.typed != nil {
			io.WriteString(tty, s.typed(sim)+"\n")
		}
	}
	command.Wait()
	waitFor(t, screen, seen+")")
	return screen.String(), command.ProcessState.ExitCode()
}

var (
	annPassword = []step{
		{`Client secret of the API credentials c1ient-1d at OneLogin: `, enters("c1ient-s3cret-0f-the-api")},
		{`Password of ann@example.com at OneLogin: `, enters("Ann-5-passw0rd")},
	}
	bobPassword = []step{{`Password of bob@example.com at Okta: `, enters("Bob-5-passw0rd")}}
	roles       = `the SAML assertion offers several roles:
  1  100000000001             Staff
  2  200000000002  acme-dev   Staff
  3  300000000003  acme-prod  Admin
  4  300000000003  acme-prod  Staff
Which one\? \[1-4 or name\] `
)

// TestLoginSAMLOnATerminal: sign-ins with every factor, and the choice of a role. After each,
// muster and the AWS CLI need no other one.
func TestLoginSAMLOnATerminal(t *testing.T) {
	t.Parallel()
	cli, noCLI := exec.LookPath("aws")
	for name, c := range map[string]struct {
		profile string
		steps   []step
		role    string
		account string
	}{
		"OneLogin, code, by number": {"ann", append(annPassword[:2:2],
			step{`Second factor:(?s:.*)Which one\? `, enters("Authenticator")}, step{`ode of Google Authenticator: `, code("ann@example.com", "totp")},
			step{roles, enters("2")}), "Staff", "200000000002"},
		"OneLogin, push, by name": {"ann", append(annPassword[:2:2],
			step{`Second factor:(?s:.*)Which one\? `, enters("protect")}, step{`Approve the sign-in on your phone \(OneLogin Protect\)`, nil},
			step{roles, enters("admin")}), "Admin", "300000000003"},
		"Okta, code, by name after mistakes": {"bob", append(bobPassword[:1:1],
			step{`Second factor:(?s:.*)Which one\? `, enters("1")}, step{`ode of Google Authenticator: `, enters("000000")},
			step{`try again\n(?s:.*)ode of Google Authenticator: `, code("bob@example.com", "totp")},
			step{roles, enters("staff")}, step{`"staff" fits 3 of them\nWhich one\? \[1-4 or name\] `, enters("main staff")}, step{`"main staff" fits none of them\nWhich one\? `, enters("Staff acme-prod")}),
			"Staff", "300000000003"},
		"Okta, push": {"bob", append(bobPassword[:1:1],
			step{`Second factor:(?s:.*)Which one\? `, enters("push")}, step{`Approve the sign-in on your phone \(push of Okta Verify Phone\) with the number 42`, nil},
			step{roles, enters("1")}), "Staff", "100000000001"},
		"Okta, SMS": {"bob", append(bobPassword[:1:1],
			step{`Second factor:(?s:.*)Which one\? `, enters("sms")}, step{`Code that Okta has sent \(SMS to [^)]*\): `, code("bob@example.com", "sms")},
			step{roles, enters("acme-prod Admin")}), "Admin", "300000000003"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim, home, environ := samlLaptop(t, "")
			shown, exitCode := dialogue(t, sim, environ, append(c.steps, step{`signed in to \w+ \(profile "\w+"\) as ` + c.role + ` \(.*` + c.account + `\) until \d\d\d\d-`, nil}), "login", c.profile)
			if exitCode != 0 {
				t.Fatalf("exit code %d\n%s", exitCode, shown)
			}
			for _, secret := range []string{"passw0rd", "s3cret", sim.OneTimeCode("bob@example.com", "sms")} {
				if secret != "" && strings.Contains(shown, secret) {
					t.Errorf("the terminal shows %s:\n%s", secret, shown)
				}
			}
			if got := muster(t, environ, "instances", "--profile", c.profile, "--region", "us-east-1", "--jq", `"\(.AccountId) \(.Role)"`); got.stdout != c.account+" "+c.role+"\n" {
				t.Error(got)
			}
			if got := muster(t, environ, "instances", "--saml-profile", c.profile, "--region", "us-east-1", "--account", c.account+",100000000001", "--sort-by", "AccountId", "--jq", `"\(.AccountId) \(.Role)"`); !strings.Contains(got.stdout, c.account+" "+c.role+"\n") || !strings.HasPrefix(got.stdout, "100000000001 Staff\n") {
				t.Error("all accounts:", got)
			}
			checkNoAssertion(t, home)
			calls := map[string]int{}
			for _, call := range sim.Calls() {
				calls[call.Operation]++
			}
			if calls["AssumeRoleWithSAML"] != 3 { // one in each account
				t.Errorf("calls: %v", calls)
			}
			if noCLI != nil {
				t.Skip("the AWS CLI (aws) is not on PATH")
			}
			command := exec.Command(cli, "sts", "get-caller-identity", "--profile", c.profile, "--query", "Arn", "--output", "text")
			command.Env = environ
			if out, err := command.CombinedOutput(); err != nil || !strings.Contains(string(out), c.account+":assumed-role/"+c.role+"/") {
				t.Errorf("%v\n%s", err, out)
			}
			if got := muster(t, environ, "logout", c.profile); got.code != 0 || len(keptFiles(t, home)) > 0 {
				t.Errorf("%v: %s", got, keptFiles(t, home))
			}
			command = exec.Command(cli, "sts", "get-caller-identity", "--profile", c.profile)
			command.Env = environ
			if out, err := command.CombinedOutput(); err == nil || !strings.Contains(string(out), "sign in with: muster login "+c.profile) {
				t.Errorf("%v\n%s", err, out)
			}
			if problems := sim.Problems(); len(problems) > 0 {
				t.Error(problems)
			}
		})
	}
}

// checkNoAssertion reports a file that has a secret of a sign-in: no file has any.
func checkNoAssertion(t *testing.T, home string) {
	t.Helper()
	err := filepath.WalkDir(home, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if info, err := d.Info(); strings.Contains(path, "/cli/cache/") && (err != nil || info.Mode().Perm() != 0o600) {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
		text, err := os.ReadFile(path)
		for _, secret := range []string{"SAMLResponse", "PHNhbWwycDp", "saml2p:Response", "passw0rd", "s3cret-0f"} {
			if strings.Contains(string(text), secret) {
				t.Errorf("%s has %s", path, secret)
			}
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// keptFiles returns the names of the files of SAML sign-ins.
func keptFiles(t *testing.T, home string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(home, ".aws", "cli", "cache", "*"))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestLoginSAMLRefused: a sign-in that fails ends with one line, exit code 1, and nothing in a
// file.
func TestLoginSAMLRefused(t *testing.T) {
	t.Parallel()
	password := func(profile, name, provider string) []step {
		return []step{{`Password of ` + profile + `@example\.com at ` + provider + `: `, enters(name + "-5-passw0rd")}}
	}
	clientSecret := annPassword[0]
	for name, c := range map[string]struct {
		profile string
		steps   []step
		want    string
	}{
		"wrong password":             {"bob", []step{{`Password of bob@example\.com at Okta: `, enters("hunter2")}}, `Okta .*password`},
		"wrong password at OneLogin": {"ann", []step{clientSecret, {`Password of ann@example\.com at OneLogin: `, enters("hunter2")}}, `OneLogin .*password`},
		"wrong client secret":        {"ann", []step{{clientSecret.shown, enters("x")}}, `OneLogin .*saml_client_id`},
		"locked":                     {"eve", password("eve", "Eve", "Okta"), `locked`},
		"locked at OneLogin":         {"una", append([]step{clientSecret}, password("una", "Una", "OneLogin")...), `locked`},
		"denied push":                {"dan", password("dan", "Dan", "Okta"), `(denied|refused|rejected)`},
		"wrong code three times": {"bob", append(bobPassword[:1:1], step{`Second factor:(?s:.*)Which one\? `, enters("1")},
			step{`ode of Google Authenticator: `, enters("000000")}, step{`ode of Google Authenticator: `, enters("000001")}, step{`ode of Google Authenticator: `, enters("000002")}), `3 times; nobody is signed in`},
		"expired assertion":   {"sam", append(password("sam", "Sam", "Okta"), step{`the SAML assertion offers several roles:(?s:.*)Which one\? `, enters("1")}), `AssumeRoleWithSAML: ExpiredTokenException: Token must be redeemed within 5 minutes of issuance`},
		"changed page":        {"sam", password("sam", "Sam", "Okta"), `page`},
		"only in the browser": {"sam", password("sam", "Sam", "Okta"), `saml_provider = command`},
		"no choice":           {"bob", append(bobPassword[:1:1], step{`Second factor:(?s:.*)Which one\? `, enters("9")}, step{`Which one\? `, enters("")}, step{`Which one\? `, enters("fax")}), `"fax" fits none of them`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, args := range [][]string{{"login", c.profile}, {"whoami", "--profile", c.profile}} {
				sim, home, environ := samlLaptop(t, map[string]string{
					"expired assertion": `"apps": [{"lifetime": "-1m"}]`, "changed page": `"apps": [{"page": "changed"}]`, "only in the browser": `"browser_only": true`,
				}[name])
				steps := c.steps
				if args[0] != "login" {
					steps = append([]step{{`profile "` + c.profile + `" is not signed in\. Sign in now\? \[Y/n\] `, enters("")}}, steps...)
				}
				shown, exitCode := dialogue(t, sim, environ, append(steps, step{`[^\n]*` + c.want, nil}), args...)
				last := shown[strings.LastIndex(strings.TrimSpace(shown), "\n")+1:]
				if exitCode != 1 || !regexp.MustCompile(c.want).MatchString(last) && args[0] == "login" || strings.Contains(shown, "hunter2") || strings.Contains(shown, "passw0rd") {
					t.Errorf("%s: exit code %d\n%s", args, exitCode, shown)
				}
				if files := keptFiles(t, home); len(files) > 0 {
					t.Errorf("%s: kept %s", args, files)
				}
				checkNoAssertion(t, home)
			}
		})
	}
}

// TestSignInMidwayToSAML: a command that needs a sign-in asks once, and goes on; several accounts
// need one sign-in. A user who says no gets the command to run.
func TestSignInMidwayToSAML(t *testing.T) {
	t.Parallel()
	signIn := append([]step{{`profile "bob" is not signed in\. Sign in now\? \[Y/n\] `, enters("")}}, append(bobPassword[:1:1],
		step{`Second factor:(?s:.*)Which one\? `, enters("1")}, step{`ode of Google Authenticator: `, code("bob@example.com", "totp")})...)
	t.Run("no", func(t *testing.T) {
		t.Parallel()
		sim, _, environ := samlLaptop(t, "")
		shown, exitCode := dialogue(t, sim, environ, []step{{`Sign in now\? \[Y/n\] `, enters("n")}, {`profile "bob" is not signed in; sign in with: muster login bob --role `, nil}}, "instances", "--saml-profile", "bob")
		if exitCode != 1 || strings.Count(shown, "Sign in now?") != 1 || len(sim.Calls()) > 0 {
			t.Errorf("exit code %d\n%s", exitCode, shown)
		}
	})
	for name, c := range map[string]struct {
		args []string
		role step
		want string
	}{
		"one account":  {[]string{"instances", "--profile", "bob", "--region", "us-east-1", "--jq", `"\(.AccountId) \(.Role)"`}, step{roles, enters("3")}, "300000000003 Admin\n"},
		"all accounts": {[]string{"instances", "--saml-profile", "bob", "--role", "Ad*,Staff", "--region", "us-east-1", "--sort-by", "AccountId", "--jq", `"\(.AccountId) \(.AccountName) \(.Role)"`}, step{}, "100000000001  Staff\n200000000002 acme-dev Staff\n300000000003 acme-prod Admin\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim, home, environ := samlLaptop(t, "")
			steps := append(signIn[:len(signIn):len(signIn)], step{`muster: signed in to profile "bob"`, nil})
			if c.role.shown != "" {
				steps = append(steps, c.role)
			}
			steps = append(steps, step{strings.ReplaceAll(c.want, "\n", "\r?\n"), nil})
			shown, exitCode := dialogue(t, sim, environ, steps, c.args...)
			if exitCode != 0 {
				t.Errorf("exit code %d\n%s", exitCode, shown)
			}
			if got := muster(t, environ, c.args...); got.stdout != c.want {
				t.Error("again:", got)
			}
			checkNoAssertion(t, home)
			if problems := sim.Problems(); len(problems) > 0 {
				t.Error(problems)
			}
		})
	}
}

// TestTwoTerminalsAskOnce: while the user signs in at one terminal, a command at another one
// waits, and then needs no sign-in.
func TestTwoTerminalsAskOnce(t *testing.T) {
	t.Parallel()
	sim, _, environ := samlLaptop(t, "")
	args := []string{"whoami", "--profile", "sam", "--jq", ".Arn"}
	first, tty, shown := startOnTerminal(t, environ, args...)
	waitFor(t, shown, `Sign in now\? \[Y/n\] `)
	second, _, waiting := startOnTerminal(t, environ, args...)
	waitFor(t, waiting, `waiting for another process, which has locked the sign-in of profile "sam"`)
	io.WriteString(tty, "\n")
	waitFor(t, shown, `Password of sam@example\.com at Okta: `)
	io.WriteString(tty, "Sam-5-passw0rd\n")
	waitFor(t, shown, `Which one\? `)
	io.WriteString(tty, "1\n")
	for _, screen := range []*screen{shown, waiting} {
		waitFor(t, screen, `:100000000001:assumed-role/Staff/`)
	}
	for _, command := range []*exec.Cmd{first, second} {
		if err := command.Wait(); err != nil {
			t.Error(err)
		}
	}
	if text := waiting.String(); strings.Contains(text, "Sign in now?") || strings.Contains(text, "Which one?") {
		t.Error(text)
	}
	if problems := sim.Problems(); len(problems) > 0 {
		t.Error(problems)
	}
}

// TestAddressOfOneLogin: --ip and saml_ip of an address that OneLogin exempts from the second
// factor. Without a terminal, the secrets come from the environment or from a program.
func TestAddressOfOneLogin(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		more map[string]string
		flag []string
		code int
	}{
		"environment":   {map[string]string{"MUSTER_SAML_PASSWORD": "Ann-5-passw0rd", "MUSTER_SAML_CLIENT_SECRET": "c1ient-s3cret-0f-the-api"}, []string{"--ip", "192.0.2.7"}, 0},
		"no password":   {nil, []string{"--ip", "192.0.2.7"}, 1},
		"other address": {map[string]string{"MUSTER_SAML_PASSWORD": "Ann-5-passw0rd", "MUSTER_SAML_CLIENT_SECRET": "c1ient-s3cret-0f-the-api"}, []string{"--ip", "192.0.2.8"}, 1},
	} {
		_, home, environ := samlLaptop(t, "")
		for _, key := range slices.Sorted(maps.Keys(c.more)) {
			environ = append(environ, key+"="+c.more[key])
		}
		got := muster(t, environ, append([]string{"login", "ann", "--role-arn", "arn:aws:iam::200000000002:role/Staff"}, c.flag...)...)
		if got.code != c.code || c.code == 0 != strings.Contains(got.stderr, `signed in to OneLogin (profile "ann") as Staff (acme-dev, 200000000002) until`) {
			t.Errorf("%s: %v", name, got)
		}
		checkNoAssertion(t, home)
	}
}

// TestManyRolesOfOneAssertion: a sign-in with 60 roles in 40 accounts opens each account by one
// call. The next command makes none, and needs no sign-in.
func TestManyRolesOfOneAssertion(t *testing.T) {
	t.Parallel()
	w := &awssim.World{
		Regions:       []string{"us-east-1"},
		Roles:         []awssim.Role{{Name: "Reader", SAML: "corp"}, {Name: "Admin", SAML: "corp"}},
		SAMLProviders: []awssim.SAMLProvider{{Name: "corp"}},
		IdentityProviders: []awssim.IdentityProvider{{Kind: "okta", Name: "corp", Users: []awssim.IDPUser{
			{Login: "ann@example.com", Password: "Ann-5-passw0rd", Profile: "ann"},
		}}},
		Instances: []awssim.Instance{{Account: "*", Region: "us-east-1"}},
	}
	for i := range 40 {
		a := awssim.Account{ID: fmt.Sprintf("1000000000%02d", i), Name: fmt.Sprintf("account-%02d", i), Alias: fmt.Sprintf("team-%02d", i)}
		w.Accounts = append(w.Accounts, a)
		if i >= 20 {
			w.Roles[1].Except = append(w.Roles[1].Except, a.ID)
		}
	}
	sim, environ := simulated(t, w, false)
	home := strings.TrimPrefix(environ[0], "HOME=")
	environ = append(environ, "TERM=xterm", "PATH="+os.Getenv("PATH"), "MUSTER_PAGER=cat", "MUSTER_SAML_PASSWORD=Ann-5-passw0rd")
	calls := func() (calls map[string]int) {
		calls = map[string]int{}
		for _, call := range sim.Calls() {
			calls[call.Operation]++
		}
		return calls
	}
	args := []string{"instances", "--saml-profile", "ann", "--role", "Admin,Read*", "-o", "name"}
	report := filepath.Join(home, "report.json")
	shown, exitCode := dialogue(t, sim, environ, []step{{`Sign in now\? \[Y/n\] `, enters("")}, {`40 instances in 40 accounts`, nil}}, append(args, "--debug", "--report", report)...)
	if got := calls(); exitCode != 0 || got["AssumeRoleWithSAML"] != 40 || got["DescribeInstances"] != 40 {
		t.Errorf("exit code %d, calls %v\n%s", exitCode, got, shown)
	}
	if strings.Contains(shown, "passw0rd") {
		t.Errorf("the password is shown:\n%s", shown)
	}
	checkNoAssertion(t, home)
	before := calls()
	for _, more := range [][]string{nil, {"--account", "team-07,*-38"}} {
		got := muster(t, environ, append(args, more...)...)
		if want := map[bool]int{true: 40, false: 2}[more == nil]; got.code != 0 || strings.Count(got.stdout, "\n") != want {
			t.Errorf("%q: %v", more, got)
		}
	}
	if got := muster(t, environ, "whoami", "--saml-profile", "ann", "--role", "Admin,Reader", "--account", "team-07,team-38", "--sort-by", "AccountId", "--jq", ".Role"); got.stdout != "Admin\nReader\n" {
		t.Error(got)
	}
	if after := calls(); after["AssumeRoleWithSAML"] != 40 || after["Authenticate"] != before["Authenticate"] {
		t.Errorf("calls before %v, after %v", before, after)
	}
	if problems := sim.Problems(); len(problems) > 0 {
		t.Error(problems)
	}
}

// TestSecretsOfSAMLStayInside: no process sees a secret of the sign-in but the one that gives
// it: it is neither an argument of a process, nor in the environment of a command of exec.
func TestSecretsOfSAMLStayInside(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/proc/self/cmdline"); err != nil {
		t.Skip("/proc/self/cmdline is not there")
	}
	sim, home, environ := samlLaptop(t, "")
	config := filepath.Join(home, ".aws", "config")
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	// The program sees the arguments of all processes while the sign-in goes on.
	folder := t.TempDir()
	secrets, program, seen := filepath.Join(folder, "secrets"), filepath.Join(folder, "program"), filepath.Join(folder, "arguments")
	script := "#!/bin/sh\ncat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' >" + seen + "\ncat " + secrets + "\n"
	if err := os.WriteFile(secrets, []byte("MUSTER_SAML_PASSWORD=Sam-5-passw0rd\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	simtest.Program(t, program, script)
	changed := strings.Replace(string(text), "[profile sam]\n", "[profile sam]\nsaml_secret_command = "+program+"\n", 1)
	if err := os.WriteFile(config, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	binary, err := built()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(binary, "login", "sam", "--role-arn", "arn:aws:iam::200000000002:role/Staff", "--debug")
	command.Env = environ
	out, err := command.CombinedOutput()
	if err != nil || strings.Contains(string(out), "passw0rd") {
		t.Fatalf("%v\n%s", err, out)
	}
	arguments, err := os.ReadFile(seen)
	if err != nil || !strings.Contains(string(arguments), "login sam --role-arn") || strings.Contains(string(arguments), "Sam-5-passw0rd") {
		t.Errorf("%v\n%s", err, arguments)
	}
	checkNoAssertion(t, home)
	got := muster(t, append(environ, "MUSTER_SAML_PASSWORD=Sam-5-passw0rd", "MUSTER_SAML_CLIENT_SECRET=x"), "exec", "--profile", "sam", "--", "sh", "-c", `echo "<$MUSTER_SAML_PASSWORD$MUSTER_SAML_CLIENT_SECRET>"`)
	if got.stdout != "<>\n" {
		t.Error(got)
	}
	if problems := sim.Problems(); len(problems) > 0 {
		t.Error(problems)
	}
}
