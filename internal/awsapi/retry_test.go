package awsapi

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
)

func ec2Answer(status int, code string) func(*http.Request) (*http.Response, error) {
	return func(r *http.Request) (*http.Response, error) {
		return answer(r, status, fmt.Sprintf(ec2Error, code, "because")), nil
	}
}

func body(text string) func(*http.Request) (*http.Response, error) {
	return func(r *http.Request) (*http.Response, error) { return answer(r, 200, text), nil }
}

func failWith(err error) func(*http.Request) (*http.Response, error) {
	return func(*http.Request) (*http.Response, error) { return nil, err }
}

// TestAttempts counts the attempts for each kind of failure.
func TestAttempts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name               string
		answer             roundTripper
		byDefault, limited int // attempts by default, and with AWS_MAX_ATTEMPTS=7
	}{
		{"throttled", ec2Answer(503, "RequestLimitExceeded"), 12, 7},
		{"throttled, 400", ec2Answer(400, "Throttling"), 12, 7},
		{"server error", ec2Answer(500, "InternalError"), 5, 7},
		{"unknown server error", ec2Answer(502, "SomethingNew"), 5, 7},
		{"reset", failWith(fmt.Errorf("read: %w", io.ErrUnexpectedEOF)), 5, 7},
		{"no answer in time", failWith(os.ErrDeadlineExceeded), 2, 7},
		{"HTML", body("<html><body>sign in</body></html>"), 5, 7},
		{"half an answer", body(emptyRegions[:100]), 5, 7},
		{"certificate refused", failWith(&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}), 1, 1},
		{"denied", ec2Answer(403, "UnauthorizedOperation"), 1, 1},
		{"wrong parameter", ec2Answer(400, "InvalidParameterValue"), 1, 1},
		{"signed for another time", ec2Answer(400, "RequestExpired"), 2, 2},
		{"not opted in", ec2Answer(400, "OptInRequired"), 1, 1},
	} {
		for limit, want := range map[int]int{0: c.byDefault, 7: c.limited, 1: 1} {
			t.Run(fmt.Sprint(c.name, " ", limit), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					attempts := 0
					a := fakeAPI(Settings{MaxAttempts: limit}, func(r *http.Request) (*http.Response, error) {
						attempts++
						return c.answer(r)
					})
					ctx, trace := WithTrace(t.Context(), "")
					if err := callService["ec2"](ctx, a, Target{Region: "us-east-1"}, ann); err == nil {
						t.Fatal("no error")
					}
					if attempts != want || trace.Attempts() != want {
						t.Errorf("%d attempts, the trace has %d, want %d", attempts, trace.Attempts(), want)
					}
				})
			})
		}
	}
}

// TestClockSkew: a request with a wrong time is signed once more, for the time of EC2's
// answer.
func TestClockSkew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ahead := 3 * time.Hour
		var dates []string
		a := fakeAPI(Settings{}, func(r *http.Request) (*http.Response, error) {
			signed, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
			if err != nil {
				t.Fatal(err)
			}
			dates = append(dates, signed.String())
			theirs := time.Now().Add(ahead)
			resp := answer(r, 200, emptyRegions)
			if theirs.Sub(signed).Abs() > 5*time.Minute {
				resp, _ = ec2Answer(400, "RequestExpired")(r)
			}
			resp.Header.Set("Date", theirs.UTC().Format(http.TimeFormat))
			return resp, nil
		})
		if err := callService["ec2"](t.Context(), a, Target{Region: "us-east-1"}, ann); err != nil || len(dates) != 2 {
			t.Errorf("%v after requests of %q", err, dates)
		}
	})
}

// TestRetrySucceeds: a call may succeed after retries, and the trace keeps the highest number
// of attempts.
func TestRetrySucceeds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		failures := 3
		a := fakeAPI(Settings{}, func(r *http.Request) (*http.Response, error) {
			if failures--; failures >= 0 {
				return ec2Answer(503, "RequestLimitExceeded")(r)
			}
			return answer(r, 200, emptyRegions), nil
		})
		ctx, trace := WithTrace(t.Context(), "")
		if got := trace.Attempts(); got != 0 {
			t.Errorf("%d attempts before the first", got)
		}
		for range 2 { // with three retries, and then with none
			if err := callService["ec2"](ctx, a, Target{Region: "us-east-1"}, ann); err != nil {
				t.Fatal(err)
			}
			if got := trace.Attempts(); got != 4 {
				t.Errorf("%d attempts, want 4", got)
			}
		}
	})
}

// TestNoSharedQuota: the retries of many calls do not use up those of the next one, as with
// the SDK's retryer.
func TestNoSharedQuota(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		attempts := 0
		a := fakeAPI(Settings{}, func(r *http.Request) (*http.Response, error) {
			attempts++
			return ec2Answer(503, "RequestLimitExceeded")(r)
		})
		const calls = 200
		for range calls {
			callService["ec2"](t.Context(), a, Target{Region: "us-east-1"}, ann)
		}
		if want := calls * attemptsThrottled; attempts != want {
			t.Errorf("%d attempts, want %d", attempts, want)
		}
	})
}

// TestNestedRetries: if AssumeRole for a call's credentials fails after all its attempts, the
// outer call does not repeat them.
func TestNestedRetries(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		attempts := map[string]int{}
		a := fakeAPI(Settings{}, func(r *http.Request) (*http.Response, error) {
			service, _, _ := strings.Cut(r.URL.Host, ".")
			attempts[service]++
			return answer(r, 400, `<ErrorResponse><Error><Code>Throttling</Code><Message>Rate exceeded</Message></Error></ErrorResponse>`), nil
		})
		target := Target{Region: "us-east-1"}
		role := aws.CredentialsProviderFunc(func(ctx context.Context) (aws.Credentials, error) {
			_, err := a.STS(target).AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: aws.String("arn"), RoleSessionName: aws.String("s")},
				func(o *sts.Options) { o.Credentials = ann })
			return aws.Credentials{}, err
		})
		err := callService["ec2"](t.Context(), a, target, role)
		got := Explain(err)
		if want := (Failure{Throttled, "STS", "AssumeRole", "Throttling", "Rate exceeded", true}); got != want {
			t.Errorf("\n got %+v\nwant %+v", got, want)
		}
		if attempts["sts"] != attemptsThrottled || attempts["ec2"] != 0 {
			t.Errorf("attempts %v, want %d of sts and none of ec2", attempts, attemptsThrottled)
		}
	})
}

// TestDelays: a delay doubles up to a ceiling, and three quarters of it are random.
func TestDelays(t *testing.T) {
	t.Parallel()
	throttled := &smithy.GenericAPIError{Code: "RequestLimitExceeded"}
	failing := &smithy.GenericAPIError{Code: "InternalError"}
	for _, c := range []struct {
		err     error
		attempt int
		ceiling time.Duration
	}{
		{failing, 1, 100 * time.Millisecond},
		{failing, 4, 800 * time.Millisecond},
		{throttled, 1, time.Second},
		{throttled, 2, 2 * time.Second},
		{throttled, 5, 16 * time.Second},
		{throttled, 6, 20 * time.Second},
		{throttled, 11, 20 * time.Second},
	} {
		least, most := c.ceiling, time.Duration(0)
		for range 2000 {
			d, err := newRetryer(0).RetryDelay(c.attempt, c.err)
			if err != nil {
				t.Fatal(err)
			}
			least, most = min(least, d), max(most, d)
		}
		if least < c.ceiling/4 || most >= c.ceiling || most-least < c.ceiling/2 {
			t.Errorf("after attempt %d of %v: from %v to %v, want from %v to %v", c.attempt, c.err, least, most, c.ceiling/4, c.ceiling)
		}
	}
	for attempt, err := range map[int]error{5: failing, 12: throttled, 1: &smithy.GenericAPIError{Code: "AccessDenied"}} {
		if _, got := newRetryer(0).RetryDelay(attempt, err); got != err {
			t.Errorf("after attempt %d the error is %v, want %v itself", attempt, got, err)
		}
	}
	if d, err := newRetryer(50).RetryDelay(49, throttled); err != nil || d < maxBackoff/4 || d >= maxBackoff {
		t.Errorf("after attempt 49 of 50: %v, %v", d, err)
	}
}
