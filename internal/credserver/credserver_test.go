package credserver

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

func start(t *testing.T) *Server {
	t.Helper()
	s, err := Start(func() time.Time { return noon })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func fixed(c aws.Credentials, err error) Source {
	return func(context.Context) (aws.Credentials, error) { return c, err }
}

// access returns the URL and the token of a grant.
func access(t *testing.T, g *Grant) (url, token string) {
	t.Helper()
	environ := g.Environ()
	url, ok := strings.CutPrefix(environ[0], "AWS_CONTAINER_CREDENTIALS_FULL_URI=")
	token, ok2 := strings.CutPrefix(environ[1], "AWS_CONTAINER_AUTHORIZATION_TOKEN=")
	if !ok || !ok2 || len(environ) != 2 || len(token) < 26 || !strings.HasPrefix(url, "http://127.0.0.1:") {
		t.Fatalf("environment %q", environ)
	}
	return url, token
}

func ask(t *testing.T, method, url, host string, header http.Header) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host, r.Header = host, header
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(body)
}

func with(token string) http.Header { return http.Header{"Authorization": {token}} }

func TestAnswers(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, test := range []struct {
		name   string
		source Source
		status int
		body   string
	}{
		{
			"a session", fixed(aws.Credentials{AccessKeyID: "A", SecretAccessKey: "S", SessionToken: "T", CanExpire: true, Expires: noon.Add(time.Minute)}, nil),
			200, `{"AccessKeyId":"A","Expiration":"2026-01-02T12:01:00Z","SecretAccessKey":"S","Token":"T"}` + "\n",
		},
		{
			"a user's keys", fixed(aws.Credentials{AccessKeyID: "A", SecretAccessKey: "S"}, nil),
			200, `{"AccessKeyId":"A","Expiration":"2026-01-02T13:00:00Z","SecretAccessKey":"S","Token":""}` + "\n",
		},
		{
			"none", fixed(aws.Credentials{}, errors.New("the session has ended")),
			500, `{"code":"NoCredentials","message":"the session has ended"}` + "\n",
		},
	} {
		url, token := access(t, s.Grant(test.source))
		if status, body := ask(t, "GET", url, "", with(token)); status != test.status || body != test.body {
			t.Errorf("%s: %d %s, want %d %s", test.name, status, body, test.status, test.body)
		}
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	s := start(t)
	mine, other := s.Grant(fixed(aws.Credentials{SecretAccessKey: "secret"}, nil)), s.Grant(fixed(aws.Credentials{}, nil))
	url, token := access(t, mine)
	_, otherToken := access(t, other)
	if token == otherToken {
		t.Fatal("two grants have one token")
	}
	_, port, err := net.SplitHostPort(s.host)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, method, url, host string
		header                  http.Header
		status                  int
		code                    string
	}{
		{"no token", "GET", url, "", nil, 403, "WrongToken"},
		{"an empty token", "GET", url, "", with(""), 403, "WrongToken"},
		{"a wrong token", "GET", url, "", with(token[1:]), 403, "WrongToken"},
		{"a bearer's token", "GET", url, "", with("Bearer " + token), 403, "WrongToken"},
		{"another child's token", "GET", url, "", with(otherToken), 403, "WrongToken"},
		{"another path", "GET", url + "0", "", with(token), 403, "WrongToken"},
		{"a name for the host", "GET", url, "evil.example:" + port, with(token), 403, "WrongHost"},
		{"a friendly name for it", "GET", url, "localhost:" + port, with(token), 403, "WrongHost"},
		{"no port", "GET", url, "127.0.0.1", with(token), 403, "WrongHost"},
		{"a post", "POST", url, "", with(token), 405, "WrongMethod"},
		{"an option", "OPTIONS", url, "", with(token), 405, "WrongMethod"},
	} {
		status, body := ask(t, test.method, test.url, test.host, test.header)
		if status != test.status || !strings.Contains(body, `"code":"`+test.code+`"`) || strings.Contains(body, "secret") || strings.Contains(body, token) {
			t.Errorf("%s: %d %s, want %d %s", test.name, status, body, test.status, test.code)
		}
	}
	if status, _ := ask(t, "GET", url, "", with(token)); status != 200 {
		t.Errorf("with its token: %d", status)
	}
	mine.Revoke()
	if status, _ := ask(t, "GET", url, "", with(token)); status != 403 {
		t.Errorf("with a token that is revoked: %d", status)
	}
}
