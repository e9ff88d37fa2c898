package awsapi

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"muster/internal/wire"
)

// TestBucketOfAnotherRegion follows S3's answers to the bucket's region, once for each
// bucket.
func TestBucketOfAnotherRegion(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{
		"named in the answer": "PermanentRedirect",
		"asked for":           "AuthorizationHeaderMalformed",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var calls []string
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				region, _, _ := strings.Cut(scope(r.Header.Get("Authorization")), "/")
				calls = append(calls, r.Method+" "+region)
				if region == "eu-central-1" {
					io.WriteString(w, `<ListBucketResult><Contents><Key>k</Key></Contents></ListBucketResult>`)
					return
				}
				if answer == "PermanentRedirect" || r.Method == http.MethodHead {
					w.Header().Set("X-Amz-Bucket-Region", "eu-central-1")
				}
				w.WriteHeader(map[string]int{"PermanentRedirect": 301}[answer] + map[string]int{"AuthorizationHeaderMalformed": 400}[answer])
				fmt.Fprintf(w, `<Error><Code>%s</Code><Message>elsewhere</Message></Error>`, answer)
			}))
			defer server.Close()
			o := operationOf(t, New(Settings{EndpointURL: server.URL}), "s3api", "list-objects-v2")
			for range 2 {
				out, err := o.Call(t.Context(), Target{}, "eu-west-1", testKeys, wire.Object{{Name: "Bucket", Value: "bucket"}})
				if err != nil {
					t.Fatal(err)
				}
				if items, _ := out.Get("Contents").([]any); len(items) != 1 {
					t.Errorf("got %v", out)
				}
			}
			want := []string{"GET eu-west-1", "GET eu-central-1", "GET eu-central-1"}
			if answer != "PermanentRedirect" {
				want = slices.Insert(want, 1, "HEAD eu-west-1")
			}
			// The call that asks for the region follows its own answer.
			calls = slices.DeleteFunc(calls, func(c string) bool { return c == "HEAD eu-central-1" })
			if !slices.Equal(calls, want) {
				t.Errorf("calls %q, want %q", calls, want)
			}
		})
	}
}

// anyHost sends the requests of all hosts to one address.
type anyHost struct{ address string }

func (h anyHost) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Host, r.URL.Scheme, r.URL.Host = r.URL.Host, "http", h.address
	return http.DefaultTransport.RoundTrip(r)
}

// TestEndpointDiscovery asks the service for its endpoint once, and again when the
// endpoint is no longer valid.
func TestEndpointDiscovery(t *testing.T) {
	t.Parallel()
	var calls []string
	a := New(Settings{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		calls = append(calls, operation+" "+r.Host)
		switch {
		case operation == "DescribeEndpoints":
			fmt.Fprintf(w, `{"Endpoints": [{"Address": "cell%d.timestream.eu-west-1.amazonaws.com", "CachePeriodInMinutes": 1440}]}`, len(calls))
		case len(calls) == 4:
			w.WriteHeader(421)
			io.WriteString(w, `{"__type": "InvalidEndpointException", "message": "moved"}`)
		default:
			io.WriteString(w, `{"Databases": []}`)
		}
	}))
	defer server.Close()
	host, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	a.http.transport = anyHost{host.Host}
	o := operationOf(t, a, "timestream-write", "list-databases")
	for range 3 {
		if _, err := o.Call(context.Background(), Target{}, "eu-west-1", aws.CredentialsProvider(testKeys), nil); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{
		"DescribeEndpoints ingest.timestream.eu-west-1.amazonaws.com",
		"ListDatabases cell1.timestream.eu-west-1.amazonaws.com",
		"ListDatabases cell1.timestream.eu-west-1.amazonaws.com",
		"ListDatabases cell1.timestream.eu-west-1.amazonaws.com",
		"DescribeEndpoints ingest.timestream.eu-west-1.amazonaws.com",
		"ListDatabases cell5.timestream.eu-west-1.amazonaws.com",
	}
	if !slices.Equal(calls, want) {
		t.Errorf("calls\n%s\nwant\n%s", strings.Join(calls, "\n"), strings.Join(want, "\n"))
	}
}

// TestAsymmetricSignature: a service that answers for all regions gets a signature that
// is valid in all of them.
func TestAsymmetricSignature(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]wire.Object{
		"cloudfront-keyvaluestore list-keys": {{Name: "KvsARN", Value: "arn:aws:cloudfront::123456789012:key-value-store/kvs"}},
		"s3api list-objects-v2":              {{Name: "Bucket", Value: "arn:aws:s3::123456789012:accesspoint/mfzwi23gnjvgw.mrap"}},
	} {
		service, operation, _ := strings.Cut(name, " ")
		o := operationOf(t, New(Settings{}), service, operation)
		e, prepared, err := o.prepare(t.Context(), Target{}, "us-east-1", testKeys, in)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		req, err := prepared.attempt(t.Context())
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if err := e.sign(t.Context(), req, prepared, testKeys, time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		signature := req.Header.Get("Authorization")
		if set := req.Header.Get("X-Amz-Region-Set"); set != "*" || !strings.HasPrefix(signature, "AWS4-ECDSA-P256-SHA256 Credential=AKIDEXAMPLE/20261128/") {
			t.Errorf("%s: %q for %q", name, signature, set)
		}
		if !strings.Contains(signature, "x-amz-region-set") || !strings.Contains(signature, "x-amz-security-token") {
			t.Errorf("%s: %s", name, signature)
		}
	}
}
