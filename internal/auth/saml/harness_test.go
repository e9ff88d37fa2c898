package saml

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"muster/internal/secret"
)

const (
	testUser     = "ada@example.com"
	testPassword = "correct horse <&> \u00fc"
	testApp      = "666666"
)

// testAssertion is a SAML response, in base64.
var testAssertion = base64.StdEncoding.EncodeToString([]byte(
	`<saml2p:Response xmlns:saml2p="urn:oasis:names:tc:SAML:2.0:protocol" ID="a-secret-assertion-of-some-length"><x/></saml2p:Response>`))

// fakePrompt answers from lists, and records what it was asked and shown.
type fakePrompt struct {
	codes   []string
	choices []string // labels, or parts of them
	shown   []string
}

func (p *fakePrompt) Code(_ context.Context, question string) (string, error) {
	p.shown = append(p.shown, "code? "+question)
	if len(p.codes) == 0 {
		return "", errors.New("end of input")
	}
	code := p.codes[0]
	p.codes = p.codes[1:]
	return code, nil
}

func (p *fakePrompt) Choose(_ context.Context, question string, choices []string) (int, error) {
	p.shown = append(p.shown, "choose? "+question+": "+strings.Join(choices, " | "))
	if len(p.choices) == 0 {
		return 0, errors.New("end of input")
	}
	want := p.choices[0]
	p.choices = p.choices[1:]
	if i := slices.IndexFunc(choices, func(c string) bool { return strings.Contains(c, want) }); i >= 0 {
		return i, nil
	}
	return 0, fmt.Errorf("no choice %q in %q", want, choices)
}

func (p *fakePrompt) Note(text string) { p.shown = append(p.shown, text) }

// fakeServer is a server whose requests all have to be expected.
type fakeServer struct {
	*httptest.Server
	t *testing.T

	mu   sync.Mutex
	seen []string // method and path of each request
}

type handler func(w http.ResponseWriter, r *http.Request, body string)

func serve(t *testing.T, handlers map[string]handler) *fakeServer {
	t.Helper()
	s := &fakeServer{t: t}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		body, _ := io.ReadAll(r.Body)
		key := r.Method + " " + r.URL.Path
		s.seen = append(s.seen, key)
		h := handlers[key]
		if h == nil {
			t.Errorf("unexpected request: %s", key)
			http.NotFound(w, r)
			return
		}
		h(w, r, string(body))
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *fakeServer) count(key string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, k := range s.seen {
		if k == key {
			n++
		}
	}
	return n
}

func reply(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	io.WriteString(w, body)
}

// fields parses a JSON body strictly: all values are of the documented types.
func fields(t *testing.T, body string) map[string]any {
	t.Helper()
	var in map[string]any
	if err := json.Unmarshal([]byte(body), &in); err != nil {
		t.Errorf("request is not JSON: %v", err)
	}
	return in
}

// run is one sign-in under test.
type run struct {
	config Config
	prompt *fakePrompt // nil for none
	slept  time.Duration
	log    strings.Builder
}

func newRun(provider, url string) *run {
	r := &run{prompt: &fakePrompt{}}
	ask := func(value string) func(context.Context) (string, error) {
		asked := false
		return func(context.Context) (string, error) {
			if asked {
				return "", errors.New("asked twice")
			}
			asked = true
			return value, nil
		}
	}
	r.config = Config{
		Provider: provider, URL: url, Username: testUser, Password: ask(testPassword),
		ClientID: "client", ClientSecret: ask("client-secret-0123456789"), Subdomain: "corp", AppID: testApp,
		Secrets: new(secret.Set),
		Log:     slog.New(slog.NewTextHandler(&r.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Sleep: func(ctx context.Context, d time.Duration) error {
			r.slept += d
			return ctx.Err()
		},
	}
	return r
}

func (r *run) signIn(ctx context.Context) ([]byte, error) {
	var p Prompt
	if r.prompt != nil {
		p = r.prompt
	}
	return SignIn(ctx, nil, r.config, p)
}

// A sign-in ends with its context even while a server is sending.
func TestSlowAnswer(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("interrupted")
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		io.WriteString(w, "{")
		w.(http.Flusher).Flush()
		cancel(stop)
		<-r.Context().Done()
	}))
	defer s.Close()
	if _, err := newRun(OneLogin, s.URL).signIn(ctx); err != stop {
		t.Errorf("got %v", err)
	}
}

// check runs the sign-in and compares its outcome: an error of a kind whose text contains
// want, or the assertion if want is "". No secret may be in the error, the log or the notes.
func (r *run) check(t *testing.T, kind Kind, want string) {
	t.Helper()
	assertion, err := r.signIn(t.Context())
	shown := r.log.String()
	if r.prompt != nil {
		shown += strings.Join(r.prompt.shown, "\n")
	}
	switch e, ok := err.(*Error); {
	case want == "" && err != nil:
		t.Fatalf("SignIn: %v\n%s", err, shown)
	case want == "" && string(assertion) != testAssertion:
		t.Fatalf("SignIn returned another assertion: %q", assertion)
	case want == "":
	case !ok || e.Kind != kind || !strings.Contains(e.Msg, want):
		t.Fatalf("SignIn: %#v\nwant kind %d and %q", err, kind, want)
	case assertion != nil:
		t.Errorf("an assertion next to an error")
	default:
		shown += e.Msg
		if strings.ContainsFunc(e.Msg, func(r rune) bool { return r < ' ' || r == 0x7f }) || len(e.Msg) > 500 {
			t.Errorf("error is not one short line: %q", e.Msg)
		}
	}
	for _, s := range []string{testPassword, "client-secret-0123456789", testAssertion, "access-token-0123456789", "state-token-0123456789", "session-token-0123456789", "123456", "000000"} {
		if strings.Contains(shown, s) {
			t.Errorf("secret %q shown in:\n%s", s, shown)
		}
	}
}
