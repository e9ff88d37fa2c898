package seen

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
)

// Scope is a selection of accounts on a command line. Names are stored with the scope of the
// sweep that found them, and offered to command lines of the same scope.
type Scope struct {
	Profiles     []string // the first one lists the organization, if Organization is set
	AllProfiles  bool
	SSOSession   string
	SAMLProfile  string
	Organization bool
	RoleARN      string // of --role-arn
}

// anyIdentity begins the keys of scopes that do not depend on the environment's identity.
const anyIdentity = "any"

// Key returns the text for the scope in an Entry. Without a profile or a session on the
// command line, the credentials come from the environment, read by lookup. The key then
// differs from one identity to another.
func (s Scope) Key(lookup func(string) (string, bool)) string {
	switch {
	case s.Organization && len(s.Profiles) > 0:
		return anyIdentity + "." + Digest("organization", s.Profiles[0])
	case s.Organization:
		return identity(lookup) + "." + Digest("organization")
	case s.RoleARN != "":
		return anyIdentity + "." + Digest("role-arn", s.RoleARN)
	case s.SSOSession != "":
		return anyIdentity + "." + Digest("sso-session", s.SSOSession)
	case s.SAMLProfile != "":
		return anyIdentity + "." + Digest("saml-profile", s.SAMLProfile)
	case s.AllProfiles:
		return anyIdentity + "." + Digest("all-profiles")
	case len(s.Profiles) > 0:
		return anyIdentity + "." + Digest(append([]string{"profile"}, s.Profiles...)...)
	}
	return identity(lookup) + "."
}

// Selects reports whether the command line selects accounts.
func (s Scope) Selects() bool {
	return s.Organization || s.AllProfiles || s.SSOSession != "" || s.SAMLProfile != "" || s.RoleARN != "" || len(s.Profiles) > 0
}

// Filter returns the entries of a kind that were found in the scope. A scope without any
// selection gets all entries, except those found by another identity of the environment.
func (s Scope) Filter(entries []Entry, kind Kind, lookup func(string) (string, bool)) []Entry {
	key, own := s.Key(lookup), identity(lookup)
	return uniqueIDs(entries, func(e Entry) bool {
		whose, _, _ := strings.Cut(e.Scope, ".")
		return e.Kind == kind && (e.Scope == key || !s.Selects() && (whose == anyIdentity || whose == own))
	})
}

// OfKind returns the entries of a kind, from all scopes.
func OfKind(entries []Entry, kind Kind) []Entry {
	return uniqueIDs(entries, func(e Entry) bool { return e.Kind == kind })
}

// uniqueIDs returns the wanted entries, the first one of each ID. Entries come sorted by ID.
func uniqueIDs(entries []Entry, wanted func(Entry) bool) []Entry {
	found := slices.DeleteFunc(slices.Clone(entries), func(e Entry) bool { return !wanted(e) })
	return slices.CompactFunc(found, func(a, b Entry) bool { return a.ID == b.ID })
}

// identity stands for the credentials that the environment gives.
func identity(lookup func(string) (string, bool)) string {
	var values []string
	for _, name := range []string{
		"AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_ACCESS_KEY_ID",
		"AWS_ROLE_ARN", "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
	} {
		value, _ := lookup(name)
		values = append(values, value)
	}
	return Digest(values...)
}

// Digest turns texts into a short name for a file or a scope.
func Digest(texts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(texts, "\x00")))
	return hex.EncodeToString(sum[:6])
}
