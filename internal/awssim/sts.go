package awssim

import (
	"net/http"
	"regexp"
	"strconv"
	"sync"
	"time"
)

var (
	sessionName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[\w+=,.@-]{2,64}$`) })
	externalID  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[\w+=,.@:/-]+$`) })
	roleARN     = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^arn:aws[a-z-]*:iam::[0-9]{12}:role/[\x21-\x7e]+$`) })
)

// stsAnswer wraps a result in the envelope of STS.
func stsAnswer(operation string, fill func(*xmlWriter)) *answer {
	x := newXML()
	x.open(operation+"Response", "xmlns", namespaceSTS).open(operation + "Result")
	fill(x)
	x.close(operation+"Result").open("ResponseMetadata").elem("RequestId", requestID).close("ResponseMetadata")
	return xmlAnswer(x.close(operation + "Response"))
}

func (x *xmlWriter) credentials(c *credentials) {
	x.open("Credentials")
	x.elem("AccessKeyId", c.keyID).elem("SecretAccessKey", c.secret).elem("SessionToken", c.token)
	x.elem("Expiration", c.expires.Format(time.RFC3339)).close("Credentials")
}

func (s *Server) getCallerIdentity(r *request) (*answer, *apiError) {
	return stsAnswer("GetCallerIdentity", func(x *xmlWriter) {
		x.elem("Arn", r.principal.arn).elem("UserId", r.principal.userID).elem("Account", r.principal.account.ID)
	}), nil
}

// duration reads DurationSeconds, which may be left out.
func (r *request) duration(def, least, most time.Duration) (time.Duration, *apiError) {
	text := r.form.Get("DurationSeconds")
	if text == "" {
		return def, nil
	}
	seconds, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		return 0, r.invalid("DurationSeconds is %q", text)
	}
	bound, limit := "greater than or equal to", least
	d := time.Duration(seconds) * time.Second
	if d > most {
		bound, limit = "less than or equal to", most
	}
	if d < least || d > most {
		return 0, fail(400, "ValidationError", "1 validation error detected: Value '%d' at 'durationSeconds' failed to satisfy constraint: Member must have value %s %d",
			seconds, bound, limit/time.Second)
	}
	return d, nil
}

// invalid returns the error of a malformed request and records the client's mistake.
func (r *request) invalid(format string, args ...any) *apiError {
	err := fail(http.StatusBadRequest, "ValidationError", format, args...)
	r.problem("%s", err.message)
	return err
}

// roleRequest holds the parameters that AssumeRole, AssumeRoleWithSAML and AssumeRoleWithWebIdentity share.
type roleRequest struct {
	role     string // ARN
	lifetime time.Duration
	options  *sessionOptions
}

func (r *request) roleRequest() (w roleRequest, err *apiError) {
	if w.role = r.form.Get("RoleArn"); !roleARN().MatchString(w.role) {
		return w, r.invalid("%s is invalid", w.role)
	}
	if w.lifetime, err = r.duration(time.Hour, 15*time.Minute, 12*time.Hour); err == nil {
		w.options, err = r.sessionOptions()
	}
	return w, err
}

// roleSessionName reads the parameter of that name.
func (r *request) roleSessionName() (string, *apiError) {
	name := r.form.Get("RoleSessionName")
	if !sessionName().MatchString(name) {
		return "", r.invalid(`1 validation error detected: Value '%s' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w+=,.@-]*`, name)
	}
	return name, nil
}

// checkLifetime returns the error of a lifetime that is longer than the role allows.
func (r *role) checkLifetime(lifetime time.Duration) *apiError {
	if lifetime > time.Duration(r.MaxSession) {
		return fail(400, "ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
	}
	return nil
}

func (s *Server) assumeRole(r *request) (*answer, *apiError) {
	w, err := r.roleRequest()
	if err != nil {
		return nil, err
	}
	session, err := r.roleSessionName()
	if err != nil {
		return nil, err
	}
	external := r.form.Get("ExternalId")
	if r.form.Has("ExternalId") && (!externalID().MatchString(external) || len(external) < 2 || len(external) > 1224) {
		return nil, r.invalid("ExternalId is malformed")
	}
	refused := fail(http.StatusForbidden, "AccessDenied", "User: %s is not authorized to perform: sts:AssumeRole on resource: %s", r.principal.arn, w.role)
	role := s.role(w.role)
	if role == nil || !role.account.active() || !role.trusts(r.principal) || r.principal.federated {
		return nil, refused
	}
	if source := r.principal.source; source != "" {
		if w.options.source != "" && w.options.source != source {
			return nil, refused // the source identity cannot change in a chain of roles
		}
		w.options.source = source
	}
	for _, key := range r.principal.transitive {
		if containsFold(w.options.tags, key) {
			return nil, fail(400, "ValidationError", "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.")
		}
		w.options.transitive = append(w.options.transitive, key)
	}
	if role.ExternalID != "" && external != role.ExternalID {
		return nil, refused
	}
	withMFA := r.principal.mfa
	if r.form.Has("SerialNumber") || r.form.Has("TokenCode") {
		if withMFA, err = s.checkMFA(r); err != nil {
			return nil, err
		}
	}
	switch {
	case role.RequireMFA && !withMFA:
		return nil, refused
	case r.principal.role != "" && w.lifetime > time.Hour:
		return nil, fail(400, "ValidationError", "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining")
	}
	if err := role.checkLifetime(w.lifetime); err != nil {
		return nil, err
	}
	p := s.sessionOf(role, session, w.options)
	p.chained = r.principal.role != ""
	c, err := s.issueSession(r, p, w.lifetime)
	if err != nil {
		return nil, err
	}
	return stsAnswer("AssumeRole", func(x *xmlWriter) { x.assumed(c, w.options) }), nil
}

// sessionOf returns the principal of a session of the role.
func (s *Server) sessionOf(role *role, session string, o *sessionOptions) principal {
	p := s.roleSession(role.account, role.arn, role.Name, session, role.Allow)
	p.limit, p.source, p.transitive = o.limit, o.source, o.transitive
	return p
}

// assumed writes the elements that all answers of the AssumeRole operations have.
func (x *xmlWriter) assumed(c *credentials, o *sessionOptions) {
	x.credentials(c)
	x.open("AssumedRoleUser").elem("AssumedRoleId", c.userID).elem("Arn", c.arn).close("AssumedRoleUser")
	x.sizes(c, o)
	x.opt("SourceIdentity", o.source)
}

// issueSession issues credentials. Their token has at least the size that the request asks for.
func (s *Server) issueSession(r *request, p principal, lifetime time.Duration) (*credentials, *apiError) {
	least := 0
	if text := r.form.Get("MinimumSessionTokenSize"); r.form.Has("MinimumSessionTokenSize") {
		var err error
		if least, err = strconv.Atoi(text); err != nil || least < 0 || least > tokenLimit {
			return nil, r.invalid("1 validation error detected: Value '%s' at 'minimumSessionTokenSize' failed to satisfy constraint: Member must have value less than or equal to %d", text, tokenLimit)
		}
	}
	return s.issue(p, lifetime, r.global, least), nil
}

// tokenLimit is the most bytes that a session token has.
const tokenLimit = 4096

// sizes writes the share of their limits that the session's policies, its tags and its token take.
func (x *xmlWriter) sizes(c *credentials, o *sessionOptions) {
	if o.packed > 0 {
		x.elem("PackedPolicySize", strconv.Itoa(o.packed))
	}
	x.elem("SessionTokenSize", strconv.Itoa(len(c.token))).elem("SessionTokenUtilization", strconv.Itoa(100*len(c.token)/tokenLimit))
}

// checkMFA verifies SerialNumber and TokenCode against the caller's device.
func (s *Server) checkMFA(r *request) (bool, *apiError) {
	if r.principal.user == nil || !s.useCode(r.principal.user, r.form.Get("SerialNumber"), r.form.Get("TokenCode")) {
		return false, fail(http.StatusForbidden, "AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code. ")
	}
	return true, nil
}

func (s *Server) getSessionToken(r *request) (*answer, *apiError) {
	if r.caller.token != "" {
		return nil, fail(http.StatusForbidden, "AccessDenied", "Cannot call GetSessionToken with session credentials")
	}
	lifetime, err := r.duration(12*time.Hour, 15*time.Minute, 36*time.Hour)
	if err != nil {
		return nil, err
	}
	p := *r.principal
	if r.form.Has("SerialNumber") || r.form.Has("TokenCode") {
		if p.mfa, err = s.checkMFA(r); err != nil {
			return nil, err
		}
	}
	c, err := s.issueSession(r, p, lifetime)
	if err != nil {
		return nil, err
	}
	return stsAnswer("GetSessionToken", func(x *xmlWriter) {
		x.credentials(c)
		x.sizes(c, &sessionOptions{})
	}), nil
}
