package awssim

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"
)

// Server is a running simulated organization.
type Server struct {
	*compiledWorld
	listener   net.Listener
	http       *http.Server
	proxy      *Proxy
	imds       metadataService
	clock      func() time.Time
	latency    time.Duration
	pageKey    []byte                   // signs NextTokens and SAML assertions
	idpKey     func() *ecdsa.PrivateKey // signs web identity tokens
	buffers    sync.Pool                // of *xmlWriter, for the long answers
	closed     chan struct{}            // closed by Close, so that hanging calls end
	operations func() addedOperations   // nil: none

	mu         sync.Mutex
	advanced   time.Duration
	keys       map[string]*credentials
	inactive   map[string]bool // access keys
	issued     map[string]int  // sessions by ARN
	usedCodes  map[string]bool
	tokens     map[string]*ssoToken    // by access token
	refreshers map[string]*ssoToken    // by refresh token
	clients    map[string]*oidcClient  // by client id
	grants     map[string]*deviceGrant // by device code
	codes      map[string]*codeGrant   // by authorization code
	signins    map[string]*signin      // by sign-in token
	logins     map[string]*loginGrant  // by authorization code and by refresh token
	idp        idpState
	imdsTokens map[string]time.Time   // when the tokens of the metadata service end
	hosted     map[*host]*credentials // of the instance and the container
	faultCount map[faultPlace]*faultState
	deployed   map[string]*role // of stacks, by ARN
	cfn        cloudFormation
	stackCount int // stacks and stack sets so far
	calls      []Call
	problems   []string
	inFlight   int
	maxFlight  int
}

// Call is a request to the server, with the status and the error of the answer.
type Call struct {
	Time        time.Time
	Service     string // sts, ec2, sso, oidc, organizations, account, s3, signin, onelogin, okta, imds, container; "" if unknown
	Operation   string
	Region      string // of the endpoint
	Account     string // the caller's
	Target      string // the account that the call is about: the role's, the SSO assignment's, else the caller's
	Host        string
	AccessKeyID string
	Status      int    // 0 before the answer, and without one
	Code        string // of the error, or "fault: KIND" if a fault replaced the answer
}

// Option changes how a Server runs.
type Option func(*options)

type options struct {
	addr       string
	clock      func() time.Time
	latency    time.Duration
	operations func() []*Operation
}

// WithAddr listens on another address than 127.0.0.1:0.
func WithAddr(addr string) Option { return func(o *options) { o.addr = addr } }

// WithLatency delays every answer.
func WithLatency(d time.Duration) Option { return func(o *options) { o.latency = d } }

// WithClock replaces time.Now. Signatures must be within five minutes of it, whatever Advance did.
func WithClock(now func() time.Time) Option { return func(o *options) { o.clock = now } }

// Start checks the world and serves it until Close. The error names the mistake in the world.
func Start(w *World, opts ...Option) (*Server, error) {
	o := options{addr: "127.0.0.1:0", clock: time.Now}
	for _, opt := range opts {
		opt(&o)
	}
	compiled, err := compile(w)
	if err != nil {
		return nil, err
	}
	s := &Server{
		compiledWorld: compiled, clock: o.clock, latency: o.latency, pageKey: make([]byte, 32), closed: make(chan struct{}),
		keys: map[string]*credentials{}, inactive: map[string]bool{}, issued: map[string]int{}, usedCodes: map[string]bool{},
		tokens: map[string]*ssoToken{}, refreshers: map[string]*ssoToken{}, clients: map[string]*oidcClient{},
		grants: map[string]*deviceGrant{}, codes: map[string]*codeGrant{},
		signins: map[string]*signin{}, logins: map[string]*loginGrant{}, imdsTokens: map[string]time.Time{}, hosted: map[*host]*credentials{}, idp: newIDPState(), faultCount: map[faultPlace]*faultState{},
		deployed: map[string]*role{}, cfn: cloudFormation{map[stackKey]*stack{}, map[string]*stack{}, map[setKey]*stackSet{}},
	}
	rand.Read(s.pageKey)
	s.idpKey = sync.OnceValue(func() *ecdsa.PrivateKey {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			panic(err) // the system has no randomness
		}
		return key
	})
	if o.operations != nil {
		s.operations = sync.OnceValue(func() addedOperations { return compileOperations(o.operations()) })
	}
	s.buffers.New = func() any { return new(xmlWriter) }
	for _, u := range compiled.users {
		for _, key := range u.keys {
			s.keys[key.ID], s.inactive[key.ID] = compiled.longTerm(u, key), key.Status == keyInactive
		}
	}
	s.openSessions()
	if err := s.createStacks(); err != nil {
		return nil, fmt.Errorf("simulated organization: %w", err)
	}
	if s.listener, err = net.Listen("tcp", o.addr); err != nil {
		return nil, fmt.Errorf("simulated organization: %w", err)
	}
	if err := s.startMetadata(); err != nil {
		s.listener.Close()
		return nil, fmt.Errorf("simulated organization: %w", err)
	}
	s.proxy = &Proxy{handler: s, refuses: s.unknownHost}
	s.http = &http.Server{Handler: s, ErrorLog: log.New(io.Discard, "", 0)}
	go s.http.Serve(s.listener)
	return s, nil
}

// URL is the endpoint of every service, for AWS_ENDPOINT_URL.
func (s *Server) URL() string { return "http://" + s.listener.Addr().String() }

// Close ends the server and every request under way.
func (s *Server) Close() error {
	s.mu.Lock()
	select {
	case <-s.closed:
		s.mu.Unlock()
		return nil
	default:
		close(s.closed)
	}
	s.mu.Unlock()
	return errors.Join(s.proxy.Close(), s.imds.close(), s.http.Close())
}

// Calls lists every request so far in the order of arrival.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

// Problems lists the mistakes of clients: requests that are malformed, wrongly signed, sent to the endpoint of another
// service or region, with expired credentials, with a global token in an opt-in region, or with the NextToken of another
// list.
func (s *Server) Problems() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.problems)
}

// MaxInFlight is the highest number of requests that were under way at one time.
func (s *Server) MaxInFlight() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.maxFlight
}

// Advance moves the server's clock, so that tokens, credentials and registrations expire.
func (s *Server) Advance(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.advanced += d
}

// now is the server's time. The caller holds mu; others call time.
func (s *Server) now() time.Time { return s.clock().Add(s.advanced) }

func (s *Server) time() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now()
}

// Truth returns every instance of every account, with all fields filled in: accounts in the world's order, regions by
// name, instances in EC2's order.
func (s *Server) Truth() []Instance { return s.truth() }

// request is one call on its way through the server.
type request struct {
	*http.Request
	*operation
	server    *Server
	body      []byte
	form      url.Values
	region    string // of the endpoint
	global    bool   // the global STS endpoint
	metadata  bool   // sent to the instance metadata service
	caller    *credentials
	principal *principal
	sso       *ssoToken
	idps      []*idp // those that the request may be for
	call      Call
	index     int // in Server.calls
}

// problem records a mistake of the client for Server.Problems.
func (r *request) problem(format string, args ...any) {
	s := r.server
	s.mu.Lock()
	defer s.mu.Unlock()
	s.problems = append(s.problems, fmt.Sprintf("%s %s in %s: ", r.call.Service, r.call.Operation, r.call.Region)+fmt.Sprintf(format, args...))
}

// fail returns an error of the service.
func fail(status int, code, format string, args ...any) *apiError {
	return &apiError{status: status, code: code, message: fmt.Sprintf(format, args...)}
}

// ServeHTTP answers a request of AWS's API, sent to the server's own address or, through the proxy, to a host name of AWS.
func (s *Server) ServeHTTP(w http.ResponseWriter, hr *http.Request) {
	s.handle(w, &request{Request: hr, server: s})
}

func (s *Server) handle(w http.ResponseWriter, r *request) {
	hr := r.Request
	s.enter(r)
	defer s.leave(r)
	var err error
	// The whole body is read before any answer: net/http's client takes an early answer for a broken connection.
	if r.body, err = io.ReadAll(hr.Body); err != nil {
		panic(http.ErrAbortHandler)
	}
	var fault *Fault
	var a *answer
	refusal := s.admit(r)
	if refusal == nil {
		fault = s.fault(r)
		switch {
		case fault == nil || !fault.refuses():
			if refusal = s.authorize(r); refusal == nil {
				a, refusal = r.serve(s, r)
			}
		default:
			refusal = fault.refusal(r)
		}
	}
	if refusal != nil {
		if refusal.blamed != "" {
			r.problem("%s", refusal.blamed)
		}
		a = r.render(refusal)
		r.call.Code = refusal.code
	}
	wait := s.latency
	if fault != nil {
		wait += time.Duration(fault.Delay)
	}
	if !s.sleep(hr.Context(), wait) {
		panic(http.ErrAbortHandler) // makes net/http close the connection without an answer
	}
	if fault != nil && fault.replaces() {
		r.call.Code = "fault: " + fault.Kind
		s.note(r) // before the client sees the answer
		s.replace(w, r, fault, a)
		return
	}
	r.call.Status = a.status
	a.send(w)
}

// sleep waits. It returns false if the client disconnects or the server closes meanwhile.
func (s *Server) sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
	case <-s.closed:
	}
	return false
}

func (s *Server) enter(r *request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r.call = Call{Time: s.now(), Host: r.Host}
	r.index = len(s.calls)
	s.calls = append(s.calls, r.call)
	s.inFlight++
	s.maxFlight = max(s.maxFlight, s.inFlight)
}

// note updates the call in Server.calls.
func (s *Server) note(r *request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls[r.index] = r.call
}

func (s *Server) leave(r *request) {
	s.note(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inFlight--
}
