package awsconfig

import (
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// SAML are a profile's settings for a sign-in through a SAML provider. No other tool reads
// their keys. The role is saml_role and not role_arn, because the AWS CLI rejects a profile
// with role_arn and no source_profile: with a credential_process that runs muster, one profile
// serves both.
type SAML struct {
	Provider string // saml_provider: SAMLOneLogin, SAMLOkta or SAMLCommand; "" for none
	URL      string // saml_url: of the application (Okta), or of the provider
	Username string // saml_username

	ClientID  string // saml_client_id: of the credentials for OneLogin's API
	Region    string // saml_region: of OneLogin
	Subdomain string // saml_subdomain: of OneLogin
	AppID     string // saml_app_id: of the application in OneLogin
	IP        string // saml_ip: the user's address, which OneLogin may exempt from MFA

	Command       string // saml_command: prints an assertion
	SecretCommand string // saml_secret_command: prints the password

	Role string // saml_role: name or ARN; "" asks the user if there are several
}

// The values of saml_provider.
const (
	SAMLOneLogin = "onelogin"
	SAMLOkta     = "okta"
	SAMLCommand  = "command"
)

// samlKeys are the keys of SAML.
var samlKeys = []string{
	"saml_provider", "saml_url", "saml_username", "saml_client_id", "saml_region", "saml_subdomain", "saml_app_id", "saml_ip",
	"saml_command", "saml_secret_command", "saml_role",
}

// Settings returns the keys with a value, as they are written.
func (s SAML) Settings() (settings []Setting) {
	values := []string{s.Provider, s.URL, s.Username, s.ClientID, s.Region, s.Subdomain, s.AppID, s.IP, s.Command, s.SecretCommand, s.Role}
	for i, key := range samlKeys {
		if values[i] != "" {
			settings = append(settings, Setting{key, values[i]})
		}
	}
	return settings
}

func newSAML(k keys) SAML {
	return SAML{
		Provider: k.word("saml_provider"), URL: k.word("saml_url"), Username: k.word("saml_username"),
		ClientID: k.word("saml_client_id"), Region: k.word("saml_region"), Subdomain: k.word("saml_subdomain"),
		AppID: k.word("saml_app_id"), IP: k.word("saml_ip"),
		Command: k.verbatim("saml_command"), SecretCommand: k.verbatim("saml_secret_command"), Role: k.word("saml_role"),
	}
}

// usesSAML reports whether the credentials come from a SAML provider. A role that is assumed
// with the credentials of a source_profile comes first. All other sources come later: a
// credential_process may run muster for the AWS CLI.
func (p *Profile) usesSAML() bool {
	return p.SAML.Provider != "" && (p.RoleARN == "" || p.SourceProfile == "" && p.CredentialSource == "")
}

// checkSAML checks the keys that the provider needs.
func (p *Profile) checkSAML() *ProblemError {
	s := p.SAML
	var needed []string
	switch s.Provider {
	case SAMLOneLogin:
		needed = []string{"saml_username", "saml_client_id", "saml_app_id"}
		if s.Subdomain == "" && s.URL == "" {
			needed = append(needed, "saml_subdomain")
		}
	case SAMLOkta:
		needed = []string{"saml_username", "saml_url"}
	case SAMLCommand:
		needed = []string{"saml_command"}
	default:
		return p.problem("saml_provider", "saml_provider %q is unknown, expected onelogin, okta or command", s.Provider)
	}
	for _, key := range needed {
		if strings.TrimSpace(p.keys.verbatim(key)) == "" {
			return p.problem("saml_provider", "saml_provider = %s without %s", s.Provider, key)
		}
	}
	switch {
	case p.RoleARN != "":
		return p.problem("role_arn", "role_arn without source_profile: name the role of saml_provider with saml_role")
	case strings.HasPrefix(s.Role, "arn:") && !isRoleARN(s.Role):
		return p.problem("saml_role", "saml_role %q is not a role's ARN, expected arn:aws:iam::123456789012:role/NAME, or a role's name", s.Role)
	case strings.Contains(s.URL, "@"): // the message must not show a password
		return p.problem("saml_url", "saml_url contains a user name or a password: leave it out, muster asks for the password")
	case s.URL != "" && !isSafeURL(s.URL):
		return p.problem("saml_url", "saml_url %q is not an https URL", s.URL)
	case s.Region != "" && !slices.Contains([]string{"us", "eu"}, s.Region):
		return p.problem("saml_region", "saml_region %q is unknown, expected us or eu", s.Region)
	}
	if _, err := netip.ParseAddr(s.IP); s.IP != "" && err != nil {
		return p.problem("saml_ip", "saml_ip %q is not an IP address", s.IP)
	}
	return p.checkDuration()
}

// checkNoSAML returns a problem if a profile without a source of credentials has keys of SAML.
func (p *Profile) checkNoSAML() *ProblemError {
	for _, key := range samlKeys {
		if p.keys[key] != nil {
			return p.problem(key, "%s without saml_provider", key)
		}
	}
	return nil
}

// isSafeURL reports whether a password may be sent to a URL: with https, or to this machine.
func isSafeURL(s string) bool {
	u, err := url.Parse(s)
	if err != nil || u.Hostname() == "" {
		return false
	}
	ip, _ := netip.ParseAddr(u.Hostname())
	return u.Scheme == "https" || u.Scheme == "http" && (u.Hostname() == "localhost" || ip.IsLoopback())
}

func isRoleARN(arn string) bool {
	_, _, ok := parseRoleARN(arn)
	return ok
}

// SignIn returns the settings that identify the user at the provider. Profiles that have them
// in common share a sign-in.
func (s SAML) SignIn() SAML {
	s.IP, s.SecretCommand, s.Role = "", "", ""
	return s
}

// String names the provider in messages.
func (s SAML) String() string {
	switch s.Provider {
	case SAMLOneLogin:
		return "OneLogin"
	case SAMLOkta:
		return "Okta"
	}
	return fmt.Sprintf("saml_provider %s", s.Provider)
}
