package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"muster/internal/awssim"
)

// TestSAMLSweep: one sign-in with 60 roles in 40 accounts sweeps all of them, with one
// AssumeRoleWithSAML for each. A second sweep needs none.
func TestSAMLSweep(t *testing.T) {
	t.Parallel()
	const accounts = 40
	var described, every2nd []string
	for i := range accounts {
		id := fmt.Sprintf("1000000000%02d", i)
		described = append(described, fmt.Sprintf(`{"id": %q, "name": "a%02d", "alias": "acme-%02[2]d"}`, id, i))
		if i%2 == 1 {
			every2nd = append(every2nd, `"`+id+`"`)
		}
	}
	w, err := awssim.ParseWorld([]byte(`{"regions": ["us-east-1"], "accounts": [` + strings.Join(described, ",") + `], "saml_providers": [{"name": "corp"}],
		"roles": [{"name": "Reader", "saml": "corp"}, {"name": "Support", "saml": "corp", "accounts": [` + strings.Join(every2nd, ",") + `]}],
		"instances": [{"account": "*", "region": "us-east-1", "name": "web"}],
		"identity_providers": [{"kind": "okta", "name": "acme", "provider": "corp", "users": [{"login": "ann@example.com", "password": "Ann-5-passw0rd", "profile": "ann"}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	sim, environ := simulated(t, w, false)
	environ = append(environ, "TERM=xterm", "PATH="+os.Getenv("PATH"), "MUSTER_PAGER=cat")
	sweep := []string{"instances", "--saml-profile", "ann", "--role", "Support,Reader", "--sort-by", "AccountId", "--jq", `"\(.AccountName) \(.Role)"`}
	steps := []step{{`Sign in now\? \[Y/n\] `, enters("")}, {`Password of ann@example\.com at Okta: `, enters("Ann-5-passw0rd")}}
	var want strings.Builder
	for i := range accounts {
		fmt.Fprintf(&want, "acme-%02d %s\n", i, [...]string{"Reader", "Support"}[i%2])
	}
	steps = append(steps, step{strings.ReplaceAll(want.String(), "\n", "\r?\n"), nil})
	if shown, exitCode := dialogue(t, sim, environ, steps, sweep...); exitCode != 0 {
		t.Fatalf("exit code %d\n%s", exitCode, shown)
	}
	if got := muster(t, environ, sweep...); got.code != 0 || got.stdout != want.String() {
		t.Errorf("again: %+v", got)
	}
	signIns, assumed := 0, map[string]int{}
	for _, call := range sim.Calls() {
		switch call.Operation {
		case "Authenticate":
			signIns++
		case "AssumeRoleWithSAML":
			assumed[call.Target]++
		}
	}
	for account, n := range assumed {
		if n != 1 {
			t.Errorf("account %s: %d times AssumeRoleWithSAML", account, n)
		}
	}
	if signIns != 1 || len(assumed) != accounts {
		t.Errorf("%d sign-ins, AssumeRoleWithSAML in %d accounts", signIns, len(assumed))
	}
	if problems := sim.Problems(); len(problems) > 0 {
		t.Error(problems)
	}
}

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
