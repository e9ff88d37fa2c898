package awsapi

import (
	"io"
	"net/http"
	"strings"
	"testing"

	smithyhttp "github.com/aws/smithy-go/transport/http"

	"muster/internal/wire"
)

// received is a response as a transport returns it.
func received(status int, body string, headers ...string) *http.Response {
	resp := &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body))}
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		resp.Header.Set(name, value)
	}
	return resp
}

// overProtocol is operationOf where the service can be "SERVICE over cbor".
func overProtocol(t *testing.T, a *API, service, operation string) *Operation {
	t.Helper()
	service, cbor := strings.CutSuffix(service, " over cbor")
	o := operationOf(t, a, service, operation)
	if !cbor {
		return o
	}
	codec, err := wire.ForProtocol(o.op, "smithy-rpc-v2-cbor")
	if err != nil {
		t.Fatal(err)
	}
	return &Operation{api: a, op: o.op, codec: codec, lists: o.lists}
}

// explained returns the failure that a response stands for, as Call has it.
func explained(t *testing.T, o *Operation, resp *http.Response) (Failure, error) {
	t.Helper()
	_, err := o.answer(t.Context(), resp, nil)
	if err == nil {
		return Failure{}, nil
	}
	err = &smithyhttp.ResponseError{Response: &smithyhttp.Response{Response: resp}, Err: err}
	return Explain(o.failed(err)), err
}

// TestForeignAnswers: status 200 with something that is not the operation's answer is a
// broken answer in every protocol, and worth a retry. An empty answer of AWS is none: some
// services leave empty lists out.
func TestForeignAnswers(t *testing.T) {
	t.Parallel()
	const html = "<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body><p>Please sign in.<br></body></html>"
	const xml = `<?xml version="1.0"?><Status><message>all systems operational</message></Status>`
	const cbor = "Smithy-Protocol: rpc-v2-cbor"
	a := New(Settings{})
	for _, test := range []struct {
		service, operation string
		empty              []string // AWS's answers without items
		foreign            []string
		headers            []string
	}{
		{"ec2", "describe-volumes", []string{
			"<DescribeVolumesResponse><requestId>x</requestId><volumeSet/></DescribeVolumesResponse>",
			"<DescribeVolumesResponse><nextToken>x</nextToken></DescribeVolumesResponse>",
			"<DescribeVolumesResponse><requestId>x</requestId></DescribeVolumesResponse>",
		}, []string{xml}, nil},
		{"iam", "list-users", []string{
			"<ListUsersResponse><ListUsersResult><Users/><IsTruncated>false</IsTruncated></ListUsersResult></ListUsersResponse>",
			"<ListUsersResponse><ListUsersResult/></ListUsersResponse>",
		}, []string{xml}, nil},
		{"dynamodb", "list-tables", []string{`{"TableNames":[]}`, "{}", "{ }\n"}, []string{`{"status":"ok"}`, `["ok"]`, `"ok"`, "null", xml}, nil},
		{"organizations", "list-accounts", []string{`{"Accounts":[]}`, `{"NextToken":"x"}`}, []string{"{}", `{"status":"ok"}`, `["ok"]`}, nil},
		{"lambda", "list-functions", []string{`{"Functions":[]}`, `{"NextMarker":null,"Functions":[]}`, "{}"}, []string{`{"status":"ok"}`, `["ok"]`, "ok"}, nil},
		{"s3api", "list-buckets", []string{"<ListAllMyBucketsResult><Buckets/></ListAllMyBucketsResult>"}, []string{xml}, nil},
		{"s3api", "list-objects-v2", []string{"<ListBucketResult><Name>b</Name><KeyCount>0</KeyCount></ListBucketResult>"}, []string{xml}, nil},
		{"cloudfront", "list-distributions", []string{"<DistributionList><Quantity>0</Quantity></DistributionList>"}, []string{xml}, nil},
		{"cloudwatch over cbor", "describe-alarms", []string{"\xa1\x6cMetricAlarms\x80", "\xa0"}, []string{"{}"}, []string{cbor}},
		{"sqs", "list-queues", []string{"{}"}, []string{`["ok"]`}, nil},
	} {
		o := overProtocol(t, a, test.service, test.operation)
		for _, body := range test.empty {
			if _, err := o.answer(t.Context(), received(200, body, test.headers...), nil); err != nil {
				t.Errorf("%s %q: %v", test.operation, body, err)
			}
		}
		foreign := append(test.foreign, html)
		if test.service != "sqs" {
			foreign = append(foreign, "")
		}
		for _, body := range foreign {
			got, err := explained(t, o, received(200, body, test.headers...))
			if err == nil || got.Kind != Broken || !got.InvalidAnswer() {
				t.Errorf("%s %q: %v, %+v", test.operation, body, err, got)
			} else if !a.retryer.IsErrorRetryable(err) {
				t.Errorf("%s %q: no retry of %v", test.operation, body, err)
			}
		}
	}
}
