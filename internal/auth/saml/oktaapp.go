package saml

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"sync"
)

// maxRedirects limits the redirects within Okta on the way to the app's page.
const maxRedirects = 10

// openApp opens the app's page with a session token and returns the assertion in its form.
// Okta may ask for a second factor once more, for the app.
func (o *okta) openApp(ctx context.Context, sessionToken string) ([]byte, error) {
	for steppedUp := false; ; steppedUp = true {
		a, err := o.follow(ctx, o.appWith(sessionToken))
		if err != nil {
			return nil, err
		}
		if assertion, ok := formAssertion(a.body); ok {
			return assertion, nil
		}
		stateToken := pageStateToken(a)
		if stateToken == "" || steppedUp {
			return nil, o.noForm(ctx, a)
		}
		o.config.Secrets.Add(stateToken)
		if sessionToken, err = o.stepUp(ctx, stateToken); err != nil {
			return nil, err
		}
	}
}

// appWith returns the embed link with a session token, "" for none.
func (o *okta) appWith(sessionToken string) *url.URL {
	page := *o.app
	if sessionToken != "" {
		query := page.Query()
		query.Set("sessionToken", sessionToken)
		page.RawQuery = query.Encode()
	}
	return &page
}

// follow gets a page, through the redirects of Okta itself.
func (o *okta) follow(ctx context.Context, page *url.URL) (*answer, error) {
	for range maxRedirects {
		a, err := o.send(ctx, request{"app", http.MethodGet, page, map[string]string{"Accept": "text/html"}, nil})
		if err != nil {
			return nil, err
		}
		if a.status/100 != 3 {
			return a, nil
		}
		next, err := page.Parse(a.header.Get("Location"))
		if err != nil || a.header.Get("Location") == "" || !o.sameServer(next) {
			return nil, o.redirected(a, page)
		}
		if token := next.Query().Get("stateToken"); token != "" {
			return &answer{header: http.Header{"Location": {next.String()}}}, nil
		}
		page = next
	}
	return nil, fail(PageChanged, "", "the page of saml_url at Okta (%s) redirects without end", o.host)
}

// stateTokenInPage finds the state token in the script of a sign-in page.
var stateTokenInPage = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\bstateToken["']?\s*[:=]\s*["']([^"'<>\s]+)["']`) })

var hexEscape = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\\x[0-9A-Fa-f]{2}`) })

// pageStateToken returns the state token of a page or a redirect that asks for more than the
// session; "" for none.
func pageStateToken(a *answer) string {
	if to, err := url.Parse(a.header.Get("Location")); err == nil && a.status == 0 {
		return to.Query().Get("stateToken")
	}
	match := stateTokenInPage().FindSubmatch(a.body)
	if match == nil {
		return ""
	}
	return hexEscape().ReplaceAllStringFunc(string(match[1]), func(escape string) string {
		code, _ := strconv.ParseUint(escape[2:], 16, 8)
		return string(rune(code))
	})
}

// stepUp proves the second factor that the app needs. Identity Engine has state tokens of
// another kind, which only its pages accept.
func (o *okta) stepUp(ctx context.Context, stateToken string) (sessionToken string, err error) {
	t, err := o.step(ctx, "authn", o.path("api/v1/authn"), map[string]any{"stateToken": stateToken})
	switch e, ok := err.(*Error); {
	case ok && (e.Kind == TimedOut || e.Kind == WrongPassword || e.Kind == Failed):
		return "", o.browserOnly("")
	case err != nil:
		return "", err
	}
	return o.finish(ctx, t)
}

// noForm returns the error for a page without a SAML form.
func (o *okta) noForm(ctx context.Context, a *answer) error {
	switch {
	case a.status == http.StatusForbidden || a.status == http.StatusNotFound || a.status == http.StatusBadRequest:
		return fail(NotAssigned, "", "Okta (%s) does not open the app of saml_url for %s (%s): ask an administrator to assign it, or check the app's embed link",
			o.host, o.username(), statusText(a.status))
	case a.status != 0 && a.status != http.StatusOK:
		return fail(Failed, "", "the page of saml_url at Okta (%s) answered %s", o.host, statusText(a.status))
	case o.identityEngine(ctx):
		return o.browserOnly("")
	}
	return fail(PageChanged, "", "the page of saml_url at Okta (%s) has no form with a SAML response: check the app's embed link; "+
		"if it works in a browser, %s", o.host, otherProgram)
}

// identityEngine reports whether the organization says that it is on Identity Engine.
func (o *okta) identityEngine(ctx context.Context) bool {
	a, err := o.send(ctx, request{"okta-organization", http.MethodGet, o.path(".well-known/okta-organization"), map[string]string{"Accept": "application/json"}, nil})
	var organization struct {
		Pipeline text `json:"pipeline"`
	}
	return err == nil && a.status == http.StatusOK && json.Unmarshal(a.body, &organization) == nil && organization.Pipeline == "idx"
}
