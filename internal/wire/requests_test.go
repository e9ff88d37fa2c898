package wire

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os/exec"
	"reflect"
	"slices"
	"strings"
	"testing"

	"muster/internal/catalog"
	"muster/internal/change/write"
)

// botocoreRequest is a line of testdata/requests.py.
type botocoreRequest struct {
	Service, Operation, Method, Path string
	Params                           json.RawMessage
	Query, Form                      [][2]string
	Headers                          map[string]string
	Body                             *string
}

// botocore returns the Python that has botocore, and the services by their names there.
func botocore(t *testing.T) (python string, services map[string]*catalog.Service) {
	t.Helper()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is not on PATH")
	}
	if exec.Command(python, "-c", "import botocore").Run() != nil {
		t.Skip("botocore is not installed")
	}
	services = map[string]*catalog.Service{}
	for _, e := range catalog.Services() {
		s := catalog.Open(e.Name)
		services[s.Dir] = s
	}
	return python, services
}

// TestRequestsAreBotocores sends generated input of every read, and of the few writes,
// through botocore's serializer and through ours.
func TestRequestsAreBotocores(t *testing.T) {
	t.Parallel()
	python, services := botocore(t)
	args, writes := []string{"testdata/requests.py", "1"}, map[string]*catalog.Operation{}
	for op := range write.Operations() {
		name := op.Service.Dir + "/" + op.Name
		args, writes[name] = append(args, name), op
	}
	command := exec.CommandContext(t.Context(), python, args...)
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	compared, wrong := 0, 0
	for lines := json.NewDecoder(out); lines.More(); compared++ {
		var want botocoreRequest
		if err := lines.Decode(&want); err != nil {
			t.Fatal(err)
		}
		name := want.Service + "/" + want.Operation
		operation := services[want.Service].Operation(want.Operation)
		if operation == nil {
			operation = writes[name]
			delete(writes, name)
		}
		if !t.Run(name, func(t *testing.T) { want.compare(t, operation) }) {
			if wrong++; wrong > 20 {
				t.Fatal("and more")
			}
		}
	}
	if err := command.Wait(); err != nil {
		t.Error(err)
	}
	t.Logf("%d requests", compared)
	if compared < 7000 || len(writes) > 0 {
		t.Errorf("only %d requests compared, and none of the writes %v", compared, slices.Sorted(maps.Keys(writes)))
	}
}

func (want *botocoreRequest) compare(t *testing.T, operation *catalog.Operation) {
	if operation == nil {
		t.Fatal("not in the catalogue")
	}
	codec, err := For(operation)
	if err != nil {
		t.Fatal(err)
	}
	var in Object
	if operation.Input != nil {
		in, err = Input{Raw: true, Partial: true}.Structure(operation.Input, decodeJSON(t, want.Params))
		if err != nil {
			t.Fatal(err)
		}
	}
	got, err := codec.Request(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	if got.Method != want.Method || got.URL.EscapedPath() != want.Path {
		t.Errorf("%s %s, botocore's: %s %s", got.Method, got.URL.EscapedPath(), want.Method, want.Path)
	}
	if !reflect.DeepEqual(sorted(got.URL.RawQuery), pairsOf(want.Query)) {
		t.Errorf("query %v, botocore's: %v", sorted(got.URL.RawQuery), want.Query)
	}
	want.compareHeaders(t, got.Header)
	body, err := io.ReadAll(got.Body)
	if err != nil {
		t.Fatal(err)
	}
	if want.Body == nil {
		if !reflect.DeepEqual(sorted(string(body)), pairsOf(want.Form)) {
			t.Errorf("body %v, botocore's: %v", sorted(string(body)), want.Form)
		}
		return
	}
	text, err := base64.StdEncoding.DecodeString(*want.Body)
	if err != nil {
		t.Fatal(err)
	}
	c := protocolCase{operation: operation}
	if empty := string(body) == ""; empty && len(text) == 0 || empty && string(text) == "{}" && got.Method == "GET" {
		return
	}
	c.compareBody(t, string(body), string(text))
}

func (want *botocoreRequest) compareHeaders(t *testing.T, got http.Header) {
	for name, value := range want.Headers {
		if text := strings.Join(got.Values(name), ","); text != value && !strings.EqualFold(name, "Content-Type") {
			t.Errorf("header %s: %q, botocore's: %q", name, text, value)
		}
	}
	for name := range got {
		if !slices.ContainsFunc(slices.Collect(maps.Keys(want.Headers)), func(k string) bool { return strings.EqualFold(k, name) }) && name != "Content-Type" && name != "Content-Length" {
			t.Errorf("header %s: %q, botocore sends none", name, got.Get(name))
		}
	}
}

// sorted returns the pairs of a query or form in order.
func sorted(text string) [][2]string {
	values, err := url.ParseQuery(text)
	if err != nil {
		return [][2]string{{"", err.Error()}}
	}
	var all [][2]string
	for name, list := range values {
		for _, v := range list {
			all = append(all, [2]string{name, v})
		}
	}
	return pairsOf(all)
}

func pairsOf(pairs [][2]string) [][2]string {
	slices.SortFunc(pairs, func(a, b [2]string) int {
		if c := strings.Compare(a[0], b[0]); c != 0 {
			return c
		}
		return strings.Compare(a[1], b[1])
	})
	if len(pairs) == 0 {
		return nil
	}
	return pairs
}
