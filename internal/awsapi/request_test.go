package awsapi

import (
	"io"
	"testing"

	"muster/internal/wire"
)

// TestRequestsOfEqualInputs: calls with equal inputs share a request, and what a caller does
// with an input, or an attempt with its copy, changes no later call.
func TestRequestsOfEqualInputs(t *testing.T) {
	t.Parallel()
	o := operationOf(t, New(Settings{UserAgent: "muster/1"}), "ec2", "DescribeInstances")
	input := func(value string) wire.Object {
		filter := wire.Object{{Name: "Name", Value: "instance-id"}, {Name: "Values", Value: []any{value}}}
		return wire.Object{{Name: "MaxResults", Value: int64(5)}, {Name: "Filters", Value: []any{filter}}}
	}
	prepared := func(in wire.Object) *unsigned {
		_, u, err := o.prepare(t.Context(), Target{}, "eu-west-1", testKeys, in)
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	in := input("i-1")
	first := prepared(in)
	if prepared(input("i-1")) != first {
		t.Error("an equal input has another request")
	}
	in[1].Value.([]any)[0].(wire.Object)[1].Value.([]any)[0] = "i-2"
	if prepared(in) == first {
		t.Error("a changed input has the request of the earlier one")
	}
	second := prepared(input("i-1"))
	for range 2 { // an attempt gets the whole body, and headers of its own
		r, err := second.attempt(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(r.Body)
		if want := "Action=DescribeInstances&Filter.1.Name=instance-id&Filter.1.Value.1=i-1&MaxResults=5&Version=2016-11-15"; err != nil || sortedForm(string(body)) != want {
			t.Errorf("%v: %s", err, body)
		}
		if r.Header.Get("Authorization") != "" || r.Header.Get("User-Agent") != "muster/1" || r.URL.RawQuery != "" {
			t.Errorf("%v %s", r.Header, r.URL)
		}
		r.Header.Set("Authorization", "x")
		r.Header.Set("User-Agent", "x")
		r.URL.RawQuery = "x"
	}
}
