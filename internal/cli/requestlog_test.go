package cli

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"io"
	"iter"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/smithy-go/encoding/cbor"

	"muster/internal/catalog"
)

// readsWithoutInput yields up to n reads of each service that require no parameter.
func readsWithoutInput(n int) iter.Seq[*catalog.Operation] {
	return func(yield func(*catalog.Operation) bool) {
		for _, e := range catalog.Services() {
			left := n
			for op := range catalog.Open(e.Name).Operations() {
				needs := op.Input != nil && slices.ContainsFunc(op.Input.Members(), func(m *catalog.Member) bool { return m.Required && m.Name != "accountId" })
				if op.Hidden || needs || op.NeedsBearerToken() || answersForMuster[op.Name] != "" {
					continue
				}
				if !yield(op) {
					return
				}
				if left--; left == 0 {
					break
				}
			}
		}
	}
}

// startBotocore starts testdata/requests.py, or skips the test where botocore is absent.
func startBotocore(t *testing.T) *botocoreRequests {
	t.Helper()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is not on PATH")
	}
	if exec.Command(python, "-c", "import botocore").Run() != nil {
		t.Skip("botocore is not installed")
	}
	command := exec.CommandContext(t.Context(), python, filepath.Join("testdata", "requests.py"))
	stdin, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	command.Env = append(os.Environ(), "HOME="+t.TempDir(), "AWS_CONFIG_FILE=", "AWS_SHARED_CREDENTIALS_FILE=")
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stdin.Close()
		command.Wait() // the test has compared its answers
	})
	return &botocoreRequests{json.NewEncoder(stdin), json.NewDecoder(stdout)}
}

// sentRequest is a request of botocore or muster.
type sentRequest struct {
	Method, URL, Error string
	Body               []byte
	Headers            map[string]string
}

// requestLog is a server that keeps the last request for an operation of each access key,
// and gives empty answers.
type requestLog struct {
	regions map[string]string // the only region of each access key; eu-west-1 for others

	mu   sync.Mutex
	op   *catalog.Operation
	last map[string]*sentRequest
}

// start forgets the requests before it, and answers as the operation's service does.
func (l *requestLog) start(op *catalog.Operation) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.op, l.last = op, map[string]*sentRequest{}
}

// of returns the request of an access key, or the unsigned one; nil if there is none.
func (l *requestLog) of(key string) *sentRequest {
	l.mu.Lock()
	defer l.mu.Unlock()
	if r := l.last[key]; r != nil {
		return r
	}
	return l.last[""]
}

func (l *requestLog) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	content, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	form, _ := url.ParseQuery(string(content))
	action := form.Get("Action")
	key := form.Get("AWSAccessKeyId") // of a signature of version 2
	if _, credential, ok := strings.Cut(r.Header.Get("Authorization"), "Credential="); ok {
		key, _, _ = strings.Cut(credential, "/")
	}
	if answer := answersForMuster[action]; answer != "" {
		io.WriteString(w, strings.NewReplacer("123456789012", strings.TrimPrefix(key, "AKIA"), "eu-west-1", cmp.Or(l.regions[key], "eu-west-1")).Replace(answer))
		return
	}
	sent := &sentRequest{Method: r.Method, URL: "https://" + r.Host + r.URL.RequestURI(), Body: content, Headers: map[string]string{}}
	if r.TLS == nil {
		sent.URL = "http" + strings.TrimPrefix(sent.URL, "https")
	}
	for name, values := range r.Header {
		sent.Headers[name] = strings.Join(values, ",")
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last[key] = sent
	switch l.op.Service.Protocol {
	case "ec2", "query":
		io.WriteString(w, "<"+action+"Response><"+action+"Result/></"+action+"Response>")
	case "json", "rest-json":
		io.WriteString(w, "{}")
	case "smithy-rpc-v2-cbor":
		w.Header().Set("Smithy-Protocol", "rpc-v2-cbor")
		w.Header().Set("Content-Type", "application/cbor")
		w.Write([]byte{0xa0})
	}
}

// ownHeaders are headers that each program sends as it sees fit.
var ownHeaders = []string{
	"User-Agent", "Accept-Encoding", "Content-Length", "Connection", "Host",
	"Amz-Sdk-Invocation-Id", "Amz-Sdk-Request", "X-Amz-Date", "X-Amz-Security-Token", "X-Amz-Content-Sha256",
}

// compareRequests compares method, URL, headers, body, and what the signature is for.
func compareRequests(t *testing.T, name string, got, want *sentRequest) {
	t.Helper()
	g, w := got.comparable(t), want.comparable(t)
	for field := range g {
		if !reflect.DeepEqual(g[field], w[field]) {
			t.Errorf("%s: %s is\n%v, botocore's\n%v", name, field, g[field], w[field])
		}
	}
	for field := range w {
		if _, ok := g[field]; !ok {
			t.Errorf("%s: no %s, botocore's is %v", name, field, w[field])
		}
	}
}

// comparable returns the parts of a request that say the same in one way only.
func (r *sentRequest) comparable(t *testing.T) map[string]any {
	t.Helper()
	u, err := url.Parse(r.URL)
	if err != nil {
		t.Fatal(err)
	}
	parts := map[string]any{"method": r.Method, "host": u.Scheme + "://" + u.Host, "path": u.EscapedPath(), "query": u.Query().Encode()}
	if parts["path"] == "" {
		parts["path"] = "/"
	}
	for header, value := range r.Headers {
		switch header = http.CanonicalHeaderKey(header); {
		case header == "Authorization":
			_, credential, _ := strings.Cut(value, "/")
			scope, _, _ := strings.Cut(credential, ",")
			_, parts["scope of the signature"], _ = strings.Cut(scope, "/")
		case header == "Content-Type": // botocore adds the character set of forms
			parts["media type"], _, _ = strings.Cut(value, ";")
		case !slices.Contains(ownHeaders, header):
			parts["header "+header] = value
		}
	}
	var document any
	switch {
	case strings.HasPrefix(r.header("Content-Type"), "application/x-www-form-urlencoded"):
		form, err := url.ParseQuery(string(r.Body))
		if err != nil {
			t.Error(err)
		}
		for _, name := range []string{"AWSAccessKeyId", "SecurityToken", "Timestamp", "Signature"} { // of version 2
			form.Del(name)
		}
		parts["body"] = form.Encode()
	case r.header("Smithy-Protocol") != "":
		if parts["body"], err = cbor.Decode(r.Body); err != nil {
			t.Error(err)
		}
	case json.Unmarshal(r.Body, &document) == nil:
		parts["body"] = document
	default:
		parts["body"] = base64.StdEncoding.EncodeToString(bytes.TrimSpace(r.Body))
	}
	return parts
}

func (r *sentRequest) header(name string) string {
	for header, value := range r.Headers {
		if strings.EqualFold(header, name) {
			return value
		}
	}
	return ""
}
