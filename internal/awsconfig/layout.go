package awsconfig

import (
	"slices"
	"strings"
	"unicode"
)

// lineKind is the kind of a line.
type lineKind int

const (
	lineBlank   lineKind = iota
	lineComment          // on a line of its own; a comment after a value is part of the value
	lineRest             // continues the value above
	lineHeader           // [NAME], perhaps malformed
	lineKey              // KEY = VALUE, perhaps malformed
)

// layout determines the kinds of a file's lines, one after the other.
type layout struct {
	open    bool // there is a value that indented lines continue
	block   bool // the value is empty so far: indented lines are a nested block
	astray  bool // the value's key is indented by mistake
	outdent int  // a line that is indented more than this continues the value
}

// next returns the kind of the next line, and its text without surrounding spaces.
func (l *layout) next(line string) (kind lineKind, body string) {
	line = strings.TrimPrefix(line, byteOrderMark)
	body = strings.TrimSpace(line)
	switch {
	case body == "":
		return lineBlank, ""
	case body[0] == '#' || body[0] == ';':
		return lineComment, body
	}
	depth := len(line) - len(strings.TrimLeftFunc(line, unicode.IsSpace))
	deeper := l.open && depth > l.outdent
	switch {
	case deeper && !l.startsAnew(body):
		return lineRest, body
	case body[0] == '[':
		*l = layout{}
		return lineHeader, body
	}
	if !deeper {
		l.outdent = depth
	}
	_, value, _ := cutKey(body)
	l.open, l.block, l.astray = true, value == "", deeper
	return lineKey, body
}

// startsAnew reports whether an indented line does not continue the value above it: it is
// a header, or a known setting below a setting with a value. botocore makes both part of
// the value, the Go SDK does not. A line with an unknown key may well be part of the
// value, as in botocore.
func (l *layout) startsAnew(body string) bool {
	if body[0] == '[' && body[len(body)-1] == ']' {
		word, _, several := strings.Cut(body[1:len(body)-1], " ")
		return word != "" && !several || slices.Contains([]string{"profile", "sso-session", "services"}, word)
	}
	key, _, ok := strings.Cut(body, "=")
	key = strings.TrimSpace(key)
	switch {
	case !ok || l.block:
		return false
	case l.astray:
		return strings.Trim(key, "abcdefghijklmnopqrstuvwxyz0123456789_") == ""
	}
	return slices.Contains(credentialKeys, key) || slices.Contains(settingKeys, key)
}

// settingKeys are the keys of a profile besides credentialKeys.
var settingKeys = []string{
	"region", "output", "endpoint_url", "services", "ignore_configured_endpoint_urls", "use_fips_endpoint", "use_dualstack_endpoint",
	"ca_bundle", "retry_mode", "max_attempts", "sso_registration_scopes", "ec2_metadata_service_endpoint", "ec2_metadata_service_endpoint_mode",
	"ec2_metadata_v1_disabled", "metadata_service_timeout", "metadata_service_num_attempts",
}
