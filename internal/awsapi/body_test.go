package awsapi

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// endless repeats a text.
type endless struct {
	text string
	read *int64
}

func (e endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = e.text[(*e.read+int64(i))%int64(len(e.text))]
	}
	*e.read += int64(len(p))
	return len(p), nil
}

func packed(text string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	io.WriteString(w, text)
	w.Close()
	return b.Bytes()
}

// bomb unpacks to zeros without end.
func bomb() io.Reader {
	r, w := io.Pipe()
	go func() {
		z, _ := gzip.NewWriterLevel(w, gzip.BestSpeed)
		for zeros := make([]byte, 1<<20); ; {
			if _, err := z.Write(zeros); err != nil {
				return
			}
		}
	}()
	return r
}

// TestEndlessAnswers: an answer without end is read up to its limit, packed or not, and the
// call is not retried.
func TestEndlessAnswers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		packed bool
		body   func(read *int64) io.Reader
		limit  int64 // 0: controlLimit
		most   int64 // bytes to read
		msg    string
	}{
		{"text", false, func(read *int64) io.Reader { return endless{"<a/>", read} }, 0, controlLimit, "answered with more than 64 MiB"},
		{"a page", false, func(read *int64) io.Reader { return endless{"<a/>", read} }, 4 << 20, 4 << 20, "answered with more than 4 MiB"},
		{"a bomb", true, func(*int64) io.Reader { return bomb() }, 0, controlLimit, "answered with more than 64 MiB"},
		{"nothing, packed again and again", true, func(read *int64) io.Reader { return endless{string(packed("")), read} }, 4 << 20, 4 << 20, "answered with more than 4 MiB"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			calls, read := 0, int64(0)
			a := fakeAPI(Settings{}, func(r *http.Request) (*http.Response, error) {
				calls++
				resp := answer(r, 200, "")
				resp.Body = io.NopCloser(c.body(&read))
				if c.packed {
					resp.Header.Set("Content-Encoding", "GZIP")
				}
				return resp, nil
			})
			var err error
			if c.limit == 0 {
				err = callService["sts"](t.Context(), a, Target{Region: "us-east-1"}, ann)
			} else {
				err = discard(withLimit(t.Context(), c.limit), a)
			}
			if got := Explain(err); got.Kind != Broken || got.Code != invalidAnswer || !strings.HasSuffix(got.Message, c.msg) || calls != 1 {
				t.Errorf("after %d calls: %+v, want %s", calls, got, c.msg)
			}
			if read > 2*c.most { // the last piece may be large
				t.Errorf("%d bytes were read, want at most %d", read, c.most)
			}
			if a.http.slots.inUse() != 0 || len(a.http.largeAnswers) != 0 {
				t.Error("the call still holds a slot")
			}
		})
	}
}

// discard reads an answer to its end.
func discard(ctx context.Context, a *API) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://aws", nil)
	if err != nil {
		return err
	}
	resp, err := a.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}

// TestGzip: an answer in gzip is unpacked. One that only claims to be gzip, or is damaged,
// is broken.
func TestGzip(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		whole := packed(emptyRegions)
		for name, c := range map[string]struct {
			body []byte
			want bool
		}{
			"packed":        {whole, true},
			"in two pieces": {append(packed(emptyRegions[:50]), packed(emptyRegions[50:])...), true},
			"cut off":       {whole[:len(whole)/2], false},
			"not packed":    {[]byte(emptyRegions), false},
			"wrong sum":     {append(bytes.Clone(whole[:len(whole)-8]), 1, 2, 3, 4, 5, 6, 7, 8), false},
			"packed twice":  {packed(string(whole)), false},
			"nothing":       {nil, false},
		} {
			a := fakeAPI(Settings{}, func(r *http.Request) (*http.Response, error) {
				if got := r.Header.Get("Accept-Encoding"); got != "gzip" {
					t.Errorf("requested for %q", got)
				}
				resp := answer(r, 200, string(c.body))
				resp.Header.Set("Content-Encoding", "gzip")
				return resp, nil
			})
			err := callService["ec2"](t.Context(), a, Target{Region: "us-east-1"}, ann)
			if (err == nil) != c.want || err != nil && Explain(err).Kind != Broken {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// TestSlowAnswers: a body that arrives in drops ends the call, although the server is never
// silent for the whole time-out.
func TestSlowAnswers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		a := fakeAPI(Settings{ReadTimeout: time.Second}, func(r *http.Request) (*http.Response, error) {
			calls++
			resp := answer(r, 200, "")
			resp.Body = io.NopCloser(drip{})
			return resp, nil
		})
		start := time.Now()
		got := Explain(callService["ec2"](t.Context(), a, Target{Region: "us-east-1"}, ann))
		want := Failure{Unreachable, "EC2", "DescribeRegions", "Timeout", "no answer in time", true}
		if took := time.Since(start); got != want || calls != 1 || took > 11*time.Second {
			t.Errorf("after %v and %d calls\n got %+v\nwant %+v", took, calls, got, want)
		}
	})
}

type drip struct{}

func (drip) Read(p []byte) (int, error) { time.Sleep(900 * time.Millisecond); return copy(p, " "), nil }

// TestFewLargeAnswers: only a few large answers are in memory at one time, and a call that
// waits for its turn can be cancelled.
func TestFewLargeAnswers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const identity = `<GetCallerIdentityResponse><GetCallerIdentityResult><Account>000000000001</Account><Arn>a</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>`
		large := identity + strings.Repeat(" ", largeAnswer)
		a := fakeAPI(Settings{Concurrency: 8}, func(r *http.Request) (*http.Response, error) { return answer(r, 200, large), nil })
		for range maxLargeAnswers {
			a.http.largeAnswers <- struct{}{}
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 2)
		go func() { done <- callService["sts"](ctx, a, Target{Region: "us-east-1"}, ann) }()
		synctest.Wait()
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
		go func() { done <- callService["sts"](t.Context(), a, Target{Region: "us-east-1"}, ann) }()
		synctest.Wait()
		<-a.http.largeAnswers
		if err := <-done; err != nil {
			t.Error(err)
		}
		if n := len(a.http.largeAnswers); n != maxLargeAnswers-1 {
			t.Errorf("%d slots are taken, want %d", n, maxLargeAnswers-1)
		}
	})
}

// TestErrorLimit: the page of an HTTP error is read only up to a limit.
func TestErrorLimit(t *testing.T) {
	t.Parallel()
	read := int64(0)
	a := fakeAPI(Settings{MaxAttempts: 1}, func(r *http.Request) (*http.Response, error) {
		resp := answer(r, 502, "")
		resp.Body = io.NopCloser(endless{"<br/>", &read})
		return resp, nil
	})
	got := Explain(callService["ec2"](t.Context(), a, Target{Region: "us-east-1"}, ann))
	if got.Kind != Unreachable || !strings.Contains(got.Message, fmt.Sprint(502)) || read > 3*errorLimit {
		t.Errorf("%+v after %d bytes", got, read)
	}
}
