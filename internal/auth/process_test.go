package auth

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"muster/internal/awsapi"
)

// TestProcess: an error is one line and never contains output of the
// credential_process.
func TestProcess(t *testing.T) {
	t.Parallel()
	past := time.Now().Add(-time.Hour).UTC().Format(time.RFC3339)
	const secret = "wJalrXUtnFEMI"
	for name, c := range map[string]struct{ process, want string }{
		"no JSON":       {`echo my key is ` + secret, "JSON"},
		"half JSON":     {`echo '{"Version": 1, "SecretAccessKey": "` + secret + `"'`, "JSON"},
		"wrong type":    {`echo '{"Version": 1, "AccessKeyId": ["` + secret + `"]}'`, "JSON"},
		"wrong time":    {`echo '{"Version": 1, "AccessKeyId": "A", "SecretAccessKey": "` + secret + `", "Expiration": "` + secret + `"}'`, "JSON"},
		"wrong version": {`echo '{"Version": 2, "AccessKeyId": "A", "SecretAccessKey": "` + secret + `"}'`, "version"},
		"no key":        {`echo '{"Version": 1, "SecretAccessKey": "` + secret + `"}'`, "AccessKeyId"},
		"no secret":     {`echo '{"Version": 1, "AccessKeyId": "` + secret + `"}'`, "SecretAccessKey"},
		"expired":       {`echo '{"Version": 1, "AccessKeyId": "A", "SecretAccessKey": "` + secret + `", "Expiration": "` + past + `"}'`, "expired at"},
		"failure":       {`echo ` + secret + `; exit 3`, "exit status 3"},
		"nothing":       {`true`, "JSON"},
		"endless":       {`trap '' PIPE TERM; while :; do echo ` + secret + ` || :; done`, "printed more than 1 MiB"},
		"not there":     {`/nonexistent/program`, "exit status 127"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHome(t, testWorld())
			h.configure(t, "[profile bad]\ncredential_process = "+c.process+"\n")
			r := h.resolver(t)
			_, err := profile(t, r, "bad").Credentials.Retrieve(t.Context())
			if err == nil {
				t.Fatal("no error")
			}
			text := err.Error()
			if strings.Contains(text, secret) {
				t.Errorf("the error has the output: %s", text)
			}
			if !strings.Contains(text, `profile "bad": `) || !strings.Contains(text, c.want) || strings.Contains(text, "\n") {
				t.Errorf("error %q, want one line with the profile and %q", text, c.want)
			}
			if len(h.Server.Calls()) != 0 {
				t.Error("AWS was asked")
			}
		})
	}
}

// TestProcessLoop: a process cannot call muster for its own profile.
func TestProcessLoop(t *testing.T) {
	t.Parallel()
	h := newHome(t, testWorld())
	h.Write(t, "keys.json", adminJSON)
	h.configure(t, `
[profile inner]
credential_process = printf %s "$MUSTER_CREDENTIAL_PROCESS" >HOME/seen; cat HOME/keys.json
`)
	if _, err := profile(t, h.resolver(t, "MUSTER_CREDENTIAL_PROCESS=outer"), "inner").Credentials.Retrieve(t.Context()); err != nil {
		t.Fatal(err)
	}
	seen := filepath.Join(h.Dir, "seen")
	if text, _ := os.ReadFile(seen); string(text) != "outer\ninner" {
		t.Errorf("the child sees %q", text)
	}
	os.Remove(seen)
	_, err := profile(t, h.resolver(t, "MUSTER_CREDENTIAL_PROCESS=outer\ninner"), "inner").Credentials.Retrieve(t.Context())
	if err == nil || !strings.Contains(err.Error(), `profile "inner": its credential_process asks muster for the same profile`) {
		t.Errorf("error %v", err)
	}
	if _, err := os.Stat(seen); err == nil {
		t.Error("the process was run")
	}
}

// TestProcessesAtOnce: only a few processes run at the same time.
func TestProcessesAtOnce(t *testing.T) {
	t.Parallel()
	h := newHome(t, testWorld())
	h.Write(t, "keys.json", adminJSON)
	h.Write(t, "running/none", "")
	const profiles = 3 * maxProcesses
	names := make(chan string, profiles)
	var text strings.Builder
	for i := range profiles {
		name := fmt.Sprint("p", i)
		names <- name
		fmt.Fprintf(&text, "[profile %s]\ncredential_process = >HOME/running/%s; ls HOME/running | wc -l >>HOME/seen; sleep 0.02; rm HOME/running/%s; cat HOME/keys.json\n", name, name, name)
	}
	h.configure(t, text.String())
	r := h.resolver(t)
	r.Stdin, r.Stderr = nil, nil
	atOnce(profiles, func() {
		if _, err := profile(t, r, <-names).Credentials.Retrieve(t.Context()); err != nil {
			t.Error(err)
		}
	})
	seen, err := os.ReadFile(filepath.Join(h.Dir, "seen"))
	if err != nil {
		t.Fatal(err)
	}
	counts := strings.Fields(string(seen))
	if len(counts) != profiles {
		t.Errorf("%d processes were run, want %d", len(counts), profiles)
	}
	for _, count := range counts {
		if n, err := strconv.Atoi(count); err != nil || n-1 > maxProcesses { // none is always there
			t.Errorf("%d processes at one time, want %d at most", n-1, maxProcesses)
		}
	}
}

// TestProcessLeavesSomething: a process that leaves a child with open output is not
// waited for without end.
func TestProcessLeavesSomething(t *testing.T) {
	t.Parallel()
	h := newHome(t, testWorld())
	h.configure(t, "[profile p]\ncredential_process = sleep 1000 & echo $! >HOME/pid; echo '{}'\n")
	_, err := profile(t, h.resolver(t), "p").Credentials.Retrieve(t.Context())
	if want := `profile "p": its credential_process has left a process running that keeps its output open`; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	pid, err := os.ReadFile(filepath.Join(h.Dir, "pid"))
	if err != nil {
		t.Fatal(err)
	}
	exec.Command("kill", strings.TrimSpace(string(pid))).Run()
}

// TestProcessFailsOnce: if the credentials of a call fail, the call is not made and the
// process does not run again.
func TestProcessFailsOnce(t *testing.T) {
	t.Parallel()
	h := newHome(t, testWorld())
	h.configure(t, "[profile p]\ncredential_process = echo run >>HOME/runs; exit 3\n")
	r := h.resolver(t)
	_, err := r.Caller(t.Context(), profile(t, r, "p"))
	if want := `profile "p": its credential_process failed: exit status 3`; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	if runs, _ := os.ReadFile(filepath.Join(h.Dir, "runs")); string(runs) != "run\n" {
		t.Errorf("runs: %q", runs)
	}
}

// TestProcessOnce: a process runs once for all callers that wait for its credentials.
func TestProcessOnce(t *testing.T) {
	t.Parallel()
	h := newHome(t, testWorld())
	text, _ := json.Marshal(map[string]any{"Version": 1, "AccessKeyId": "A", "SecretAccessKey": "S", "SessionToken": "T",
		"Expiration": time.Now().Add(time.Hour).UTC().Format(time.RFC3339)})
	h.Write(t, "keys.json", string(text))
	h.configure(t, "[profile p]\ncredential_process = echo run >>HOME/runs; cat HOME/keys.json\n")
	r := h.resolver(t)
	atOnce(20, func() {
		if creds, err := profile(t, r, "p").Credentials.Retrieve(t.Context()); err != nil || creds.SessionToken != "T" {
			t.Errorf("%v, %v", creds.AccessKeyID, err)
		}
	})
	if runs, _ := os.ReadFile(filepath.Join(h.Dir, "runs")); string(runs) != "run\n" {
		t.Errorf("runs: %q", runs)
	}
}

// TestProcessOnceForRoles: a process runs once for all roles that are assumed with its
// credentials.
func TestProcessOnceForRoles(t *testing.T) {
	t.Parallel()
	h := newHome(t, testWorld())
	h.Write(t, "keys.json", adminJSON)
	h.configure(t, `
[profile p]
credential_process = echo run >>HOME/runs; cat HOME/keys.json
[profile hop]
role_arn = arn:aws:iam::100000000001:role/Hop
source_profile = p
[profile ops]
role_arn = arn:aws:iam::200000000002:role/team/ops/Ops
source_profile = hop
[profile both]
role_arn = arn:aws:iam::300000000003:role/team/ops/Ops
source_profile = both
credential_process = echo both >>HOME/runs; cat HOME/keys.json
[profile further]
role_arn = arn:aws:iam::200000000002:role/team/ops/Ops
source_profile = both
`)
	r := h.resolver(t)
	for _, name := range []string{"p", "hop", "ops", "both", "further"} {
		if _, err := profile(t, r, name).Credentials.Retrieve(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if runs, _ := os.ReadFile(filepath.Join(h.Dir, "runs")); string(runs) != "run\nboth\n" {
		t.Errorf("runs: %q", runs)
	}
}

// TestProcessEnds: Close ends a process that runs after a time-out.
func TestProcessEnds(t *testing.T) {
	t.Parallel()
	h := newHome(t, testWorld())
	h.configure(t, "[profile p]\ncredential_process = echo begun >&2; sleep 600; echo {}\n")
	r := h.resolver(t)
	running, stderr, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer running.Close()
	r.Stderr = stderr
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	id := profile(t, r, "p")
	go func() {
		_, err := id.Credentials.Retrieve(ctx)
		done <- err
	}()
	if _, err := running.Read(make([]byte, len("begun"))); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-done; err == nil {
		t.Error("no error")
	}
	r.Close()
	stderr.Close()
	running.SetReadDeadline(time.Now().Add(time.Minute))
	if text, err := io.ReadAll(running); err != nil { // the shell or sleep has the pipe open
		t.Errorf("%q, %v: it still runs", text, err)
	}
}

// TestProcessUnderRole: a failed process says nothing about the role above it.
func TestProcessUnderRole(t *testing.T) {
	t.Parallel()
	h := newHome(t, testWorld())
	h.configure(t, `
[profile p]
credential_process = exit 3
[profile web]
role_arn = arn:aws:iam::100000000001:role/Hop
web_identity_token_file = /nowhere/token
[profile signed out]
sso_session = corp
sso_account_id = 010000000004
sso_role_name = ReadOnly
[profile over p]
role_arn = arn:aws:iam::200000000002:role/team/ops/Ops
source_profile = p
[profile over over p]
role_arn = arn:aws:iam::300000000003:role/team/ops/Ops
source_profile = over p
[profile over web]
role_arn = arn:aws:iam::200000000002:role/team/ops/Ops
source_profile = web
[profile over signed out]
role_arn = arn:aws:iam::200000000002:role/team/ops/Ops
source_profile = signed out
`)
	os.RemoveAll(filepath.Join(h.Dir, ".aws", "sso"))
	for name, want := range map[string]awsapi.Failure{
		"p":               {Kind: awsapi.Broken, Message: `profile "p": its credential_process failed: exit status 3`},
		"over p":          {Kind: awsapi.Broken, Message: `profile "p": its credential_process failed: exit status 3`},
		"over over p":     {Kind: awsapi.Broken, Message: `profile "p": its credential_process failed: exit status 3`},
		"over web":        {Kind: awsapi.Broken, Message: "the web identity token cannot be read: open /nowhere/token: no such file or directory"},
		"over signed out": {Kind: awsapi.Expired, Message: `SSO session "corp" is not signed in; sign in with: muster login corp`},
	} {
		r := h.resolver(t)
		err := describe(t.Context(), r, profile(t, r, name))
		if got := awsapi.Explain(err); got != want {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
}
