package awsapi

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// stalled starts a server that sends a part of its answer and falls silent.
func stalled(t *testing.T, part string) string {
	t.Helper()
	done := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Length", "100000")
		io.WriteString(w, part)
		http.NewResponseController(w).Flush()
		<-done
	}))
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(done) })
	return server.URL
}

// TestReadTimeout: silence in the middle of an answer ends the call. The time-out grows until
// it is enough for the beginning of the answer on this machine.
func TestReadTimeout(t *testing.T) {
	t.Parallel()
	for name, part := range map[string]string{"headers only": "", "half an answer": emptyRegions[:100]} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := stalled(t, part)
			var got Failure
			for timeout := 300 * time.Millisecond; !got.Answered && timeout < time.Minute; timeout *= 4 {
				a := New(Settings{EndpointURL: server, MaxAttempts: 1, ReadTimeout: timeout, Concurrency: 1})
				got = Explain(callService["ec2"](t.Context(), a, Target{Region: "us-east-1"}, ann))
				if held := a.http.slots.inUse(); held != 0 {
					t.Error("the slot is still held")
				}
			}
			if want := (Failure{Unreachable, "EC2", "DescribeRegions", "Timeout", "no answer in time", true}); got != want {
				t.Errorf("\n got %+v\nwant %+v", got, want)
			}
		})
	}
}

// TestSlowAnswer: an answer may take longer than the read time-out, as long as
// something keeps arriving.
func TestSlowAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		go func() {
			for range 10 {
				time.Sleep(900 * time.Millisecond)
				far.Write([]byte("x"))
			}
		}()
		conn := &timeoutConn{Conn: near, timeout: time.Second}
		text, err := io.ReadAll(conn)
		if string(text) != "xxxxxxxxxx" || !isTimeout(err) {
			t.Errorf("read %q, %v, want ten x and a time-out", text, err)
		}
	})
}

func TestConnectTimeout(t *testing.T) {
	t.Parallel()
	target := Target{Region: "us-east-1"}
	// No connection is callService within a nanosecond.
	a := New(Settings{EndpointURL: "http://127.0.0.1:1", MaxAttempts: 1, ConnectTimeout: 1})
	got := Explain(callService["ec2"](t.Context(), a, target, ann))
	if want := (Failure{Unreachable, "EC2", "DescribeRegions", "Timeout", "127.0.0.1:1: no answer in time", false}); got != want {
		t.Errorf("\n got %+v\nwant %+v", got, want)
	}
	// A server that accepts and sends nothing: the TLS handshake is part of connecting.
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	a = New(Settings{EndpointURL: "https://" + listener.Addr().String(), MaxAttempts: 1, ConnectTimeout: 30 * time.Millisecond})
	got = Explain(callService["ec2"](t.Context(), a, target, ann))
	if want := (Failure{Unreachable, "EC2", "DescribeRegions", "Timeout", listener.Addr().String() + ": no answer in time", false}); got != want {
		t.Errorf("\n got %+v\nwant %+v", got, want)
	}
}

// TestProxyAndBundle calls AWS's own host names through a proxy, with and without the
// certificates that it needs.
func TestProxyAndBundle(t *testing.T) {
	t.Parallel()
	sim := startWorld(t, smallWorld())
	dir := t.TempDir()
	file := func(name string, text []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	bundle := file("ca.pem", sim.CAPEM())
	env := lookup(map[string]string{"HTTPS_PROXY": sim.ProxyURL()})
	const host = "ec2.eu-west-1.amazonaws.com"
	for _, c := range []struct {
		name string
		s    Settings
		want string // the error's message, or "" for success
	}{
		{"bundle", Settings{CABundle: bundle}, ""},
		{"no verification", Settings{NoVerifySSL: true}, ""},
		{"no verification needs no bundle", Settings{NoVerifySSL: true, CABundle: filepath.Join(dir, "gone")}, ""},
		{"the system's certificates", Settings{}, host + ": tls: failed to verify certificate: x509: certificate signed by unknown authority"},
		{"no file", Settings{CABundle: filepath.Join(dir, "gone")}, "CA bundle: open " + filepath.Join(dir, "gone") + ": no such file or directory"},
		{"no certificate", Settings{CABundle: file("text.pem", []byte("hello"))}, "CA bundle " + filepath.Join(dir, "text.pem") + ": no PEM certificate in it"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.s.Lookup, c.s.MaxAttempts = env, 1
			err := callService["ec2"](t.Context(), New(c.s), Target{Region: "eu-west-1"}, ann)
			if c.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			got := Explain(err)
			if got.Kind != Unreachable || got.Message != c.want && got.Message != host+": "+c.want {
				t.Errorf("%+v, want the message %q", got, c.want)
			}
		})
	}
	t.Cleanup(func() {
		for _, call := range sim.Calls() {
			if call.Host != host {
				t.Errorf("requested %s, want %s", call.Host, host)
			}
		}
		for _, problem := range sim.Problems() {
			t.Error(problem)
		}
	})
}

// TestProxies: the given environment decides, not the one of the process.
func TestProxies(t *testing.T) {
	t.Parallel()
	const https, plain = "https://ec2.eu-west-1.amazonaws.com/", "http://ec2.local/"
	for _, c := range []struct {
		name string
		env  map[string]string
		url  string
		want string
	}{
		{"none", nil, https, ""},
		{"https", map[string]string{"HTTPS_PROXY": "http://proxy:3128", "HTTP_PROXY": "http://other"}, https, "http://proxy:3128"},
		{"lower case", map[string]string{"https_proxy": "proxy:3128"}, https, "http://proxy:3128"},
		{"upper case wins", map[string]string{"HTTPS_PROXY": "http://upper", "https_proxy": "http://lower"}, https, "http://upper"},
		{"http is not for https", map[string]string{"HTTP_PROXY": "http://proxy"}, https, ""},
		{"http", map[string]string{"HTTP_PROXY": "http://proxy"}, plain, "http://proxy"},
		{"not in a CGI program", map[string]string{"HTTP_PROXY": "http://proxy", "REQUEST_METHOD": "GET"}, plain, "error"},
		{"excepted domain", map[string]string{"HTTPS_PROXY": "http://proxy", "NO_PROXY": "example.com,.amazonaws.com"}, https, ""},
		{"excepted host", map[string]string{"HTTPS_PROXY": "http://proxy", "no_proxy": "ec2.eu-west-1.amazonaws.com"}, https, ""},
		{"another excepted", map[string]string{"HTTPS_PROXY": "http://proxy", "NO_PROXY": "us-east-1.amazonaws.com"}, https, "http://proxy"},
		{"all excepted", map[string]string{"HTTPS_PROXY": "http://proxy", "NO_PROXY": "*"}, https, ""},
	} {
		u, err := url.Parse(c.url)
		if err != nil {
			t.Fatal(err)
		}
		proxy, err := proxies(lookup(c.env))(&http.Request{URL: u})
		got := ""
		if err != nil {
			got = "error"
		} else if proxy != nil {
			got = proxy.String()
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	if proxies(nil) != nil {
		t.Error("without an environment there is a proxy")
	}
}

// TestRedirectIsNotFollowed: neither a signed request nor a token goes elsewhere.
func TestRedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	var elsewhere atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	defer other.Close()
	for _, status := range []int{http.StatusFound, http.StatusTemporaryRedirect} {
		server := httptest.NewServer(http.RedirectHandler(other.URL, status))
		defer server.Close()
		for _, service := range []string{"ec2", "sso"} {
			err := callService[service](t.Context(), New(Settings{EndpointURL: server.URL, MaxAttempts: 1}), Target{Region: "us-east-1"}, ann)
			if err == nil || Explain(err).Kind != Broken {
				t.Errorf("%s, %d: %v", service, status, err)
			}
		}
	}
	if n := elsewhere.Load(); n != 0 {
		t.Errorf("%d requests went elsewhere", n)
	}
}

// TestPlainServer: the error says that a server does not speak TLS.
func TestPlainServer(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	host := strings.TrimPrefix(server.URL, "http://")
	err := callService["ec2"](t.Context(), New(Settings{EndpointURL: "https://" + host, MaxAttempts: 1}), Target{Region: "us-east-1"}, ann)
	if got, want := Explain(err).Message, host+": http: server gave HTTP response to HTTPS client"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
