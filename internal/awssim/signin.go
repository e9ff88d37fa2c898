package awssim

import (
	"encoding/json"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// federationPath is the path at which the console's sign-in endpoint exchanges credentials for a browser's session.
const federationPath = "/federation"

// signin is a sign-in token.
type signin struct {
	principal principal
	expires   time.Time
	used      bool
}

// findFederation reads the form and the operation of a request to the federation endpoint.
func (r *request) findFederation() *apiError {
	r.operation = &operation{service: "signin", protocol: protocolHTML}
	r.form = r.URL.Query()
	if r.Method == http.MethodPost {
		media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
		posted, err := url.ParseQuery(string(r.body))
		if err != nil || media != contentForm {
			return fail(http.StatusBadRequest, "Bad Request", "the body is not a form, but %q", media)
		}
		for name, values := range posted {
			r.form[name] = append(r.form[name], values...)
		}
	}
	op := operations()[federationPath+" "+r.form.Get("Action")]
	if op == nil || r.Method != http.MethodGet && r.Method != http.MethodPost {
		return fail(http.StatusBadRequest, "Bad Request", "nothing is at %s %s with Action %q", r.Method, federationPath, r.form.Get("Action"))
	}
	r.operation = op
	return nil
}

func (s *Server) getSigninToken(r *request) (*answer, *apiError) {
	refused := fail(http.StatusBadRequest, "Bad Request", "The request could not be processed.")
	var session struct{ SessionID, SessionKey, SessionToken string }
	if json.Unmarshal([]byte(r.form.Get("Session")), &session) != nil {
		return nil, refused.blame("Session is not JSON")
	}
	duration, timed := r.form.Get("SessionDuration"), r.form.Has("SessionDuration")
	seconds, err := strconv.Atoi(duration)
	if timed && (err != nil || seconds < 900 || seconds > 43200) {
		return nil, refused.blame("SessionDuration is %q, not 900 to 43200", duration)
	}
	c := s.lookup(session.SessionID)
	if c == nil || c.secret != session.SessionKey || c.token != session.SessionToken {
		return nil, refused
	}
	now := s.time()
	switch {
	case c.token == "":
		return nil, refused.blame("long-term keys")
	case c.user != nil:
		return nil, refused.blame("credentials of GetSessionToken")
	case !now.Before(c.expires):
		return nil, refused.blame("credentials of %s that expired at %s", c.arn, c.expires.Format(time.RFC3339))
	case timed && c.chained:
		return nil, refused.blame("SessionDuration for the credentials of a chained role")
	case timed && c.federated:
		return nil, refused.blame("SessionDuration for credentials of GetFederationToken")
	}
	r.call.Account, r.call.Target, r.call.AccessKeyID = c.account.ID, c.account.ID, c.keyID
	s.mu.Lock()
	defer s.mu.Unlock()
	token := derive(uint64(len(s.signins)), "signin", c.keyID).base64(400)
	s.signins[token] = &signin{principal: c.principal, expires: now.Add(15 * time.Minute)}
	a := r.jsonAnswer(map[string]string{"SigninToken": token})
	return a, nil
}

func (s *Server) consoleLogin(r *request) (*answer, *apiError) {
	destination, err := url.Parse(r.form.Get("Destination"))
	if err != nil || destination.Scheme != "https" || !strings.HasSuffix(destination.Host, "."+s.web) {
		return nil, fail(http.StatusBadRequest, "Bad Request", "The destination is no page of the console.").blame("Destination is %q", r.form.Get("Destination"))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	token := s.signins[r.form.Get("SigninToken")]
	if token == nil || token.used || !s.now().Before(token.expires) {
		return nil, fail(http.StatusBadRequest, "Bad Request", "The sign-in token is invalid or has expired. Sign in again.")
	}
	token.used = true
	who := token.principal
	r.call.Account, r.call.Target = who.account.ID, who.account.ID
	a := redirection(destination.String())
	a.header["Set-Cookie"] = (&http.Cookie{Name: "aws-userInfo", Value: url.QueryEscape(`{"arn":"` + who.arn + `"}`),
		Path: "/", Domain: s.web, Secure: true}).String()
	return a, nil
}
