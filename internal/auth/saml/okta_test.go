package saml

import (
	"context"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

const (
	authnPath = "POST /api/v1/authn"
	appPath   = "GET /home/amazon_aws/0oa1/272"
	samlPath  = "GET /app/amazon_aws/exk1/sso/saml"
	orgPath   = "GET /.well-known/okta-organization"
)

const (
	oktaSuccess   = `{"status":"SUCCESS","sessionToken":"session-token-0123456789","expiresAt":"2026-01-01T00:00:00.000Z"}`
	oktaChallenge = `{"stateToken":"state-token-0123456789","status":"MFA_CHALLENGE","factorResult":"WAITING",
		"_embedded":{"factor":{"id":"opf1","factorType":"push","_embedded":{"challenge":{"correctAnswer":%s}}}},
		"_links":{"next":{"name":"poll","href":"https://evil.example/poll"},"resend":[{"name":"push"}]}}`
	oktaWrong = `{"errorCode":"E0000004","errorSummary":"Authentication failed","errorLink":"E0000004","errorId":"x","errorCauses":[]}`
)

// Factors of Okta's documentation.
const (
	googleFactor = `{"id":"ostf1","factorType":"token:software:totp","provider":"GOOGLE","profile":{"credentialId":"ada@example.com"},
		"_links":{"verify":{"href":"https://evil.example/verify"}}}`
	oktaCodeFactor = `{"id":"ostf2","factorType":"token:software:totp","provider":"OKTA"}`
	pushFactor     = `{"id":"opf1","factorType":"push","provider":"OKTA","profile":{"name":"Gibson","platform":"IOS"}}`
	smsFactor      = `{"id":"sms1","factorType":"sms","provider":"OKTA","profile":{"phoneNumber":"+1 XXX-XXX-1337"}}`
	callFactor     = `{"id":"clf1","factorType":"call","provider":"OKTA","profile":{"phoneNumber":"+1 XXX-XXX-1337"}}`
	webFactor      = `{"id":"fwf1","factorType":"webauthn","provider":"FIDO"}`
	questionFactor = `{"id":"ufs1","factorType":"question","provider":"OKTA","profile":{"question":"disliked_food","questionText":"What is the food you least liked as a child?"}}`
	hostileFactor  = `{"id":"../../../logout","factorType":"sms","provider":"OKTA"}`
)

func mfa(factors ...string) string {
	return `{"stateToken":"state-token-0123456789","status":"MFA_REQUIRED","_embedded":{"factors":[` + strings.Join(factors, ",") + `]}}`
}

// samlPage is the app's page, with the entities that Okta writes.
var samlPage = `<!DOCTYPE html><html><head><title>AWS</title><script>var a = '<form><input name="SAMLResponse" value="x">';</script></head><body>
<!-- <form><input name="SAMLResponse" value="x"/></form> -->
<form id="appForm" action="https&#x3a;&#x2f;&#x2f;signin.aws.amazon.com&#x2f;saml" method="POST">
<input name="SAMLResponse" type="hidden" value="` + strings.NewReplacer("+", "&#x2b;", "=", "&#x3d;").Replace(html.EscapeString(testAssertion)) + `"/>
<input name="RelayState" type="hidden" value=""/></form></body></html>`

// oktaOrg returns the handlers of an organization that check each request. sign answers the
// password, and app opens the app's page for a session.
func oktaOrg(t *testing.T, sign, app string) map[string]handler {
	used := false
	return map[string]handler{
		authnPath: func(w http.ResponseWriter, r *http.Request, body string) {
			in := fields(t, body)
			if r.Header.Get("Accept") != "application/json" || r.Header.Get("Content-Type") != "application/json" {
				t.Errorf("headers: %v", r.Header)
			}
			if in["username"] != testUser || in["password"] != testPassword {
				reply(w, 401, oktaWrong)
				return
			}
			http.SetCookie(w, &http.Cookie{Name: "DT", Value: "device", Secure: true, HttpOnly: true, Path: "/"})
			status := 200
			fmt.Sscanf(sign, "%d ", &status)
			reply(w, status, strings.TrimPrefix(sign, fmt.Sprint(status, " ")))
		},
		appPath: func(w http.ResponseWriter, r *http.Request, body string) {
			if r.URL.Query().Get("sessionToken") != "session-token-0123456789" || r.URL.Query().Get("keep") != "1" || used {
				http.Redirect(w, r, "/login/login.htm?fromURI=x", http.StatusFound)
				return
			}
			if c, err := r.Cookie("DT"); err != nil || c.Value != "device" {
				t.Errorf("cookies: %v", r.Cookies())
			}
			used = true
			http.SetCookie(w, &http.Cookie{Name: "sid", Value: "session", Secure: true, HttpOnly: true, Path: "/"})
			http.Redirect(w, r, "/app/amazon_aws/exk1/sso/saml", http.StatusFound)
		},
		samlPath: func(w http.ResponseWriter, r *http.Request, body string) {
			if c, err := r.Cookie("sid"); err != nil || c.Value != "session" {
				t.Errorf("no session")
			}
			status := 200
			fmt.Sscanf(app, "%d ", &status)
			if status/100 == 3 {
				w.Header().Set("Location", strings.TrimPrefix(app, fmt.Sprint(status, " ")))
			}
			w.Header().Set("Content-Type", "text/html;charset=utf-8")
			w.WriteHeader(status)
			fmt.Fprint(w, strings.TrimPrefix(app, fmt.Sprint(status, " ")))
		},
		"GET /login/login.htm": func(w http.ResponseWriter, r *http.Request, body string) { fmt.Fprint(w, "<title>Sign In</title>") },
		orgPath: func(w http.ResponseWriter, r *http.Request, body string) {
			reply(w, 200, `{"id":"00o1","pipeline":"v1"}`)
		},
	}
}

// oktaCodes accepts 123456, and sends a code if none is given.
func oktaCodes(t *testing.T) handler {
	return func(w http.ResponseWriter, r *http.Request, body string) {
		in := fields(t, body)
		if in["stateToken"] != "state-token-0123456789" {
			t.Errorf("verify: %s", body)
		}
		switch in["passCode"] {
		case "123456":
			reply(w, 200, oktaSuccess)
		case nil:
			reply(w, 200, `{"stateToken":"state-token-0123456789","status":"MFA_CHALLENGE"}`)
		default:
			reply(w, 403, `{"errorCode":"E0000068","errorSummary":"Invalid Passcode/Answer","errorCauses":[{"errorSummary":"Your passcode doesn't match our records. Please try again."}]}`)
		}
	}
}

// oktaPush answers with each of the given answers in turn; the last one repeats.
func oktaPush(t *testing.T, answers ...string) handler {
	return func(w http.ResponseWriter, r *http.Request, body string) {
		if in := fields(t, body); in["stateToken"] != "state-token-0123456789" || in["passCode"] != nil {
			t.Errorf("verify: %s", body)
		}
		reply(w, 200, answers[0])
		if len(answers) > 1 {
			answers = answers[1:]
		}
	}
}

func TestOkta(t *testing.T) {
	t.Parallel()
	waiting := fmt.Sprintf(oktaChallenge, "null")
	result := func(r string) string { return strings.Replace(waiting, "WAITING", r, 1) }
	verify := func(id string) string { return "POST /api/v1/authn/factors/" + id + "/verify" }
	codes := func(c ...string) func(*run) { return func(r *run) { r.prompt.codes = c } }
	for _, test := range []struct {
		name      string
		sign, app string // the page is samlPage if app is ""
		path      string
		verify    handler
		adjust    func(*run)
		kind      Kind
		want      string
		shown     string
	}{
		{name: "password only", sign: oktaSuccess},
		{name: "Google Authenticator", sign: mfa(googleFactor), path: verify("ostf1"), verify: oktaCodes(t), adjust: codes("123456"), shown: "code? One-time code of Google Authenticator"},
		{name: "choice of Okta Verify's code", sign: mfa(googleFactor, pushFactor, oktaCodeFactor, webFactor, smsFactor, callFactor, hostileFactor), path: verify("ostf2"), verify: oktaCodes(t),
			adjust: func(r *run) { r.prompt.choices, r.prompt.codes = []string{"code of Okta Verify"}, []string{"123456"} },
			shown:  "choose? Second factor: code of Google Authenticator | push of Okta Verify Gibson | code of Okta Verify | SMS to +1 XXX-XXX-1337 | call to +1 XXX-XXX-1337\n"},
		{name: "SMS", sign: mfa(smsFactor), path: verify("sms1"), verify: oktaCodes(t), adjust: codes("000000", "123456"), shown: "code? Code that Okta has sent (SMS to +1 XXX-XXX-1337)\nOkta has refused the code; try again\ncode?"},
		{name: "call", sign: mfa(callFactor), path: verify("clf1"), verify: oktaCodes(t), adjust: codes("123456")},
		{name: "security question", sign: mfa(questionFactor), path: verify("ufs1"), verify: func(w http.ResponseWriter, _ *http.Request, body string) {
			if in := fields(t, body); in["answer"] == "Blue  whale 7" && in["passCode"] == nil {
				reply(w, 200, oktaSuccess)
				return
			}
			reply(w, 403, `{"errorCode":"E0000068","errorSummary":"Invalid Passcode/Answer"}`)
		}, adjust: codes("blue", " Blue  whale 7 "), shown: "code? Answer to the security question What is the food you least liked as a child?\nOkta has refused the answer; try again\n"},
		{name: "code in groups", sign: mfa(googleFactor), path: verify("ostf1"), verify: oktaCodes(t), adjust: codes(" 123 456 ")},
		{name: "locked, by another code", sign: `403 {"errorCode":"E0000119","errorSummary":"Your account is locked. Contact your administrator."}`, kind: Locked, want: "locked the account"},
		{name: "SMS sent a moment ago", sign: mfa(smsFactor), path: verify("sms1"), verify: func(w http.ResponseWriter, r *http.Request, body string) {
			if fields(t, body)["passCode"] == nil {
				reply(w, 429, `{"errorCode":"E0000109","errorSummary":"An SMS message was recently sent. Please wait 30 seconds before trying again."}`)
				return
			}
			oktaCodes(t)(w, r, body)
		}, adjust: codes("123456")},
		{name: "three wrong codes", sign: mfa(googleFactor), path: verify("ostf1"), verify: oktaCodes(t), adjust: codes("000000", "000001", "000002", "123456"),
			kind: CodeRefused, want: "Okta has refused the code, 3 times"},
		{name: "locked while codes are tried", sign: mfa(googleFactor), path: verify("ostf1"), verify: func(w http.ResponseWriter, _ *http.Request, _ string) {
			reply(w, 403, `{"errorCode":"E0000069","errorSummary":"User Locked"}`)
		}, adjust: codes("000000", "123456"), kind: Locked, want: "locked the account"},
		{name: "state token expired", sign: mfa(googleFactor), path: verify("ostf1"), verify: func(w http.ResponseWriter, _ *http.Request, _ string) {
			reply(w, 401, `{"errorCode":"E0000011","errorSummary":"Invalid token provided"}`)
		}, adjust: codes("123456"), kind: TimedOut, want: "took too long"},

		{name: "push", sign: mfa(pushFactor), path: verify("opf1"), verify: oktaPush(t, waiting, waiting, waiting, oktaSuccess), shown: "Approve the sign-in on your phone (push of Okta Verify Gibson)"},
		{name: "push with a number", sign: mfa(pushFactor), path: verify("opf1"), verify: oktaPush(t, waiting, fmt.Sprintf(oktaChallenge, `"42"`), fmt.Sprintf(oktaChallenge, "42"), oktaSuccess), shown: "with the number 42"},
		{name: "push without a terminal", sign: mfa(pushFactor), path: verify("opf1"), verify: oktaPush(t, waiting, oktaSuccess), adjust: func(r *run) { r.prompt = nil }},
		{name: "denied push", sign: mfa(pushFactor), path: verify("opf1"), verify: oktaPush(t, waiting, result("REJECTED")), kind: PushDenied, want: "denied on the phone"},
		{name: "push times out", sign: mfa(pushFactor), path: verify("opf1"), verify: oktaPush(t, waiting, result("TIMEOUT")), kind: TimedOut, want: "nobody has approved"},
		{name: "push nobody answers", sign: mfa(pushFactor), path: verify("opf1"), verify: oktaPush(t, waiting), kind: TimedOut, want: "nobody has approved"},
		{name: "push with an unknown result", sign: mfa(pushFactor), path: verify("opf1"), verify: oktaPush(t, waiting, result(`\u001b[2J`)), kind: Failed, want: `\\x1b[2J`},
		{name: "no terminal for a code", sign: mfa(googleFactor), adjust: func(r *run) { r.prompt = nil }, kind: NoTerminal, want: "no terminal"},
		{name: "no SMS without a terminal", sign: mfa(smsFactor), adjust: func(r *run) { r.prompt = nil }, kind: NoTerminal, want: "no terminal"},
		{name: "password expires soon", sign: `{"status":"PASSWORD_WARN","stateToken":"state-token-0123456789"}`, path: "POST /api/v1/authn/skip",
			verify: func(w http.ResponseWriter, _ *http.Request, body string) {
				if fields(t, body)["stateToken"] == "state-token-0123456789" {
					reply(w, 200, oktaSuccess)
				}
			}},
		{name: "only a security key", sign: mfa(webFactor), kind: BrowserOnly, want: "saml_provider = command"},
		{name: "a factor that is a path", sign: mfa(hostileFactor), kind: BrowserOnly, want: "only in a browser"},
		{name: "no factor", sign: mfa(), kind: BrowserOnly, want: "only in a browser"},
		{name: "factor after factor", sign: mfa(googleFactor), path: verify("ostf1"), verify: func(w http.ResponseWriter, _ *http.Request, _ string) { reply(w, 200, mfa(googleFactor)) },
			adjust: codes("123456", "123456", "123456", "123456", "123456", "123456", "123456", "123456", "123456", "123456", "123456"), kind: Failed, want: "does not end"},

		{name: "wrong password", sign: oktaSuccess, adjust: func(r *run) { r.config.Password = func(context.Context) (string, error) { return "wrong", nil } },
			kind: WrongPassword, want: "Okta rejects the name or the password of ada@example.com, or has locked the account"},
		{name: "locked", sign: `{"status":"LOCKED_OUT","_links":{"next":{"name":"unlock"}}}`, kind: Locked, want: "locked the account"},
		{name: "password expired", sign: `{"status":"PASSWORD_EXPIRED","stateToken":"state-token-0123456789"}`, kind: AccountProblem, want: "expired: sign in once in a browser"},
		{name: "no factor set up", sign: `{"status":"MFA_ENROLL","stateToken":"state-token-0123456789"}`, kind: AccountProblem, want: "to set one up"},
		{name: "unknown status", sign: `{"status":"DANCE\u0007"}`, kind: Failed, want: `"DANCE\\x07"`},
		{name: "no authentication API", sign: `405 {"errorCode":"E0000022","errorSummary":"The endpoint does not support the provided HTTP method"}`, kind: BrowserOnly, want: "saml_provider = command"},
		{name: "denied by a policy", sign: `403 {"errorCode":"E0000006","errorSummary":"You do not have permission to perform the requested action"}`, kind: BrowserOnly, want: "only in a browser"},
		{name: "too many requests", sign: `429 {"errorCode":"E0000047"}`, kind: Throttled, want: "too many requests"},
		{name: "server error", sign: `500 {"errorCode":"E0000009","errorSummary":"Internal Server Error"}`, kind: Failed, want: "500"},
		{name: "not JSON", sign: `<html>`, kind: Failed, want: "not JSON"},

		{name: "app not assigned", sign: oktaSuccess, app: "403 <h1>Access Denied", kind: NotAssigned, want: "ask an administrator to assign it"},
		{name: "app unknown", sign: oktaSuccess, app: "404 <h1>Page Not Found", kind: NotAssigned, want: "embed link"},
		{name: "session not accepted", sign: strings.Replace(oktaSuccess, "session-token", "used-session-token", 1), kind: PageChanged, want: "no form with a SAML response"},
		{name: "changed page", sign: oktaSuccess, app: "<p>Welcome", kind: PageChanged, want: "no form with a SAML response"},
		{name: "form with another assertion", sign: oktaSuccess, app: `<form><input name="SAMLResponse" value="aGVsbG8=">`, kind: PageChanged, want: "no form"},
		{name: "page with an error", sign: oktaSuccess, app: "500 oops", kind: Failed, want: "500"},
		{name: "endless page", sign: oktaSuccess, app: strings.Repeat("<b>", maxAnswer/3+1), kind: Failed, want: "endless"},
		{name: "broken header", sign: oktaSuccess, app: "302 https://evil.example/\x1b?t=session-token-0123456789", kind: Unreachable, want: "[secret]"},
		{name: "redirect to a custom domain", sign: oktaSuccess, app: "302 https://login.corp.example/app?t=session-token-0123456789", kind: BadConfig, want: "redirects to https://login.corp.example, where muster sends no secrets"},
		{name: "redirect to a script", sign: oktaSuccess, app: "302 javascript:alert(1)", kind: Failed, want: "broken redirect"},
		{name: "redirect in a circle", sign: oktaSuccess, app: "302 /app/amazon_aws/exk1/sso/saml", kind: PageChanged, want: "redirects without end"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			app := test.app
			if app == "" {
				app = samlPage
			}
			handlers := oktaOrg(t, test.sign, app)
			if test.path != "" {
				handlers[test.path] = test.verify
			}
			s := serve(t, handlers)
			r := newRun(Okta, s.URL+"/home/amazon_aws/0oa1/272?keep=1#fragment")
			if test.adjust != nil {
				test.adjust(r)
			}
			r.check(t, test.kind, test.want)
			if r.prompt != nil && !strings.Contains(strings.Join(r.prompt.shown, "\n"), test.shown) {
				t.Errorf("shown: %q\nwant %q", r.prompt.shown, test.shown)
			}
			if n := s.count(authnPath); n > 1 && test.kind != Throttled {
				t.Errorf("the password was sent %d times", n)
			}
		})
	}
}

// An app may ask for a second factor of its own: its page or a redirect has a state token.
func TestOktaStepUp(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, app string }{
		{"page", `<script>var stateToken = 'app\x2Dstate\x2Dtoken\x2D0123456789';</script>`},
		{"page with JSON", `<script>var config = {"stateToken":"app-state-token-0123456789"};</script>`},
		{"redirect", "302 /login/step-up/redirect?stateToken=app-state-token-0123456789"},
	} {
		for _, engine := range []string{"classic", "identity engine", "push nobody answers"} {
			t.Run(test.name+", "+engine, func(t *testing.T) {
				t.Parallel()
				handlers := oktaOrg(t, oktaSuccess, test.app)
				password := handlers[authnPath]
				handlers[authnPath] = func(w http.ResponseWriter, r *http.Request, body string) {
					switch in := fields(t, body); {
					case in["stateToken"] == nil:
						password(w, r, body)
					case in["stateToken"] != "app-state-token-0123456789" || len(in) != 1:
						t.Errorf("step-up: %s", body)
					case engine == "classic":
						reply(w, 200, mfa(googleFactor))
					case engine == "push nobody answers":
						reply(w, 200, mfa(pushFactor))
					default:
						reply(w, 401, `{"errorCode":"E0000011","errorSummary":"Invalid token provided"}`)
					}
				}
				stepped := false
				handlers["POST /api/v1/authn/factors/ostf1/verify"] = func(w http.ResponseWriter, r *http.Request, body string) {
					stepped = true
					reply(w, 200, `{"status":"SUCCESS"}`)
				}
				handlers["POST /api/v1/authn/factors/opf1/verify"] = oktaPush(t, fmt.Sprintf(oktaChallenge, "1"))
				open := handlers[appPath]
				handlers[appPath] = func(w http.ResponseWriter, r *http.Request, body string) {
					if stepped && r.URL.RawQuery == "keep=1" {
						fmt.Fprint(w, samlPage)
						return
					}
					open(w, r, body)
				}
				r := newRun(Okta, serve(t, handlers).URL+"/home/amazon_aws/0oa1/272?keep=1")
				r.prompt.codes = []string{"123456"}
				switch engine {
				case "classic":
					r.check(t, 0, "")
				case "identity engine":
					r.check(t, BrowserOnly, "saml_provider = command")
				default:
					r.check(t, TimedOut, "nobody has approved")
				}
			})
		}
	}
}

func TestOktaIdentityEngine(t *testing.T) {
	t.Parallel()
	handlers := oktaOrg(t, oktaSuccess, "<p>Sign in with your passkey")
	handlers[orgPath] = func(w http.ResponseWriter, r *http.Request, body string) {
		reply(w, 200, `{"id":"00o1","pipeline":"idx"}`)
	}
	newRun(Okta, serve(t, handlers).URL+"/home/amazon_aws/0oa1/272?keep=1").check(t, BrowserOnly, "lets users sign in only in a browser")
}

// No password leaves for a server without encryption or for another one.
func TestUnsafeServers(t *testing.T) {
	t.Parallel()
	for _, page := range []string{"http://corp.okta.com/home/x", "ftp://corp.okta.com/home/x", "https://user:pw@corp.okta.com/home/x", "//corp.okta.com/home/x", "corp.okta.com/home/x", "https://corp.okta.com", "https:///home/x", "http://127.0.0.1.evil.example/home", "https://a b/\x1b"} {
		r := newRun(Okta, page)
		r.config.Password = func(context.Context) (string, error) {
			t.Errorf("%s: asked for the password", page)
			return "", nil
		}
		r.check(t, BadConfig, "saml_url")
	}
	evil := serve(t, nil)
	for _, path := range []string{tokenPath, authnPath} {
		handlers := oneLoginAPI(t, success, nil)
		handlers[path] = func(w http.ResponseWriter, r *http.Request, _ string) {
			http.Redirect(w, r, evil.URL+"/x?"+testPassword, http.StatusTemporaryRedirect)
		}
		s := serve(t, handlers)
		r := newRun(OneLogin, s.URL)
		if path == authnPath {
			r = newRun(Okta, s.URL+"/home/x")
		}
		r.check(t, BadConfig, "where muster sends no secrets")
	}
}

func TestSameServer(t *testing.T) {
	t.Parallel()
	w := &web{}
	w.base, _ = url.Parse("https://Corp.okta.com/x")
	for to, want := range map[string]bool{
		"https://corp.okta.com/y": true, "https://corp.okta.com:443/y": true, "https://CORP.okta.com": true,
		"http://corp.okta.com/y": false, "https://corp.okta.com:444": false, "https://x@corp.okta.com": false, "https://corp.okta.com.evil.example": false,
	} {
		if u, _ := url.Parse(to); w.sameServer(u) != want {
			t.Errorf("%s: %v", to, !want)
		}
	}
}

// A server that cannot be reached is one line without the URL, which may have a token.
func TestUnreachable(t *testing.T) {
	t.Parallel()
	handlers := oktaOrg(t, oktaSuccess, samlPage)
	handlers[appPath] = func(w http.ResponseWriter, r *http.Request, _ string) { panic(http.ErrAbortHandler) }
	newRun(Okta, serve(t, handlers).URL+"/home/amazon_aws/0oa1/272").check(t, Unreachable, "cannot be reached (EOF)")
}
