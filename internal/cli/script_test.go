package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"muster/internal/awssim"
)

// The scripts of testdata/script run the whole program in this process, against
// the simulated organization. Besides testscript's own they have these commands:
//
//	sim [-proxy] [-home] [WORLD.json]
//		starts a simulated organization (without a file, that of --demo) and points
//		the environment at it: by AWS_ENDPOINT_URL, or with -proxy by HTTPS_PROXY
//		and AWS_CA_BUNDLE. -home writes its ~/.aws over the script's own.
//	muster ARG...
//		runs muster; ! in front where it is to fail. The variable STDIN may name a
//		file for it to read.
//	code N
//		the exit code of the last muster.
//	calls FILE
//		writes what has been asked since the last calls: OPERATION COUNT, sorted.
//	sound
//		nothing asked so far was malformed, mis-signed, misdirected or expired.
//	advance DURATION
//		moves the clocks of the organization and of muster.
//	lose ROLE_ARN
//		deletes a role that a stack has created, as somebody may by hand.
//	clock TIME
//		sets both clocks.
//	assertion FILE ROLE_ARN...
//		writes a SAML assertion that offers the roles.
//	token FILE ISSUER AUDIENCE SUBJECT
//		writes an OpenID Connect token.
//	evaluate FILE
//		sets the variables that `-o env` has printed.
//	mode FILE MODE
//		wants a file to have the permissions, as ls shows them.
type script struct {
	sim    *awssim.Server
	seen   int // calls written already
	code   int
	offset time.Duration
}

type scriptKey struct{}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("..", "..", "testdata", "script"),
		RequireUniqueNames:  true,
		RequireExplicitExec: true,
		UpdateScripts:       os.Getenv("UPDATE_SCRIPTS") != "",
		Setup: func(env *testscript.Env) error {
			env.Values[scriptKey{}] = &script{}
			home := filepath.Join(env.WorkDir, "home")
			env.Setenv("HOME", home)
			env.Setenv("AWS_EC2_METADATA_DISABLED", "true")
			return os.MkdirAll(filepath.Join(home, ".aws"), 0o700)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"sim":     (*script)(nil).command((*script).start),
			"muster":  (*script)(nil).command((*script).muster),
			"code":    (*script)(nil).command((*script).wantCode),
			"calls":   (*script)(nil).command((*script).calls),
			"sound":   (*script)(nil).command((*script).sound),
			"advance": (*script)(nil).command((*script).advance),
			"clock":   (*script)(nil).command((*script).clock),
			"lose":    (*script)(nil).command((*script).lose),

			"assertion": (*script)(nil).command((*script).assertion),
			"token":     (*script)(nil).command((*script).token),
			"evaluate":  (*script)(nil).command((*script).evaluate),
			"mode":      (*script)(nil).command((*script).mode),
		},
	})
}

func (*script) command(run func(*script, *testscript.TestScript, bool, []string)) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		run(ts.Value(scriptKey{}).(*script), ts, neg, args)
	}
}

func (s *script) start(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		ts.Fatalf("sim cannot be negated")
	}
	world := awssim.DefaultWorld()
	var proxy, home bool
	for _, arg := range args {
		switch arg {
		case "-proxy":
			proxy = true
		case "-home":
			home = true
		default:
			var err error
			if world, err = awssim.ParseWorld([]byte(ts.ReadFile(arg))); err != nil {
				ts.Fatalf("%s: %v", arg, err)
			}
		}
	}
	var err error
	s.seen = 0
	if s.sim, err = awssim.Start(world); err != nil {
		ts.Fatalf("%v", err)
	}
	s.sim.Advance(s.offset)
	ts.Defer(func() { s.sim.Close() })
	if home || len(args) == 0 {
		ts.Check(s.sim.WriteHome(ts.Getenv("HOME")))
	}
	for _, pair := range s.sim.Env(ts.Getenv("HOME")) {
		if key, value, _ := strings.Cut(pair, "="); key != "AWS_ENDPOINT_URL" || !proxy {
			ts.Setenv(key, value)
		}
	}
	if proxy {
		bundle := ts.MkAbs("ca.pem")
		ts.Check(os.WriteFile(bundle, s.sim.CAPEM(), 0o600))
		ts.Setenv("HTTPS_PROXY", s.sim.ProxyURL())
		ts.Setenv("AWS_CA_BUNDLE", bundle)
	}
}

// variables are those that reach muster from a script.
var variables = []string{
	"HOME", "USER", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "MUSTER_CONTEXT", "SSH_CONNECTION", "BROWSER", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "NO_COLOR", "PATH", "TMPDIR",
	"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_CREDENTIAL_EXPIRATION", "AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION",
	"AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_CA_BUNDLE", "AWS_MAX_ATTEMPTS", "AWS_EC2_METADATA_DISABLED", "AWS_METADATA_SERVICE_TIMEOUT",
	"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_EC2", "AWS_ENDPOINT_URL_STS", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
	"AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT", "AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE",
	"AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_EC2_METADATA_SERVICE_ENDPOINT", "AWS_CONTAINER_AUTHORIZATION_TOKEN",
	"JOB_COMPLETION_INDEX", "AWS_BATCH_JOB_ARRAY_INDEX", "AWS_BATCH_JOB_ARRAY_SIZE", "MUSTER_SHARDS", "MUSTER_SHARD",
	"MUSTER_PROFILE", "MUSTER_ALL_PROFILES", "MUSTER_ROLE_ARN", "MUSTER_VIA", "MUSTER_TASK_POLICY", "MUSTER_SSO_SESSION", "MUSTER_SAML_PROFILE", "MUSTER_SAML_PASSWORD", "MUSTER_SAML_CLIENT_SECRET", "MUSTER_ORGANIZATION", "MUSTER_ROLE", "MUSTER_ACCOUNT", "MUSTER_OU", "MUSTER_EXTERNAL_ID",
	"MUSTER_FILTER", "MUSTER_OUTPUT", "MUSTER_STYLE", "MUSTER_OLDER_THAN", "MUSTER_USER", "MUSTER_CANARY", "MUSTER_YES", "MUSTER_REGION", "MUSTER_CONCURRENCY", "MUSTER_DEMO", "MUSTER_COLOR",
}

// fileFlags are followed by a file.
var fileFlags = []string{"--report", "--plan", "--apply", "--journal", "--from", "--retry-gaps", "--ca-bundle", "--out", "--saml-assertion", "--web-identity-token-file", "--store"}

func (s *script) muster(ts *testscript.TestScript, neg bool, args []string) {
	var environ []string
	for _, name := range variables {
		if value := ts.Getenv(name); value != "" {
			environ = append(environ, name+"="+value)
		}
	}
	args = slices.Clone(args)
	for i, arg := range args { // files are the script's
		if rest, ok := strings.CutPrefix(arg, "template-file="); ok {
			args[i] = "template-file=" + ts.MkAbs(rest)
		}
		if rest, ok := strings.CutPrefix(arg, "file://"); ok {
			args[i] = "file://" + ts.MkAbs(rest)
		}
		if rest, ok := strings.CutPrefix(arg, "--timings="); ok {
			args[i] = "--timings=" + ts.MkAbs(rest)
		}
		if i > 0 && arg != "-" && slices.Contains(fileFlags, args[i-1]) {
			args[i] = ts.MkAbs(arg)
		}
	}
	var stdin io.Reader = strings.NewReader("")
	if file := ts.Getenv("STDIN"); file != "" {
		stdin = strings.NewReader(ts.ReadFile(file))
	}
	s.code = Main(context.Background(), args, &App{
		Stdin: stdin, Stdout: ts.Stdout(), Stderr: ts.Stderr(), Environ: environ,
		Completions: os.DirFS(filepath.Join("..", "..")),
		Now:         func() time.Time { return time.Now().Add(s.offset) },
		OpenTTY:     func() (io.ReadWriteCloser, error) { return nil, os.ErrNotExist },
		OpenBrowser: visit,
	})
	if (s.code != 0) != neg {
		ts.Fatalf("exit code %d", s.code)
	}
}

// visit plays the browser: it goes where it is sent, as long as that is this
// machine.
func visit(page string) error {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.RegisterProtocol("file", http.NewFileTransport(http.Dir("/")))
	client := http.Client{Transport: transport, CheckRedirect: func(req *http.Request, _ []*http.Request) error {
		if req.URL.Hostname() != "127.0.0.1" {
			return http.ErrUseLastResponse
		}
		return nil
	}}
	resp, err := client.Get(page)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 400 {
		return errors.New(resp.Status)
	}
	return nil
}

func (s *script) wantCode(ts *testscript.TestScript, _ bool, args []string) {
	if want, err := strconv.Atoi(args[0]); err != nil || want != s.code {
		ts.Fatalf("exit code %d, want %s", s.code, args[0])
	}
}

func (s *script) calls(ts *testscript.TestScript, _ bool, args []string) {
	counts := map[string]int{}
	all := s.sim.Calls()
	for _, call := range all[s.seen:] {
		counts[call.Operation]++
	}
	s.seen = len(all)
	var lines []string
	for operation, n := range counts {
		lines = append(lines, fmt.Sprintf("%s %d\n", operation, n))
	}
	slices.Sort(lines)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.Join(lines, "")), 0o600))
}

func (s *script) sound(ts *testscript.TestScript, _ bool, _ []string) {
	if problems := s.sim.Problems(); len(problems) > 0 {
		ts.Fatalf("%s", strings.Join(problems, "\n"))
	}
}

// assertion writes a SAML assertion that offers the roles.
func (s *script) assertion(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(s.sim.SAMLAssertion(args[1:]...)), 0o600))
}

// token writes an OpenID Connect token: file, issuer, audience, subject.
func (s *script) token(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(s.sim.WebIdentityToken(args[1], args[2], args[3], time.Hour)), 0o600))
}

// evaluate sets the variables that `-o env` has printed.
func (s *script) evaluate(ts *testscript.TestScript, _ bool, args []string) {
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		pair, ok := strings.CutPrefix(strings.TrimSpace(line), "export ")
		if name, value, _ := strings.Cut(pair, "="); ok {
			ts.Setenv(name, strings.Trim(value, "'"))
		}
	}
}

// mode wants a file to have the permissions, as ls shows them.
func (s *script) mode(ts *testscript.TestScript, _ bool, args []string) {
	info, err := os.Stat(ts.MkAbs(args[0]))
	ts.Check(err)
	if got := info.Mode().String(); got != args[1] {
		ts.Fatalf("%s is %s, want %s", args[0], got, args[1])
	}
}

// lose deletes a role that a stack has created.
func (s *script) lose(_ *testscript.TestScript, _ bool, args []string) { s.sim.DeleteRole(args[0]) }

func (s *script) advance(ts *testscript.TestScript, _ bool, args []string) {
	d, err := time.ParseDuration(args[0])
	ts.Check(err)
	s.move(d)
}

// clock sets the clocks, for scripts with dates in them.
func (s *script) clock(ts *testscript.TestScript, _ bool, args []string) {
	t, err := time.Parse(time.RFC3339, args[0])
	ts.Check(err)
	s.move(time.Until(t.Add(-s.offset)))
}

func (s *script) move(d time.Duration) {
	s.offset += d
	if s.sim != nil {
		s.sim.Advance(d)
	}
}
