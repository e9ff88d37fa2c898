package awsconfig

import (
	"maps"
	"slices"
	"strings"
)

// credentialKeys are the keys of a profile by which an SDK gets credentials.
var credentialKeys = []string{
	"aws_access_key_id", "aws_secret_access_key", "aws_session_token", "aws_security_token", "aws_account_id",
	"role_arn", "source_profile", "credential_source", "external_id", "role_session_name", "mfa_serial", "duration_seconds",
	"web_identity_token_file", "credential_process", "login_session",
	"sso_session", "sso_start_url", "sso_region", "sso_account_id", "sso_role_name",
}

// endpointKeys are the settings that --endpoint-url overrides.
var endpointKeys = []string{"endpoint_url", "services", "ignore_configured_endpoint_urls"}

// ChildFiles is what the files in ~/.aws must look like to a program that is given
// the credentials of an account. Such a program reads the default profile, because it
// is given no other name.
type ChildFiles struct {
	// Config is the text of the config file; nil: the program may read the user's own.
	Config []byte
	// NoCredentials says that the program must not read the credentials file, where
	// the default profile has settings or credentials of its own.
	NoCredentials bool
}

// ForChild returns files in which the default profile has the settings of profile p
// and no way to credentials. Everything else is as it is. p is nil where no profile's
// settings apply.
//
// Environment says that the credentials are in the program's environment, where they
// come before those of the default profile. SDKs prefer a default profile with
// credentials to the endpoint for containers. endpoint says that the program is given
// an endpoint URL for all services.
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

// settings are a profile's values that have nothing to do with credentials. The
// region is not among them: the program's environment names it.
func (k keys) settings(endpoint bool) map[string]string {
	found := map[string]string{}
	for key, e := range k {
		if key != "region" && !slices.Contains(credentialKeys, key) && !(endpoint && slices.Contains(endpointKeys, key)) {
			found[key] = strings.TrimRight(e.text, "\n")
		}
	}
	return found
}

// withDefault replaces the default profile of a config file's text.
func withDefault(text []byte, settings map[string]string) []byte {
	var (
		kept    = []byte{}
		lines   layout
		inside  bool // the default profile
		shared  bool // [DEFAULT], which gives its keys to every section
		dropped bool // the last key
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
