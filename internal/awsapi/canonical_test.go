package awsapi

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// TestSignatureAsSDK: a plain request has the SDK's signature, with any credentials and at
// any time, also when the key of another account or day was the last one.
func TestSignatureAsSDK(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(14, 2))
	pick := func(list ...string) string { return list[random.IntN(len(list))] }
	midnight := time.Date(2026, 11, 29, 0, 0, 0, 0, time.FixedZone("east", 7200))
	plain := 0
	const requests = 3000
	for range requests {
		address := "https://" + pick("ec2.eu-west-1.amazonaws.com", "127.0.0.1:4566", "[::1]:8080", "proxy:443", "proxy:80") +
			pick("", "/", "/", "/", "/", "/", "/v2/apis", "/x/y", "/x", "/a~b/c.d-e_f", "/a b", "/a%2Fb", "/ü", "/a+b:c", "//x", "/*")
		if random.IntN(20) == 0 {
			address += "?" + pick("a=b", "b=2&a=1", "x=%20+")
		}
		req, err := http.NewRequest(pick("POST", "GET", "PUT"), address, strings.NewReader(pick("", "Action=DescribeInstances", "{}")))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("User-Agent", "muster/1")
		for range random.IntN(4) {
			name := pick("Content-Type", "X-Amz-Target", "X-Amz-Api-Version", "Accept", "X-Amz-Account", "X-Amz-Securitz", "X-Amzn-Query-Mode", "X-Amz-A", "Expect")
			req.Header.Set(name, pick("application/json", "a b", "Glue.GetTables", "1", "x", "y", "text/xml", "a  b", " x", "", "ü"))
		}
		if random.IntN(20) == 0 {
			req.Header.Add("Accept", "second")
		}
		creds := aws.Credentials{AccessKeyID: "ASIA" + pick("A", "B"), SecretAccessKey: pick("s", "secret/+"), SessionToken: pick("", "t", "token/+==", strings.Repeat("t", 1200), "two  spaces")}
		service, region := pick("ec2", "execute-api"), pick("eu-west-1", "us-east-1")
		at := midnight.Add(time.Duration(random.IntN(8*3600)-4*3600) * time.Second)
		hash, err := payloadHash(req)
		if err != nil {
			t.Fatal(err)
		}
		parts := newCanonicalParts(req, hash)
		if parts == nil {
			continue
		}
		header := maps.Clone(req.Header)
		if !parts.sign(header, creds, service, region, at) {
			if !reflect.DeepEqual(header, req.Header) {
				t.Errorf("headers without a signature: %q", header)
			}
			continue
		}
		plain++
		// A new signer: the SDK's keeps a key by the access key, and would take that of another secret.
		if err := v4.NewSigner().SignHTTP(t.Context(), creds, req, hash, service, region, at); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(header, req.Header) {
			t.Errorf("%s %s\n got %q\nwant %q", req.Method, address, header, req.Header)
		}
	}
	if plain < requests/8 || plain > requests*9/10 {
		t.Errorf("%d of %d requests are plain: the test compares too little", plain, requests)
	}
}

// BenchmarkSign compares the signature of a plain request with the SDK's: where calls of one
// identity in one region follow one another, and where they are of 100 accounts in turn.
func BenchmarkSign(b *testing.B) {
	for name, accounts := range map[string]int{"OneAccount": 1, "ManyAccounts": 100} {
		b.Run(name, func(b *testing.B) {
			req, err := http.NewRequest(http.MethodPost, "https://ec2.eu-west-1.amazonaws.com/", strings.NewReader("Action=DescribeInstances"))
			if err != nil {
				b.Fatal(err)
			}
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			hash, err := payloadHash(req)
			if err != nil {
				b.Fatal(err)
			}
			parts, sdk, now := newCanonicalParts(req, hash), v4.NewSigner(), time.Now()
			best := func(sign func(aws.Credentials)) time.Duration {
				least := time.Hour
				for range 10 {
					const rounds = 1000
					start := time.Now()
					for i := range rounds {
						account := fmt.Sprint(i % accounts)
						sign(aws.Credentials{AccessKeyID: "ASIA" + account, SecretAccessKey: "secret" + account, SessionToken: "token"})
					}
					least = min(least, time.Since(start)/rounds)
				}
				return least
			}
			for b.Loop() {
				ours := best(func(creds aws.Credentials) { parts.sign(req.Header, creds, "ec2", "eu-west-1", now) })
				theirs := best(func(creds aws.Credentials) {
					if err := sdk.SignHTTP(b.Context(), creds, req, hash, "ec2", "eu-west-1", now); err != nil {
						b.Fatal(err)
					}
				})
				b.ReportMetric(float64(ours.Nanoseconds())/1000, "us")
				b.ReportMetric(float64(theirs)/float64(ours), "times-faster-than-SDK")
				if ours > theirs {
					b.Errorf("%s, the SDK %s", ours, theirs)
				}
			}
		})
	}
}
