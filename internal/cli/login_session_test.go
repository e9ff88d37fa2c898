package cli

import (
	"context"
	"encoding/base64"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"muster/internal/awssim"
	"muster/internal/awssim/simtest"
)

// laptopWorld has profiles with a login_session. Nobody is signed in.
const laptopWorld = `{
  "accounts": [{"id": "100000000001", "name": "main"}],
  "users": [{"account": "main", "name": "ann"}],
  "roles": [{"name": "Reader"}],
  "home": {"config": "[profile laptop]\nlogin_session = arn:aws:iam::100000000001:user/ann\nregion = us-east-1\n\n[profile role]\nrole_arn = arn:aws:iam::100000000001:role/Reader\nsource_profile = laptop\nregion = us-east-1\n"}
}`

// laptop returns the environment of a user at a terminal in that world.
func laptop(t *testing.T) (sim *awssim.Server, home string, environ []string) {
	t.Helper()
	w, err := awssim.ParseWorld([]byte(laptopWorld))
	if err != nil {
		t.Fatal(err)
	}
	sim, environ = simulated(t, w, false)
	home = strings.TrimPrefix(environ[0], "HOME=")
	return sim, home, append(offered(t, environ), "TERM=xterm", "PATH="+os.Getenv("PATH"), "BROWSER=true", "MUSTER_PAGER=cat")
}

var (
	laptopPage  = regexp.MustCompile(`http://127\.0\.0\.1:\d+/v1/authorize\?\S+`)
	browserCode = regexp.MustCompile(`[A-Za-z0-9+/=]{40,}`)
)

// codeOfPage signs in on a page, and returns the code that the browser shows at the end.
func codeOfPage(t *testing.T, page string) string {
	t.Helper()
	resp, err := http.Get(page)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	code := browserCode.FindString(string(text))
	if err != nil || resp.StatusCode != http.StatusOK || code == "" {
		t.Fatalf("%v, %s, %s", err, resp.Status, text)
	}
	return code
}

// TestLoginByCode: the user copies the code that the browser shows on another machine. The
// terminal does not show it.
func TestLoginByCode(t *testing.T) {
	t.Parallel()
	sim, _, environ := laptop(t)
	for name, c := range map[string]struct {
		typed func(page string) string
		want  string
	}{
		"the code": {func(page string) string { return "  " + codeOfPage(t, page) + " " },
			`muster: signed in to arn:aws:iam::100000000001:user/ann \(profile "laptop"\)`},
		"other text": {func(string) string { return "123456" },
			`muster: this is not the code that the browser shows at the end: copy all of it`},
		"a part": {func(page string) string { return codeOfPage(t, page)[:21] },
			`muster: this is not the code that the browser shows at the end: copy all of it`},
		"another sign-in's": {func(string) string { return base64.StdEncoding.EncodeToString([]byte("state=x&code=y")) },
			`muster: this code belongs to another sign-in; use the URL above`},
		"a wrong code": {func(page string) string {
			code, err := base64.StdEncoding.DecodeString(codeOfPage(t, page))
			if err != nil {
				t.Error(err)
			}
			return base64.StdEncoding.EncodeToString(append(code, 'x'))
		}, `muster: the sign-in was not finished in time; try again`},
	} {
		command, tty, shown := startOnTerminal(t, environ, "login", "laptop", "--use-device-code")
		page := waitFor(t, shown, laptopPage.String())
		waitFor(t, shown, `Code that the browser shows: `)
		typed := c.typed(page)
		io.WriteString(tty, typed+"\n")
		waitFor(t, shown, c.want)
		command.Wait()
		if text := shown.String(); strings.Contains(text, strings.TrimSpace(typed)) || (command.ProcessState.ExitCode() == 0) != (name == "the code") {
			t.Errorf("%s: exit code %d\n%s", name, command.ProcessState.ExitCode(), text)
		}
	}
	if got := muster(t, environ, "whoami", "--profile", "laptop", "--jq", ".Arn"); got.stdout != "arn:aws:iam::100000000001:user/ann\n" {
		t.Error(got)
	}
	if problems := sim.Problems(); len(problems) > 0 {
		t.Error(problems)
	}
}

// TestSignInMidwayToLogin: a command whose login_session needs a sign-in asks once, and goes
// on. A user who says no gets the command to run.
func TestSignInMidwayToLogin(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"whoami":  {[]string{"whoami", "--profile", "role", "--jq", ".Arn"}, `assumed-role/Reader/`},
		"console": {[]string{"console", "--profile", "role"}, `http\S+/federation\?Action=login`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim, _, environ := laptop(t)
			command, tty, shown := startOnTerminal(t, environ, c.args...)
			waitFor(t, shown, `profile "laptop" is not signed in\. Sign in now\? \[Y/n\] `)
			io.WriteString(tty, "n\n")
			waitFor(t, shown, `muster login laptop`)
			command.Wait()
			if text := shown.String(); command.ProcessState.ExitCode() != 1 || strings.Count(text, "Sign in now?") != 1 {
				t.Errorf("no: exit code %d\n%s", command.ProcessState.ExitCode(), text)
			}

			command, tty, shown = startOnTerminal(t, environ, c.args...)
			waitFor(t, shown, `Sign in now\? \[Y/n\] `)
			io.WriteString(tty, "\n")
			if err := visit(waitFor(t, shown, laptopPage.String())); err != nil {
				t.Error(err)
			}
			waitFor(t, shown, `muster: signed in to profile "laptop"`)
			waitFor(t, shown, c.want)
			if err := command.Wait(); err != nil || strings.Count(shown.String(), "Sign in now?") != 1 {
				t.Errorf("yes: %v\n%s", err, shown)
			}
			if problems := sim.Problems(); len(problems) > 0 {
				t.Error(problems)
			}
		})
	}
}

// newAWSCLI returns the AWS CLI of version 2, which has `aws login`.
func newAWSCLI(t *testing.T) string {
	t.Helper()
	for _, folder := range filepath.SplitList(os.Getenv("PATH")) {
		cli := filepath.Join(folder, "aws")
		if version, err := exec.Command(cli, "--version").Output(); err == nil && strings.HasPrefix(string(version), "aws-cli/2.") {
			return cli
		}
	}
	t.Skip("the AWS CLI (aws) of version 2 is not on PATH")
	return ""
}

// TestLoginOfAWSCLI: after a sign-in by the AWS CLI or by muster, the other one needs none, and
// renews the login of the first one.
func TestLoginOfAWSCLI(t *testing.T) {
	t.Parallel()
	cli := newAWSCLI(t)
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("curl, which plays the browser, is not on PATH")
	}
	binary, err := built()
	if err != nil {
		t.Fatal(err)
	}
	for _, order := range [][2]string{{cli, binary}, {binary, cli}} {
		sim, home, environ := laptop(t)
		browser := filepath.Join(home, "browser")
		// The AWS CLI waits for the redirect only when the program in BROWSER has ended.
		simtest.Program(t, browser, "#!/bin/sh\ncurl -sSL \"$1\" >/dev/null 2>&1 &\n")
		environ = append(environ, "BROWSER="+browser, "AWS_PAGER=")
		run := func(program string, args ...string) string {
			t.Helper()
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // a sign-in waits for the browser
			defer cancel()
			command := exec.CommandContext(ctx, program, args...)
			command.Env, command.Dir, command.WaitDelay = environ, home, time.Second
			out, err := command.CombinedOutput()
			if err != nil {
				t.Fatalf("%s %q: %v\n%s", program, args, err, out)
			}
			return string(out)
		}
		identity := map[string][]string{
			cli:    {"sts", "get-caller-identity", "--profile", "laptop", "--query", "Arn", "--output", "text"},
			binary: {"whoami", "--profile", "laptop", "--jq", ".Arn"},
		}
		login := map[string][]string{cli: {"login", "--profile", "laptop"}, binary: {"login", "laptop"}}
		run(order[0], login[order[0]]...)
		for _, program := range order {
			if got := run(program, identity[program]...); got != "arn:aws:iam::100000000001:user/ann\n" {
				t.Errorf("%s: %s", program, got)
			}
		}
		checkSignIns(t, sim, 1)

		endLogin(t, home)
		for _, program := range []string{order[1], order[0]} {
			if got := run(program, identity[program]...); got != "arn:aws:iam::100000000001:user/ann\n" {
				t.Errorf("renewed, %s: %s", program, got)
			}
		}
		checkSignIns(t, sim, 2)
		if problems := sim.Problems(); len(problems) > 0 {
			t.Errorf("%q: %q", order, problems)
		}
	}
}

// checkSignIns wants one sign-in in the browser, and a number of tokens.
func checkSignIns(t *testing.T, sim *awssim.Server, tokens int) {
	t.Helper()
	calls := map[string]int{}
	for _, call := range sim.Calls() {
		calls[call.Operation]++
	}
	if calls["Authorize"] != 1 || calls["CreateOAuth2Token"] != tokens {
		t.Errorf("calls %v, want 1 Authorize and %d CreateOAuth2Token", calls, tokens)
	}
}

var expiresAt = regexp.MustCompile(`("expiresAt": ?")[^"]+`)

// endLogin sets the end of the only login's credentials to a time in the past.
func endLogin(t *testing.T, home string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(home, ".aws", "login", "cache", "*.json"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%v, %q", err, files)
	}
	text, err := os.ReadFile(files[0])
	if err != nil || !expiresAt.Match(text) {
		t.Fatalf("%v, %s has no expiresAt", err, files[0])
	}
	if err := os.WriteFile(files[0], expiresAt.ReplaceAll(text, []byte("${1}2020-01-01T00:00:00Z")), 0o600); err != nil {
		t.Fatal(err)
	}
}
