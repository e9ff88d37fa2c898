package auth

import (
	"cmp"
	"regexp"
	"strings"
	"sync"
)

// The characters that STS accepts in names and external ids.
var (
	sessionNamePattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[\w+=,.@-]{2,64}$`) })
	foreignToNames     = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[^\w+=,.@-]+`) })
	externalIDPattern  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[\w+=,.@:/-]{2,}$`) })
)

// IsSessionName reports whether STS accepts a text as the name of a role's session, or as a
// source identity.
func IsSessionName(text string) bool { return sessionNamePattern().MatchString(text) }

// IsExternalID reports whether STS accepts a text as an external id.
func IsExternalID(text string) bool {
	return externalIDPattern().MatchString(text) && len(text) <= 1224
}

// sessionName returns the name of a role's session: the given one, or for "" muster-USER, so
// that CloudTrail shows whose session it is. Without a user's name, as in many containers, it
// is muster.
func (r *Resolver) sessionName(given string) *string {
	if given == "" {
		user := cmp.Or(r.env("USER"), r.env("LOGNAME"), r.env("USERNAME"))
		given = strings.TrimRight("muster-"+foreignToNames().ReplaceAllString(user, "-"), "-")
		given = given[:min(len(given), 64)]
	}
	return &given
}
