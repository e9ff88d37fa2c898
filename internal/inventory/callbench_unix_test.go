//go:build unix

package inventory

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"muster/internal/awsapi"
)

// cpuTime returns the CPU time of this process.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// bareCall signs and sends DescribeInstances as a program would that knows this request
// only, and reads the answer without a look at it.
func bareCall(ctx context.Context, client *http.Client, signer *v4.Signer, url string) error {
	body := "Action=DescribeInstances&IncludeManagedResources=true&MaxResults=1000&Version=2016-11-15"
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	hash := sha256.Sum256([]byte(body))
	keys := aws.Credentials{AccessKeyID: "AKIA", SecretAccessKey: "s"}
	if err := signer.SignHTTP(ctx, keys, req, hex.EncodeToString(hash[:]), "ec2", "eu-west-1", time.Now()); err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}

// BenchmarkSmallCall compares the CPU time of a visit that finds one instance with that
// of a bare call with the same answer. Both include the server, which is in this
// process.
func BenchmarkSmallCall(b *testing.B) {
	answer := realisticPage(b, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "text/xml")
		w.Write(answer)
	}))
	defer server.Close()
	_, place := served(b, nil)
	collect, err := NewInstances(awsapi.New(awsapi.Settings{EndpointURL: server.URL}), Query{})
	if err != nil {
		b.Fatal(err)
	}
	client, signer := &http.Client{Transport: http.DefaultTransport.(*http.Transport).Clone()}, v4.NewSigner()
	measure := func(call func() error) time.Duration {
		const calls = 300
		start := cpuTime(b)
		for range calls {
			if err := call(); err != nil {
				b.Fatal(err)
			}
		}
		return (cpuTime(b) - start) / calls
	}
	ours, bare := time.Hour, time.Hour
	for b.Loop() {
		for range 5 {
			bare = min(bare, measure(func() error { return bareCall(b.Context(), client, signer, server.URL) }))
			ours = min(ours, measure(func() error {
				return collect.Visit(b.Context(), place, func([]Instance) {})
			}))
		}
	}
	b.ReportMetric(float64(ours.Nanoseconds())/1000, "us-of-CPU")
	b.ReportMetric(float64(ours)/float64(bare), "times-bare")
	if ours > 2*bare {
		b.Errorf("%s of CPU, a bare call %s: expected at most twice as much", ours, bare)
	}
}
