package awssim

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// ssoToken is an access token of a user's session, in the state that it is in now.
type ssoToken struct {
	session *ssoSession
	access  string
	expires time.Time
	refresh string
	client  string
	dead    bool
}

// oidcClient is a registration of a client of the OIDC service.
type oidcClient struct {
	id, secret string
	expires    time.Time
	scopes     []string
	grants     []string // grant types asked for; none: all
}

const accessTokenLifetime = 8 * time.Hour

// openSessions hands out the tokens that the world begins with.
func (s *Server) openSessions() {
	now := s.clock()
	for _, session := range s.sessions {
		for _, t := range session.Tokens {
			c := &oidcClient{id: t.ClientID, secret: t.ClientSecret, expires: now.Add(time.Duration(t.RegistrationExpiresIn)), scopes: session.Scopes}
			s.clients[c.id] = c
			s.keep(&ssoToken{session: session, access: t.AccessToken, expires: now.Add(time.Duration(t.ExpiresIn)),
				refresh: t.RefreshToken, client: c.id, dead: t.Dead})
		}
	}
}

func (s *Server) keep(t *ssoToken) {
	s.tokens[t.access] = t
	if t.refresh != "" {
		s.refreshers[t.refresh] = t
	}
}

// bearer checks the access token of a request to the SSO portal.
func (s *Server) bearer(r *request) *apiError {
	token := r.Header.Get("X-Amz-Sso_bearer_token")
	if token == "" {
		r.problem("no bearer token")
		return fail(http.StatusUnauthorized, "UnauthorizedException", "Session token not found or invalid")
	}
	s.mu.Lock()
	t, now := s.tokens[token], s.now()
	dead := t == nil || t.dead
	s.mu.Unlock()
	switch {
	case t != nil && r.region != "" && r.region != t.session.Region:
		r.problem("the portal of the session %s is in %s", t.session.Name, t.session.Region)
		dead = true
	case t != nil && !now.Before(t.expires):
		r.problem("an access token of the session %s that expired at %s", t.session.Name, t.expires.Format(time.RFC3339))
		dead = true
	}
	if dead {
		return fail(http.StatusUnauthorized, "UnauthorizedException", "Session token not found or invalid")
	}
	r.sso, r.region = t, t.session.Region
	return nil
}

// ssoList answers one page of a list of the portal under the key.
func ssoList[T any](s *Server, r *request, key string, items []T, show func(T) any, parameters ...string) (*answer, *apiError) {
	q := r.URL.Query()
	size := 20
	if text := q.Get("max_result"); text != "" {
		var err error
		if size, err = strconv.Atoi(text); err != nil || size < 1 || size > 100 {
			r.problem("max_result is %s", text)
			return nil, fail(400, "ValidationException", "1 validation error detected: Value '%s' at 'maxResult' failed to satisfy constraint: Member must have value less than or equal to 100", text)
		}
	}
	p, ok := s.paged(r, r.sso.session.Paging, len(items), size, q.Get("next_token"), append(parameters, r.sso.session.Name)...)
	if !ok {
		return nil, fail(400, "InvalidRequestException", "Invalid next token")
	}
	shown := make([]any, 0, p.to-p.from)
	for _, item := range items[p.from:p.to] {
		shown = append(shown, show(item))
	}
	out := map[string]any{key: shown}
	if p.next != "" {
		out["nextToken"] = p.next
	}
	return r.jsonAnswer(out), nil
}

func (s *Server) ssoListAccounts(r *request) (*answer, *apiError) {
	return ssoList(s, r, "accountList", r.sso.session.accounts, func(a *account) any {
		return map[string]string{"accountId": a.ID, "accountName": a.Name, "emailAddress": a.Email}
	})
}

func (s *Server) ssoListRoles(r *request) (*answer, *apiError) {
	id := r.URL.Query().Get("account_id")
	if !accountID().MatchString(id) {
		r.problem("account_id is %q", id)
		return nil, fail(400, "InvalidRequestException", "account_id is not an account id")
	}
	sets := r.sso.session.assigned[id]
	if len(sets) == 0 {
		return nil, fail(http.StatusForbidden, "ForbiddenException", "No access")
	}
	return ssoList(s, r, "roleList", sets, func(name string) any {
		return map[string]string{"accountId": id, "roleName": name}
	}, id)
}

func (s *Server) ssoCredentials(r *request) (*answer, *apiError) {
	q := r.URL.Query()
	id, set := q.Get("account_id"), q.Get("role_name")
	if !accountID().MatchString(id) || set == "" {
		r.problem("account_id is %q and role_name %q", id, set)
		return nil, fail(400, "InvalidRequestException", "account_id and role_name are needed")
	}
	session, a := r.sso.session, s.byID[id]
	if a == nil || !a.active() || !slices.Contains(session.assigned[id], set) {
		return nil, fail(http.StatusForbidden, "ForbiddenException", "No access")
	}
	allow := session.Allow[set]
	if len(allow) == 0 {
		allow = readOnly
	}
	role := "AWSReservedSSO_" + set + "_" + derive(0, session.Name, id, set).hex(16)
	arn := s.arn("iam", id, "role/aws-reserved/sso.amazonaws.com/"+session.Region+"/"+role)
	c := s.issue(s.roleSession(a, arn, role, session.User, allow), session.Duration.or(time.Hour), false)
	return r.jsonAnswer(map[string]any{"roleCredentials": map[string]any{
		"accessKeyId": c.keyID, "secretAccessKey": c.secret, "sessionToken": c.token, "expiration": c.expires.UnixMilli(),
	}}), nil
}

func (s *Server) ssoLogout(r *request) (*answer, *apiError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r.sso.dead = true
	delete(s.refreshers, r.sso.refresh)
	return &answer{status: http.StatusOK, contentType: "application/json", body: []byte{}}, nil
}

// oauthCode is the code of RFC 6749 and 8628 for an exception of the OIDC service.
func oauthCode(exception string) string {
	codes := map[string]string{
		"InvalidGrantException": "invalid_grant", "InvalidClientException": "invalid_client",
		"UnauthorizedClientException": "unauthorized_client", "InvalidRequestException": "invalid_request",
		"UnsupportedGrantTypeException": "unsupported_grant_type", "ExpiredTokenException": "expired_token",
		"AuthorizationPendingException": "authorization_pending", "SlowDownException": "slow_down",
		"AccessDeniedException": "access_denied", "InvalidClientMetadataException": "invalid_client_metadata",
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
		r.problem("clientName %q, clientType %q", in.ClientName, in.ClientType)
		return nil, fail(400, "InvalidClientMetadataException", "clientName and the clientType public are needed")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	g := derive(uint64(len(s.clients)), "client", in.ClientName)
	c := &oidcClient{id: g.base32(22), secret: g.base64(60), expires: s.now().Add(90 * 24 * time.Hour), scopes: in.Scopes, grants: in.GrantTypes}
	s.clients[c.id] = c
	return r.jsonAnswer(map[string]any{"clientId": c.id, "clientSecret": c.secret,
		"clientIdIssuedAt": s.now().Unix(), "clientSecretExpiresAt": c.expires.Unix()}), nil
}

// createTokenInput is what CreateToken asks with; which fields depends on GrantType.
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
	c := s.clients[in.ClientId]
	switch {
	case c == nil || c.secret != in.ClientSecret:
		return nil, fail(http.StatusUnauthorized, "InvalidClientException", "Invalid client")
	case !s.now().Before(c.expires):
		return nil, fail(http.StatusUnauthorized, "InvalidClientException", "Client registration has expired")
	case len(c.grants) > 0 && !slices.Contains(c.grants, in.GrantType):
		return nil, fail(400, "UnauthorizedClientException", "The client is not registered for the grant type %s", in.GrantType)
	}
	var t *ssoToken
	switch in.GrantType {
	case "refresh_token":
		old := s.refreshers[in.RefreshToken]
		if old == nil || old.client != c.id {
			return nil, fail(400, "InvalidGrantException", "Invalid refresh token provided")
		}
		// Rotation: a refresh token works once.
		delete(s.refreshers, in.RefreshToken)
		t = s.grant(old.session, c)
	case "urn:ietf:params:oauth:grant-type:device_code":
		session, err := s.deviceToken(in.DeviceCode, c)
		if err != nil {
			return nil, err
		}
		t = s.grant(session, c)
	default:
		return nil, fail(400, "UnsupportedGrantTypeException", "The grant type %q is not supported", in.GrantType)
	}
	out := map[string]any{"accessToken": t.access, "expiresIn": int(accessTokenLifetime / time.Second), "tokenType": "Bearer"}
	if t.refresh != "" {
		out["refreshToken"] = t.refresh
	}
	return r.jsonAnswer(out), nil
}

// grant makes a token for the session's user; mu is held.
func (s *Server) grant(session *ssoSession, c *oidcClient) *ssoToken {
	g := derive(uint64(len(s.tokens)), "grant", session.Name)
	t := &ssoToken{session: session, client: c.id, access: "aoa" + g.base64(60), expires: s.now().Add(accessTokenLifetime)}
	// Without a scope the registration is of the old kind, which cannot be refreshed.
	if len(c.scopes) > 0 {
		t.refresh = "aor" + g.base64(60)
	}
	s.keep(t)
	return t
}
