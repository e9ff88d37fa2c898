package awsconfig

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// Keys are temporary credentials for a section of the credentials file.
type Keys struct{ AccessKeyID, SecretAccessKey, SessionToken string }

// settings returns the lines of the keys.
func (k Keys) settings() []Setting {
	return []Setting{{"aws_access_key_id", k.AccessKeyID}, {"aws_secret_access_key", k.SecretAccessKey}, {"aws_session_token", k.SessionToken}}
}

// olderToken is the old name of aws_session_token. Where a section has it, it wins, so
// that it is replaced as well.
const olderToken = "aws_security_token"

// MergeKeys writes temporary credentials into a profile's section of the credentials file.
// Every other byte of the file stays. It returns an error if the section has long-term
// keys, which would be lost.
func MergeKeys(ctx context.Context, f Files, profile string, k Keys) error {
	if err := CheckMerge(f, profile); err != nil {
		return err
	}
	file := editedFile{path: f.Credentials, mayMakeFolder: !f.CredentialsSet, secret: true}
	_, err := file.edit(ctx, f.Locks, func(before []byte) ([]byte, error) {
		if err := checkSection(f.Credentials, before, profile); err != nil {
			return nil, err
		}
		after, err := mergeKeys(f.Credentials, before, profile, k)
		if err == nil && !hasKeys(after, profile, k) {
			err = fmt.Errorf("%s: the section [%s] cannot be changed: write it by hand", oneLine(f.Credentials), oneLine(profile))
		}
		return after, err
	})
	return err
}

// CheckMerge returns the error that MergeKeys would return for a profile. Call it before
// a code of an MFA device is spent.
func CheckMerge(f Files, profile string) error {
	if f.Credentials == "" {
		return errors.New("there is no credentials file to write: set HOME or AWS_SHARED_CREDENTIALS_FILE")
	}
	if header, ok := sectionHeader("[" + profile + "]"); !ok || header != profile || profile == "DEFAULT" || strings.Contains(profile, "]") || strings.ContainsFunc(profile, unicode.IsControl) {
		return fmt.Errorf("%q is not a name for a section of the credentials file", profile)
	}
	for _, kind := range []string{"sso-session", "services"} {
		if _, ok := sectionName(profile, kind); ok {
			return fmt.Errorf("%q is not a name for a section of the credentials file", profile)
		}
	}
	before, err := readFile(f.Credentials)
	if err != nil {
		return err
	}
	return checkSection(f.Credentials, before, profile)
}

// checkSection returns an error if a section has long-term keys.
func checkSection(file string, text []byte, profile string) error {
	s, err := sectionOf(file, text, profile)
	if s == nil || err != nil {
		return err
	}
	if e := s.keys["aws_access_key_id"]; e != nil && s.keys["aws_session_token"] == nil && s.keys[olderToken] == nil {
		return fmt.Errorf("%s:%d: the section [%s] has long-term keys, which would be lost: choose another name", oneLine(file), e.line, oneLine(profile))
	}
	return nil
}

// sectionOf returns the section of a profile without the keys of [DEFAULT], or nil.
func sectionOf(file string, text []byte, profile string) (*section, error) {
	sections, err := parseSections(file, text)
	if err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(sections, func(s *section) bool { return s.header == profile }); i >= 0 {
		return sections[i], nil
	}
	return nil, nil
}

// hasKeys reports whether a text has the keys in the section of a profile.
func hasKeys(text []byte, profile string, k Keys) bool {
	s, err := sectionOf("", text, profile)
	return err == nil && s != nil && s.keys.verbatim("aws_access_key_id") == k.AccessKeyID &&
		s.keys.verbatim("aws_secret_access_key") == k.SecretAccessKey && s.keys.verbatim("aws_session_token") == k.SessionToken
}

// mergeKeys returns the text with the keys. Settings that the section has get new values
// on their lines; the others follow its header.
func mergeKeys(file string, before []byte, profile string, k Keys) ([]byte, error) {
	s, err := sectionOf(file, before, profile)
	if err != nil {
		return nil, err
	}
	if s == nil {
		var lines strings.Builder
		fmt.Fprintf(&lines, "[%s]\n", profile)
		for _, set := range k.settings() {
			fmt.Fprintf(&lines, "%s = %s\n", set.Key, set.Value)
		}
		return appendText(before, lines.String()), nil
	}
	values := map[int]string{} // by line
	var missing []Setting
	for _, set := range append(k.settings(), Setting{olderToken, k.SessionToken}) {
		e := s.keys[set.Key]
		switch {
		case e != nil && strings.Contains(strings.TrimSpace(e.text), "\n"):
			return nil, fmt.Errorf("%s:%d: the value of %s has several lines, which muster does not change: write it on one line", oneLine(file), e.line, set.Key)
		case e != nil:
			values[e.line] = set.Value
		case set.Key != olderToken:
			missing = append(missing, set)
		}
	}
	var after bytes.Buffer
	end := 0
	for number, l := range linesOf(before) {
		after.Write(before[end:l.start])
		end = l.end
		line := string(before[l.start:l.end])
		if value, ok := values[number]; ok {
			line = withValue(line, value)
		}
		after.WriteString(line)
		if number == s.line {
			eol := l.eol(before, "\n")
			for _, set := range missing {
				after.WriteString(eol + set.Key + " = " + set.Value)
			}
		}
	}
	after.Write(before[end:])
	return after.Bytes(), nil
}

// withValue replaces the value of a line key = value.
func withValue(line, value string) string {
	at := strings.IndexAny(line, "=:") + 1
	for at < len(line) && (line[at] == ' ' || line[at] == '\t') {
		at++
	}
	return line[:at] + value
}
