package cli

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
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
  "oidc_providers": [{"url": "https://token.example.com", "audiences": ["sts.amazonaws.com"]}],
  "sso": [
    {"name": "corp", "start_url": "https://corp.awsapps.com/start", "region": "us-east-1", "assignments": {"*": ["ReadOnly"]},
      "tokens": [{"expires_in": "1m", "access_token": "aoaAAAAAGcQ7Vn2xXw8Yt5Zk3LmPqRs9UvWbCdEfGh", "refresh_token": "aorAAAAAGdR8Wo3yYx9Zu6Al4MnQrSt0VwXcDeFgHi"}],
      "login": {"polls": 1, "interval": "1s"}}
  ],
  "instances": [{"account": "*", "region": "*", "name": "web", "private_ips": ["10.0.0.5"]}],
  "metadata": {"account": "dev", "role": "Machine"},
  "container": {"account": "dev", "role": "Machine"},
  "home": {"profile": "ann", "region": "eu-west-1", "config": "[profile mine]\nrole_arn = arn:aws:iam::200000000002:role/Machine\nsource_profile = ann\n"}
}`

// echoForms are the ways in which a server repeats a text.
var echoForms = map[string]func(string) string{
	"plain":   func(s string) string { return s },
	"URL":     url.QueryEscape,
	"base64":  func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
	"base64b": func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte("k=" + s)) },
	"halves":  func(s string) string { return s[:len(s)/2] + " and " + s[len(s)/2:] },
	"JSON":    func(s string) string { return strings.ReplaceAll(strings.ReplaceAll(s, "/", `\/`), "=", `\u003d`) },
}

// echo answers as the simulated organization does, but for one operation: there
// all that it has been sent, and has sent, comes back as an error.
type echo struct {
	sim    http.Handler
	attack string
	form   func(string) string
	style  string // of the error: message, code, header, status or page

	mu         sync.Mutex
	removed    bool // something was, from what muster printed
	operations map[string]bool
	secrets    map[string]bool
	given      [][]string // by answers of which nothing has been used yet: perhaps nobody has read them
}

var (
	sentSecret = regexp.MustCompile(`"(?i:refreshToken|clientSecret|code|codeVerifier|deviceCode)":"([^"]+)"`)
	gotSecret  = regexp.MustCompile(`(?:<(?:SecretAccessKey|SessionToken)>|"(?i:secretAccessKey|sessionToken|token|accessToken|refreshToken|clientSecret|deviceCode|signinToken)"\s*:\s*")([^<"]+)`)
)

// learn adds secrets that were sent, and what else was in the answers that they are from.
func (e *echo) learn(secrets ...string) {
	for _, s := range secrets {
		if s == "" {
			continue
		}
		e.secrets[s] = true
		e.given = slices.DeleteFunc(e.given, func(answer []string) bool {
			used := slices.Contains(answer, s)
			for _, other := range answer {
				e.secrets[other] = e.secrets[other] || used
			}
			return used
		})
	}
}

func (e *echo) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	form, _ := url.ParseQuery(string(body))
	e.mu.Lock()
	defer e.mu.Unlock()
	operation := r.Method + " " + r.URL.Path
	if action := form.Get("Action"); action != "" {
		operation = action
	} else if target := r.Header.Get("X-Amz-Target"); target != "" {
		operation = target
	}
	e.operations[operation] = true
	e.learn(r.Header.Get("X-Amz-Security-Token"), r.Header.Get("X-Amz-Sso_bearer_token"), r.URL.Query().Get("code_verifier"))
	if authorization := r.Header.Get("Authorization"); !strings.HasPrefix(authorization, "AWS4") {
		e.learn(authorization)
	}
	for _, name := range []string{"TokenCode", "ExternalId", "SAMLAssertion", "WebIdentityToken"} {
		e.learn(form.Get(name))
	}
	for _, match := range sentSecret.FindAllSubmatch(body, -1) {
		e.learn(string(match[1]))
	}
	if operation == e.attack {
		e.fail(w, r, body)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	recorder := httptest.NewRecorder()
	e.sim.ServeHTTP(recorder, r)
	var given []string
	for _, match := range gotSecret.FindAllSubmatch(recorder.Body.Bytes(), -1) {
		given = append(given, html.UnescapeString(string(match[1])))
	}
	e.given = append(e.given, given)
	maps.Copy(w.Header(), recorder.Header())
	w.WriteHeader(recorder.Code)
	w.Write(recorder.Body.Bytes())
}

func (e *echo) known() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(e.secrets)), func(s string) bool { return !e.secrets[s] })
}

func (e *echo) fail(w http.ResponseWriter, r *http.Request, body []byte) {
	var all []string
	for _, secret := range e.known() {
		all = append(all, "<"+e.form(secret)+">")
		if len(secret) >= 64 {
			all = append(all, e.form(secret[11:11+32]))
		}
	}
	all = append(all, e.form(r.URL.RawQuery+" "+string(body)))
	for name, values := range r.Header {
		all = append(all, name+": "+e.form(strings.Join(values, ",")))
	}
	text := strings.Join(all, " ")
	code, message, status := "Odd", "nothing of note", http.StatusForbidden
	w.Header().Set("X-Amzn-Requestid", text)
	switch e.style {
	case "message":
		message = text
	case "code":
		code = strings.Join(all, "-")
	case "header":
		w.Header().Set("X-Amzn-Errortype", strings.ReplaceAll(text, ":", "-"))
	case "page":
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusOK)
		fmt.Fprintf(w, "<html><%s>%s", regexp.MustCompile(`[^\w]`).ReplaceAllString(all[0], "")+"x", text)
		return
	case "status":
		conn, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			fmt.Fprintf(conn, "HTTP/1.1 502 %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", text)
			conn.Close()
		}
		return
	case "malformed":
		conn, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			fmt.Fprintf(conn, "HTTP/1.1 %s\r\nContent-Length: 0\r\n\r\n", text)
			conn.Close()
		}
		return
	}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		w.Header().Set("Content-Type", "text/xml")
		w.WriteHeader(status)
		fault := "<Code>" + html.EscapeString(code) + "</Code><Message>" + html.EscapeString(message) + "</Message>"
		if strings.Contains(string(body), "2016-11-15") {
			fmt.Fprintf(w, "<Response><Errors><Error>%s</Error></Errors><RequestID>%s</RequestID></Response>", fault, html.EscapeString(text))
		} else {
			fmt.Fprintf(w, "<ErrorResponse><Error>%s</Error><RequestId>%s</RequestId></ErrorResponse>", fault, html.EscapeString(text))
		}
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]string{"__type": code, "code": code, "message": message, "error": code, "error_description": message})
}

// printedText finds secrets in the output.
type printedText struct {
	text   string
	pieces map[string]bool // of partSize
}

// partSize is how much of a secret is a leak.
const partSize = 32

func newPrintedText(text string) *printedText {
	p := &printedText{text, map[string]bool{}}
	for i := 0; i+partSize <= len(text); i++ {
		p.pieces[text[i:i+partSize]] = true
	}
	return p
}

// leaks returns the form in which a text contains a secret or a part of it.
func (p *printedText) leaks(secret string) string {
	if len(secret) < 20 { // whole words, since parts of them are anywhere
		if regexp.MustCompile(`(^|[^A-Za-z0-9])` + regexp.QuoteMeta(secret) + `($|[^A-Za-z0-9])`).MatchString(p.text) {
			return "whole"
		}
		return ""
	}
	forms := map[string]string{"plain": secret, "URL": url.QueryEscape(secret), "JSON": echoForms["JSON"](secret)}
	for skip := range 3 {
		forms[fmt.Sprint("base64 ", skip)] = strings.TrimRight(base64.StdEncoding.EncodeToString([]byte(secret[skip:])), "=")
	}
	for name, form := range forms {
		if len(form) <= partSize && strings.Contains(p.text, form[:len(form)-2]) {
			return name
		}
		for i := 0; i+partSize <= len(form); i++ {
			if p.pieces[form[i:i+partSize]] {
				return name
			}
		}
	}
	return ""
}

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
	for name, c := range map[string]command{
		"whoami":        {args: []string{"whoami", "--profile", "mine"}, listing: true},
		"instances":     {args: append([]string{"instances"}, role...), listing: true},
		"accounts":      {args: append([]string{"accounts"}, role...), listing: true},
		"regions":       {args: append([]string{"regions"}, role...), listing: true},
		"find":          {args: append([]string{"find", "10.0.0.5"}, role...), listing: true},
		"sso":           {args: []string{"instances", "--sso-session", "corp"}, listing: true},
		"sso roles":     {args: []string{"accounts", "--sso-session", "corp"}, listing: true},
		"login":         {args: []string{"login", "corp"}},
		"device login":  {args: []string{"login", "corp", "--use-device-code"}},
		"logout":        {args: []string{"logout", "corp"}},
		"assume-role":   {args: append([]string{"assume-role", "-o", "env"}, strict...)},
		"saml":          {args: []string{"assume-role", "-o", "env", "--saml-assertion", "FILE.saml"}},
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

// TestUnsolicited: what a server sends that nobody has asked for, as where it sends
// an answer twice, is not printed, and with --debug said without its bytes. The
// standard logger is the process's: it runs beside no other test.
func TestUnsolicited(t *testing.T) {
	const answer = `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>` +
		`<Arn>arn:aws:iam::100000000001:user/ann</Arn><UserId>AIDA</UserId><Account>100000000001</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`
	const stray = "<SecretAccessKey>wJalrXUtnFEMIK7MDENGbPxRfiCYzzzzzzzzzzzz</SecretAccessKey>"
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			io.ReadAtLeast(conn, make([]byte, 4096), 100)
			fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s%s", len(answer), answer, "HTTP/1.1 200 OK\r\n\r\n"+stray)
		}
	}()
	home := t.TempDir()
	environ := []string{"HOME=" + home, "AWS_ACCESS_KEY_ID=AKIAANNANNANNANNANNA", "AWS_SECRET_ACCESS_KEY=ann", "AWS_ENDPOINT_URL=http://" + listener.Addr().String()}
	heard := make(chan string, 10)
	defer log.SetOutput(log.Writer())
	for _, flags := range [][]string{nil, {"--debug"}} {
		var stdout bytes.Buffer
		var stderr lockedBuffer
		app := &App{
			Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr, Environ: environ,
			SetLibraryLog: func(w io.Writer) { log.SetOutput(io.MultiWriter(w, writerFunc(func(p []byte) { heard <- string(p) }))) },
		}
		if code := Main(t.Context(), append([]string{"whoami"}, flags...), app); code != 0 {
			t.Fatalf("exit code %d: %s", code, stderr.text())
		}
		select {
		case line := <-heard:
			if !strings.Contains(line, stray[20:40]) {
				t.Errorf("net/http says %q", line)
			}
		case <-time.After(30 * time.Second):
			t.Fatal("net/http has nothing to say about stray bytes any more")
		}
		text := stderr.text()
		if said := strings.Contains(text, `msg=library text="`); said != (flags != nil) || strings.Contains(text, "wJalr") {
			t.Errorf("%v: %s", flags, text)
		}
	}
}

// lockedBuffer is a stream to which goroutines may still write.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

type writerFunc func([]byte)

func (f writerFunc) Write(p []byte) (int, error) { f(p); return len(p), nil }
