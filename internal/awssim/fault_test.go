package awssim

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
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
	_, err := ec2.NewFromConfig(firstUser(s, region)).DescribeInstances(ctx, &ec2.DescribeInstancesInput{})
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
		{Fault{Kind: FaultCut}, hasText("XML syntax error")},
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

// TestSpoiltAnswers looks at the bytes of what the SDK's decoder takes for an empty list.
func TestSpoiltAnswers(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string]string{FaultHTML: "<!DOCTYPE html>", FaultEmpty: "", FaultWrongRoot: "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Status>"} {
		s := faulty(t, Fault{Kind: kind})
		cfg := firstUser(s, "eu-west-1")
		var body []byte
		cfg.HTTPClient = recorder{&body}
		ec2.NewFromConfig(cfg).DescribeInstances(context.Background(), &ec2.DescribeInstancesInput{})
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
	_, err = organizations.NewFromConfig(me).ListAccounts(context.Background(), &organizations.ListAccountsInput{})
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

func TestLatencyAndFlight(t *testing.T) {
	t.Parallel()
	s := startWorld(t, DefaultWorld(), WithLatency(30*time.Millisecond))
	began := time.Now()
	var calls sync.WaitGroup
	for range 8 {
		calls.Go(func() {
			if err := describe(context.Background(), s, "eu-west-1"); err != nil {
				t.Error(err)
			}
		})
	}
	calls.Wait()
	if took := time.Since(began); took < 30*time.Millisecond {
		t.Errorf("took %v", took)
	}
	if n := s.MaxInFlight(); n < 1 || n > 8 {
		t.Errorf("%d in flight", n)
	}
}

func TestPageTokens(t *testing.T) {
	t.Parallel()
	s := startWorld(t, Large(LargeSpec{Accounts: 1, Regions: 2, MinInstances: 12, PageSize: 5}))
	ctx := context.Background()
	api := ec2.NewFromConfig(firstUser(s, "us-east-1"))
	first, err := api.DescribeInstances(ctx, &ec2.DescribeInstancesInput{MaxResults: aws.Int32(5)})
	if err != nil {
		t.Fatal(err)
	}
	for name, in := range map[string]*ec2.DescribeInstancesInput{
		"foreign": {NextToken: aws.String("bm9uc2Vuc2Ugbm9uc2Vuc2Ugbm9uc2Vuc2U=")},
		"filters": {NextToken: first.NextToken, Filters: filter("instance-state-name", "running")},
	} {
		if _, err := api.DescribeInstances(ctx, in); err == nil || !strings.Contains(err.Error(), "InvalidNextToken") {
			t.Errorf("%s: %v", name, err)
		}
	}
	elsewhere := ec2.NewFromConfig(firstUser(s, "ap-northeast-1"))
	_, err = elsewhere.DescribeInstances(ctx, &ec2.DescribeInstancesInput{NextToken: first.NextToken})
	wantCode(t, err, "InvalidNextToken")
	_, err = api.DescribeInstances(ctx, &ec2.DescribeInstancesInput{MaxResults: aws.Int32(5), InstanceIds: []string{"i-00000000"}})
	wantCode(t, err, "InvalidParameterCombination")
	_, err = api.DescribeInstances(ctx, &ec2.DescribeInstancesInput{MaxResults: aws.Int32(4)})
	wantCode(t, err, "InvalidParameterValue")
	wantProblems(t, s, "NextToken", "NextToken", "NextToken", "MaxResults with ids", "MaxResults is 4")
}

func TestWorldRoundTrip(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(DefaultWorld())
	if err != nil {
		t.Fatal(err)
	}
	w, err := ParseWorld(text)
	if err != nil {
		t.Fatal(err)
	}
	again, _ := json.Marshal(w)
	if string(again) != string(text) {
		t.Errorf("the default world changes:\n%s\n%s", text, again)
	}
}
