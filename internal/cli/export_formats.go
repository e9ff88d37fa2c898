package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"muster/internal/account"
)

// exportStream prints credentials in a format for other tools.
type exportStream struct {
	w      io.Writer
	single string // the name of a format that holds one set of credentials; "" if it holds several
	format func(keys []namedCredentials) (string, error)

	keys []namedCredentials
}

// namedCredentials is one set of credentials with its account and role.
type namedCredentials struct {
	roleCredentials
	account accountCredentials
	role    string
}

// exportError is the error that credentials do not fit into a format.
type exportError struct{ msg string }

func (e *exportError) Error() string { return e.msg }

func (s *exportStream) Write(account accountCredentials) error {
	for _, role := range slices.Sorted(maps.Keys(account.Roles)) {
		s.keys = append(s.keys, namedCredentials{account.Roles[role], account, role})
	}
	return nil
}

func (s *exportStream) Until(context.Context) {}
func (s *exportStream) Flush() error          { return nil }

func (s *exportStream) Close() error {
	switch {
	case len(s.keys) == 0:
		return nil
	case s.single != "" && len(s.keys) > 1:
		return &exportError{fmt.Sprintf("--output %s holds one set of credentials, and there are %d; choose with --account and --role, or use --output ini or json", s.single, len(s.keys))}
	}
	slices.SortStableFunc(s.keys, func(a, b namedCredentials) int { return strings.Compare(a.account.AccountId, b.account.AccountId) })
	text, err := s.format(s.keys)
	if err == nil {
		_, err = io.WriteString(s.w, text)
	}
	return err
}

// plain returns an error for values with control characters, or with characters that the
// format cannot quote: they could add a section or a command. AWS never issues such values.
func (k namedCredentials) plain(form, forbidden string) error {
	for _, v := range [][2]string{{"access key id", k.AccessKeyId}, {"secret access key", k.SecretAccessKey}, {"session token", k.SessionToken}} {
		breaks := func(r rune) bool {
			return strings.ContainsRune(forbidden, r) || unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || r == utf8.RuneError
		}
		if strings.ContainsFunc(v[1], breaks) || strings.TrimSpace(v[1]) != v[1] {
			return &exportError{fmt.Sprintf("--output %s: the %s of account %s has characters that no key can have, such as line breaks, control characters or spaces around it",
				form, v[0], k.account.AccountId)}
		}
	}
	return nil
}

// processText is the format that the AWS CLI and the SDKs expect of a credential_process.
func processText(keys []namedCredentials) (string, error) {
	k := keys[0]
	answer := struct {
		Version         int
		AccessKeyId     string
		SecretAccessKey string
		SessionToken    string    `json:",omitempty"`
		Expiration      time.Time `json:",omitzero"`
		AccountId       string    `json:",omitempty"`
	}{1, k.AccessKeyId, k.SecretAccessKey, k.SessionToken, k.ends().Truncate(time.Second), k.account.AccountId}
	data, err := json.MarshalIndent(answer, "", "  ")
	return string(data) + "\n", err
}

// iniText returns the format of a credentials file, with a profile for each set.
func iniText(name profileName) func([]namedCredentials) (string, error) {
	return func(keys []namedCredentials) (string, error) {
		var text strings.Builder
		taken := map[string]namedCredentials{}
		for i, k := range keys {
			if err := k.plain("ini", ""); err != nil {
				return "", err
			}
			profile := name.of(&account.Account{Name: k.account.AccountName, ID: k.account.AccountId, Email: k.account.EmailAddress}, k.role, "")
			if first, ok := taken[profile]; ok {
				return "", &exportError{fmt.Sprintf("--profile-name gives %q to account %s and to account %s; add {account-id} or {role} to it",
					profile, first.account.AccountId, k.account.AccountId)}
			}
			taken[profile] = k
			if i > 0 {
				text.WriteByte('\n')
			}
			fmt.Fprintf(&text, "[%s]\naws_access_key_id = %s\naws_secret_access_key = %s\n", profile, k.AccessKeyId, k.SecretAccessKey)
			if k.SessionToken != "" {
				fmt.Fprintf(&text, "aws_session_token = %s\n", k.SessionToken)
			}
			if ends := k.ends(); !ends.IsZero() {
				fmt.Fprintf(&text, "# until %s\n", ends.Format(time.RFC3339))
			}
		}
		return text.String(), nil
	}
}
