package awsconfig

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Kind is the kind of a profile's credentials.
type Kind string

// The kinds in the order of botocore's resolver. Three rules differ from the order: static
// keys of the credentials file come before KindLogin, and SSO without an account and a
// role comes last, since it gives no credentials. KindSAML comes before all kinds but
// KindRole.
const (
	KindRole        Kind = "role"         // AssumeRole from a source_profile or credential_source
	KindWebIdentity Kind = "web-identity" // AssumeRoleWithWebIdentity
	KindSSO         Kind = "sso"          // an [sso-session]
	KindSSOLegacy   Kind = "sso-legacy"   // sso_start_url in the profile itself
	KindLogin       Kind = "login"        // `aws login`
	KindSAML        Kind = "saml"         // a SAML provider, muster's own
	KindProcess     Kind = "process"      // credential_process
	KindStatic      Kind = "static"       // an access key
	KindNone        Kind = "none"         // settings only
)

// Session is an IAM Identity Center (SSO) session.
type Session struct {
	Name     string // "" if a legacy profile holds it
	StartURL string // exactly as written: its hash names the file of the token
	Region   string
	Scopes   []string
	File     string
	Line     int
	Problem  error // a *ProblemError; nil if the user can sign in

	accountID, roleName string // of profiles without their own
}

// RoleSettings are a profile's settings for the role that it assumes.
type RoleSettings struct {
	RoleARN         string
	ExternalID      string
	RoleSessionName string        // "" for muster's default
	Duration        time.Duration // duration_seconds; 0 for AWS's default of one hour
	MFASerial       string        // the device whose code is needed
}

// Profile is a named profile, merged from both files. Empty fields are not set.
type Profile struct {
	Name string
	File string // of its first section
	Line int
	Kind Kind

	Region, Output string

	AccessKeyID     string
	SecretAccessKey string `json:"-"`
	SessionToken    string `json:"-"`

	RoleSettings
	SourceProfile        string
	CredentialSource     string // Environment, Ec2InstanceMetadata or EcsContainer
	WebIdentityTokenFile string

	CredentialProcess string
	MFAProcess        string // a command that prints a code of the device in MFASerial

	// SSOSession is the session of sso_session. A legacy profile has a session made from
	// its own sso_start_url and sso_region. It is nil if there is none.
	SSOSession     *Session
	SSOSessionName string
	SSOAccountID   string
	SSORoleName    string
	SSOStartURL    string // the profile's own, exactly as written

	LoginSession string
	SAML         SAML

	EndpointURL string
	// Endpoints has the endpoint URLs of the profile's [services] section, by service id
	// in lower case, as in AWS_ENDPOINT_URL_<SERVICE>.
	Endpoints                 map[string]string
	IgnoreConfiguredEndpoints bool
	UseFIPS, UseDualStack     bool
	CABundle, RetryMode       string
	MaxAttempts               int

	// Problem says why the profile cannot be used; a *ProblemError or nil.
	Problem error
	// RegionProblem is a problem of the profile's region, a *ProblemError or nil. It does
	// not matter if another region overrides the profile's.
	RegionProblem error

	services  string // the name of a [services] section
	ssoRegion string // the profile's own
	keys      keys   // all values with their lines, for messages
	// keyFirst reports that the access key is in the credentials file. It then comes
	// before a login and a process.
	keyFirst bool
}

// String names the profile. It keeps secrets out of formatted text.
func (p *Profile) String() string { return fmt.Sprintf("profile %q", p.Name) }

// newProfile makes a profile from its section, which is merged from both files.
func newProfile(s *section, credentialsFile string, sets sectionSets) *Profile {
	k := s.keys
	p := &Profile{
		Name: s.header, File: s.file, Line: s.line, keys: k,
		Region: k.region("region"), Output: k.word("output"),
		RoleSettings: RoleSettings{
			RoleARN: k.word("role_arn"), ExternalID: k.word("external_id"), RoleSessionName: k.word("role_session_name"), MFASerial: k.word("mfa_serial"),
		},
		SourceProfile: k.name("source_profile", sets.profiles.byName), CredentialSource: k.word("credential_source"),
		WebIdentityTokenFile: k.unquoted("web_identity_token_file"),
		CredentialProcess:    k.verbatim("credential_process"),
		MFAProcess:           k.verbatim("mfa_process"),
		SSOSessionName:       k.name("sso_session", sets.sessions.byName), SSOAccountID: k.word("sso_account_id"), SSORoleName: k.word("sso_role_name"),
		SSOStartURL: k.word("sso_start_url"), ssoRegion: k.word("sso_region"),
		LoginSession: k.word("login_session"), SAML: newSAML(k),
		EndpointURL: k.word("endpoint_url"), services: k.name("services", sets.services.byName),
		IgnoreConfiguredEndpoints: k.isTrue("ignore_configured_endpoint_urls"),
		UseFIPS:                   k.isTrue("use_fips_endpoint"), UseDualStack: k.isTrue("use_dualstack_endpoint"),
		CABundle: k.unquoted("ca_bundle"), RetryMode: k.word("retry_mode"),
	}
	p.MaxAttempts, _ = strconv.Atoi(k.word("max_attempts"))
	if seconds, err := strconv.Atoi(k.word("duration_seconds")); err == nil {
		p.Duration = time.Duration(seconds) * time.Second
	}
	// A secret and a token belong to the access key of the same file. The other file's
	// secret and token belong to another key.
	var keyFile string
	if e := k["aws_access_key_id"]; e != nil {
		keyFile = e.file
	}
	p.AccessKeyID = k.word("aws_access_key_id")
	if e := k["aws_secret_access_key"]; e != nil && (e.file == keyFile || keyFile == "") {
		p.SecretAccessKey = k.unquoted("aws_secret_access_key")
	}
	for _, key := range []string{"aws_session_token", "aws_security_token"} {
		if e := k[key]; e != nil && e.file == keyFile {
			p.SessionToken = k.unquoted(key)
		}
	}
	p.keyFirst = p.AccessKeyID != "" && keyFile == credentialsFile
	p.Kind = p.kind()
	return p
}

// kind returns the kind that botocore's resolver would choose.
func (p *Profile) kind() Kind {
	switch {
	case p.usesSAML():
		return KindSAML
	case p.RoleARN != "" && p.WebIdentityTokenFile == "":
		return KindRole
	case p.WebIdentityTokenFile != "":
		return KindWebIdentity
	case p.SSOAccountID != "" || p.SSORoleName != "":
		return p.ssoKind()
	case p.keyFirst:
		return KindStatic
	case p.LoginSession != "":
		return KindLogin
	case p.CredentialProcess != "":
		return KindProcess
	case p.AccessKeyID != "":
		return KindStatic
	case p.SSOSessionName != "" || p.SSOStartURL != "":
		return p.ssoKind()
	case p.SecretAccessKey != "":
		return KindStatic
	}
	return KindNone
}

func (p *Profile) ssoKind() Kind {
	if p.SSOSessionName != "" {
		return KindSSO
	}
	return KindSSOLegacy
}

// AccountID returns the account in role_arn, saml_role or sso_account_id, else "".
func (p *Profile) AccountID() string {
	switch p.Kind {
	case KindRole, KindWebIdentity:
		account, _, _ := parseRoleARN(p.RoleARN)
		return account
	case KindSSO, KindSSOLegacy:
		return p.SSOAccountID
	case KindSAML:
		account, _, _ := parseRoleARN(p.SAML.Role)
		return account
	}
	return ""
}

// Role returns the name of the profile's role, without its path, or its permission set;
// "" if it has neither.
func (p *Profile) Role() string {
	switch p.Kind {
	case KindRole, KindWebIdentity:
		_, role, _ := parseRoleARN(p.RoleARN)
		return role
	case KindSSO, KindSSOLegacy:
		return p.SSORoleName
	case KindSAML:
		return p.SAML.Role[strings.LastIndexByte(p.SAML.Role, '/')+1:]
	}
	return ""
}

// CanGiveCredentials reports whether the profile has a source of credentials and no
// problem. An SSO profile without an account or a role can only sign in.
func (p *Profile) CanGiveCredentials() bool {
	return p.Problem == nil && p.Kind != KindNone && !p.onlySignsIn()
}

func (p *Profile) onlySignsIn() bool {
	return (p.Kind == KindSSO || p.Kind == KindSSOLegacy) && (p.SSOAccountID == "" || p.SSORoleName == "")
}

// HasNoSource reports whether the profile names no source of credentials: it has only
// settings, or a session to sign in to. The AWS CLI uses such a profile with the role of
// the container or the instance.
func (p *Profile) HasNoSource() bool {
	return p.Problem == nil && (p.Kind == KindNone || p.onlySignsIn() && p.SSOAccountID == "" && p.SSORoleName == "")
}

// completeSSO takes the account or the permission set from the session if the profile has
// only one of them. As in the AWS CLI, a profile with neither can only sign in.
func (p *Profile) completeSSO() {
	if s := p.SSOSession; s != nil && (p.SSOAccountID != "" || p.SSORoleName != "") {
		p.SSOAccountID, p.SSORoleName = cmp.Or(p.SSOAccountID, s.accountID), cmp.Or(p.SSORoleName, s.roleName)
	}
}

// parseRoleARN splits arn:PARTITION:iam::ACCOUNT:role/PATH/NAME.
func parseRoleARN(arn string) (account, role string, ok bool) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" || parts[1] == "" || parts[2] != "iam" || parts[3] != "" || !IsAccountID(parts[4]) {
		return "", "", false
	}
	path, isRole := strings.CutPrefix(parts[5], "role/")
	role = path[strings.LastIndexByte(path, '/')+1:]
	if !isRole || role == "" || strings.ContainsAny(path, " \t\n\"'") {
		return "", "", false
	}
	return parts[4], role, true
}

// IsAccountID reports whether a text is an account's id: twelve digits.
func IsAccountID(s string) bool {
	return len(s) == 12 && strings.Trim(s, "0123456789") == ""
}

func newSession(s *section) *Session {
	session := &Session{
		Name: s.header, File: s.file, Line: s.line,
		StartURL: s.keys.word("sso_start_url"), Region: s.keys.word("sso_region"),
		Scopes: strings.FieldsFunc(s.keys.word("sso_registration_scopes"), func(r rune) bool {
			return r == ',' || unicode.IsSpace(r)
		}),
		accountID: s.keys.word("sso_account_id"), roleName: s.keys.word("sso_role_name"),
	}
	if e := session.check(); e != nil {
		session.Problem = e
	}
	return session
}

// sessionOf returns the session of a profile, or nil.
func (c *Config) sessionOf(p *Profile) *Session {
	if p.SSOSessionName != "" {
		return c.sessions[p.SSOSessionName]
	}
	if p.SSOStartURL == "" {
		return nil
	}
	return &Session{StartURL: p.SSOStartURL, Region: p.ssoRegion, File: p.File, Line: p.Line}
}

// endpoints returns the endpoint URLs of a [services] section by service id.
func (s *section) endpoints() map[string]string {
	urls := map[string]string{}
	for id, e := range s.keys {
		if u := e.nested().word("endpoint_url"); u != "" {
			urls[id] = u
		}
	}
	return urls
}

func (k keys) isTrue(key string) bool {
	return strings.EqualFold(k.word(key), "true")
}

// NormalizeStartURL returns a start URL with scheme and host in lower case, and without a
// fragment and a slash at the end. It is for comparison and for signing in: the token
// cache needs the URL exactly as written.
func NormalizeStartURL(s string) string {
	s, _, _ = strings.Cut(strings.TrimSpace(s), "#")
	s = strings.TrimRight(s, "/ \t")
	host := len(s)
	if scheme := strings.Index(s, "://"); scheme >= 0 {
		if slash := strings.IndexByte(s[scheme+3:], '/'); slash >= 0 {
			host = scheme + 3 + slash
		}
		return strings.ToLower(s[:host]) + s[host:]
	}
	return s
}
