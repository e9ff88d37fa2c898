package awsconfig

import "slices"

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
	return withoutCredentials(text), true, nil
}

func withoutCredentials(text []byte) []byte {
	var (
		kept    []byte
		lines   layout
		inside  bool // the default profile
		dropped bool // the last key
	)
	for _, l := range linesOf(text) {
		switch kind, body := lines.next(string(text[l.start:l.end])); kind {
		case lineHeader:
			header, _ := sectionHeader(body)
			name, _ := sectionName(header, "profile")
			inside, dropped = header == "default" || name == "default" || header == "DEFAULT", false
		case lineKey:
			key, _, _ := cutKey(body)
			dropped = inside && slices.Contains(credentialKeys, key)
		}
		if !dropped {
			kept = append(kept, text[l.start:l.next]...)
		}
	}
	return kept
}
