package awssim

import (
	"net/http"
	"slices"
	"strconv"
	"time"
)

// ssoToken is an access token of a user's session.
type ssoToken struct {
	session *ssoSession
	access  string
	expires time.Time
	refresh string
	client  string
	scopes  []string // empty: of the old kind, with access to everything
	dead    bool
}

const (
	accessTokenLifetime = 8 * time.Hour
	portalScope         = "sso:account:access"
)

// openSessions issues the tokens of the world.
func (s *Server) openSessions() {
	now := s.clock()
	for _, session := range s.sessions {
		for _, t := range session.Tokens {
			c := &oidcClient{id: t.ClientID, secret: t.ClientSecret, region: session.Region, scopes: session.Scopes,
				grants: deviceGrants, expires: now.Add(time.Duration(t.RegistrationExpiresIn))}
			s.clients[c.id] = c
			s.keep(&ssoToken{session: session, access: t.AccessToken, expires: now.Add(time.Duration(t.ExpiresIn)),
				refresh: t.RefreshToken, client: c.id, scopes: c.scopes, dead: t.Dead})
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
	case t != nil && len(t.scopes) > 0 && !slices.Contains(t.scopes, portalScope):
		r.problem("a token for %q alone", t.scopes)
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
	return jsonPage(r, p, key, "nextToken", items, show), nil
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
	c := s.issue(s.roleSession(a, arn, role, session.User, allow), session.Duration.or(time.Hour), false, 0)
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
