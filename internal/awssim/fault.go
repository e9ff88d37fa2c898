package awssim

import (
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// The kinds of faults.
const (
	FaultThrottle  = "throttle"   // the service's own throttling error, or Status and Code
	FaultLimiter   = "limiter"    // throttle beyond Burst and Rate, per account and region or Shared
	FaultError     = "error"      // Status, Code and Message
	FaultHang      = "hang"       // no answer until the client disconnects or the server closes
	FaultDelay     = "delay"      // the right answer, after Delay
	FaultReset     = "reset"      // a TCP RST instead of an answer
	FaultClose     = "close"      // the connection ends before an answer
	FaultTruncate  = "truncate"   // half the body, and the connection ends before the Content-Length promised
	FaultCut       = "cut"        // half the body, with a Content-Length that agrees
	FaultHTML      = "html"       // 200 with an HTML page, as from a captive portal
	FaultEmpty     = "empty"      // 200 with no body
	FaultGarbage   = "garbage"    // 200 with bytes that are neither XML nor JSON
	FaultWrongRoot = "wrong_root" // 200 with a well-formed document of another kind
)

var faultKinds = []string{FaultThrottle, FaultLimiter, FaultError, FaultHang, FaultDelay, FaultReset, FaultClose, FaultTruncate,
	FaultCut, FaultHTML, FaultEmpty, FaultGarbage, FaultWrongRoot}

func (f *Fault) check() error {
	switch {
	case !slices.Contains(faultKinds, f.Kind):
		return fmt.Errorf("kind %q is none of %v", f.Kind, faultKinds)
	case f.Kind == FaultError && (f.Status < 300 || f.Code == ""):
		return fmt.Errorf("an error needs a status from 300 on and a code")
	case f.Kind == FaultLimiter && (f.Burst < 1 || f.Rate <= 0):
		return fmt.Errorf("a limiter needs a burst and a rate")
	case f.Kind == FaultDelay && f.Delay <= 0:
		return fmt.Errorf("a delay needs a delay")
	case f.Chance < 0 || f.Chance > 1:
		return fmt.Errorf("the chance %v is not between 0 and 1", f.Chance)
	}
	return nil
}

// faultPlace is the scope in which the calls that a fault matches are counted. A Shared fault has one.
type faultPlace struct {
	fault                      int
	account, region, operation string
}

type faultState struct {
	calls  int
	tokens float64
	filled time.Time
}

// fault returns the first fault that affects r.
func (s *Server) fault(r *request) *Fault {
	if len(s.faults) == 0 {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.faults {
		f := &s.faults[i]
		if f.Service != "" && f.Service != r.service || f.Operation != "" && f.Operation != r.name ||
			f.Region != "" && f.Region != r.region || f.Account != "" && f.Account != r.call.Target {
			continue
		}
		at := faultPlace{fault: i}
		if !f.Shared {
			at = faultPlace{i, r.call.Target, r.region, r.name}
		}
		if f.Kind == FaultLimiter && !f.Shared {
			at.operation = "" // all operations share the limit
		}
		state := s.faultCount[at]
		if state == nil {
			state = &faultState{tokens: float64(f.Burst), filled: s.clock()}
			s.faultCount[at] = state
		}
		state.calls++
		if state.calls <= f.After || f.Times > 0 && state.calls > f.After+f.Times {
			continue
		}
		if f.Chance > 0 {
			g := derive(s.world.Seed+uint64(i), at.account, at.region, at.operation, strconv.Itoa(state.calls))
			if float64(g.next()>>11)/(1<<53) >= f.Chance {
				continue
			}
		}
		if f.Kind == FaultLimiter && state.take(f, s.clock()) {
			continue
		}
		return f
	}
	return nil
}

// take takes a token from a limiter's bucket. It returns false if the bucket is empty.
func (state *faultState) take(f *Fault, now time.Time) bool {
	state.tokens = min(float64(f.Burst), state.tokens+f.Rate*now.Sub(state.filled).Seconds())
	state.filled = now
	if state.tokens < 1 {
		return false
	}
	state.tokens--
	return true
}

// refuses reports whether the fault is an error of the service, so that the request has no effect.
func (f *Fault) refuses() bool {
	return f.Kind == FaultThrottle || f.Kind == FaultLimiter || f.Kind == FaultError
}

// replaces reports whether the fault replaces the answer.
func (f *Fault) replaces() bool { return !f.refuses() && f.Kind != FaultDelay }

// refusal returns the error of a fault that refuses.
func (f *Fault) refusal(r *request) *apiError {
	e := fail(http.StatusBadRequest, "Throttling", "Rate exceeded")
	switch r.service {
	case "ec2":
		e = fail(http.StatusServiceUnavailable, "RequestLimitExceeded", "Request limit exceeded.")
	case "organizations", "account", "sso":
		e.status, e.code = map[string]int{"organizations": 400, "account": 429, "sso": 429}[r.service], "TooManyRequestsException"
	case "oidc":
		e.code = "SlowDownException"
	case IDPOneLogin:
		e = fail(http.StatusTooManyRequests, "TooManyRequestsError", "rate limit exceeded")
	case IDPOkta:
		e = fail(http.StatusTooManyRequests, "E0000047", "API call exceeded rate limit due to too many requests.")
	case "s3":
		e = fail(http.StatusServiceUnavailable, "SlowDown", "Please reduce your request rate.")
	}
	if r.api != nil {
		e = new(r.api.throttling)
	}
	if f.Status != 0 {
		e.status = f.Status
	}
	if f.Code != "" {
		e.code = f.Code
	}
	if f.Message != "" {
		e.message = f.Message
	}
	return e
}

// replace sends the fault's answer instead of the right one.
func (s *Server) replace(w http.ResponseWriter, r *request, f *Fault, right *answer) {
	instead := func(contentType, body string) {
		r.call.Status = http.StatusOK
		(&answer{status: http.StatusOK, contentType: contentType, body: []byte(body)}).send(w)
	}
	switch f.Kind {
	case FaultHang:
		select {
		case <-r.Context().Done():
		case <-s.closed:
		}
		panic(http.ErrAbortHandler)
	case FaultReset, FaultClose:
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		if f.Kind == FaultReset {
			reset(conn)
		}
		conn.Close()
	case FaultTruncate:
		body := right.bytes()
		r.call.Status = right.status
		w.Header().Set("Content-Type", right.contentType)
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		w.WriteHeader(right.status)
		w.Write(body[:len(body)/2])
		// The server ends a connection whose answer falls short of its Content-Length.
	case FaultCut:
		body := right.bytes()
		r.call.Status = right.status
		(&answer{status: right.status, contentType: right.contentType, errorType: right.errorType, body: body[:len(body)/2]}).send(w)
	case FaultHTML:
		instead("text/html; charset=utf-8", "<!DOCTYPE html>\n<html><head><title>Sign in to the network</title></head><body><p>Please sign in.<br></body></html>\n")
	case FaultEmpty:
		instead(right.contentType, "")
	case FaultGarbage:
		instead(right.contentType, "\x00\x1f\x8b<<{{]>&&\xff\xfe not an answer")
	case FaultWrongRoot:
		if r.protocol == protocolEC2 || r.protocol == protocolQuery || r.protocol == protocolS3 {
			instead(right.contentType, `<?xml version="1.0" encoding="UTF-8"?>`+"\n<Status><message>all systems operational</message></Status>\n")
			return
		}
		instead(right.contentType, `["all systems operational"]`)
	}
}

// reset closes a connection with a TCP RST.
func reset(conn net.Conn) {
	for {
		switch c := conn.(type) {
		case *net.TCPConn:
			c.SetLinger(0)
			c.Close()
			return
		case interface{ NetConn() net.Conn }: // tls.Conn and the proxy's tunnels
			conn = c.NetConn()
		default:
			return
		}
	}
}
