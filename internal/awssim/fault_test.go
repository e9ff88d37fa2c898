package awssim

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sso"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// faulty is a world with one fault in eu-west-1.
func faulty(t *testing.T, f Fault) *Server {
	t.Helper()
	w := DefaultWorld()
	f.Region = "eu-west-1"
	w.Faults = []Fault{f}
	return startWorld(t, w)
}

func describe(ctx context.Context, s *Server, region string) error {
	_, err := invokeWithin(ctx, firstUser(s, region), "ec2", "DescribeInstances")
	return err
}

func TestFaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		fault Fault
		want  func(error) bool
	}{
		{Fault{Kind: FaultThrottle}, hasText("StatusCode: 503", "RequestLimitExceeded")},
		{Fault{Kind: FaultThrottle, Status: 400, Code: "Throttling"}, hasText("StatusCode: 400", "Throttling")},
		{Fault{Kind: FaultError, Status: 500, Code: "InternalError", Message: "An internal error has occurred"}, hasText("InternalError: An internal error")},
		{Fault{Kind: FaultReset}, func(err error) bool { return errors.Is(err, syscall.ECONNRESET) }},
		{Fault{Kind: FaultClose}, func(err error) bool { return errors.Is(err, io.EOF) }},
		{Fault{Kind: FaultTruncate}, func(err error) bool { return errors.Is(err, io.ErrUnexpectedEOF) }},
		{Fault{Kind: FaultCut}, hasText("the answer breaks off")},
		{Fault{Kind: FaultGarbage}, hasText("deserialization failed")},
	} {
		t.Run(c.fault.Kind, func(t *testing.T) {
			t.Parallel()
			s := faulty(t, c.fault)
			if err := describe(context.Background(), s, "eu-west-1"); err == nil || !c.want(err) {
				t.Errorf("got %v", err)
			}
			if err := describe(context.Background(), s, "eu-west-2"); err != nil {
				t.Errorf("elsewhere: %v", err)
			}
			wantProblems(t, s)
		})
	}
}

func hasText(parts ...string) func(error) bool {
	return func(err error) bool {
		for _, part := range parts {
			if !strings.Contains(err.Error(), part) {
				return false
			}
		}
		return true
	}
}

// TestReplacedAnswers compares the bytes of answers that a lenient client decodes as empty lists.
func TestReplacedAnswers(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string]string{FaultHTML: "<!DOCTYPE html>", FaultEmpty: "", FaultWrongRoot: "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Status>"} {
		s := faulty(t, Fault{Kind: kind})
		cfg := firstUser(s, "eu-west-1")
		var body []byte
		cfg.HTTPClient = recorder{&body}
		invoke(cfg, "ec2", "DescribeInstances")
		if got := string(body); !strings.HasPrefix(got, want) || want == "" && got != "" {
			t.Errorf("%s: %q", kind, got)
		}
	}
}

// recorder keeps the body of the last answer.
type recorder struct{ body *[]byte }

func (rec recorder) Do(r *http.Request) (*http.Response, error) {
	resp, err := wholeBody{http.DefaultClient}.Do(r)
	if err != nil {
		return nil, err
	}
	*rec.body, err = io.ReadAll(resp.Body)
	resp.Body = io.NopCloser(strings.NewReader(string(*rec.body)))
	return resp, err
}

func TestHangEndsWithServer(t *testing.T) {
	t.Parallel()
	s := faulty(t, Fault{Kind: FaultHang})
	done := make(chan error)
	go func() { done <- describe(context.Background(), s, "eu-west-1") }()
	for s.MaxInFlight() == 0 {
		time.Sleep(time.Millisecond)
	}
	s.Close()
	if err := <-done; err == nil {
		t.Error("a call that hangs was answered")
	}
}

// TestTimesPerPlace counts a fault's calls in each account and region by itself.
func TestTimesPerPlace(t *testing.T) {
	t.Parallel()
	w := DefaultWorld()
	w.Faults = []Fault{{Service: "ec2", Operation: "DescribeInstances", Kind: FaultThrottle, After: 1, Times: 2}}
	s := startWorld(t, w)
	for _, region := range []string{"eu-west-1", "us-west-2"} {
		pattern := ""
		for range 5 {
			if describe(context.Background(), s, region) == nil {
				pattern += "."
			} else {
				pattern += "x"
			}
		}
		if pattern != ".xx.." {
			t.Errorf("%s: %s", region, pattern)
		}
	}
}

func TestThrottleWords(t *testing.T) {
	t.Parallel()
	w := DefaultWorld()
	w.Faults = []Fault{{Kind: FaultThrottle}}
	s := startWorld(t, w)
	me := firstUser(s, "us-east-1")
	_, err := sts.NewFromConfig(me).GetCallerIdentity(context.Background(), &sts.GetCallerIdentityInput{})
	wantCode(t, err, "Throttling")
	_, err = invoke(me, "organizations", "ListAccounts")
	wantCode(t, err, "TooManyRequestsException")
}

func TestLimiter(t *testing.T) {
	t.Parallel()
	now := time.Now()
	var mu sync.Mutex
	w := DefaultWorld()
	w.Faults = []Fault{{Service: "ec2", Kind: FaultLimiter, Burst: 2, Rate: 1}}
	s := startWorld(t, w, WithClock(func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		return now
	}))
	pattern := ""
	ask := func(region string) {
		if describe(context.Background(), s, region) == nil {
			pattern += "."
		} else {
			pattern += "x"
		}
	}
	ask("eu-west-1")
	ask("eu-west-1")
	ask("eu-west-1")
	ask("eu-west-2")
	mu.Lock()
	now = now.Add(time.Second)
	mu.Unlock()
	ask("eu-west-1")
	ask("eu-west-1")
	if pattern != "..x..x" {
		t.Error(pattern)
	}
}

// TestSharedLimiter limits the whole session, as the SSO portal does, and keeps a time of its own.
func TestSharedLimiter(t *testing.T) {
	t.Parallel()
	now := time.Now()
	w := DefaultWorld()
	w.Faults = []Fault{{Service: "sso", Operation: "GetRoleCredentials", Kind: FaultLimiter, Shared: true, Burst: 2, Rate: 1}}
	s := startWorld(t, w, WithClock(func() time.Time { return now }))
	portal := sso.NewFromConfig(client(s, "us-east-2", "", "", ""))
	pattern := ""
	for _, a := range s.accounts {
		_, err := portal.GetRoleCredentials(context.Background(), &sso.GetRoleCredentialsInput{AccessToken: &s.sessions[0].Tokens[0].AccessToken,
			AccountId: &a.ID, RoleName: aws.String("SSO_EC2ReadAccess")})
		if pattern += "."; err != nil {
			pattern += "x"
			wantCode(t, err, "TooManyRequestsException")
		}
	}
	if pattern != "...x" {
		t.Error(pattern)
	}
}

func TestLatency(t *testing.T) {
	t.Parallel()
	const latency = 30 * time.Millisecond
	s := startWorld(t, DefaultWorld(), WithLatency(latency))
	began := time.Now()
	if err := describe(context.Background(), s, "eu-west-1"); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took < latency {
		t.Errorf("took %v", took)
	}
}

func TestMaxInFlight(t *testing.T) {
	t.Parallel()
	const calls = 8
	s := startWorld(t, DefaultWorld(), WithLatency(time.Hour))
	ctx, cancel := context.WithCancel(context.Background())
	var asking sync.WaitGroup
	for range calls {
		asking.Go(func() {
			if describe(ctx, s, "eu-west-1") == nil {
				t.Error("an answer before its time")
			}
		})
	}
	for s.MaxInFlight() < calls {
		time.Sleep(time.Millisecond)
	}
	cancel()
	asking.Wait()
	if n := s.MaxInFlight(); n != calls {
		t.Errorf("%d in flight, want %d", n, calls)
	}
}
