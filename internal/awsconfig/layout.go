package awsconfig

import (
	"slices"
	"strings"
	"unicode"
)

// lineKind is what a line of a file is.
type lineKind int

const (
	lineBlank   lineKind = iota
	lineComment          // of its own; one after a value is a part of the value
	lineRest             // of the value above it
	lineHeader           // [NAME], or what should be
	lineKey              // KEY = VALUE, or what should be
)

// layout tells what the lines of a file are, one after the other.
type layout struct {
	open    bool // there is a value, which deeper lines continue
	block   bool // it is empty up to now: deeper lines are keys of its own
	astray  bool // its key is deeper than it should be
	outdent int  // how deep a line is at most that does not continue it
}

// next returns the kind of the next line, and its text without spaces around it.
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

// startsAnew tells that a line is not the rest of the value above it, although it is
// deeper: a header, or a setting that is below another setting with a value. botocore
// makes both a part of that value, the Go SDK does not. Of keys that are unknown here,
// botocore's reading holds, since they may well be a part of the value.
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

// settingKeys are the keys of a profile that are read here, besides those by which
// an SDK gets credentials.
var settingKeys = []string{
	"region", "output", "endpoint_url", "services", "ignore_configured_endpoint_urls", "use_fips_endpoint", "use_dualstack_endpoint",
	"ca_bundle", "retry_mode", "max_attempts", "sso_registration_scopes", "ec2_metadata_service_endpoint", "ec2_metadata_service_endpoint_mode",
	"ec2_metadata_v1_disabled", "metadata_service_timeout", "metadata_service_num_attempts",
}
