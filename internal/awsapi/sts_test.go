package awsapi

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

const (
	stsError  = `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>%s</Code><Message>No.</Message></Error><RequestId>1</RequestId></ErrorResponse>`
	stsAnswer = `<%[1]sResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><%[1]sResult><Account>123456789012</Account><Arn>arn:aws:iam::123456789012:user/me</Arn><Credentials><AccessKeyId>A</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2030-01-01T00:00:00Z</Expiration></Credentials></%[1]sResult></%[1]sResponse>`
)

// regionalSTS answers by region, and counts the calls to each.
type regionalSTS struct {
	codes map[string]string // of errors, by region; "" for a success
	delay time.Duration

	mu    sync.Mutex
	calls map[string]int
}

func (s *regionalSTS) RoundTrip(r *http.Request) (*http.Response, error) {
	time.Sleep(s.delay)
	if err := r.ParseForm(); err != nil {
		return nil, err
	}
	region := strings.Split(r.URL.Host, ".")[1]
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.calls == nil {
		s.calls = map[string]int{}
	}
	s.calls[region]++
	switch code := s.codes[region]; code {
	case "":
		return answer(r, 200, fmt.Sprintf(stsAnswer, r.Form.Get("Action"))), nil
	case "reset":
		return nil, errors.New("connection reset")
	default:
		return answer(r, 403, fmt.Sprintf(stsError, code)), nil
	}
}

// stsCalls are the operations of STS that muster uses.
var stsCalls = map[string]func(context.Context, *STS, aws.CredentialsProvider) error{
	"AssumeRole": func(ctx context.Context, s *STS, c aws.CredentialsProvider) error {
		_, err := s.AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: aws.String("arn"), RoleSessionName: aws.String("me")}, signedBy(c))
		return err
	},
	"AssumeRoleWithSAML": func(ctx context.Context, s *STS, c aws.CredentialsProvider) error {
		_, err := s.AssumeRoleWithSAML(ctx, &sts.AssumeRoleWithSAMLInput{RoleArn: aws.String("arn"), PrincipalArn: aws.String("arn"), SAMLAssertion: aws.String("x")})
		return err
	},
	"AssumeRoleWithWebIdentity": func(ctx context.Context, s *STS, c aws.CredentialsProvider) error {
		_, err := s.AssumeRoleWithWebIdentity(ctx, &sts.AssumeRoleWithWebIdentityInput{RoleArn: aws.String("arn"), RoleSessionName: aws.String("me"), WebIdentityToken: aws.String("x")})
		return err
	},
	"GetCallerIdentity": func(ctx context.Context, s *STS, c aws.CredentialsProvider) error {
		_, err := s.GetCallerIdentity(ctx, nil, signedBy(c))
		return err
	},
	"GetSessionToken": func(ctx context.Context, s *STS, c aws.CredentialsProvider) error {
		_, err := s.GetSessionToken(ctx, nil, signedBy(c))
		return err
	},
	"GetFederationToken": func(ctx context.Context, s *STS, c aws.CredentialsProvider) error {
		_, err := s.GetFederationToken(ctx, &sts.GetFederationTokenInput{Name: aws.String("me")}, signedBy(c))
		return err
	},
}

func signedBy(c aws.CredentialsProvider) func(*sts.Options) {
	return func(o *sts.Options) { o.Credentials = c }
}

// TestHomeSTS: if a region does not know the caller, or has no STS, the run uses the
// partition's home region from then on, and warns once.
func TestHomeSTS(t *testing.T) {
	t.Parallel()
	const unknown, disabled = "InvalidClientTokenId", "RegionDisabledException"
	for _, test := range []struct {
		name, region string
		codes        map[string]string
		settings     Settings
		code         string         // of the error
		calls        map[string]int // of three rounds
		warning      string
	}{
		{"a region that is not enabled", "af-south-1", map[string]string{"af-south-1": unknown}, Settings{}, "", map[string]int{"af-south-1": 1, "us-east-1": 3},
			"STS in af-south-1 answers InvalidClientTokenId (the region may not be enabled in the caller's account); muster uses STS in us-east-1 from here on"},
		{"STS switched off", "eu-west-1", map[string]string{"eu-west-1": disabled}, Settings{}, "", map[string]int{"eu-west-1": 1, "us-east-1": 3},
			"STS in eu-west-1 answers RegionDisabledException (it is switched off in the account); muster uses STS in us-east-1 from here on"},
		{"China", "cn-northwest-1", map[string]string{"cn-northwest-1": disabled}, Settings{}, "", map[string]int{"cn-northwest-1": 1, "cn-north-1": 3}, "cn-north-1"},
		{"GovCloud", "us-gov-east-1", map[string]string{"us-gov-east-1": disabled}, Settings{}, "", map[string]int{"us-gov-east-1": 1, "us-gov-west-1": 3}, "us-gov-west-1"},
		{"role denied", "af-south-1", map[string]string{"af-south-1": unknown, "us-east-1": "AccessDenied"}, Settings{}, "AccessDenied",
			map[string]int{"af-south-1": 1, "us-east-1": 3}, "muster uses STS in us-east-1"},
		{"expired", "af-south-1", map[string]string{"af-south-1": unknown, "us-east-1": "ExpiredToken"}, Settings{}, "ExpiredToken",
			map[string]int{"af-south-1": 1, "us-east-1": 3}, "muster uses STS in us-east-1"},
		{"wrong keys", "af-south-1", map[string]string{"af-south-1": unknown, "us-east-1": unknown}, Settings{}, unknown, map[string]int{"af-south-1": 3, "us-east-1": 1}, ""},
		{"home unreachable", "af-south-1", map[string]string{"af-south-1": unknown, "us-east-1": "reset"}, Settings{}, unknown, map[string]int{"af-south-1": 3, "us-east-1": 3}, ""},
		{"the home region", "us-east-1", map[string]string{"us-east-1": unknown}, Settings{}, unknown, map[string]int{"us-east-1": 3}, ""},
		{"another error", "af-south-1", map[string]string{"af-south-1": "AccessDenied"}, Settings{}, "AccessDenied", map[string]int{"af-south-1": 3}, ""},
		{"a configured endpoint", "af-south-1", map[string]string{"own": unknown}, Settings{EndpointURL: "http://sts.own.example"}, unknown, map[string]int{"own": 3}, ""},
		{"a healthy region", "af-south-1", nil, Settings{}, "", map[string]int{"af-south-1": 3}, ""},
	} {
		for operation, call := range stsCalls {
			t.Run(test.name+"/"+operation, func(t *testing.T) {
				t.Parallel()
				var warnings []string
				settings := test.settings
				settings.MaxAttempts = 1
				settings.Warn = func(text string) { warnings = append(warnings, text) }
				server := &regionalSTS{codes: test.codes}
				a := fakeAPI(settings, server.RoundTrip)
				for range 3 {
					err := call(t.Context(), a.STS(Target{Region: test.region}), ann)
					if got := codeOf(err); got != test.code {
						t.Errorf("%v, want %q", err, test.code)
					}
				}
				if !maps.Equal(server.calls, test.calls) {
					t.Errorf("calls %v, want %v", server.calls, test.calls)
				}
				if test.warning == "" && len(warnings) > 0 || test.warning != "" && (len(warnings) != 1 || !strings.Contains(warnings[0], test.warning)) {
					t.Errorf("warned %q, want %q", warnings, test.warning)
				}
			})
		}
	}
}

func codeOf(err error) string {
	if err == nil {
		return ""
	}
	return Explain(err).Code
}

// TestHomeSTSConcurrent: of many calls that start together, only one goes to the region that
// does not work.
func TestHomeSTSConcurrent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := &regionalSTS{codes: map[string]string{"af-south-1": "InvalidClientTokenId"}, delay: 20 * time.Millisecond}
		var warned sync.Map
		a := fakeAPI(Settings{Concurrency: 64, MaxAttempts: 1, Warn: func(text string) { warned.Store(text, true) }}, server.RoundTrip)
		var all sync.WaitGroup
		for i := range 50 {
			keys := credentials.NewStaticCredentialsProvider(fmt.Sprint("AKIA", i), "secret", "")
			all.Go(func() {
				if err := stsCalls["AssumeRole"](t.Context(), a.STS(Target{Region: "af-south-1"}), keys); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if want := map[string]int{"af-south-1": 1, "us-east-1": 50}; !maps.Equal(server.calls, want) {
			t.Errorf("calls %v, want %v", server.calls, want)
		}
	})
}

// TestSilentSTS: a call without an answer does not block the others.
func TestSilentSTS(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	begun := make(chan struct{})
	a := fakeAPI(Settings{Concurrency: 8, MaxAttempts: 1}, func(r *http.Request) (*http.Response, error) {
		if strings.Contains(r.Header.Get("Authorization"), "AKIASILENT") {
			close(begun)
			<-r.Context().Done()
			return nil, r.Context().Err()
		}
		return answer(r, 200, fmt.Sprintf(stsAnswer, "GetCallerIdentity")), nil
	})
	target := a.STS(Target{Region: "eu-west-1"})
	var all sync.WaitGroup
	all.Go(func() {
		if stsCalls["GetCallerIdentity"](ctx, target, credentials.NewStaticCredentialsProvider("AKIASILENT", "secret", "")) == nil {
			t.Error("no error for the call without an answer")
		}
	})
	<-begun
	if err := stsCalls["GetCallerIdentity"](t.Context(), target, ann); err != nil {
		t.Error(err)
	}
	cancel()
	all.Wait()
}
