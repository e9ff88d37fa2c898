package awsapi

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"muster/internal/catalog"
	"muster/internal/wire"
)

var testKeys = credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "token")

// operationOf returns the caller of an operation.
func operationOf(t testing.TB, a *API, service, operation string) *Operation {
	t.Helper()
	s := catalog.Open(service)
	if s == nil || s.Operation(operation) == nil {
		t.Fatalf("no operation %s %s", service, operation)
	}
	o, err := a.Operation(s.Operation(operation))
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// TestSignedRequestsAreBotocores compares a request of each service with the one that
// botocore sends: URL, body, target, and the scope of the signature.
func TestSignedRequestsAreBotocores(t *testing.T) {
	t.Parallel()
	python, services := botocore(t)
	a := New(Settings{})
	command := exec.CommandContext(t.Context(), python, "testdata/signed.py", "eu-west-1")
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	compared := 0
	for lines := json.NewDecoder(out); lines.More(); compared++ {
		var want sentRequest
		if err := lines.Decode(&want); err != nil {
			t.Fatal(err)
		}
		service := services[want.Service]
		switch {
		case service.Operation(want.Operation).Discovery:
			continue // another call comes first: TestEndpointDiscovery
		case want.Service == "health":
			continue // botocore sends it to a host of the region, and AWS has one host
		}
		t.Run(want.Service+"/"+want.Operation, func(t *testing.T) {
			want.compare(t, operationOf(t, a, service.Name, want.Operation), testKeys, nil)
		})
	}
	if err := command.Wait(); err != nil {
		t.Error(err)
	}
	t.Logf("%d requests", compared)
	if compared < 300 {
		t.Errorf("only %d requests compared", compared)
	}
}

// sentRequest is a line of testdata/signed.py.
type sentRequest struct {
	Service, Operation, Region, Method, URL, Body string
	Headers                                       map[string]string
}

func (want *sentRequest) compare(t *testing.T, o *Operation, keys aws.CredentialsProvider, in wire.Object) {
	t.Helper()
	ctx := t.Context()
	region := want.Region
	if o.op.Service.Once {
		region = catalog.PartitionOf(region).Global()
	}
	e, prepared, err := o.prepare(ctx, Target{}, region, keys, in)
	if err != nil {
		t.Fatal(err)
	}
	req, err := prepared.attempt(ctx)
	if err != nil {
		t.Fatal(err)
	}
	text, _ := base64.StdEncoding.DecodeString(want.Body)
	now := time.Now()
	if form, err := url.ParseQuery(string(text)); err == nil && form.Has("Timestamp") { // a signature of version 2
		if now, err = time.Parse(time.RFC3339, form.Get("Timestamp")); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.sign(ctx, req, prepared, keys, now); err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(req.Body)
	if err != nil {
		t.Fatal(err)
	}
	sent, err := url.Parse(want.URL)
	if err != nil {
		t.Fatal(err)
	}
	if req.Method != want.Method || req.URL.Scheme+"://"+req.URL.Host+req.URL.EscapedPath() != sent.Scheme+"://"+sent.Host+sent.EscapedPath() || req.URL.Query().Encode() != sent.Query().Encode() {
		t.Errorf("%s %s, botocore's: %s %s", req.Method, req.URL, want.Method, want.URL)
	}
	for _, name := range []string{"X-Amz-Target", "Accept", "X-Amz-Glacier-Version", "X-Amz-Checksum-Mode", "X-Amz-Server-Side-Encryption-Customer-Key", "X-Amz-Server-Side-Encryption-Customer-Key-MD5"} {
		if got := req.Header.Get(name); got != want.header(name) {
			t.Errorf("%s: %q, botocore's: %q", name, got, want.header(name))
		}
	}
	if got, expected := scope(req.Header.Get("Authorization")), scope(want.header("Authorization")); got != expected {
		t.Errorf("signature for %s, botocore's: %s", got, expected)
	}
	if got := sortedForm(string(body)); got != sortedForm(compactJSON(string(text))) && (string(text) != "" || got != "{}") {
		t.Errorf("body %q, botocore's: %q", body, text)
	}
}

func (want *sentRequest) header(name string) string {
	for k, v := range want.Headers {
		if strings.EqualFold(k, name) {
			return v
		}
	}
	return ""
}

// scope returns the region and service that a request is signed for.
func scope(authorization string) string {
	_, rest, _ := strings.Cut(authorization, "Credential=")
	credential, _, _ := strings.Cut(rest, ",")
	parts := strings.Split(credential, "/")
	if len(parts) < 5 {
		return authorization
	}
	return strings.Join(parts[2:4], "/")
}

// compactJSON removes the spaces of JSON; other bodies stay as they are.
func compactJSON(body string) string {
	var compact bytes.Buffer
	if json.Compact(&compact, []byte(body)) != nil {
		return body
	}
	return compact.String()
}

// sortedForm puts the pairs of a form in order; other bodies stay as they are.
func sortedForm(body string) string {
	if !strings.HasPrefix(body, "Action=") {
		return body
	}
	pairs := strings.Split(body, "&")
	slices.Sort(pairs)
	return strings.Join(pairs, "&")
}

// TestCall follows a call through throttling, a wrong clock, and AWS's error.
func TestCall(t *testing.T) {
	t.Parallel()
	var requests []*http.Request
	answers := []func(w http.ResponseWriter){
		func(w http.ResponseWriter) {
			w.WriteHeader(400)
			io.WriteString(w, `{"__type":"com.amazon.coral.availability#ThrottlingException","message":"slow"}`)
		},
		func(w http.ResponseWriter) {
			w.Header().Set("Date", time.Now().Add(time.Hour).UTC().Format(http.TimeFormat))
			w.WriteHeader(400)
			io.WriteString(w, `{"__type":"InvalidSignatureException","message":"Signature expired"}`)
		},
		func(w http.ResponseWriter) { io.WriteString(w, `{"TableNames":["a","b"]}`) },
		func(w http.ResponseWriter) {
			w.WriteHeader(400)
			io.WriteString(w, `{"__type":"AccessDeniedException","Message":"no"}`)
		},
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := answers[len(requests)]
		requests = append(requests, r)
		answer(w)
	}))
	defer server.Close()
	o := operationOf(t, New(Settings{EndpointURL: server.URL, UserAgent: "muster/test"}), "dynamodb", "list-tables")
	call := func() (wire.Object, error) {
		return o.Call(context.Background(), Target{}, "eu-west-1", testKeys, wire.Object{{Name: "Limit", Value: int64(2)}})
	}
	out, err := call()
	if err != nil {
		t.Fatal(err)
	}
	if text, _ := out.MarshalJSON(); string(text) != `{"TableNames":["a","b"]}` {
		t.Errorf("got %s", text)
	}
	signed, _ := time.Parse("20060102T150405Z", requests[2].Header.Get("X-Amz-Date"))
	if d := time.Until(signed); d < 55*time.Minute || d > 65*time.Minute {
		t.Errorf("the request after the skewed one is signed for a time in %s", d)
	}
	_, err = call()
	want := Failure{Kind: Denied, Service: "DynamoDB", Operation: "ListTables", Code: "AccessDeniedException", Message: "no", Answered: true}
	if got := Explain(err); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if len(requests) != 4 {
		t.Errorf("%d requests", len(requests))
	}
}

// TestCallIsCancelled: a call that waits for its next attempt ends with its context.
func TestCallIsCancelled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		a := fakeAPI(Settings{}, func(r *http.Request) (*http.Response, error) { calls++; return answer(r, 503, ""), nil })
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() {
			_, err := operationOf(t, a, "sqs", "list-queues").Call(ctx, Target{}, "eu-west-1", aws.CredentialsProvider(testKeys), nil)
			done <- err
		}()
		synctest.Wait() // the call waits for its second attempt
		cancel()
		if err := <-done; Explain(err).Kind != Cancelled || calls != 1 {
			t.Errorf("%v after %d attempts", err, calls)
		}
	})
}
