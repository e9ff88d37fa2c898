package awssim

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// codeGrant is an authorization code (RFC 6749, 4.1) that its client has not exchanged for a token yet.
type codeGrant struct {
	client    *oidcClient
	redirect  string // the redirect URI of /authorize
	challenge string // PKCE, RFC 7636
	scopes    []string
	expires   time.Time
}

var (
	pkceChallenge = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`) })
	pkceVerifier  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9._~-]{43,128}$`) })
)

// authorizeCode answers a browser that signs in. It plays the user, and redirects the browser to the client with a code.
func (s *Server) authorizeCode(r *request) (*answer, *apiError) {
	q := r.URL.Query()
	redirect, err := url.Parse(q.Get("redirect_uri"))
	if err != nil {
		redirect = &url.URL{}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c, refusal := s.registered(r, q.Get("client_id"), grantCode)
	if refusal != nil {
		refusal.status = http.StatusBadRequest
		return nil, refusal
	}
	invalid := func(format string, args ...any) (*answer, *apiError) {
		e := fail(http.StatusBadRequest, "InvalidRequestException", format, args...)
		return nil, e.blame("%s", e.message)
	}
	switch {
	case q.Get("response_type") != "code":
		return invalid("response_type is %q, not code", q.Get("response_type"))
	case redirect.Port() == "" || !slices.Contains(c.redirects, withoutPort(redirect)):
		return invalid("redirect_uri %q is none of %q with a port", q.Get("redirect_uri"), c.redirects)
	case q.Get("state") == "":
		return invalid("there is no state")
	case q.Get("code_challenge_method") != "S256":
		return invalid("code_challenge_method is %q, not S256", q.Get("code_challenge_method"))
	case !pkceChallenge().MatchString(q.Get("code_challenge")):
		return invalid("code_challenge %q is not the base64url of a SHA-256 sum", q.Get("code_challenge"))
	}
	scopes := strings.FieldsFunc(q.Get("scopes"), func(c rune) bool { return c == ' ' || c == ',' })
	for _, scope := range scopes {
		if !slices.Contains(c.scopes, scope) {
			return invalid("scope %q is none of those registered, %q", scope, c.scopes)
		}
	}
	if len(scopes) == 0 {
		scopes = c.scopes
	}
	back := redirect.Query()
	back.Set("state", q.Get("state"))
	if login := c.issuer.Login; login.Refuse {
		back.Set("error", "access_denied")
		back.Set("error_description", "The user refused")
	} else {
		code := derive(uint64(len(s.codes)), "code", c.id).base64(64)
		s.codes[code] = &codeGrant{c, q.Get("redirect_uri"), q.Get("code_challenge"), scopes, s.now().Add(time.Duration(login.CodeExpiresIn))}
		back.Set("code", code)
	}
	redirect.RawQuery = back.Encode()
	return redirection(redirect.String()), nil
}

// redirection returns an answer that sends a browser to another page.
func redirection(to string) *answer {
	return &answer{status: http.StatusFound, contentType: contentHTML, header: map[string]string{"Location": to}}
}

// codeToken exchanges an authorization code: it returns the session of the new token, and its scopes. The caller holds mu.
func (s *Server) codeToken(in *createTokenInput, c *oidcClient) (*ssoSession, []string, *apiError) {
	refused := fail(400, "InvalidGrantException", "Invalid authorization code provided")
	grant := s.codes[in.Code]
	if grant == nil || grant.client != c {
		return nil, nil, refused
	}
	// A code is valid for one attempt. It stays in the map, so that the next code differs.
	used := *grant
	grant.client = nil
	sum := sha256.Sum256([]byte(in.CodeVerifier))
	challenge := base64.RawURLEncoding.EncodeToString(sum[:])
	switch {
	case !s.now().Before(used.expires):
		return nil, nil, refused
	case in.RedirectUri != used.redirect:
		return nil, nil, refused.blame("redirectUri is %q, at /authorize it was %q", in.RedirectUri, used.redirect)
	case !pkceVerifier().MatchString(in.CodeVerifier):
		return nil, nil, refused.blame("codeVerifier is not 43 to 128 unreserved characters")
	case subtle.ConstantTimeCompare([]byte(challenge), []byte(used.challenge)) != 1:
		return nil, nil, refused.blame("codeVerifier is not what the code_challenge was made of")
	}
	return c.issuer, used.scopes, nil
}
