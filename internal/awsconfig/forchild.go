package awsconfig

import (
	"maps"
	"slices"
	"strings"
)

// credentialKeys are the keys that SDKs and muster need for credentials.
var credentialKeys = append([]string{
	"aws_access_key_id", "aws_secret_access_key", "aws_session_token", "aws_security_token", "aws_account_id",
	"role_arn", "source_profile", "credential_source", "external_id", "role_session_name", "mfa_serial", "duration_seconds",
	"web_identity_token_file", "credential_process", "login_session",
	"sso_session", "sso_start_url", "sso_region", "sso_account_id", "sso_role_name",
}, samlKeys...)

// endpointKeys are the keys that --endpoint-url overrides.
var endpointKeys = []string{"endpoint_url", "services", "ignore_configured_endpoint_urls"}

// ChildFiles replaces the files in ~/.aws for a child process with credentials of an
// account. A child reads the default profile, because it gets no other name.
type ChildFiles struct {
	// Config is the text of the config file; nil if the child may read the user's.
	Config []byte
	// NoCredentials means that the child must not read the user's credentials file: the
	// default profile has settings or credentials there.
	NoCredentials bool
}

// ForChild returns files in which the default profile has the settings of profile p and no
// source of credentials; all other sections are unchanged. p is nil if no profile's
// settings apply.
//
// environment means that the child gets its credentials in environment variables. SDKs
// prefer these to the default profile, but prefer the default profile to the container
// endpoint. endpoint means that the child gets an endpoint URL for all services.
func (c *Config) ForChild(p *Profile, environment, endpoint bool) (ChildFiles, error) {
	var current, wanted keys
	if d := c.byName["default"]; d != nil {
		current = d.keys
	}
	if p != nil {
		wanted = p.keys
	}
	settings := wanted.settings(endpoint)
	same := maps.Equal(current.settings(false), settings)
	gives := slices.ContainsFunc(credentialKeys, func(key string) bool { return current[key] != nil })
	if same && (environment || !gives) {
		return ChildFiles{}, nil
	}
	text, err := readFile(c.Files.Config)
	if err != nil {
		return ChildFiles{}, err
	}
	files := ChildFiles{Config: withDefault(text, settings)}
	for key, e := range current {
		if e.file == c.Files.Credentials && (!environment || !slices.Contains(credentialKeys, key)) {
			files.NoCredentials = true
		}
	}
	return files, nil
}

// settings returns the values of a profile except for credentials, and except for the
// region, which is in the child's environment.
func (k keys) settings(endpoint bool) map[string]string {
	found := map[string]string{}
	for key, e := range k {
		if key != "region" && !slices.Contains(credentialKeys, key) && !(endpoint && slices.Contains(endpointKeys, key)) {
			found[key] = strings.TrimRight(e.text, "\n")
		}
	}
	return found
}

// withDefault returns the text of a config file with another default profile.
func withDefault(text []byte, settings map[string]string) []byte {
	var (
		kept    = []byte{}
		lines   layout
		inside  bool // in the default profile
		shared  bool // in [DEFAULT], whose keys every section inherits
		dropped bool // the last key was left out, and so are the lines of its value
	)
	for _, l := range linesOf(text) {
		switch kind, body := lines.next(string(text[l.start:l.end])); kind {
		case lineHeader:
			header, _ := sectionHeader(body)
			name, _ := sectionName(header, "profile")
			inside, shared = header == "default" || name == "default", header == "DEFAULT"
			dropped = inside
		case lineKey:
			key, _, _ := cutKey(body)
			dropped = inside || shared && slices.Contains(credentialKeys, key)
		}
		if !dropped {
			kept = append(kept, text[l.start:l.next]...)
		}
	}
	if len(settings) == 0 {
		return kept
	}
	if n := len(kept); n > 0 && kept[n-1] != '\n' && kept[n-1] != '\r' {
		kept = append(kept, '\n')
	}
	kept = append(kept, "[default]\n"...)
	for _, key := range slices.Sorted(maps.Keys(settings)) {
		kept = append(kept, key+" = "+strings.ReplaceAll(settings[key], "\n", "\n  ")+"\n"...)
	}
	return kept
}
