package cli

import (
	"cmp"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"

	"muster/internal/awssim"
	"muster/internal/sweep"
)

// slowWorld has a last region that tests let answer late.
const slowWorld = `{
  "regions": ["us-east-1", "eu-west-1", "eu-west-3"],
  "accounts": [{"id": "100000000001", "name": "root"}],
  "users": [{"account": "root", "name": "admin"}],
  "faults": [{"operation": "DescribeInstances", "region": "eu-west-1", "kind": "error", "status": 403, "code": "UnauthorizedOperation", "message": "no"}],
  "instances": [{"account": "root", "region": "us-east-1", "id": "i-0a000000000000001"},
                {"account": "root", "region": "eu-west-3", "id": "i-0a000000000000003"}],
  "home": {"profile": "admin"}
}`

// visible returns the contents of the terminal after a program has written to it.
func visible(written string) string {
	d := newDisplay(40, 500)
	io.WriteString(d, written)
	return d.String()
}

var took = regexp.MustCompile(`, \d+(\.\d)? m?s\b`)

// TestProgress: the line shows the progress of the sweep, makes way for records and
// notes, and disappears at the end.
func TestProgress(t *testing.T) {
	t.Parallel()
	const end = "i-0a000000000000001\ni-0a000000000000003\n" +
		"muster: 1 place did not answer:\n" +
		"  100000000001 admin eu-west-1: denied, DescribeInstances: UnauthorizedOperation: no\n" +
		"muster: denied: the role's policies do not allow the call; accept denials with --allow-denied\n" +
		"muster: 2 instances in 1 account and 2 regions, TIME; 1 gap\n"
	quiet := strings.Replace(end, "muster: 2 instances in 1 account and 2 regions, TIME; 1 gap\n", "", 1)
	for _, test := range []struct {
		name, term string
		args       []string
		frame      string
		end        string
	}{
		{"shown", "xterm", nil, `0/1 accounts, 2/3 regions, 1 instance, 1 gap, [^\x1b]*\d s left`, end},
		{"quiet", "xterm", []string{"--quiet"}, "", quiet},
		{"dumb", "dumb", nil, "", end},
		{"unknown", "", nil, "", end},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w, err := awssim.ParseWorld([]byte(slowWorld))
			if err != nil {
				t.Fatal(err)
			}
			sim, environ := simulated(t, w, false)
			seen := make(chan struct{})
			environ = inFront(t, environ, func(r *http.Request) *awssim.Server {
				if strings.Contains(r.Header.Get("Authorization"), "/eu-west-3/ec2/") {
					select {
					case <-seen:
					case <-r.Context().Done():
					}
				}
				return sim
			})
			command, _, shown := startOnTerminal(t, append(environ, "TERM="+test.term), append([]string{"instances", "-o", "name"}, test.args...)...)
			waitFor(t, shown, cmp.Or(test.frame, "i-0a000000000000001"))
			close(seen)
			command.Wait()
			last := `; 1 gap\n`
			if test.end == quiet {
				last = `accept denials with --allow-denied\n`
			}
			waitFor(t, shown, last)
			if code := command.ProcessState.ExitCode(); code != 3 {
				t.Errorf("exit code %d, want 3", code)
			}
			if got := took.ReplaceAllString(visible(shown.raw()), ", TIME"); got != test.end {
				t.Errorf("the terminal shows\n%swant\n%s", got, test.end)
			}
			if test.frame == "" && strings.Contains(shown.raw(), "\x1b") {
				t.Errorf("control sequences: %q", shown.raw())
			}
		})
	}
}

// TestProgressBeside: the line appears if records go to a file, but not if they go to
// another program, which may draw on the same terminal.
func TestProgressBeside(t *testing.T) {
	t.Parallel()
	binary, err := built()
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name  string
		piped bool
	}{{"file", false}, {"pipe", true}} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w, err := awssim.ParseWorld([]byte(slowWorld))
			if err != nil {
				t.Fatal(err)
			}
			sim, environ := simulated(t, w, false)
			seen := make(chan struct{})
			environ = inFront(t, environ, func(r *http.Request) *awssim.Server {
				if strings.Contains(r.Header.Get("Authorization"), "/eu-west-3/ec2/") {
					select {
					case <-seen:
					case <-r.Context().Done():
					}
				}
				return sim
			})
			command := exec.Command(binary, "instances", "-o", "name")
			command.Env = append(environ, "TERM=xterm")
			if test.piped {
				command.Stdout = new(strings.Builder)
			} else if command.Stdout, err = os.Create(filepath.Join(t.TempDir(), "names")); err != nil {
				t.Fatal(err)
			}
			terminal, tty, err := pty.Open()
			if err != nil {
				t.Fatal(err)
			}
			defer terminal.Close()
			command.Stderr = tty
			shown := &screen{}
			go io.Copy(shown, terminal)
			if err := command.Start(); err != nil {
				t.Fatal(err)
			}
			if !test.piped {
				waitFor(t, shown, "0/1 accounts")
			}
			close(seen)
			if err := command.Wait(); command.ProcessState.ExitCode() != 3 {
				t.Fatal(err)
			}
			tty.Close()
			waitFor(t, shown, `accept denials with --allow-denied\n`)
			if drawn := strings.Contains(shown.raw(), "\x1b"); drawn == test.piped {
				t.Errorf("drawn: %t: %q", drawn, shown.raw())
			}
		})
	}
}

// TestProgressOfCredentials: the line makes way for credentials, too.
func TestProgressOfCredentials(t *testing.T) {
	t.Parallel()
	w, err := awssim.ParseWorld([]byte(`{
  "accounts": [{"id": "100000000001", "name": "main"}],
  "sso": [{"name": "corp", "start_url": "https://corp.awsapps.com/start", "region": "eu-west-1", "assignments": {"*": ["ReadOnly"]}}]
}`))
	if err != nil {
		t.Fatal(err)
	}
	sim, environ := simulated(t, w, false)
	seen := make(chan struct{})
	environ = inFront(t, environ, func(r *http.Request) *awssim.Server {
		if r.URL.Path == "/federation/credentials" {
			select {
			case <-seen:
			case <-r.Context().Done():
			}
		}
		return sim
	})
	command, _, shown := startOnTerminal(t, append(environ, "TERM=xterm"), "credentials", "--sso-session", "corp", "--jq", ".accountId")
	waitFor(t, shown, "/1 accounts, 0 credentials")
	close(seen)
	command.Wait()
	waitFor(t, shown, `muster: 1 credential in .*\n`)
	const want = "100000000001\nmuster: 1 credential in 1 account, TIME\n"
	if got := took.ReplaceAllString(visible(shown.raw()), ", TIME"); got != want {
		t.Errorf("the terminal shows\n%swant\n%s", got, want)
	}
}

// TestProgressInterrupted: after Ctrl-C or a narrower window, nothing of the line is
// left.
func TestProgressInterrupted(t *testing.T) {
	t.Parallel()
	w, err := awssim.ParseWorld([]byte(hangingWorld))
	if err != nil {
		t.Fatal(err)
	}
	_, environ := simulated(t, w, false)
	command, tty, shown := startOnTerminal(t, append(environ, "TERM=xterm", "PATH="+os.Getenv("PATH")), "instances", "-o", "name")
	waitFor(t, shown, `0/1 accounts, 1/2 regions, 1 instance`)
	if err := pty.Setsize(tty, &pty.Winsize{Rows: 40, Cols: 20}); err != nil {
		t.Fatal(err)
	}
	waitFor(t, shown, `\r0/1 accounts`+"\x1b")
	tty.Write([]byte{3})
	command.Wait()
	waitFor(t, shown, "; 1 gap\n")
	if code := command.ProcessState.ExitCode(); code != 130 {
		t.Errorf("exit code %d, want 130", code)
	}
	want := "i-0a000000000000001\n" +
		"muster: 1 place did not answer:\n" +
		"  100000000001 admin eu-west-3: cancelled, DescribeInstances: interrupted\n" +
		"muster: 1 instance in 1 account and 1 region, TIME; 1 gap\n"
	if got := took.ReplaceAllString(visible(shown.raw()), ", TIME"); got != want {
		t.Errorf("the terminal shows\n%swant\n%s", got, want)
	}
}

func TestProgressText(t *testing.T) {
	t.Parallel()
	listing := sweep.Counts{Accounts: 1200, AccountsDone: 2, Opened: 10, Places: 170, PlacesDone: 50, Records: 12345}
	listed := sweep.Counts{Accounts: 27, AccountsDone: 20, Opened: 27, Places: 459, PlacesDone: 153, Records: 1, Gaps: 2, Listed: true}
	slow := sweep.Counts{Accounts: 5, Opened: 5, Places: 85, PlacesDone: 1, Listed: true}
	whole := sweep.Counts{Accounts: 30, AccountsDone: 10, Opened: 30, Places: 30, PlacesDone: 10, Records: 10, Listed: true}
	for _, test := range []struct {
		counts sweep.Counts
		noun   string
		whole  bool
		width  int
		want   string
	}{
		{sweep.Counts{}, "instances", false, 200, "0/0+ accounts, 0/0+ regions, 0 instances"},
		{listing, "instances", false, 200, "2/1,200+ accounts, 50/170+ regions, 12,345 instances, 5 regions/s"},
		{slow, "instances", false, 200, "0/5 accounts, 1/85 regions, 0 instances, 14 min 0 s left"},
		{listed, "instances", false, 200, "20/27 accounts, 153/459 regions, 1 instance, 2 gaps, 15 regions/s, 20 s left"},
		{listed, "instances", false, 79, "20/27 accounts, 153/459 regions, 1 instance, 2 gaps, 15 regions/s, 20 s left"},
		{listed, "instances", false, 50, "20/27 accounts, 153/459 regions, 1 instance"},
		{listed, "instances", false, 39, "20/27 accounts, 153/459 regions, 2 gaps"},
		{listed, "instances", false, 9, "2 gaps"},
		{whole, "identities", true, 200, "10/30 accounts, 10 identities, 1 accounts/s, 20 s left"},
		{whole, "accounts", true, 200, "10/30 accounts, 1 accounts/s, 20 s left"},
	} {
		if got := progressText(test.counts, 10*time.Second, test.noun, test.whole, test.width); got != test.want {
			t.Errorf("%+v in %d columns:\n%s, want\n%s", test.counts, test.width, got, test.want)
		}
	}
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1: "-1", -123456: "-123,456"} {
		if got := thousands(n); got != want {
			t.Errorf("%d is %s, want %s", n, got, want)
		}
	}
	for d, want := range map[time.Duration]string{
		0: "0 s", 20 * time.Millisecond: "20 ms", 100 * time.Millisecond: "0.1 s", 3140 * time.Millisecond: "3.1 s", 27400 * time.Millisecond: "27 s",
		125 * time.Second: "2 min 5 s", 61 * time.Minute: "1 h 1 min",
	} {
		if got := span(d); got != want {
			t.Errorf("%s is %s, want %s", fmt.Sprint(d), got, want)
		}
	}
}
