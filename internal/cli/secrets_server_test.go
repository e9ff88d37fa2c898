package cli

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// echoForms are the ways in which a server repeats a text.
var echoForms = map[string]func(string) string{
	"plain":   func(s string) string { return s },
	"URL":     url.QueryEscape,
	"base64":  func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
	"base64b": func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte("k=" + s)) },
	"halves":  func(s string) string { return s[:len(s)/2] + " and " + s[len(s)/2:] },
	"JSON":    func(s string) string { return strings.ReplaceAll(strings.ReplaceAll(s, "/", `\/`), "=", `\u003d`) },
}

// echo answers as the simulated organization does, but for one operation: there
// all that it has been sent, and has sent, comes back as an error.
type echo struct {
	sim    http.Handler
	attack string
	form   func(string) string
	style  string // of the error: message, code, header, status or page

	mu         sync.Mutex
	removed    bool // something was, from what muster printed
	operations map[string]bool
	secrets    map[string]bool
	given      [][]string // by answers of which nothing has been used yet: perhaps nobody has read them
}

var (
	sentSecret = regexp.MustCompile(`"(?i:refreshToken|clientSecret|code|codeVerifier|deviceCode|password|stateToken|state_token)":"([^"]+)"`)
	gotSecret  = regexp.MustCompile(`(?:<(?:SecretAccessKey|SessionToken)>|"(?i:secretAccessKey|sessionToken|token|accessToken|refreshToken|clientSecret|deviceCode|signinToken|access_token|refresh_token|stateToken|state_token|data)"\s*:\s*"|name="SAMLResponse" type="hidden" value=")([^<"]+)`)
)

// learn adds secrets that were sent, and what else was in the answers that they are from.
func (e *echo) learn(secrets ...string) {
	for _, s := range secrets {
		if s == "" {
			continue
		}
		e.secrets[s] = true
		e.given = slices.DeleteFunc(e.given, func(answer []string) bool {
			used := slices.Contains(answer, s)
			for _, other := range answer {
				e.secrets[other] = e.secrets[other] || used
			}
			return used
		})
	}
}

func (e *echo) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	form, _ := url.ParseQuery(string(body))
	e.mu.Lock()
	defer e.mu.Unlock()
	operation := r.Method + " " + r.URL.Path
	if action := form.Get("Action"); action != "" {
		operation = action
	} else if target := r.Header.Get("X-Amz-Target"); target != "" {
		operation = target
	}
	e.operations[operation] = true
	e.learn(r.Header.Get("X-Amz-Security-Token"), r.Header.Get("X-Amz-Sso_bearer_token"), r.URL.Query().Get("code_verifier"), r.URL.Query().Get("sessionToken"))
	if _, password, ok := r.BasicAuth(); ok {
		e.learn(password)
	} else if authorization := r.Header.Get("Authorization"); !strings.HasPrefix(authorization, "AWS4") {
		e.learn(authorization)
	}
	for _, name := range []string{"TokenCode", "ExternalId", "SAMLAssertion", "SAMLResponse", "WebIdentityToken"} {
		e.learn(form.Get(name))
	}
	for _, match := range sentSecret.FindAllSubmatch(body, -1) {
		e.learn(string(match[1]))
	}
	if operation == e.attack {
		e.fail(w, r, body)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	recorder := httptest.NewRecorder()
	e.sim.ServeHTTP(recorder, r)
	var given []string
	for _, match := range gotSecret.FindAllSubmatch(recorder.Body.Bytes(), -1) {
		given = append(given, html.UnescapeString(string(match[1])))
	}
	e.given = append(e.given, given)
	maps.Copy(w.Header(), recorder.Header())
	w.WriteHeader(recorder.Code)
	w.Write(recorder.Body.Bytes())
}

func (e *echo) known() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(e.secrets)), func(s string) bool { return !e.secrets[s] })
}

func (e *echo) fail(w http.ResponseWriter, r *http.Request, body []byte) {
	var all []string
	for _, secret := range e.known() {
		all = append(all, "<"+e.form(secret)+">")
		if len(secret) >= 64 {
			all = append(all, e.form(secret[11:11+32]))
		}
	}
	all = append(all, e.form(r.URL.RawQuery+" "+string(body)))
	for name, values := range r.Header {
		all = append(all, name+": "+e.form(strings.Join(values, ",")))
	}
	text := strings.Join(all, " ")
	code, message, status := "Odd", "nothing of note", http.StatusForbidden
	w.Header().Set("X-Amzn-Requestid", text)
	switch e.style {
	case "message":
		message = text
	case "code":
		code = strings.Join(all, "-")
	case "header":
		w.Header().Set("X-Amzn-Errortype", strings.ReplaceAll(text, ":", "-"))
	case "page":
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusOK)
		fmt.Fprintf(w, "<html><%s>%s", regexp.MustCompile(`[^\w]`).ReplaceAllString(all[0], "")+"x", text)
		return
	case "status":
		conn, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			fmt.Fprintf(conn, "HTTP/1.1 502 %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", text)
			conn.Close()
		}
		return
	case "malformed":
		conn, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			fmt.Fprintf(conn, "HTTP/1.1 %s\r\nContent-Length: 0\r\n\r\n", text)
			conn.Close()
		}
		return
	}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		w.Header().Set("Content-Type", "text/xml")
		w.WriteHeader(status)
		fault := "<Code>" + html.EscapeString(code) + "</Code><Message>" + html.EscapeString(message) + "</Message>"
		if strings.Contains(string(body), "2016-11-15") {
			fmt.Fprintf(w, "<Response><Errors><Error>%s</Error></Errors><RequestID>%s</RequestID></Response>", fault, html.EscapeString(text))
		} else {
			fmt.Fprintf(w, "<ErrorResponse><Error>%s</Error><RequestId>%s</RequestId></ErrorResponse>", fault, html.EscapeString(text))
		}
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]string{"__type": code, "code": code, "message": message, "error": code, "error_description": message})
}

// printedText finds secrets in the output.
type printedText struct {
	text   string
	pieces map[string]bool // of partSize
}

// partSize is how much of a secret is a leak.
const partSize = 32

func newPrintedText(text string) *printedText {
	p := &printedText{text, map[string]bool{}}
	for i := 0; i+partSize <= len(text); i++ {
		p.pieces[text[i:i+partSize]] = true
	}
	return p
}

// leaks returns the form in which a text contains a secret or a part of it.
func (p *printedText) leaks(secret string) string {
	if len(secret) < 20 { // whole words, since parts of them are anywhere
		if regexp.MustCompile(`(^|[^A-Za-z0-9])` + regexp.QuoteMeta(secret) + `($|[^A-Za-z0-9])`).MatchString(p.text) {
			return "whole"
		}
		return ""
	}
	forms := map[string]string{"plain": secret, "URL": url.QueryEscape(secret), "JSON": echoForms["JSON"](secret)}
	for skip := range 3 {
		forms[fmt.Sprint("base64 ", skip)] = strings.TrimRight(base64.StdEncoding.EncodeToString([]byte(secret[skip:])), "=")
	}
	for name, form := range forms {
		if len(form) <= partSize && strings.Contains(p.text, form[:len(form)-2]) {
			return name
		}
		for i := 0; i+partSize <= len(form); i++ {
			if p.pieces[form[i:i+partSize]] {
				return name
			}
		}
	}
	return ""
}
