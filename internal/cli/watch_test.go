package cli

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/creack/pty"

	"muster/internal/awssim"
)

// watchedWorld has two regions, and the given instances and faults.
const watchedWorld = `{
  "regions": ["us-east-1", "eu-west-1"],
  "accounts": [{"id": "100000000001", "name": "root"}],
  "users": [{"account": "root", "name": "admin"}],
  "faults": [FAULTS],
  "instances": [INSTANCES],
  "home": {"profile": "admin"}
}`

func watchedBy(faults string, instances ...string) string {
	return strings.NewReplacer("FAULTS", faults, "INSTANCES", strings.Join(instances, ",")).Replace(watchedWorld)
}

const (
	shopRunning = `{"account": "root", "region": "us-east-1", "id": "i-0a000000000000001", "name": "shop", "state": "running", "private_ips": ["10.0.0.1"]}`
	shopStopped = `{"account": "root", "region": "us-east-1", "id": "i-0a000000000000001", "name": "shop", "state": "stopped", "private_ips": ["10.0.0.1"]}`
	blog        = `{"account": "root", "region": "us-east-1", "id": "i-0a000000000000002", "name": "blog", "state": "running", "private_ips": ["10.0.0.2"]}`
	mail        = `{"account": "root", "region": "eu-west-1", "id": "i-0a000000000000003", "name": "mail", "state": "running", "private_ips": ["10.0.0.3"]}`
	euWestFails = `{"operation": "DescribeInstances", "region": "eu-west-1", "kind": "error", "status": 403, "code": "UnauthorizedOperation", "message": "no"}`
	allFails    = `{"kind": "error", "status": 403, "code": "InvalidClientTokenId", "message": "no"}`
)

// inFront starts a proxy in front of organizations that selects the one to answer.
func inFront(t *testing.T, environ []string, choose func(*http.Request) *awssim.Server) []string {
	t.Helper()
	front := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		target, err := url.Parse(choose(r.Out).URL())
		if err != nil {
			t.Error(err)
		}
		r.SetURL(target)
		r.Out.Host = r.In.Host
	}})
	t.Cleanup(front.Close)
	return append(environ, "AWS_ENDPOINT_URL="+front.URL, "PATH="+os.Getenv("PATH"))
}

// describesInstances matches the body of a request for instances.
var describesInstances = regexp.MustCompile(`\bAction=DescribeInstances\b`)

// rounds gives all calls of a round the same organization: a round begins with the call for
// instances that comes to a region again.
type rounds struct {
	mu    sync.Mutex
	next  int             // after the next turn
	now   int             // of this round
	asked map[string]bool // the regions of this round
}

func (r *rounds) turn() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.next++
}

// world returns the number of the organization that answers a request.
func (r *rounds) world(t *testing.T, request *http.Request) int {
	body := bodyOf(t, request)
	r.mu.Lock()
	defer r.mu.Unlock()
	if region := regionOfSignature(request); describesInstances.Match(body) {
		if r.asked == nil || r.asked[region] {
			r.asked, r.now = map[string]bool{}, r.next
		}
		r.asked[region] = true
	}
	return r.now
}

// bodyOf reads the body of a request that goes on.
func bodyOf(t *testing.T, request *http.Request) []byte {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		t.Error(err)
	}
	request.Body = io.NopCloser(bytes.NewReader(body))
	return body
}

// regionOfSignature returns the region for which a request is signed.
func regionOfSignature(r *http.Request) string {
	scope := strings.Split(r.Header.Get("Authorization"), "/")
	return scope[min(2, len(scope)-1)]
}

// changing starts an organization that turns into the next one at each turn, from the next
// round of --watch on.
func changing(t *testing.T, worlds ...string) (environ []string, turn func()) {
	t.Helper()
	var at rounds
	var sims []*awssim.Server
	for _, text := range worlds {
		w, err := awssim.ParseWorld([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		sim, env := simulated(t, w, false)
		sims = append(sims, sim)
		if environ == nil {
			environ = env
		}
	}
	return inFront(t, environ, func(r *http.Request) *awssim.Server { return sims[at.world(t, r)] }), at.turn
}

var (
	roundTook = regexp.MustCompile(`regions?, \d+(\.\d)? m?s\b`)
	roundTime = regexp.MustCompile(` +\d\d:\d\d:\d\d`)
)

// shownBy waits for a screen, with times replaced, after the screen of the previous
// wait.
func shownBy(t *testing.T, d *display, want string) {
	t.Helper()
	timeless := func(text string) string {
		return roundTime.ReplaceAllString(roundTook.ReplaceAllString(text, "regions, TOOK"), " TIME")
	}
	if !eventually(func() bool { return d.showed(func(text string) bool { return timeless(text) == want }) }) {
		t.Fatalf("the screen shows\n%s\nwant\n%s", timeless(d.String()), want)
	}
}

// TestWatch: each round shows the changes since the one before. Records of a place that
// did not answer stay. A resized window is drawn again, and Ctrl-C restores the screen.
func TestWatch(t *testing.T) {
	t.Parallel()
	binary, err := built()
	if err != nil {
		t.Fatal(err)
	}
	environ, turn := changing(t,
		watchedBy("", shopRunning, mail),
		watchedBy("", shopStopped, blog, mail),
		watchedBy(euWestFails, blog),
		watchedBy("", blog, mail),
		watchedBy(""))
	command := exec.Command(binary, "instances", "-w2", "--columns", "Name,State,PrivateIPs")
	command.Env = append(environ, "TERM=xterm", "NO_COLOR=1")
	tty, err := pty.StartWithSize(command, &pty.Winsize{Rows: 14, Cols: 100})
	if err != nil {
		t.Fatal(err)
	}
	defer tty.Close()
	shown := newDisplay(14, 100)
	io.WriteString(shown, "$ muster\r\n")
	go io.Copy(shown, tty)

	shownBy(t, shown, `Every 2s: 2 instances in 1 account and 2 regions, TOOK TIME

   Name  State    PrivateIPs
   mail  running  10.0.0.3
   shop  running  10.0.0.1
`)
	turn()
	shownBy(t, shown, `Every 2s: 3 instances in 1 account and 2 regions, TOOK; +1 ~1 TIME

   Name  State    PrivateIPs
   mail  running  10.0.0.3
~  shop  stopped  10.0.0.1
+  blog  running  10.0.0.2
`)
	turn()
	shownBy(t, shown, `Every 2s: 1 instance in 1 account and 1 regions, TOOK; 1 gap; -1 ?1 TIME

   Name  State    PrivateIPs
?  mail  running  10.0.0.3
-  shop  stopped  10.0.0.1
   blog  running  10.0.0.2

muster: 1 place did not answer:
  100000000001 admin eu-west-1: denied, DescribeInstances: UnauthorizedOperation: no
muster: denied: the role's policies do not allow the call; accept denials with --allow-denied
`)
	if err := pty.Setsize(tty, &pty.Winsize{Rows: 9, Cols: 80}); err != nil {
		t.Fatal(err)
	}
	shownBy(t, shown, `Every 2s: 1 instance in 1 account and 1 regions, TOOK; 1 gap; ?1 TIME

   Name  State    PrivateIPs
?  mail  running  10.0.0.3
   blog  running  10.0.0.2

muster: 1 place did not answer:
… 4 lines more
`)
	if err := pty.Setsize(tty, &pty.Winsize{Rows: 14, Cols: 100}); err != nil {
		t.Fatal(err)
	}
	turn()
	shownBy(t, shown, `Every 2s: 2 instances in 1 account and 2 regions, TOOK TIME

   Name  State    PrivateIPs
   mail  running  10.0.0.3
   blog  running  10.0.0.2
`)
	turn()
	shownBy(t, shown, `Every 2s: no instances in 1 account and 2 regions, TOOK; -2 TIME

   Name  State    PrivateIPs
-  mail  running  10.0.0.3
-  blog  running  10.0.0.2
`)
	tty.Write([]byte{3})
	command.Wait()
	if code := command.ProcessState.ExitCode(); code != 130 {
		t.Errorf("exit code %d, want 130", code)
	}
	shownBy(t, shown, "$ muster\n") // the ^C itself was on the other screen
}

// TestWatchLogged: --watch does not draw over a log on the terminal. A log elsewhere
// leaves the screen alone.
func TestWatchLogged(t *testing.T) {
	t.Parallel()
	environ, _ := changing(t, watchedBy("", shopRunning))
	environ = append(environ, "TERM=xterm", "NO_COLOR=1")
	args := []string{"instances", "-w1", "--debug", "--region", "us-east-1", "--columns", "Name"}
	command, tty, shown := startOnTerminal(t, environ, args...)
	waitFor(t, shown, `   Name\n   shop\n(?s:.*)level=DEBUG(?s:.*)level=DEBUG`)
	tty.Write([]byte{3})
	command.Wait()
	if strings.Contains(shown.raw(), "\x1b[?1049h") {
		t.Errorf("the log is on the other screen: %q", shown.raw())
	}

	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	command = exec.Command(command.Path, args...)
	command.Env, command.Stderr = environ, log
	tty, err = pty.StartWithSize(command, &pty.Winsize{Rows: 14, Cols: 100})
	if err != nil {
		t.Fatal(err)
	}
	defer tty.Close()
	display := newDisplay(14, 100)
	go io.Copy(display, tty)
	shownBy(t, display, "Every 1s: 1 instance in 1 account and 1 regions, TOOK TIME\n\n   Name\n   shop\n")
	tty.Write([]byte{3})
	command.Wait()
	if data, err := os.ReadFile(log.Name()); err != nil || !strings.Contains(string(data), "level=DEBUG") {
		t.Errorf("%v: the log is %q", err, data)
	}
}

// TestWatchOutlivesErrors: --watch reports a round that fails completely and goes on,
// unless it is the first.
func TestWatchOutlivesErrors(t *testing.T) {
	t.Parallel()
	environ, turn := changing(t, watchedBy("", shopRunning), watchedBy(allFails), watchedBy("", shopRunning, blog))
	stdout := &turning{turns: []func(){turn}}
	ctx, interrupt := context.WithTimeout(context.Background(), time.Minute)
	defer interrupt()
	stderr := &turning{turns: []func(){turn}}
	stdout.turns = append(stdout.turns, func() {}, interrupt)
	code := Main(ctx, []string{"instances", "-w", "1s", "--columns", "Name,State", "--region", "us-east-1"}, &App{
		Stdin: strings.NewReader(""), Stdout: stdout, Stderr: stderr, Environ: environ,
		OpenTTY: func() (io.ReadWriteCloser, error) { return nil, os.ErrNotExist },
	})
	const want = "   Name  State\n   shop  running\n" +
		"   Name  State\n?  shop  running\n" +
		"   Name  State\n~  shop  running\n+  blog  running\n"
	if code != 130 || stdout.String() != want {
		t.Errorf("exit code %d, stdout\n%swant\n%s", code, stdout.String(), want)
	}
	const notes = "muster: 1 place did not answer:\n" +
		"  100000000001 admin us-east-1: denied, DescribeInstances: InvalidClientTokenId: no\n" +
		"muster: denied: AWS does not recognize the credentials in this region, perhaps because it is not enabled in the account; skip regions with --exclude-region\n" +
		"muster: no instances in 1 account\n"
	if stderr.String() != notes {
		t.Errorf("stderr %q, want %q", stderr.String(), notes)
	}
}

// turning calls the next of turns after each write.
type turning struct {
	bytes.Buffer
	turns []func()
}

func (w *turning) Write(p []byte) (int, error) {
	n, err := w.Buffer.Write(p)
	if len(w.turns) > 0 {
		w.turns[0]()
		w.turns = w.turns[1:]
	}
	return n, err
}

// TestWatchEnds: errors that no further round can fix end --watch.
func TestWatchEnds(t *testing.T) {
	t.Parallel()
	environ, _ := changing(t, watchedBy(allFails))
	for _, test := range []struct {
		args   string
		code   int
		stderr string
	}{
		{"instances -w", 1, "muster: profile admin: GetCallerIdentity: InvalidClientTokenId: no\n"},
		{"instances -w --profile nobody", 1, `profile "nobody"`},
		{"instances -w -o ndjson", 2, "--watch: cannot be used with --output ndjson; changes are marked in table, wide and tree only; with --out FILE, each round writes the file again\n"},
		{"instances -w --jq .Name", 2, "--watch: cannot be used with --jq"},
		{"instances -w --query [].Name", 2, "--watch: cannot be used with --query"},
		{"instances --watch=0", 2, "--watch: 0: expected 1s or more"},
		{"instances --watch=soon", 2, `--watch: "soon": expected an interval, like 10, 10s or 5m`},
		{"profiles -w", 2, "unknown flag -w"},
	} {
		if got := muster(t, environ, strings.Fields(test.args)...); got.code != test.code || got.stdout != "" || !strings.Contains(got.stderr, test.stderr) {
			t.Errorf("%s: exit code %d, want %d; stdout %q; stderr %q, want %q in it", test.args, got.code, test.code, got.stdout, got.stderr, test.stderr)
		}
	}
}

// TestWatchInterval: the value is optional, and may be a separate word.
func TestWatchInterval(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		args, want, what string
		quiet            bool
	}{
		{"", "0s", "", false},
		{"-w", "30s", "", false},
		{"--watch", "30s", "", false},
		{"-w 5", "5s", "", false},
		{"-w 1.5 shop", "1.5s", "shop", false},
		{"-w 5m", "5m0s", "", false},
		{"-w5s", "5s", "", false},
		{"--watch=10s", "10s", "", false},
		{"-wq", "30s", "", true},
		{"-qw 2 i-1", "2s", "i-1", true},
		{"-w shop", "30s", "shop", false},
		{"-w 10.0.0.1", "30s", "10.0.0.1", false},
		{"-w -q", "30s", "", true},
		{"-w -- 5", "30s", "5", false},
	} {
		var g grammar
		app := &App{}
		app.prepare(context.Background())
		app.env["MUSTER_WATCH"] = "7"
		parser, err := newParser(&g, app)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parser.Parse(append([]string{"instances"}, strings.Fields(test.args)...)); err != nil {
			t.Errorf("%q: %v", test.args, err)
			continue
		}
		got := g.Instances
		if interval := time.Duration(got.Watch).String(); interval != test.want || strings.Join(got.What, " ") != test.what || got.Quiet != test.quiet {
			t.Errorf("%q: every %s, of %q, quiet %t", test.args, interval, got.What, got.Quiet)
		}
	}
	var _ kong.BoolMapperValue = new(watchInterval)
}

func TestScreenHeader(t *testing.T) {
	t.Parallel()
	s := &frame{
		every: 5 * time.Minute, at: time.Date(2026, 1, 2, 14, 2, 31, 0, time.UTC),
		summary: "1,234 instances in 27 accounts and 17 regions, 3.1 s; 2 gaps", changes: "+1 ~12",
	}
	for width, want := range map[int]string{
		100: "Every 5m: 1,234 instances in 27 accounts and 17 regions, 3.1 s; 2 gaps; +1 ~12              14:02:31",
		88:  "Every 5m: 1,234 instances in 27 accounts and 17 regions, 3.1 s; 2 gaps; +1 ~12  14:02:31",
		80:  "1,234 instances in 27 accounts and 17 regions, 3.1 s; 2 gaps; +1 ~12    14:02:31",
		60:  "1,234 instances in 27 accounts and 17 reg…; +1 ~12  14:02:31",
		33:  "1,234 instance…; +1 ~12  14:02:31",
		32:  "1,234 instances in 27 a…; +1 ~12",
		20:  "1,234 insta…; +1 ~12",
		5:   "…; +1 ~12",
	} {
		if got := s.header(width); got != want {
			t.Errorf("in %d columns %q, want %q", width, got, want)
		}
	}
}
