package awssim

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// signedRequest is a DescribeInstances call as small as can be.
func signedRequest(s *Server) *http.Request {
	body := []byte("Action=DescribeInstances&Version=2016-11-15")
	req, _ := http.NewRequest("POST", s.URL()+"/", bytes.NewReader(body))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	sum := sha256.Sum256(body)
	u := s.users[0]
	err := v4.NewSigner().SignHTTP(context.Background(), aws.Credentials{AccessKeyID: u.AccessKeyID, SecretAccessKey: u.SecretAccessKey},
		req, hex.EncodeToString(sum[:]), "ec2", "us-east-1", time.Now())
	if err != nil {
		panic(err)
	}
	return req
}

// BenchmarkSmallCalls is the cost of a call with two instances, client and signing included.
func BenchmarkSmallCalls(b *testing.B) {
	s, err := Start(Large(LargeSpec{Accounts: 1, Regions: 1, MinInstances: 2}))
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	transport := &http.Transport{MaxIdleConnsPerHost: 256}
	defer transport.CloseIdleConnections()
	b.SetParallelism(128)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			resp, err := transport.RoundTrip(signedRequest(s))
			if err != nil {
				b.Error(err)
				return
			}
			io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		}
	})
	if took := b.Elapsed() / time.Duration(b.N); took > 500*time.Millisecond {
		b.Errorf("%s per call: the simulator would be slower than the sweeps that it measures", took)
	}
}

// BenchmarkPages is the cost of an instance in pages of 1,000.
func BenchmarkPages(b *testing.B) {
	s, err := Start(Large(LargeSpec{Accounts: 1, Regions: 1, MinInstances: 1000, Tags: 0}))
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	p := s.place(s.accounts[0], "us-east-1")
	b.ReportAllocs()
	n, x := 0, newXML()
	for b.Loop() {
		var w counter
		if err := x.instances(&w, page{0, 1000, ""}, p.at); err != nil {
			b.Fatal(err)
		}
		n = int(w)
	}
	b.ReportMetric(float64(n)/1000, "bytes/instance")
	took := float64(b.Elapsed().Microseconds()) / float64(b.N) / 1000
	b.ReportMetric(took, "us/instance")
	if took > 1000 {
		b.Errorf("%.0f us per instance: the simulator would be slower than the sweeps that it measures", took)
	}
}

type counter int

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}
