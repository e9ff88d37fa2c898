package saml

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

const (
	tokenPath     = "POST /auth/oauth2/v2/token"
	assertionPath = "POST /api/2/saml_assertion"
	verifyPath    = "POST /api/2/saml_assertion/verify_factor"
)

const mfaRequired = `{"message":"MFA is required for this user","state_token":"state-token-0123456789",
	"callback_url":"https://evil.example/verify","devices":[%s],"user":{"id":88888888}}`

// oneLoginAPI returns handlers that check each request. sign answers the request for the
// assertion, verify that for a factor.
func oneLoginAPI(t *testing.T, sign string, verify handler) map[string]handler {
	bearer := func(h handler) handler {
		return func(w http.ResponseWriter, r *http.Request, body string) {
			if r.Header.Get("Authorization") != "Bearer access-token-0123456789" || r.Header.Get("Content-Type") != "application/json" {
				reply(w, 401, `{"message":"Unauthorized","statusCode":401,"name":"Unauthorized"}`)
				return
			}
			h(w, r, body)
		}
	}
	handlers := map[string]handler{
		tokenPath: func(w http.ResponseWriter, r *http.Request, body string) {
			basic := "Basic " + base64.StdEncoding.EncodeToString([]byte("client:client-secret-0123456789"))
			if r.Header.Get("Authorization") != basic || fields(t, body)["grant_type"] != "client_credentials" {
				reply(w, 401, `{"status":{"error":true,"code":401,"type":"Unauthorized","message":"Authentication Failure"}}`)
				return
			}
			reply(w, 200, `{"access_token":"access-token-0123456789","token_type":"bearer","expires_in":36000}`)
		},
		assertionPath: bearer(func(w http.ResponseWriter, r *http.Request, body string) {
			in := fields(t, body)
			if in["username_or_email"] != testUser || in["password"] != testPassword || in["app_id"] != testApp || in["subdomain"] != "corp" {
				reply(w, 401, `{"message":"Authentication Failed: Invalid user credentials","statusCode":401,"name":"Unauthorized"}`)
				return
			}
			if in["ip_address"] == "198.51.100.7" {
				reply(w, 200, `{"message":"Success","data":"`+testAssertion+`"}`)
				return
			}
			status := 200
			fmt.Sscanf(sign, "%d ", &status)
			reply(w, status, strings.TrimPrefix(sign, fmt.Sprint(status, " ")))
		}),
	}
	if verify != nil {
		handlers[verifyPath] = bearer(func(w http.ResponseWriter, r *http.Request, body string) {
			in := fields(t, body)
			if in["app_id"] != testApp || in["state_token"] != "state-token-0123456789" || in["device_id"] != "111" {
				t.Errorf("verify_factor: %s", body)
			}
			verify(w, r, body)
		})
	}
	return handlers
}

var success = `{"message":"Success","data":"` + testAssertion + `"}`

// codes accepts 123456 only.
func oneLoginCodes(t *testing.T) handler {
	return func(w http.ResponseWriter, r *http.Request, body string) {
		switch in := fields(t, body); in["otp_token"] {
		case "123456":
			reply(w, 200, success)
		case nil:
			reply(w, 200, `{"message":"Authentication pending on OL Protect"}`)
		default:
			reply(w, 401, `{"message":"Failed authentication with this factor","statusCode":401,"name":"Unauthorized"}`)
		}
	}
}

func TestOneLogin(t *testing.T) {
	t.Parallel()
	google := fmt.Sprintf(mfaRequired, `{"device_id":111,"device_type":"Google Authenticator"}`)
	protect := fmt.Sprintf(mfaRequired, `{"device_id":111,"device_type":"OneLogin Protect"}`)
	several := fmt.Sprintf(mfaRequired, `{"device_id":110,"device_type":"Google Authenticator"},{"device_id":111,"device_type":"Google Authenticator"},
		{"device_id":7,"device_type":"WebAuthn"},{"device_id":112,"device_type":"OneLogin SMS"}`)
	many := fmt.Sprintf(mfaRequired, strings.TrimSuffix(strings.Repeat(`{"device_id":111,"device_type":"X"},`, 5000), ","))
	// afterPolls answers a push after some polls.
	afterPolls := func(n int, status int, answer string) handler {
		notified := 0
		return func(w http.ResponseWriter, r *http.Request, body string) {
			in := fields(t, body)
			if in["otp_token"] == "123456" {
				reply(w, 200, success)
				return
			}
			if in["do_not_notify"] == false {
				if notified++; notified > 1 {
					t.Error("notified twice")
				}
			}
			if n--; n < 0 {
				reply(w, status, answer)
				return
			}
			reply(w, 200, `{"message":"Authentication pending on OL Protect"}`)
		}
	}
	for _, test := range []struct {
		name   string
		sign   string
		verify handler
		adjust func(*run)
		kind   Kind
		want   string // of the error
		shown  string // to the user
	}{
		{name: "password only", sign: success},
		{name: "code", sign: google, verify: oneLoginCodes(t), adjust: func(r *run) { r.prompt.codes = []string{" 123 456 "} }, shown: "code? Code of Google Authenticator"},
		{name: "second code", sign: google, verify: oneLoginCodes(t), adjust: func(r *run) { r.prompt.codes = []string{"000000", "123456"} }, shown: "OneLogin has refused the code; try again"},
		{name: "three wrong codes", sign: google, verify: oneLoginCodes(t), adjust: func(r *run) { r.prompt.codes = []string{"000000", "000001", "", "123456"} },
			kind: CodeRefused, want: "no code was given, 3 times"},
		{name: "choice", sign: several, verify: oneLoginCodes(t), adjust: func(r *run) { r.prompt.choices, r.prompt.codes = []string{"Authenticator 111"}, []string{"123456"} },
			shown: "choose? Second factor: Google Authenticator 110 | Google Authenticator 111 | OneLogin SMS\n"},
		{name: "SMS", sign: fmt.Sprintf(mfaRequired, `{"device_id":111,"device_type":"OneLogin SMS"}`), verify: oneLoginCodes(t),
			adjust: func(r *run) { r.prompt.codes = []string{"123456"} }, shown: "code? Code that OneLogin has sent (OneLogin SMS)"},
		{name: "push", sign: protect, verify: afterPolls(3, 200, success), shown: "Approve the sign-in on your phone (OneLogin Protect)"},
		{name: "push without a terminal", sign: protect, verify: afterPolls(3, 200, success), adjust: func(r *run) { r.prompt = nil }},
		{name: "denied push", sign: protect, verify: afterPolls(2, 401, `{"message":"Failed authentication with this factor"}`), kind: PushDenied, want: "denied on the phone"},
		{name: "push nobody answers, then a code", sign: protect, verify: afterPolls(1000, 500, ""), adjust: func(r *run) { r.prompt.codes = []string{"123456"} },
			shown: "type the code that it shows\ncode? Code of OneLogin Protect"},
		{name: "push nobody answers, without a terminal", sign: protect, verify: afterPolls(1000, 500, ""), adjust: func(r *run) { r.prompt = nil },
			kind: TimedOut, want: "nobody has approved the sign-in to OneLogin"},
		{name: "state token expired", sign: google, verify: func(w http.ResponseWriter, _ *http.Request, _ string) {
			reply(w, 401, `{"message":"State token is invalid or expired"}`)
		}, adjust: func(r *run) { r.prompt.codes = []string{"123456"} }, kind: TimedOut, want: "took too long"},
		{name: "locked while codes are tried", sign: google, verify: func(w http.ResponseWriter, _ *http.Request, _ string) {
			reply(w, 401, `{"message":"User is locked. Access is unauthorized"}`)
		}, adjust: func(r *run) { r.prompt.codes = []string{"000000", "000000"} }, kind: Locked, want: "locked the account of ada@example.com"},
		{name: "exempt address", sign: google, adjust: func(r *run) { r.config.IP = "198.51.100.7" }},
		{name: "no terminal for a code", sign: google, adjust: func(r *run) { r.prompt = nil }, kind: NoTerminal, want: "no terminal"},
		{name: "no SMS without a terminal", sign: fmt.Sprintf(mfaRequired, `{"device_id":111,"device_type":"OneLogin SMS"}`), adjust: func(r *run) { r.prompt = nil },
			kind: NoTerminal, want: "no terminal"},
		{name: "no terminal for a choice", sign: several, adjust: func(r *run) { r.prompt = nil }, kind: NoTerminal, want: "Google Authenticator 110, Google"},
		{name: "endless choice", sign: many, kind: NoTerminal, adjust: func(r *run) { r.prompt = nil }, want: "among X 111, X 111"},
		{name: "device named as the password", sign: fmt.Sprintf(mfaRequired, `{"device_id":111,"device_type":"correct horse <&> ü"}`), verify: oneLoginCodes(t),
			adjust: func(r *run) { r.prompt.codes = []string{"123456"} }},
		{name: "only a security key", sign: fmt.Sprintf(mfaRequired, `{"device_id":7,"device_type":"WebAuthn"}`), kind: BrowserOnly, want: "saml_provider = command"},
		{name: "no device", sign: fmt.Sprintf(mfaRequired, ``), kind: AccountProblem, want: "set one up in a browser at https://corp.onelogin.com"},

		{name: "wrong password", adjust: func(r *run) { r.config.Password = func(context.Context) (string, error) { return "wrong", nil } },
			kind: WrongPassword, want: "OneLogin rejects the name or the password of ada@example.com"},
		{name: "empty password", adjust: func(r *run) { r.config.Password = func(context.Context) (string, error) { return "", nil } },
			kind: BadConfig, want: "the password of ada@example.com is empty"},
		{name: "locked", sign: `401 {"message":"User is locked. Access is unauthorized"}`, kind: Locked, want: "locked the account"},
		{name: "suspended", sign: `401 {"message":"User is suspended"}`, kind: AccountProblem, want: "(User is suspended)"},
		{name: "password expired", sign: `401 {"message":"Password expired"}`, kind: AccountProblem, want: "https://corp.onelogin.com"},
		{name: "app not assigned", sign: `404 {"message":"App not found","statusCode":404,"name":"Not Found"}`, kind: NotAssigned, want: `no app "666666"`},
		{name: "app not assigned, other status", sign: `400 {"status":{"error":true,"code":400,"type":"bad request","message":"Invalid app_id"}}`, kind: NotAssigned, want: `saml_app_id`},
		{name: "app not assigned, described", sign: `400 {"status":{"message":{"description":"App not found"}}}`, kind: NotAssigned, want: `(App not found)`},
		{name: "only a type", sign: `400 {"status":{"type":"bad request","message":null}}`, kind: Failed, want: `400 Bad Request (bad request)`},
		{name: "unknown subdomain", sign: `400 {"message":"Invalid subdomain"}`, kind: WrongRegion, want: `no account "corp"`},
		{name: "lack of scope", sign: `403 {"message":"Insufficient Permissions"}`, kind: ClientCredentials, want: "Authentication Only"},
		{name: "unknown client", adjust: func(r *run) { r.config.ClientID = "other" }, kind: ClientCredentials, want: "saml_client_id: check it, its secret, and the account's saml_region"},
		{name: "server error with the letters app", sign: `500 {"message":"something has happened"}`, kind: Failed, want: "(something has happened)"},
		{name: "bad request with the letters app", sign: `400 {"message":"something has happened"}`, kind: Failed, want: "400 Bad Request (something has happened)"},
		{name: "server error", sign: `500 {"message":"Internal Server Error"}`, kind: Failed, want: "500 Internal Server Error"},
		{name: "page of a proxy", sign: `200 <html>Sign in to the wifi`, kind: Failed, want: "a proxy may be in the way"},
		{name: "null", sign: `200 null`, kind: Failed, want: "no SAML assertion"},
		{name: "assertion that is none", sign: `200 {"message":"Success","data":"aGVsbG8="}`, kind: Failed, want: "no SAML assertion"},
		{name: "types of another API", sign: `200 {"message":["x"],"state_token":{"a":1},"devices":"none","data":7}`, kind: Failed, want: "no SAML assertion"},
		{name: "error that repeats the password", sign: `400 {"message":"bad request: CORRECT horse <&> ü"}`, kind: Failed, want: "answered 400 Bad Request"},
		{name: "error that repeats a token", sign: `400 {"message":"bad bearer access-token-0123456789"}`, kind: Failed, want: "bad bearer [secret]"},
		{name: "hostile error", sign: `400 {"message":"a\u0000\u001b]0;x\u0007\n\n` + strings.Repeat("z", 5000) + `"}`, kind: Failed, want: `a\x00\x1b]0;x\x07 zzz`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, oneLoginAPI(t, test.sign, test.verify))
			r := newRun(OneLogin, s.URL)
			if test.adjust != nil {
				test.adjust(r)
			}
			r.check(t, test.kind, test.want)
			if r.prompt != nil && !strings.Contains(strings.Join(r.prompt.shown, "\n"), test.shown) {
				t.Errorf("shown: %q\nwant %q", r.prompt.shown, test.shown)
			}
			if n := s.count(assertionPath); n > 1 {
				t.Errorf("the password was sent %d times", n)
			}
		})
	}
}

// A push that is being answered survives a few failures of the network.
func TestOneLoginPushOverFailures(t *testing.T) {
	t.Parallel()
	n := 0
	s := serve(t, oneLoginAPI(t, fmt.Sprintf(mfaRequired, `{"device_id":111,"device_type":"OneLogin Protect"}`), func(w http.ResponseWriter, _ *http.Request, _ string) {
		switch n++; {
		case n == 3:
			panic(http.ErrAbortHandler)
		case n == 4:
			reply(w, 502, `{}`)
		case n == 6:
			reply(w, 200, success)
		default:
			reply(w, 200, `{"message":"Authentication pending on OL Protect"}`)
		}
	}))
	r := newRun(OneLogin, s.URL)
	r.check(t, 0, "")
	if r.slept != 5*pushInterval {
		t.Errorf("slept %v", r.slept)
	}
}

func TestOneLoginThrottled(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		after  string
		answer int // number of the request that gets an answer
		slept  time.Duration
		want   string
	}{
		{"7", 3, 14 * time.Second, ""},
		{"", 3, 15 * time.Second, ""},
		{"1", 9, 3 * time.Second, "too many requests"},
		{"3600", 2, 0, "too many requests"},
		{"-1", 2, 5 * time.Second, ""},
		{"99999999999999999999", 2, 5 * time.Second, ""},
	} {
		handlers := oneLoginAPI(t, success, nil)
		inner, n := handlers[tokenPath], 0
		handlers[tokenPath] = func(w http.ResponseWriter, r *http.Request, body string) {
			if n++; n < test.answer {
				w.Header().Set("Retry-After", test.after)
				reply(w, 429, `{}`)
				return
			}
			inner(w, r, body)
		}
		r := newRun(OneLogin, serve(t, handlers).URL)
		r.check(t, Throttled, test.want)
		if r.slept != test.slept {
			t.Errorf("Retry-After %q: slept %v, want %v", test.after, r.slept, test.slept)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		header http.Header
		want   time.Duration
	}{
		{http.Header{"Retry-After": {"7"}, "X-Ratelimit-Reset": {"9"}}, 7 * time.Second},
		{http.Header{"X-Ratelimit-Reset": {"9"}}, 9 * time.Second},
		{http.Header{"X-Ratelimit-Reset": {"9000000"}}, dayWait},
		{http.Header{"X-Rate-Limit-Reset": {"1767225630"}, "Date": {"Thu, 01 Jan 2026 00:00:00 GMT"}}, 31 * time.Second},
		{http.Header{"X-Rate-Limit-Reset": {"1767225500"}, "Date": {"Thu, 01 Jan 2026 00:00:00 GMT"}}, throttledWait},
		{http.Header{"X-Rate-Limit-Reset": {"1767225630"}}, throttledWait},
		{http.Header{"X-Rate-Limit-Reset": {"9223372036854775807"}, "Date": {"Thu, 01 Jan 1970 00:00:00 GMT"}}, dayWait + time.Second},
		{nil, throttledWait},
	} {
		if got := retryAfter(test.header, 1); got != test.want {
			t.Errorf("%v: %v, want %v", test.header, got, test.want)
		}
	}
}

func TestOneLoginServer(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		config          Config
		url, sub, wrong string
	}{
		{config: Config{Subdomain: "corp"}, url: "https://corp.onelogin.com", sub: "corp"},
		{config: Config{Subdomain: "corp.onelogin.com", Region: "eu"}, url: "https://api.eu.onelogin.com", sub: "corp"},
		{config: Config{URL: "https://corp.onelogin.com/"}, url: "https://corp.onelogin.com/", sub: "corp"},
		{config: Config{URL: "https://proxy.corp.example/onelogin?x#y", Subdomain: "corp"}, url: "https://proxy.corp.example/onelogin", sub: "corp"},
		{config: Config{URL: "https://api.us.onelogin.com"}, wrong: "needs saml_subdomain"},
		{config: Config{Region: "us"}, wrong: "needs saml_subdomain"},
		{config: Config{Subdomain: "corp", Region: "mars"}, wrong: `saml_region "mars" is unknown`},
		{config: Config{Subdomain: "evil.example/\x1b", Region: "us"}, wrong: `saml_subdomain "evil.example/\\x1b" is no subdomain`},
	} {
		server, sub, err := oneLoginServer(test.config)
		switch {
		case test.wrong != "":
			if err == nil || !strings.Contains(err.Error(), test.wrong) {
				t.Errorf("%+v: %v", test.config, err)
			}
		case err != nil || server.String() != test.url || sub != test.sub:
			t.Errorf("%+v: %v, %q, %v", test.config, server, sub, err)
		}
	}
}

// The wait for a push ends with its context.
func TestPushObeysContext(t *testing.T) {
	t.Parallel()
	s := serve(t, oneLoginAPI(t, fmt.Sprintf(mfaRequired, `{"device_id":111,"device_type":"OneLogin Protect"}`), oneLoginCodes(t)))
	r := newRun(OneLogin, s.URL)
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("interrupted")
	r.config.Sleep = func(ctx context.Context, d time.Duration) error {
		cancel(stop)
		return (&web{}).sleep(ctx, time.Hour)
	}
	if _, err := r.signIn(ctx); err != stop {
		t.Errorf("got %v", err)
	}
}
