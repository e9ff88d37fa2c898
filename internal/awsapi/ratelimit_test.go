package awsapi

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// limit is a token bucket, as AWS has one for each of its limits.
type limit struct {
	burst, rate float64

	mu        sync.Mutex
	tokens    float64
	filled    time.Time
	throttled []time.Duration // since the first call
	calls     int
	begun     time.Time
}

// take reports whether a call is allowed.
func (l *limit) take() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if l.begun.IsZero() {
		l.begun, l.filled, l.tokens = now, now, l.burst
	}
	l.calls++
	l.tokens = min(l.burst, l.tokens+l.rate*now.Sub(l.filled).Seconds())
	l.filled = now
	if l.tokens < 1 {
		l.throttled = append(l.throttled, now.Sub(l.begun))
		return false
	}
	l.tokens--
	return true
}

// TestRateLimitSSO: the accounts of a session get their credentials nearly as fast as the
// portal allows. Hardly any call is throttled once the rate is known.
func TestRateLimitSSO(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		accounts    float64
		burst, rate float64
		width       int
		latency     time.Duration
	}{
		{400, 20, 20, 256, 80 * time.Millisecond},
		{400, 20, 20, 64, 20 * time.Millisecond},
		{400, 5, 20, 512, 150 * time.Millisecond},
		{400, 100, 5, 256, 80 * time.Millisecond},
		{1200, 10, 60, 256, 80 * time.Millisecond},
	} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				l := &limit{burst: c.burst, rate: c.rate}
				a := fakeAPI(Settings{Concurrency: c.width}, portal(l, c.latency))
				start := time.Now()
				var openers sync.WaitGroup
				left := make(chan int)
				for range c.width {
					openers.Go(func() {
						for range left {
							if err := getRoleCredentials(t.Context(), a); err != nil {
								t.Error(err)
							}
						}
					})
				}
				for i := range int(c.accounts) {
					left <- i
				}
				close(left)
				openers.Wait()
				took := time.Since(start)
				late := 0
				for _, after := range l.throttled {
					if after > time.Second {
						late++
					}
				}
				need := time.Duration(c.accounts / c.rate * float64(time.Second))
				t.Logf("took %s, the limit allows %s; %d of %d calls throttled, %d after the first second", took, need, len(l.throttled), l.calls, late)
				if took > need*12/10 {
					t.Errorf("took %s, want %s at most", took, need*12/10)
				}
				if float64(late)*20 >= c.accounts {
					t.Errorf("%d calls were throttled after the first second", late)
				}
			})
		})
	}
}

// TestRateLimitEC2: each region has its own limit and takes few more calls than it has pages.
// A fast region does not wait for a slow one.
func TestRateLimitEC2(t *testing.T) {
	t.Parallel()
	const pages = 50
	synctest.Test(t, func(t *testing.T) {
		limits := map[string]*limit{
			"us-east-1": {burst: 5, rate: 2}, "eu-west-1": {burst: 5, rate: 2}, "eu-west-2": {burst: 3, rate: 1}, "eu-west-3": {burst: 1000, rate: 1000},
		}
		a := fakeAPI(Settings{Concurrency: 8}, func(r *http.Request) (*http.Response, error) {
			time.Sleep(80 * time.Millisecond)
			for region, l := range limits {
				if r.URL.Host == "ec2."+region+".amazonaws.com" && !l.take() {
					return ec2Answer(503, "RequestLimitExceeded")(r)
				}
			}
			return answer(r, 200, `<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><reservationSet/></DescribeInstancesResponse>`), nil
		})
		start := time.Now()
		var visits sync.WaitGroup
		for region, l := range limits {
			visits.Go(func() {
				ctx, _ := WithTrace(t.Context(), "000000000001")
				for range pages {
					_, err := a.Named("ec2", "describe-instances").Call(ctx, Target{}, region, ann, nil)
					if err != nil {
						t.Errorf("%s: %v", region, err)
						return
					}
				}
				need := max(pages*80*time.Millisecond, time.Duration((pages-l.burst)/l.rate*float64(time.Second)))
				t.Logf("%s: %d calls, took %s, the limit allows %s", region, l.calls, time.Since(start), need)
				if l.calls > pages*3/2 {
					t.Errorf("%s: %d calls for %d pages", region, l.calls, pages)
				}
				if took := time.Since(start); took > need*12/10 {
					t.Errorf("%s took %s, want %s at most", region, took, need*12/10)
				}
			})
		}
		visits.Wait()
	})
}

// TestRateLimitCancelled: a call that waits ends with its context, and the others go on.
func TestRateLimitCancelled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newRateLimiter()
		l.wait(t.Context())
		l.throttle(time.Now(), false)
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		for range 3 {
			if _, err := l.wait(ctx); err != context.DeadlineExceeded {
				t.Errorf("%v", err)
			}
		}
		start := time.Now()
		if _, err := l.wait(t.Context()); err != nil || time.Since(start) > time.Second {
			t.Errorf("%v after %s", err, time.Since(start))
		}
	})
}
