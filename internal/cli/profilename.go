package cli

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"

	"muster/internal/account"
	"muster/internal/names"
)

// profileName is a template for the names of profiles: text with {placeholders}.
type profileName string

// defaultProfileName is the default of --profile-name.
const defaultProfileName profileName = "{account-name}.{role}"

var placeholder = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\{[^{}]*\}`) })

// placeholders returns the values for a role of an account. session is the SSO session, "" for
// an organization.
func placeholders(a *account.Account, role, session string) map[string]string {
	return map[string]string{
		"{account-name}": a.Name, "{account-id}": a.ID, "{role}": role, "{email}": a.Email, "{session}": session,
	}
}

// check returns an error for a template with unknown placeholders.
func (n profileName) check(flag string, session bool) error {
	var known []string
	for name := range placeholders(&account.Account{}, "", "") {
		if name != "{session}" || session {
			known = append(known, name)
		}
	}
	slices.Sort(known)
	for _, found := range placeholder().FindAllString(string(n), -1) {
		if slices.Contains(known, found) {
			continue
		}
		if found == "{session}" {
			return usage("%s %q: {session} needs --sso-session", flag, n)
		}
		return usage("%s %q: unknown placeholder %s; expected %s%s", flag, n, found, strings.Join(known, ", "), names.DidYouMean(found, known))
	}
	if rest := placeholder().ReplaceAllString(string(n), ""); strings.ContainsAny(rest, "{}") || n == "" {
		return usage("%s %q: expected text with placeholders such as {account-name}.{role}", flag, n)
	}
	return nil
}

// of returns the name for a role of an account. The account's id replaces an empty name or
// email address.
func (n profileName) of(a *account.Account, role, session string) string {
	values := placeholders(a, role, session)
	name := placeholder().ReplaceAllStringFunc(string(n), func(found string) string {
		if value := plainName(values[found]); value != "" {
			return value
		}
		return a.ID
	})
	return strings.TrimLeft(plainName(name), "-")
}

// plainName keeps the characters that are safe in a section header, in a list of --profile,
// and in a shell without quotes. A hyphen replaces the others.
func plainName(text string) string {
	var plain strings.Builder
	gap, last := false, rune(0)
	for _, r := range text {
		if !unicode.In(r, unicode.L, unicode.Nd, unicode.M) && !strings.ContainsRune("-_.@+/:=%", r) {
			gap = true
			continue
		}
		if gap && last != 0 && last != '-' && r != '-' {
			plain.WriteByte('-')
		}
		plain.WriteRune(r)
		gap, last = false, r
	}
	return plain.String()
}
