package awsconfig

import (
	"slices"
	"strings"
	"unicode"
)

// credentialKeys are the keys of a profile by which an SDK gets credentials.
var credentialKeys = []string{
	"aws_access_key_id", "aws_secret_access_key", "aws_session_token", "aws_security_token", "aws_account_id",
	"role_arn", "source_profile", "credential_source", "external_id", "role_session_name", "mfa_serial", "duration_seconds",
	"web_identity_token_file", "credential_process", "login_session",
	"sso_session", "sso_start_url", "sso_region", "sso_account_id", "sso_role_name",
}

// Plain returns the text of the config file with the default profile's way to
// credentials left out and all else as it is. SDKs prefer such a profile to the
// endpoint of a container, even where nobody has named it. The second result is
// false where there is nothing to leave out, in either file.
func (c *Config) Plain() (text []byte, stripped bool, err error) {
	p := c.byName["default"]
	if p == nil || !slices.ContainsFunc(credentialKeys, func(key string) bool { return p.keys[key] != nil }) {
		return nil, false, nil
	}
	if text, err = readFile(c.Files.Config); err != nil {
		return nil, false, err
	}
	return []byte(withoutCredentials(string(text))), true, nil
}

// withoutCredentials reads lines as parse does.
func withoutCredentials(text string) string {
	var (
		kept    strings.Builder
		inside  bool   // the default profile
		dropped bool   // the last key
		open    *entry // its value, which a deeper line continues
		indent  int
	)
	for line := range strings.Lines(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)) {
		body := strings.TrimSpace(strings.TrimPrefix(line, "\ufeff"))
		depth := len(line) - len(strings.TrimLeftFunc(line, unicode.IsSpace))
		switch {
		case body == "" && open != nil:
			open.text += "\n"
		case body == "" || body[0] == '#' || body[0] == ';':
		case open != nil && depth > indent && !startsAnew(body, open):
			open.text += "\n" + body
		case body[0] == '[':
			header, _ := sectionHeader(body)
			name, _ := sectionName(header, "profile")
			inside, dropped, open = header == "default" || name == "default" || header == "DEFAULT", false, nil
		default:
			key, value, _ := cutKey(body)
			dropped, open, indent = inside && slices.Contains(credentialKeys, key), &entry{text: value}, depth
		}
		if !dropped {
			kept.WriteString(line)
		}
	}
	return kept.String()
}
