//go:build unix

package awsapi

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"syscall"
	"testing"
	"time"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
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

// bareCall signs and sends list-queues as a program would that knows this request only.
func bareCall(ctx context.Context, client *http.Client, signer *v4.Signer, url string) error {
	body := []byte(`{}`)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-amz-json-1.0")
	req.Header.Set("X-Amz-Target", "AmazonSQS.ListQueues")
	keys, err := testKeys.Retrieve(ctx)
	if err != nil {
		return err
	}
	hash := sha256.Sum256(body)
	if err := signer.SignHTTP(ctx, keys, req, hex.EncodeToString(hash[:]), "sqs", "eu-west-1", time.Now()); err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	for d := json.NewDecoder(resp.Body); ; {
		if _, err := d.Token(); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// BenchmarkCall compares the CPU time of a small call with that of a bare one. Both
// include the server, which is in this process.
func BenchmarkCall(b *testing.B) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		io.WriteString(w, `{"QueueUrls":["https://sqs.eu-west-1.amazonaws.com/111122223333/orders","https://sqs.eu-west-1.amazonaws.com/111122223333/mail"]}`)
	}))
	defer server.Close()
	operation := operationOf(b, New(Settings{EndpointURL: server.URL}), "sqs", "ListQueues")
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
				_, err := operation.Call(b.Context(), Target{Region: "eu-west-1"}, "eu-west-1", testKeys, nil)
				return err
			}))
		}
	}
	b.ReportMetric(float64(ours.Nanoseconds())/1000, "us-of-CPU")
	b.ReportMetric(float64(ours)/float64(bare), "times-bare")
	if ours > bare*14/10 {
		b.Errorf("%s of CPU, a bare call %s: expected at most 1.4 times as much", ours, bare)
	}
}
