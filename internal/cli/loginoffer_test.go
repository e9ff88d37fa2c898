package cli

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"muster/internal/awssim"
)

// endedWorld has two sessions whose tokens have ended.
const endedWorld = `{
  "accounts": [{"id": "100000000001", "name": "main"}, {"id": "200000000002", "name": "dev"}],
  "sso": [
    {"name": "corp", "start_url": "https://corp.awsapps.com/start", "region": "eu-west-1", "tokens": [{"expires_in": "-1h"}], "assignments": {"*": ["ReadOnly"]}},
    {"name": "labs", "start_url": "https://labs.awsapps.com/start", "region": "us-east-1", "tokens": [{"expires_in": "-1h"}], "assignments": {"*": ["ReadOnly"]}}
  ],
  "instances": [{"account": "main", "region": "us-east-1", "id": "i-0a000000000000001"}],
  "home": {"config": "[profile m]\nsso_session = corp\nsso_account_id = 100000000001\nsso_role_name = ReadOnly\n\n[profile m2]\nsso_session = corp\nsso_account_id = 200000000002\nsso_role_name = ReadOnly\n\n[profile d]\nsso_session = labs\nsso_account_id = 200000000002\nsso_role_name = ReadOnly\n"}
}`

// ended returns the environment of a user whose sessions have ended.
func ended(t *testing.T) (*awssim.Server, []string) {
	t.Helper()
	w, err := awssim.ParseWorld([]byte(endedWorld))
	if err != nil {
		t.Fatal(err)
	}
	sim, environ := simulated(t, w, false)
	return sim, append(environ, "TERM=xterm", "PATH="+os.Getenv("PATH"), "BROWSER=true", "MUSTER_PAGER=cat")
}

var signInURL = regexp.MustCompile(`http://127\.0\.0\.1:\d+/authorize\?\S+`)

// TestSignInMidway: a command whose session has ended asks once whether to sign in, and
// goes on when the user has signed in.
func TestSignInMidway(t *testing.T) {
	t.Parallel()
	for name, args := range map[string][]string{
		"instances":   {"instances", "--sso-session", "corp", "--region", "us-east-1", "-o", "name"},
		"profiles":    {"instances", "--profile", "m,m2", "--region", "us-east-1", "-o", "name"},
		"exec":        {"exec", "--profile", "m", "--", "echo", "i-0a000000000000001"},
		"credentials": {"credentials", "--profile", "m", "--jq", `"i-0a000000000000001"`},
		"whoami":      {"whoami", "--profile", "m", "--jq", `"i-0a000000000000001"`},
		"aws":         {"aws", "ec2", "describe-instances", "--profile", "m", "--region", "us-east-1", "--jq", ".Instances[].InstanceId"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim, environ := ended(t)
			command, tty, shown := startOnTerminal(t, environ, args...)
			waitFor(t, shown, `SSO session "corp" has ended\. Sign in now\? \[Y/n\] `)
			tty.Write([]byte("\n"))
			if err := visit(waitFor(t, shown, signInURL.String())); err != nil {
				t.Error(err)
			}
			waitFor(t, shown, `muster: signed in to SSO session "corp" until \d\d\d\d-`)
			err := command.Wait()
			waitFor(t, shown, `(?m)(?:^|\x1b\[J)i-0a000000000000001`) // perhaps after a progress line
			if text := shown.String(); err != nil || strings.Count(text, "Sign in now?") != 1 {
				t.Errorf("%v\n%s", err, text)
			}
			if problems := sim.Problems(); len(problems) > 0 {
				t.Error(problems)
			}
		})
	}
}

// TestSignInMidwayTwice: there is one question for each session of a run.
func TestSignInMidwayTwice(t *testing.T) {
	t.Parallel()
	_, environ := ended(t)
	command, tty, shown := startOnTerminal(t, environ, "whoami", "--profile", "m,d,m2", "--jq", ".AccountId")
	for n := 1; n <= 2; n++ {
		waitFor(t, shown, strings.Repeat(`(?s:.*)Sign in now\? \[Y/n\] `, n))
		tty.Write([]byte("y\n"))
		waitFor(t, shown, strings.Repeat(`(?s:.*)http://127\.0\.0\.1:\d+/authorize\?\S+\n`, n))
		pages := signInURL.FindAllString(shown.String(), -1)
		if err := visit(pages[len(pages)-1]); err != nil {
			t.Error(err)
		}
		waitFor(t, shown, strings.Repeat(`(?s:.*)muster: signed in to SSO session`, n))
	}
	if err := command.Wait(); err != nil || strings.Count(shown.String(), "Sign in now?") != 2 {
		t.Errorf("%v\n%s", err, shown)
	}
}

// TestNoSignInMidway: a user who does not want to sign in gets the command for it, and is
// not asked again. Ctrl-C ends the run. Nobody is asked without a terminal.
func TestNoSignInMidway(t *testing.T) {
	t.Parallel()
	const command = `SSO session "corp" has ended; sign in with: muster login corp`
	for name, c := range map[string]struct {
		typed string
		code  int
		want  string
	}{
		"no":     {"n\n", 1, command},
		"Ctrl-D": {"\x04", 1, command},
		"Ctrl-C": {"\x03", 130, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim, environ := ended(t)
			run, tty, shown := startOnTerminal(t, environ, "whoami", "--profile", "m,m2")
			waitFor(t, shown, `Sign in now\? \[Y/n\] `)
			tty.Write([]byte(c.typed))
			run.Wait()
			waitFor(t, shown, `\] (?s:.*)`+regexp.QuoteMeta(c.want))
			text := shown.String()
			if code := run.ProcessState.ExitCode(); code != c.code || !strings.Contains(text, c.want) || strings.Count(text, "Sign in now?") != 1 {
				t.Errorf("exit code %d, want %d and %q\n%s", code, c.code, c.want, text)
			}
			if calls := sim.Calls(); len(calls) > 0 {
				t.Errorf("%d calls", len(calls))
			}
		})
	}
	_, environ := ended(t)
	binary, err := built()
	if err != nil {
		t.Fatal(err)
	}
	script := exec.Command(binary, "accounts", "--sso-session", "corp")
	script.Env = environ
	out, _ := script.CombinedOutput()
	if code := script.ProcessState.ExitCode(); code != 1 || string(out) != "muster: "+command+"\n" {
		t.Errorf("without a terminal: exit code %d\n%s", code, out)
	}
}
