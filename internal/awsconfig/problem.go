package awsconfig

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// ProblemError says why a profile or an sso-session cannot be used. File and Line are the
// place of the mistake, which may be in another profile of the chain.
type ProblemError struct {
	File    string
	Line    int    // from 1
	Profile string // "" for an sso-session
	Msg     string

	more func() string // the slow part of the message, appended to Msg when it is printed
}

// UsageError marks a mistake in the config file: exit code 2.
func (*ProblemError) UsageError() {}

func (e *ProblemError) Error() string {
	text := e.Msg
	if e.more != nil {
		text += e.more()
	}
	if e.Profile == "" {
		return fmt.Sprintf("%s:%d: %s", oneLine(e.File), e.Line, text)
	}
	return fmt.Sprintf("%s:%d: profile %q: %s", oneLine(e.File), e.Line, e.Profile, text)
}

// NotFoundError means that the files have no such profile or sso-session.
type NotFoundError struct {
	What string // "profile" or "sso-session"
	Name string // or a pattern
	Hint string // names.DidYouMean, or ""
	File string // the config file
	// BareLine is the line of a section [Name] in the config file, which should be
	// [profile Name]; 0 if there is none.
	BareLine int
}

func (e *NotFoundError) Error() string {
	where := ""
	if e.File != "" {
		where = " in " + oneLine(e.File)
	}
	text := fmt.Sprintf("%s %q not found%s", e.What, e.Name, where)
	if e.BareLine > 0 {
		return fmt.Sprintf("%s: write [profile %s] instead of [%s] in line %d", text, oneLine(e.Name), oneLine(e.Name), e.BareLine)
	}
	return text + e.Hint
}

// findProblem returns the problem that makes a profile unusable, or nil. A profile that
// has only settings has no problem.
func (c *Config) findProblem(p *Profile) error {
	if e := p.checkSettings(); e != nil {
		return e
	}
	if e := c.checkCredentials(p); e != nil {
		return e
	}
	if p.Kind == KindNone || p.onlySignsIn() {
		return nil
	}
	if f := c.faults[p.Name]; f.exists() {
		return f.problemOf(p)
	}
	return nil
}

func (p *Profile) findRegionProblem() error {
	if IsRegion(p.Region) {
		return nil
	}
	return p.problem("region", "region %q is not a region name, expected one such as us-east-1", p.Region)
}

// checkSettings checks the settings except for credentials and the region.
func (p *Profile) checkSettings() *ProblemError {
	if p.EndpointURL != "" && !IsEndpoint(p.EndpointURL) {
		return p.problem("endpoint_url", "endpoint_url %q is not an http or https URL", p.EndpointURL)
	}
	for _, service := range slices.Sorted(maps.Keys(p.Endpoints)) {
		if endpoint := p.Endpoints[service]; !IsEndpoint(endpoint) {
			return p.problem("services", "endpoint_url %q of %s in [services %s] is not an http or https URL", endpoint, service, oneLine(p.services))
		}
	}
	if value := p.keys.word("max_attempts"); value != "" && p.MaxAttempts < 1 {
		return p.problem("max_attempts", "max_attempts %q is not a number from 1 up", value)
	}
	if p.RetryMode != "" && !slices.Contains([]string{"legacy", "standard", "adaptive"}, p.RetryMode) {
		return p.problem("retry_mode", "retry_mode %q is unknown, expected legacy, standard or adaptive", p.RetryMode)
	}
	if p.services != "" && p.Endpoints == nil {
		return p.problem("services", "section [services %s] not found", oneLine(p.services))
	}
	return p.checkMetadata()
}

// checkCredentials checks the keys that the profile's kind of credentials needs, in the
// profile and its sso-session. It does not check the source_profile.
func (c *Config) checkCredentials(p *Profile) *ProblemError {
	switch p.Kind {
	case KindRole:
		return p.checkRole()
	case KindWebIdentity:
		if p.RoleARN == "" {
			return p.problem("web_identity_token_file", "web_identity_token_file without role_arn")
		}
		return p.checkRoleARN()
	case KindSSO, KindSSOLegacy:
		return c.checkSSO(p)
	case KindSAML:
		return p.checkSAML()
	case KindStatic:
		if p.AccessKeyID == "" {
			return p.problem("aws_secret_access_key", "aws_secret_access_key without aws_access_key_id")
		}
		if p.SecretAccessKey == "" {
			return p.problem("aws_access_key_id", "aws_access_key_id without aws_secret_access_key in the same file")
		}
	case KindNone:
		if p.SourceProfile != "" {
			return p.problem("source_profile", "source_profile without role_arn")
		}
		if p.CredentialSource != "" {
			return p.problem("credential_source", "credential_source without role_arn")
		}
		return p.checkNoSAML()
	}
	return nil
}

func (p *Profile) checkRole() *ProblemError {
	sources := []string{"Environment", "Ec2InstanceMetadata", "EcsContainer"}
	if e := p.checkRoleARN(); e != nil {
		return e
	}
	switch {
	case p.SourceProfile == "" && p.CredentialSource == "":
		return p.problem("role_arn", "role_arn without source_profile or credential_source")
	case p.SourceProfile != "" && p.CredentialSource != "":
		return p.problem("credential_source", "both source_profile and credential_source, expected one")
	case p.CredentialSource != "" && !slices.Contains(sources, p.CredentialSource):
		return p.problem("credential_source", "credential_source %q is unknown, expected %s, %s or %s", p.CredentialSource, sources[0], sources[1], sources[2])
	}
	return nil
}

func (p *Profile) checkRoleARN() *ProblemError {
	if _, _, ok := parseRoleARN(p.RoleARN); !ok {
		return p.problem("role_arn", "role_arn %q is not a role's ARN, expected arn:aws:iam::123456789012:role/NAME", p.RoleARN)
	}
	return p.checkDuration()
}

func (p *Profile) checkDuration() *ProblemError {
	value := p.keys.word("duration_seconds")
	if seconds, err := strconv.Atoi(value); value != "" && (err != nil || seconds < 900 || seconds > 43200) {
		return p.problem("duration_seconds", "duration_seconds %q is not a number from 900 to 43200", value)
	}
	return nil
}

func (c *Config) checkSSO(p *Profile) *ProblemError {
	if p.SSOAccountID != "" && !IsAccountID(p.SSOAccountID) {
		return p.problem("sso_account_id", "sso_account_id %q is not an account id, expected 12 digits, leading zeros included", p.SSOAccountID)
	}
	session := p.SSOSession
	if p.Kind == KindSSOLegacy {
		switch {
		case session == nil:
			return p.problem("", "no sso_session, and no sso_start_url either")
		case session.Region == "":
			return p.problem("sso_start_url", "sso_start_url without sso_region")
		case !IsRegion(session.Region):
			return p.problem("sso_region", "sso_region %q is not a region name, expected one such as us-east-1", session.Region)
		}
		return nil
	}
	switch {
	case session == nil:
		e := p.problem("sso_session", "sso-session %q not found", p.SSOSessionName)
		e.more = c.didYouMean(p.SSOSessionName, c.sessionNames)
		return e
	case session.Problem != nil:
		e := *session.check()
		e.Profile = p.Name
		return &e
	case session.accountID != "" && p.SSOAccountID != "" && p.SSOAccountID != session.accountID:
		return p.problem("sso_account_id", "sso_account_id %q is not that of sso-session %q, %q", p.SSOAccountID, session.Name, session.accountID)
	case session.roleName != "" && p.SSORoleName != "" && p.SSORoleName != session.roleName:
		return p.problem("sso_role_name", "sso_role_name %q is not that of sso-session %q, %q", p.SSORoleName, session.Name, session.roleName)
	case p.SSOStartURL != "" && NormalizeStartURL(p.SSOStartURL) != NormalizeStartURL(session.StartURL):
		return p.problem("sso_start_url", "sso_start_url %q is not that of sso-session %q, %q", p.SSOStartURL, session.Name, session.StartURL)
	case p.ssoRegion != "" && !strings.EqualFold(p.ssoRegion, session.Region):
		return p.problem("sso_region", "sso_region %q is not that of sso-session %q, %q", p.ssoRegion, session.Name, session.Region)
	}
	return nil
}

// check returns the problem that prevents signing in to the session, or nil.
func (s *Session) check() *ProblemError {
	var problem string
	switch {
	case s.StartURL == "":
		problem = "lacks sso_start_url"
	case s.Region == "":
		problem = "lacks sso_region"
	case !IsRegion(s.Region):
		problem = fmt.Sprintf("has sso_region %q, which is not a region name", s.Region)
	default:
		return nil
	}
	return &ProblemError{File: s.File, Line: s.Line, Msg: fmt.Sprintf("sso-session %q %s", s.Name, problem)}
}

// IsRegion reports whether a text has only the characters of a region's name. It is true
// for "".
func IsRegion(s string) bool {
	return strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// IsEndpoint reports whether a text is an http or https URL.
func IsEndpoint(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != ""
}

// problem returns a problem of p at the line of a key, or at the line of the profile if
// it does not have the key.
func (p *Profile) problem(key, format string, args ...any) *ProblemError {
	e := &ProblemError{File: p.File, Line: p.Line, Profile: p.Name, Msg: fmt.Sprintf(format, args...)}
	if at := p.keys[key]; at != nil {
		e.File, e.Line = at.file, at.line
	}
	return e
}

// oneLine replaces control characters and line breaks, for a message of one line.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return '?'
		}
		return r
	}, s)
}
