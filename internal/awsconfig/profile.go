package awsconfig

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Kind is how a profile comes by its credentials.
type Kind string

// The kinds, in the order in which botocore's resolver prefers them. Static keys
// of the credentials file come before KindLogin, those of the config file after
// KindProcess. SSO without account and role, which gives no credentials, gives
// way to all others.
const (
	KindRole        Kind = "role"         // AssumeRole from a source_profile or credential_source
	KindWebIdentity Kind = "web-identity" // AssumeRoleWithWebIdentity
	KindSSO         Kind = "sso"          // an [sso-session]
	KindSSOLegacy   Kind = "sso-legacy"   // sso_start_url in the profile itself
	KindLogin       Kind = "login"        // `aws login`
	KindProcess     Kind = "process"      // credential_process
	KindStatic      Kind = "static"       // an access key
	KindNone        Kind = "none"         // settings only
)

// Session is an IAM Identity Center (SSO) session.
type Session struct {
	Name     string // "" if a legacy profile holds it
	StartURL string // as it is written: the token cache's file name is its hash
	Region   string
	Scopes   []string
	File     string
	Line     int
	Problem  error // *ProblemError, nil if one can sign in to it

	accountID, roleName string // for profiles that leave them to the session
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
	File string // where it first appears
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

	// SSOSession is the session that sso_session names, or for a legacy profile
	// one made of its own sso_start_url and sso_region; nil if there is none.
	SSOSession     *Session
	SSOSessionName string
	SSOAccountID   string
	SSORoleName    string
	SSOStartURL    string // the profile's own, as it is written

	LoginSession string

	EndpointURL string
	// Endpoints has the endpoint URLs of the [services] section that the profile
	// names, by service id as in AWS_ENDPOINT_URL_<SERVICE>, in lower case.
	Endpoints                 map[string]string
	IgnoreConfiguredEndpoints bool
	UseFIPS, UseDualStack     bool
	CABundle, RetryMode       string
	MaxAttempts               int

	// Problem is why the profile cannot be used, a *ProblemError; nil if it can.
	Problem error
	// RegionProblem is one that only matters where no other region takes the place of
	// the profile's own.
	RegionProblem error

	services  string // the name of a [services] section
	ssoRegion string // the profile's own
	keys      keys   // for what is wrong, and in which line
	// keyFirst tells that the access key is in the credentials file, whose keys
	// come before a login and a process.
	keyFirst bool
}

// String names the profile; it keeps its secrets out of formatted text.
func (p *Profile) String() string { return fmt.Sprintf("profile %q", p.Name) }

// newProfile reads a profile out of its section, merged of both files.
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
		SSOSessionName:       k.name("sso_session", sets.sessions.byName), SSOAccountID: k.word("sso_account_id"), SSORoleName: k.word("sso_role_name"),
		SSOStartURL: k.word("sso_start_url"), ssoRegion: k.word("sso_region"),
		LoginSession: k.word("login_session"),
		EndpointURL:  k.word("endpoint_url"), services: k.name("services", sets.services.byName),
		IgnoreConfiguredEndpoints: k.isTrue("ignore_configured_endpoint_urls"),
		UseFIPS:                   k.isTrue("use_fips_endpoint"), UseDualStack: k.isTrue("use_dualstack_endpoint"),
		CABundle: k.unquoted("ca_bundle"), RetryMode: k.word("retry_mode"),
	}
	p.MaxAttempts, _ = strconv.Atoi(k.word("max_attempts"))
	if seconds, err := strconv.Atoi(k.word("duration_seconds")); err == nil {
		p.Duration = time.Duration(seconds) * time.Second
	}
	// A secret and a token belong to the access key of the same file: what the
	// other file has under the same name goes with another key.
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

// kind chooses as botocore's resolver does among everything that the profile has.
func (p *Profile) kind() Kind {
	switch {
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

// AccountID is the account that the profile leads to, where the files alone tell
// (role_arn, sso_account_id), else "".
func (p *Profile) AccountID() string {
	switch p.Kind {
	case KindRole, KindWebIdentity:
		account, _, _ := parseRoleARN(p.RoleARN)
		return account
	case KindSSO, KindSSOLegacy:
		return p.SSOAccountID
	}
	return ""
}

// Role is the name, without its path, of the role that the profile leads to, or
// its permission set; "" if it leads to neither.
func (p *Profile) Role() string {
	switch p.Kind {
	case KindRole, KindWebIdentity:
		_, role, _ := parseRoleARN(p.RoleARN)
		return role
	case KindSSO, KindSSOLegacy:
		return p.SSORoleName
	}
	return ""
}

// CanGiveCredentials tells whether credentials can be had by the profile as far
// as the files tell. An SSO profile without account or role can only sign in.
func (p *Profile) CanGiveCredentials() bool {
	return p.Problem == nil && p.Kind != KindNone && !p.onlySignsIn()
}

func (p *Profile) onlySignsIn() bool {
	return (p.Kind == KindSSO || p.Kind == KindSSOLegacy) && (p.SSOAccountID == "" || p.SSORoleName == "")
}

// HasNoSource tells that the profile names no source of credentials: it holds
// settings, or a session to sign in to. The AWS CLI uses it with the role of the
// container or the instance that it runs on.
func (p *Profile) HasNoSource() bool {
	return p.Problem == nil && (p.Kind == KindNone || p.onlySignsIn() && p.SSOAccountID == "" && p.SSORoleName == "")
}

// completeSSO takes what the profile leaves to its session. As in the AWS CLI, a
// profile with neither an account nor a permission set of its own only signs in.
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

// IsAccountID tells whether a text is an account's id: twelve digits.
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

// sessionOf finds or makes the session of a profile; nil if it has none.
func (c *Config) sessionOf(p *Profile) *Session {
	if p.SSOSessionName != "" {
		return c.sessions[p.SSOSessionName]
	}
	if p.SSOStartURL == "" {
		return nil
	}
	return &Session{StartURL: p.SSOStartURL, Region: p.ssoRegion, File: p.File, Line: p.Line}
}

// endpoints reads a [services] section: a block for each service id.
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

// NormalizeStartURL brings the ways in which people paste a start URL to one
// text, to compare them and to sign in by: scheme and host in lower case, nothing
// from # on, no slash at the end. File names in the token cache are hashes of the URL as it
// is written.
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
