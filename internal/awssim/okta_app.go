package awssim

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"strings"
)

// Okta's pages in a browser: the session, the sign-in page, and the AWS app with its SAML form.

const (
	oktaLoginPath = "/login/login.htm"
	oktaCookie    = "sid"
)

// The pages of an app without a SAML form.
const (
	pageChanged = "changed"
	pagePolicy  = "policy"
)

// embedPath is the path of an app's embed link.
func (a *idpApp) embedPath() string { return "/home/amazon_aws/" + a.ID + "/272" }

// externalID is the id in the path of the app's SAML page.
func (a *idpApp) externalID() string { return "exk" + derive(0, "external", a.ID).base64(17) }

// oktaRedirect exchanges a session token for a cookie and sends the browser on.
func (s *Server) oktaRedirect(r *request) (*answer, *apiError) {
	q := r.URL.Query()
	to, err := url.Parse(q.Get("redirectUrl"))
	if err != nil || to.Host != r.Host {
		return nil, fail(http.StatusBadRequest, "Bad Request", "The redirect URL is not one of the organization's trusted origins.").blame("redirectUrl is %q", q.Get("redirectUrl"))
	}
	return s.oktaEnter(r, q.Get("token"), to.String()), nil
}

// oktaEnter opens a session with a token, which works once. Without one the browser has to sign in.
func (s *Server) oktaEnter(r *request, token, to string) *answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	session := s.oktaTake(r, token)
	if session == nil {
		return oktaSignIn(r, to)
	}
	a := redirection(to)
	value := s.mint("cookie", 40)
	s.idp.sessions[oktaCookie+value] = &idpSession{session.idp, session.user, s.now().Add(oktaCookieTTL)}
	a.header["Set-Cookie"] = (&http.Cookie{Name: oktaCookie, Value: value, Path: "/", Secure: !s.isOwn(r.Host), HttpOnly: true}).String()
	return a
}

// oktaTake uses up a session token. The caller holds mu.
func (s *Server) oktaTake(r *request, token string) *idpSession {
	session := s.idp.sessions[token]
	if strings.HasPrefix(token, oktaCookie) || session == nil || session.idp != r.idps[0] || !s.now().Before(session.expires) {
		return nil
	}
	delete(s.idp.sessions, token)
	return session
}

func oktaSignIn(r *request, from string) *answer {
	return redirection(r.base() + oktaLoginPath + "?fromURI=" + url.QueryEscape(from))
}

// oktaSession finds the session of the browser's cookie.
func (s *Server) oktaSession(r *request) *idpSession {
	s.mu.Lock()
	defer s.mu.Unlock()
	cookie, err := r.Cookie(oktaCookie)
	if err != nil {
		return nil
	}
	session := s.idp.sessions[oktaCookie+cookie.Value]
	if session == nil || session.idp != r.idps[0] || !s.now().Before(session.expires) {
		return nil
	}
	return session
}

// oktaLogin is the page at which a person signs in in a browser.
func (s *Server) oktaLogin(r *request) (*answer, *apiError) {
	return oktaWidget(r.idps[0], ""), nil
}

// oktaWidget returns the page with Okta's sign-in widget. A script reads the state token of Identity Engine.
func oktaWidget(p *idp, stateToken string) *answer {
	body := fmt.Sprintf("<!DOCTYPE html>\n<html lang=\"en\"><head><title>%s - Sign In</title></head><body class=\"auth okta-container\">\n"+
		"<div id=\"okta-login-container\"></div>\n<script type=\"text/javascript\">var baseUrl = 'https\\x3A\\x2F\\x2F%s'; var stateToken = '%s';</script>\n</body></html>\n",
		html.EscapeString(p.Name), p.domain(), strings.ReplaceAll(stateToken, "-", `\x2D`))
	return &answer{status: http.StatusOK, contentType: contentHTML, body: []byte(body)}
}

// oktaEmbed is the app's embed link. It takes a session token too.
func (s *Server) oktaEmbed(r *request) (*answer, *apiError) {
	q := r.URL.Query()
	for _, name := range []string{"sessionToken", "onetimetoken"} {
		if q.Has(name) {
			return s.oktaEnter(r, q.Get(name), r.base()+r.URL.Path), nil
		}
	}
	session := s.oktaSession(r)
	if session == nil {
		return oktaSignIn(r, r.URL.Path), nil
	}
	a := session.idp.app(r.oktaPathID(), session.user)
	if a == nil {
		return oktaNotAssigned(), nil
	}
	return redirection(r.base() + "/app/amazon_aws/" + a.externalID() + "/sso/saml"), nil
}

func oktaNotAssigned() *answer {
	return htmlPage(http.StatusForbidden, "Access Forbidden",
		"Sorry, you can't access AWS Account Federation because you are not assigned this app in Okta. If you're wondering why this is happening, please contact your administrator.")
}

// oktaApp is the page that posts the assertion to AWS.
func (s *Server) oktaApp(r *request) (*answer, *apiError) {
	q := r.URL.Query()
	if q.Has("sessionToken") {
		return s.oktaEnter(r, q.Get("sessionToken"), r.base()+r.URL.Path), nil
	}
	session := s.oktaSession(r)
	if session == nil {
		return oktaSignIn(r, r.URL.Path), nil
	}
	var app *idpApp
	for _, a := range session.idp.apps {
		if a.externalID() == r.oktaPathID() {
			app = session.idp.app(a.ID, session.user)
		}
	}
	switch {
	case app == nil:
		return oktaNotAssigned(), nil
	case app.Page == pageChanged:
		return htmlPage(http.StatusOK, session.idp.Name+" - Signing in", "One moment, please. This page needs JavaScript."), nil
	case app.Page == pagePolicy:
		return oktaWidget(session.idp, "02.id.app-"+derive(0, "policy", app.ID).base64(20)), nil
	}
	to := "https://signin." + s.web + "/saml"
	if s.isOwn(r.Host) {
		to = s.URL() + "/saml"
	}
	body := fmt.Sprintf("<!DOCTYPE html PUBLIC \"-//W3C//DTD HTML 4.01 Transitional//EN\" \"http://www.w3.org/TR/html4/loose.dtd\">\n"+
		"<html lang=\"en\">\n<head>\n<meta http-equiv=\"Content-Type\" content=\"text/html; charset=UTF-8\">\n<title>%s - Signing in</title>\n</head>\n"+
		"<body id=\"app\" onload=\"document.getElementById(&#39;appForm&#39;).submit()\">\n<p>Signing in to AWS Account Federation</p>\n"+
		"<form id=\"appForm\" action=\"%s\" method=\"POST\">\n"+
		"<input name=\"SAMLResponse\" type=\"hidden\" value=\"%s\"/>\n"+
		"<input name=\"RelayState\" type=\"hidden\" value=\"\"/>\n</form>\n</body>\n</html>\n",
		html.EscapeString(session.idp.Name), entities(to), entities(s.idpAssertion(session.idp, app, session.user)))
	return &answer{status: http.StatusOK, contentType: contentHTML, body: []byte(body)}, nil
}

// entities writes everything but letters and digits as HTML entities, as Okta's pages do.
func entities(text string) string {
	var b strings.Builder
	for _, c := range text {
		if c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' {
			b.WriteRune(c)
			continue
		}
		fmt.Fprintf(&b, "&#x%x;", c)
	}
	return b.String()
}
