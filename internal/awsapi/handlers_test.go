package awsapi

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os/exec"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"muster/internal/wire"
)

const testAccount = "123456789012"

// handledCall is a line of testdata/handlers.py.
type handledCall struct {
	sentRequest
	Params          map[string]any
	Endpoint, Reply string
	ReplyHeaders    map[string]string
	Answer          map[string]any
}

// TestHandlersAreBotocores compares calls of which botocore's handlers change something.
func TestHandlersAreBotocores(t *testing.T) {
	t.Parallel()
	python, services := botocore(t)
	for _, region := range []string{"eu-west-1", "us-east-1"} {
		out, err := exec.Command(python, "testdata/handlers.py", region, testAccount).Output()
		if err != nil {
			t.Fatalf("%v: %s", err, err.(*exec.ExitError).Stderr)
		}
		for lines := json.NewDecoder(bytes.NewReader(out)); lines.More(); {
			var want handledCall
			if err := lines.Decode(&want); err != nil {
				t.Fatal(err)
			}
			t.Run(region+"/"+want.Service+"/"+want.Operation, func(t *testing.T) {
				want.check(t, operationOf(t, New(Settings{EndpointURL: want.Endpoint}), services[want.Service].Name, want.Operation))
			})
		}
	}
}

func (want *handledCall) check(t *testing.T, o *Operation) {
	text, err := json.Marshal(want.Params)
	if err != nil {
		t.Fatal(err)
	}
	var given any
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.UseNumber()
	if err := decoder.Decode(&given); err != nil {
		t.Fatal(err)
	}
	in, err := wire.Input{Partial: true}.Structure(o.op.Input, given)
	if err != nil {
		t.Fatal(err)
	}
	keys := aws.CredentialsProviderFunc(func(ctx context.Context) (aws.Credentials, error) {
		keys, err := testKeys.Retrieve(ctx)
		keys.AccountID = testAccount
		return keys, err
	})
	want.compare(t, o, keys, in)
	resp := &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(want.Reply))}
	for name, value := range want.ReplyHeaders {
		resp.Header.Set(name, value)
	}
	o.lists = false // some replies have only what a handler changes
	out, err := o.answer(t.Context(), resp, nil)
	if err != nil {
		t.Fatal(err)
	}
	if o.output != nil {
		out = o.output(in, out)
	}
	text, err = out.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	for name, value := range want.Answer {
		if value == nil {
			delete(want.Answer, name)
		}
	}
	if !reflect.DeepEqual(got, want.Answer) {
		t.Errorf("got %v, botocore's: %v", got, want.Answer)
	}
}
