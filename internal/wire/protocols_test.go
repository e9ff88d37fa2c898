package wire

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/encoding/cbor"

	"muster/internal/catalog"
)

// leftOut gives the reason for a case that does not concern a read, or this package.
func leftOut(id string) string {
	switch {
	case strings.Contains(id, "HostWithPath"):
		return "the path of the endpoint is the caller's"
	case strings.HasPrefix(id, "SDKAppliedContentEncoding") || strings.HasPrefix(id, "SDKAppendsGzip") || strings.HasPrefix(id, "SDKAppendedGzip"):
		return "no read compresses its body"
	case id == "RestJsonHttpChecksumRequired":
		return "no read with a body needs its checksum"
	case slices.Contains([]string{
		"RestXmlHttpPayloadWithUnion", "HttpPayloadWithXmlName", "HttpPayloadWithXmlNamespace", "HttpPayloadWithXmlNamespaceAndPrefix", "XmlAttributesOnPayload",
	}, id):
		return "no read sends a member as its XML body; botocore leaves the case out too"
	}
	return ""
}

// protocolCase is a case of the shared protocol tests.
type protocolCase struct {
	ID, Description string
	Given           json.RawMessage
	Params          json.RawMessage
	Serialized      struct {
		Method, URI, Host             string
		Body                          *string
		Headers                       map[string]string
		ForbidHeaders, RequireHeaders []string
	}
	Response struct {
		StatusCode int `json:"status_code"`
		Headers    map[string]string
		Body       string
	}
	Result                  json.RawMessage
	ErrorCode, ErrorMessage string
	Error                   json.RawMessage

	operation *catalog.Operation
	protocol  string
}

// protocolCases reads the cases of one folder, input or output.
func protocolCases(t *testing.T, folder string) (cases []*protocolCase) {
	t.Helper()
	shared, err := filepath.Abs("../../../shared/protocols")
	if err != nil {
		t.Fatal(err)
	}
	files, _ := filepath.Glob(filepath.Join(shared, folder, "*.json"))
	if len(files) == 0 {
		t.Skipf("%s is not there", shared)
	}
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is not on PATH")
	}
	type model struct {
		Metadata   json.RawMessage   `json:"metadata"`
		Shapes     json.RawMessage   `json:"shapes"`
		Operations []json.RawMessage `json:"operations"`
	}
	var models []model
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var suites []struct {
			Metadata, Shapes json.RawMessage
			Cases            []*protocolCase
		}
		if err := json.Unmarshal(data, &suites); err != nil {
			t.Fatal(err)
		}
		for _, s := range suites {
			for _, c := range s.Cases {
				models = append(models, model{s.Metadata, s.Shapes, []json.RawMessage{c.Given}})
				c.protocol = strings.TrimSuffix(filepath.Base(file), ".json")
				cases = append(cases, c)
			}
		}
	}
	in, err := json.Marshal(models)
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(python, "../catalog/model.py")
	command.Stdin, command.Stderr = bytes.NewReader(in), os.Stderr
	out, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	if err := json.Unmarshal(out, &texts); err != nil {
		t.Fatal(err)
	}
	for i, c := range cases {
		for o := range catalog.Parse(c.protocol, texts[i]).Operations() {
			c.operation = o
		}
	}
	return cases
}

func (c *protocolCase) name() string { return c.protocol + "/" + c.ID }

// runProtocolCases runs cases and prints how many there were and which were left out.
func runProtocolCases(t *testing.T, folder string, run func(*testing.T, *protocolCase)) {
	ran := 0
	for _, c := range protocolCases(t, folder) {
		if reason := leftOut(c.ID); reason != "" {
			t.Logf("left out: %s: %s", c.name(), reason)
			continue
		}
		ran++
		t.Run(c.name(), func(t *testing.T) { run(t, c) })
	}
	t.Logf("%d cases of %s", ran, folder)
}

func TestProtocolInputs(t *testing.T) {
	t.Parallel()
	runProtocolCases(t, "input", func(t *testing.T, c *protocolCase) {
		codec, err := For(c.operation)
		if err != nil {
			t.Fatal(err)
		}
		var in Object
		if c.operation.Input != nil {
			in, err = Input{Raw: true, Token: func() string { return "00000000-0000-4000-8000-000000000000" }}.Structure(c.operation.Input, decodeJSON(t, c.Params))
			if err != nil {
				t.Fatal(err)
			}
		}
		req, err := codec.Request(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		c.compareRequest(t, codec, in, req)
	})
}

func (c *protocolCase) compareRequest(t *testing.T, codec *Codec, in Object, req *http.Request) {
	want := c.Serialized
	if want.Method != "" && req.Method != want.Method {
		t.Errorf("method %s, expected %s", req.Method, want.Method)
	}
	path, query, _ := strings.Cut(want.URI, "?")
	if got := req.URL.EscapedPath(); path != "" && got != path {
		t.Errorf("path %s, expected %s", got, path)
	}
	if !reflect.DeepEqual(parseQuery(t, req.URL.RawQuery), parseQuery(t, query)) {
		t.Errorf("query %s, expected %s", req.URL.RawQuery, query)
	}
	if want.Host != "" {
		if prefix, err := codec.HostPrefix(in); err != nil || prefix+"example.com" != want.Host {
			t.Errorf("host prefix %q (%v), expected host %s", prefix, err, want.Host)
		}
	}
	for name, value := range want.Headers {
		if got := strings.Join(req.Header.Values(name), ", "); got != value {
			t.Errorf("header %s: %q, expected %q", name, got, value)
		}
	}
	for _, name := range want.ForbidHeaders {
		if got := req.Header.Values(name); len(got) > 0 {
			t.Errorf("header %s: %q, expected none", name, got)
		}
	}
	for _, name := range want.RequireHeaders {
		if name == "Content-Length" {
			if req.ContentLength <= 0 {
				t.Errorf("no content length")
			}
		} else if req.Header.Get(name) == "" {
			t.Errorf("no header %s", name)
		}
	}
	body, err := io.ReadAll(req.Body)
	if err != nil {
		t.Fatal(err)
	}
	if want.Body != nil {
		c.compareBody(t, string(body), *want.Body)
	}
}

func (c *protocolCase) compareBody(t *testing.T, got, want string) {
	normal := func(s string) any { return s }
	switch protocol := c.operation.Service.Protocol; {
	case got == want:
		return
	case protocol == "ec2" || protocol == "query":
		normal = func(s string) any { return parseQuery(t, s) }
	case protocol == "smithy-rpc-v2-cbor":
		decoded, err := base64.StdEncoding.DecodeString(want)
		if err != nil {
			t.Fatal(err)
		}
		want = string(decoded)
		normal = func(s string) any {
			v, err := cbor.Decode([]byte(s))
			if err != nil {
				t.Errorf("cbor: %v", err)
			}
			return normalCBOR(v)
		}
	case strings.HasPrefix(strings.TrimSpace(want), "<"):
		normal = func(s string) any { return xmlTree(t, s) }
	case strings.HasPrefix(strings.TrimSpace(want), "{") || strings.HasPrefix(strings.TrimSpace(want), "["):
		normal = func(s string) any { return normalJSON(decodeJSON(t, []byte(s))) }
	}
	if !reflect.DeepEqual(normal(got), normal(want)) {
		t.Errorf("body\n%s\nexpected\n%s", got, want)
	}
}

func TestProtocolOutputs(t *testing.T) {
	t.Parallel()
	runProtocolCases(t, "output", func(t *testing.T, c *protocolCase) {
		codec, err := For(c.operation)
		if err != nil {
			t.Fatal(err)
		}
		body := []byte(c.Response.Body)
		if c.operation.Service.Protocol == "smithy-rpc-v2-cbor" {
			if body, err = base64.StdEncoding.DecodeString(c.Response.Body); err != nil {
				t.Fatal(err)
			}
		}
		resp := &http.Response{StatusCode: c.Response.StatusCode, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body))}
		for name, value := range c.Response.Headers {
			resp.Header.Set(name, value)
		}
		got, err := codec.Response(t.Context(), resp, 1<<20)
		if c.ErrorCode != "" || c.Error != nil {
			api := (*smithy.GenericAPIError)(nil)
			if !errors.As(err, &api) {
				t.Fatalf("error %v, expected code %s", err, c.ErrorCode)
			}
			if api.Code != c.ErrorCode {
				t.Errorf("error code %s, expected %s", api.Code, c.ErrorCode)
			}
			if c.ErrorMessage != "" && api.Message != c.ErrorMessage {
				t.Errorf("error message %q, expected %q", api.Message, c.ErrorMessage)
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		want := normalJSON(decodeJSON(t, c.Result))
		if c.operation.Output == nil {
			want = map[string]any{}
		}
		if plain := normalJSON(plainValue(got)); !reflect.DeepEqual(plain, want) {
			t.Errorf("got\n%#v, expected\n%#v", plain, want)
		}
	})
}

func decodeJSON(t *testing.T, text []byte) any {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil && len(text) > 0 {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}
