package awssim

import (
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"
)

// assumeRoleWithSAML accepts an assertion of SAMLAssertion from any caller.
func (s *Server) assumeRoleWithSAML(r *request) (*answer, *apiError) {
	w, err := r.roleRequest()
	if err != nil {
		return nil, err
	}
	provider := r.form.Get("PrincipalArn")
	switch {
	case !strings.HasPrefix(provider, "arn:") || !strings.Contains(provider, ":saml-provider/"):
		return nil, r.invalid("%s is invalid", provider)
	case len(r.form.Get("SAMLAssertion")) < 4 || len(r.form.Get("SAMLAssertion")) > 100000:
		return nil, r.invalid("1 validation error detected: Value at 'sAMLAssertion' failed to satisfy constraint: Member must have length between 4 and 100000")
	}
	a, err := s.readAssertion(r.form.Get("SAMLAssertion"))
	if err != nil {
		return nil, err
	}
	if !s.time().Before(a.Conditions.NotOnOrAfter) {
		return nil, fail(400, "ExpiredTokenException", "Token must be redeemed within 5 minutes of issuance")
	}
	refused := fail(http.StatusForbidden, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithSAML")
	if s.saml[provider] == nil {
		return nil, fail(400, "InvalidIdentityToken", "Specified provider doesn't exist (service: AWSOpenIdDiscoveryService; status code: 400; error code: AuthSamlManifestNotFoundException)")
	}
	role := s.role(w.role)
	if role == nil || !role.account.active() || role.saml != provider || !a.offers(w.role, provider) {
		return nil, refused
	}
	if d := a.sessionDuration(); d > 0 {
		w.lifetime = min(w.lifetime, d)
	}
	if err := role.checkLifetime(w.lifetime); err != nil {
		return nil, err
	}
	c, err := s.issueSession(r, s.sessionOf(role, a.attribute("RoleSessionName"), w.options), w.lifetime)
	if err != nil {
		return nil, err
	}
	return stsAnswer("AssumeRoleWithSAML", func(x *xmlWriter) {
		x.assumed(c, w.options)
		x.elem("Subject", a.Subject.NameID).elem("SubjectType", "persistent").elem("Issuer", a.Issuer)
		x.elem("Audience", a.Subject.Data.Recipient).elem("NameQualifier", derive(0, a.Issuer, provider).base64(27)+"=")
	}), nil
}

// assumeRoleWithWebIdentity accepts a token of WebIdentityToken from any caller.
func (s *Server) assumeRoleWithWebIdentity(r *request) (*answer, *apiError) {
	w, err := r.roleRequest()
	if err != nil {
		return nil, err
	}
	session, err := r.roleSessionName()
	if err != nil {
		return nil, err
	}
	switch {
	case r.form.Has("ProviderId"):
		return nil, r.invalid("ProviderId is for OAuth 2.0 access tokens, not for OpenID Connect")
	case len(r.form.Get("WebIdentityToken")) < 4 || len(r.form.Get("WebIdentityToken")) > 20000:
		return nil, r.invalid("1 validation error detected: Value at 'webIdentityToken' failed to satisfy constraint: Member must have length between 4 and 20000")
	}
	claims, ok := s.readWebToken(r.form.Get("WebIdentityToken"))
	if !ok {
		return nil, fail(400, "InvalidIdentityToken", "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)")
	}
	if now := s.time(); !now.Before(time.Unix(claims.Expires, 0)) {
		return nil, fail(400, "ExpiredTokenException", "Token expired: current date/time %d must be before the expiration date/time %d", now.Unix(), claims.Expires)
	}
	role := s.role(w.role)
	if role == nil || !role.account.active() {
		return nil, fail(http.StatusForbidden, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")
	}
	providerARN := s.oidcARN(role.account, claims.Issuer)
	provider := s.oidc[providerARN]
	switch trust := role.WebIdentity; {
	case provider == nil:
		return nil, fail(400, "InvalidIdentityToken", "No OpenIDConnect provider found in your account for %s", claims.Issuer)
	case !provider.accepts(claims.Audience):
		return nil, fail(400, "InvalidIdentityToken", "Incorrect token audience")
	case role.oidc != providerARN, trust.Audience != "" && trust.Audience != claims.Audience,
		trust.Subject != "" && !wildcard(trust.Subject, claims.Subject):
		return nil, fail(http.StatusForbidden, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")
	}
	if err := role.checkLifetime(w.lifetime); err != nil {
		return nil, err
	}
	c, err := s.issueSession(r, s.sessionOf(role, session, w.options), w.lifetime)
	if err != nil {
		return nil, err
	}
	return stsAnswer("AssumeRoleWithWebIdentity", func(x *xmlWriter) {
		x.assumed(c, w.options)
		x.elem("SubjectFromWebIdentityToken", claims.Subject).elem("Provider", providerARN).elem("Audience", claims.Audience)
	}), nil
}

var federationName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[\w+=,.@-]{2,32}$`) })

func (s *Server) getFederationToken(r *request) (*answer, *apiError) {
	if r.caller.token != "" {
		return nil, fail(http.StatusForbidden, "AccessDenied", "Cannot call GetFederationToken with session credentials")
	}
	name := r.form.Get("Name")
	if !federationName().MatchString(name) {
		return nil, r.invalid(`1 validation error detected: Value '%s' at 'name' failed to satisfy constraint: Member must have length between 2 and 32 and satisfy regular expression pattern: [\w+=,.@-]*`, name)
	}
	lifetime, err := r.duration(12*time.Hour, 15*time.Minute, 36*time.Hour)
	if err != nil {
		return nil, err
	}
	options, err := r.sessionOptions()
	if err != nil {
		return nil, err
	}
	account := r.principal.account
	p := principal{account: account, allow: r.principal.allow, limit: options.limit, federated: true,
		arn: s.arn("sts", account.ID, "federated-user/"+name), userID: account.ID + ":" + name}
	if p.limit == nil {
		p.limit = new(policy) // without a session policy, the session is allowed nothing
	}
	c, err := s.issueSession(r, p, lifetime)
	if err != nil {
		return nil, err
	}
	return stsAnswer("GetFederationToken", func(x *xmlWriter) {
		x.credentials(c)
		x.open("FederatedUser").elem("FederatedUserId", c.userID).elem("Arn", c.arn).close("FederatedUser")
		x.sizes(c, options)
	}), nil
}
