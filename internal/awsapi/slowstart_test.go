package awsapi

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sso"
)

const roleCredentials = `{"roleCredentials": {"accessKeyId": "A", "secretAccessKey": "s", "sessionToken": "t", "expiration": 4102444800000}}`

// portal is the network of an IAM Identity Center portal with a limit, or none if l is nil.
// Half of the latency passes before the portal decides.
func portal(l *limit, latency time.Duration) roundTripper {
	return func(r *http.Request) (*http.Response, error) {
		time.Sleep(latency / 2)
		allowed := l == nil || l.take()
		time.Sleep(latency / 2)
		if !allowed {
			resp := answer(r, http.StatusTooManyRequests, `{"message": "HTTP 429 Unknown Code"}`)
			resp.Header.Set("X-Amzn-Errortype", "TooManyRequestsException")
			return resp, nil
		}
		return answer(r, 200, roleCredentials), nil
	}
}

func getRoleCredentials(ctx context.Context, a *API) error {
	_, err := a.SSO(Target{Region: "us-east-1"}, "us-east-1").GetRoleCredentials(ctx, &sso.GetRoleCredentialsInput{
		AccessToken: aws.String("t"), AccountId: aws.String("000000000001"), RoleName: aws.String("r"),
	})
	return err
}

// openAccounts gets the credentials of accounts, all at once.
func openAccounts(t *testing.T, a *API, accounts int) {
	t.Helper()
	var opening sync.WaitGroup
	for range accounts {
		opening.Go(func() {
			if err := getRoleCredentials(t.Context(), a); err != nil {
				t.Error(err)
			}
		})
	}
	opening.Wait()
}

// TestSlowStartMeetsLimit: few calls are throttled while muster learns the portal's limit,
// however many calls may be under way.
func TestSlowStartMeetsLimit(t *testing.T) {
	t.Parallel()
	const accounts, rate = 300, 20
	for _, c := range []struct {
		width   int
		latency time.Duration
	}{{64, 20 * time.Millisecond}, {256, 80 * time.Millisecond}, {512, 80 * time.Millisecond}, {512, 200 * time.Millisecond}} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				l := &limit{burst: rate, rate: rate}
				a := fakeAPI(Settings{Concurrency: c.width}, portal(l, c.latency))
				start := time.Now()
				openAccounts(t, a, accounts)
				t.Logf("%d calls for %d accounts in %s", l.calls, accounts, time.Since(start))
				if l.calls*100 > accounts*115 {
					t.Errorf("%d calls for %d accounts", l.calls, accounts)
				}
				if took, need := time.Since(start), accounts/rate*time.Second; took > need*110/100 {
					t.Errorf("took %s, the limit allows %s", took, need)
				}
			})
		})
	}
}

// TestSlowStartWithoutLimit: where the portal has no limit, a sweep of 512 calls at a time
// takes as long as with all calls at once from the start: the regions of the first accounts
// fill the width while the window grows. A narrower sweep takes one round trip more at most.
func TestSlowStartWithoutLimit(t *testing.T) {
	t.Parallel()
	const accounts, regions, latency = 100, 17, 80 * time.Millisecond
	sweep := func(t *testing.T, width, window int) (took time.Duration) {
		synctest.Test(t, func(t *testing.T) {
			a := fakeAPI(Settings{Concurrency: width}, func(r *http.Request) (*http.Response, error) {
				if strings.Contains(r.URL.Host, "portal.sso") {
					return portal(nil, latency)(r)
				}
				time.Sleep(latency)
				return answer(r, 200, emptyRegions), nil
			})
			a.limiters.named("SSO us-east-1 GetRoleCredentials").start.window = window
			call := func() {
				ctx, _ := WithTrace(t.Context(), "000000000001")
				if _, err := a.Named("ec2", "describe-regions").Call(ctx, Target{}, "us-east-1", ann, nil); err != nil {
					t.Error(err)
				}
			}
			start := time.Now()
			var visits sync.WaitGroup
			for range accounts {
				visits.Go(func() {
					if err := getRoleCredentials(t.Context(), a); err != nil {
						t.Error(err)
					}
					call()
					for range regions {
						visits.Go(call)
					}
				})
			}
			visits.Wait()
			took = time.Since(start)
		})
		return took
	}
	for _, width := range []int{64, 128, 256, 512} {
		slow, all := sweep(t, width, initialWindow), sweep(t, width, accounts)
		t.Logf("width %d: %s, all at once %s", width, slow, all)
		if most := all + latency; slow > most || width == 512 && slow > all {
			t.Errorf("width %d: %s, want at most %s", width, slow, most)
		}
	}
}

// TestSlowStartRounds: without a limit, the window doubles with each round trip, also
// where AWS denies every call.
func TestSlowStartRounds(t *testing.T) {
	t.Parallel()
	denied := func(r *http.Request) (*http.Response, error) {
		time.Sleep(time.Second)
		resp := answer(r, http.StatusForbidden, `{"message": "No access"}`)
		resp.Header.Set("X-Amzn-Errortype", "ForbiddenException")
		return resp, nil
	}
	for name, network := range map[string]roundTripper{"allowed": portal(nil, time.Second), "denied": denied} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := fakeAPI(Settings{Concurrency: 1000}, network)
				start := time.Now()
				var calls sync.WaitGroup
				for range 16 + 32 + 64 + 128 {
					calls.Go(func() { getRoleCredentials(t.Context(), a) })
				}
				calls.Wait()
				if took := time.Since(start); took != 4*time.Second {
					t.Errorf("took %s, want four round trips", took)
				}
			})
		})
	}
}

// TestSlowStartCancelled: a cancelled call gives its place to the next one, whether it
// still waits or has just been let go.
func TestSlowStartCancelled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newRateLimiter()
		for range initialWindow {
			l.wait(t.Context())
		}
		cancelled, cancel := context.WithCancel(t.Context())
		for range 3 {
			go func() {
				if _, err := l.wait(cancelled); err == nil { // both had come
					l.landed()
				}
			}()
		}
		synctest.Wait()
		started := make(chan struct{})
		go func() {
			l.wait(t.Context())
			close(started)
		}()
		synctest.Wait()
		cancel()
		l.landed()
		synctest.Wait()
		select {
		case <-started:
		default:
			t.Error("the next call still waits")
		}
		l.throttle(time.Now(), false)
		if _, err := l.wait(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// TestEarlierRate: the second run begins at the rate that the first one has measured, so
// that hardly any call is throttled, whether AWS's bucket is full again or still empty. A
// few calls do not wait, and a rate that is too low by now is soon left behind.
func TestEarlierRate(t *testing.T) {
	t.Parallel()
	const accounts, rate, latency = 300, 20, 80 * time.Millisecond
	run := func(t *testing.T, l *limit, accounts int, earlier map[string]float64) (measured map[string]float64, took time.Duration) {
		a := fakeAPI(Settings{Concurrency: 512, EarlierRates: func() map[string]float64 { return earlier }}, portal(l, latency))
		start := time.Now()
		openAccounts(t, a, accounts)
		return a.MeasuredRates(), time.Since(start)
	}
	const name = "SSO us-east-1 GetRoleCredentials"
	for rest, most := range map[time.Duration]int{0: 20, time.Minute: 6} {
		t.Run(fmt.Sprint("after ", rest), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := &limit{burst: rate, rate: rate}
				measured, _ := run(t, l, accounts, nil)
				if r := measured[name]; r < 0.8*rate || r > 1.1*rate {
					t.Fatalf("measured %v", measured)
				}
				time.Sleep(rest)
				before := len(l.throttled)
				_, took := run(t, l, accounts, measured)
				t.Logf("%d throttled in %s", len(l.throttled)-before, took)
				if throttled := len(l.throttled) - before; throttled > most {
					t.Errorf("%d calls were throttled, want at most %d", throttled, most)
				}
				if need := accounts / rate * time.Second; took > need*115/100 {
					t.Errorf("took %s, the limit allows %s", took, need)
				}
			})
		})
	}
	t.Run("few calls", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			measured, took := run(t, nil, initialWindow, map[string]float64{name: 5})
			if took != latency || len(measured) > 0 {
				t.Errorf("took %s, measured %v", took, measured)
			}
		})
	})
	t.Run("too low", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			if _, took := run(t, nil, accounts, map[string]float64{name: 5}); took > 25*time.Second {
				t.Errorf("took %s", took)
			}
		})
	})
}
