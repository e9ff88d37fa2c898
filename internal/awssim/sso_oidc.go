package awssim

import (
	"cmp"
	"net"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// oidcClient is a registered client of the OIDC service.
type oidcClient struct {
	id, secret string
	region     string // of the endpoint that registered it; "" if that was the server's own address
	expires    time.Time
	scopes     []string
	grants     []string // grant types
	redirects  []string // redirect URIs, those to the loopback address without their port
	issuer     *ssoSession
}

const (
	grantCode    = "authorization_code"
	grantDevice  = "urn:ietf:params:oauth:grant-type:device_code"
	grantRefresh = "refresh_token"
)

// deviceGrants are the grant types of a registration that names none.
var deviceGrants = []string{grantDevice, grantRefresh}

// oauthCode returns the code in RFC 6749, 7591 or 8628 of an exception of the OIDC service.
func oauthCode(exception string) string {
	codes := map[string]string{
		"InvalidGrantException": "invalid_grant", "InvalidClientException": "invalid_client",
		"UnauthorizedClientException": "unauthorized_client", "InvalidRequestException": "invalid_request",
		"UnsupportedGrantTypeException": "unsupported_grant_type", "ExpiredTokenException": "expired_token",
		"AuthorizationPendingException": "authorization_pending", "SlowDownException": "slow_down",
		"AccessDeniedException": "access_denied", "InvalidClientMetadataException": "invalid_client_metadata",
		"InvalidRedirectUriException": "invalid_redirect_uri", "InvalidScopeException": "invalid_scope",
	}
	return cmp.Or(codes[exception], "server_error")
}

func (s *Server) registerClient(r *request) (*answer, *apiError) {
	var in struct {
		ClientName, ClientType, IssuerUrl string
		Scopes, GrantTypes, RedirectUris  []string
	}
	if err := r.input(&in); err != nil {
		return nil, err
	}
	if in.ClientName == "" || in.ClientType != "public" {
		return nil, fail(400, "InvalidClientMetadataException", "clientName and the clientType public are needed").
			blame("clientName %q, clientType %q", in.ClientName, in.ClientType)
	}
	if len(in.GrantTypes) == 0 {
		in.GrantTypes = deviceGrants
	}
	c := &oidcClient{region: r.region, scopes: in.Scopes, grants: in.GrantTypes}
	for _, grant := range c.grants {
		if !slices.Contains([]string{grantCode, grantDevice, grantRefresh}, grant) {
			return nil, fail(400, "UnsupportedGrantTypeException", "The grant type is not supported").blame("grant type %q", grant)
		}
	}
	for _, uri := range in.RedirectUris {
		u, err := url.Parse(uri)
		if err != nil || !isLoopback(u) || u.Path != "/oauth/callback" || u.RawQuery != "" || u.Fragment != "" {
			return nil, fail(400, "InvalidRedirectUriException", "Invalid redirect URI").
				blame("the redirect URI %s is not http://127.0.0.1/oauth/callback", uri)
		}
		c.redirects = append(c.redirects, withoutPort(u))
	}
	if in.IssuerUrl != "" {
		if c.issuer = s.sessionAt(in.IssuerUrl, r.region); c.issuer == nil {
			return nil, fail(400, "InvalidRequestException", "Invalid issuer URL provided")
		}
	}
	if slices.Contains(c.grants, grantCode) {
		switch {
		case slices.Contains(c.grants, grantDevice):
			return nil, fail(400, "InvalidScopeException", "").blame("one registration for both authorization code and device code")
		case len(c.redirects) == 0:
			return nil, fail(400, "InvalidRedirectUriException", "Redirect URIs are needed").blame("authorization code without redirectUris")
		case c.issuer == nil:
			return nil, fail(400, "InvalidRequestException", "The issuer URL is needed").blame("authorization code without issuerUrl")
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	g := derive(uint64(len(s.clients)), "client", in.ClientName)
	c.id, c.secret, c.expires = g.base32(22), g.base64(60), s.now().Add(90*24*time.Hour)
	s.clients[c.id] = c
	return r.jsonAnswer(map[string]any{"clientId": c.id, "clientSecret": c.secret,
		"clientIdIssuedAt": s.now().Unix(), "clientSecretExpiresAt": c.expires.Unix()}), nil
}

// isLoopback reports whether the port of a redirect URI is ignored (RFC 8252, section 7.3).
func isLoopback(u *url.URL) bool {
	return u.Scheme == "http" && u.Hostname() == "127.0.0.1" && u.User == nil
}

func withoutPort(u *url.URL) string {
	bare := *u
	if host, _, err := net.SplitHostPort(u.Host); err == nil {
		bare.Host = host
	}
	return bare.String()
}

// sessionAt returns the session of a start URL, or nil. It must be in the region, unless that is "".
func (s *Server) sessionAt(startURL, region string) *ssoSession {
	for _, session := range s.sessions {
		if sameStartURL(session.StartURL, startURL) && (region == "" || region == session.Region) {
			return session
		}
	}
	return nil
}

// registered returns the client with an id, if it is registered for the grant type. The caller holds mu.
func (s *Server) registered(r *request, id, grant string) (*oidcClient, *apiError) {
	c := s.clients[id]
	switch {
	case c == nil || c.region != "" && r.region != "" && c.region != r.region:
		return nil, fail(http.StatusUnauthorized, "InvalidClientException", "Invalid client")
	case !s.now().Before(c.expires):
		return nil, fail(http.StatusUnauthorized, "InvalidClientException", "Client registration has expired")
	case !slices.Contains([]string{grantCode, grantDevice, grantRefresh}, grant):
		return nil, fail(400, "UnsupportedGrantTypeException", "The grant type %q is not supported", grant).blame("grant type %q", grant)
	case !slices.Contains(c.grants, grant):
		return nil, fail(400, "UnauthorizedClientException", "The client is not registered for the grant type %s", grant).
			blame("a client that is registered for %q asks for %s", c.grants, grant)
	}
	return c, nil
}

// createTokenInput is the input of CreateToken. Its fields depend on GrantType.
type createTokenInput struct {
	ClientId, ClientSecret, GrantType                         string
	RefreshToken, DeviceCode, Code, RedirectUri, CodeVerifier string
	Scope                                                     []string
}

func (s *Server) createToken(r *request) (*answer, *apiError) {
	var in createTokenInput
	if err := r.input(&in); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.registered(r, in.ClientId, in.GrantType)
	if err == nil && c.secret != in.ClientSecret {
		err = fail(http.StatusUnauthorized, "InvalidClientException", "Invalid client")
	}
	if err != nil {
		return nil, err
	}
	var session *ssoSession
	scopes := c.scopes
	switch in.GrantType {
	case grantRefresh:
		old := s.refreshers[in.RefreshToken]
		if old == nil || old.client != c.id {
			return nil, fail(400, "InvalidGrantException", "Invalid refresh token provided")
		}
		// Refresh tokens rotate: each works once.
		delete(s.refreshers, in.RefreshToken)
		session, scopes = old.session, old.scopes
	case grantDevice:
		session, err = s.deviceToken(in.DeviceCode, c)
	case grantCode:
		session, scopes, err = s.codeToken(&in, c)
	}
	if err != nil {
		return nil, err
	}
	t := s.grant(session, c, scopes)
	out := map[string]any{"accessToken": t.access, "expiresIn": int(accessTokenLifetime / time.Second), "tokenType": "Bearer"}
	if t.refresh != "" {
		out["refreshToken"] = t.refresh
	}
	return r.jsonAnswer(out), nil
}

// grant makes a token for the session's user. The caller holds mu.
func (s *Server) grant(session *ssoSession, c *oidcClient, scopes []string) *ssoToken {
	g := derive(uint64(len(s.tokens)), "grant", session.Name)
	t := &ssoToken{session: session, client: c.id, scopes: scopes, access: "aoa" + g.base64(60), expires: s.now().Add(accessTokenLifetime)}
	// A registration without scopes is of the old kind, whose tokens cannot be refreshed.
	if len(c.scopes) > 0 && slices.Contains(c.grants, grantRefresh) {
		t.refresh = "aor" + g.base64(60)
	}
	s.keep(t)
	return t
}
