package change

import (
	"context"
	"strings"
	"sync"

	"muster/internal/auth"
)

// Own knows the access keys that a run itself uses. It is safe for concurrent use.
type Own struct {
	resolver *auth.Resolver

	mu    sync.Mutex
	known map[*auth.Identity]bool
	keys  []auth.UserKey
}

// NewOwn returns an Own that knows no key.
func NewOwn(r *auth.Resolver) *Own { return &Own{resolver: r, known: map[*auth.Identity]bool{}} }

// Add adds the keys that lead to an identity.
func (o *Own) Add(ctx context.Context, id *auth.Identity) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	for base := range id.Bases() {
		if o.known[base] {
			return nil
		}
		key, err := o.resolver.UserKey(ctx, base)
		if err != nil {
			return err
		}
		o.keys = append(o.keys, key)
	}
	for base := range id.Bases() {
		o.known[base] = true
	}
	return nil
}

// Protect returns why a change must not be made: its key is in use by the run. It returns
// "" for other keys. All identities of the run must have been added.
func (o *Own) Protect(c Change) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, own := range o.keys {
		switch {
		case own.AccessKeyID == c.ID:
			return "muster runs with this key"
		case own.UserARN != "" && isUser(own.UserARN, c.AccountID, c.Owner):
			return "muster runs with a session of this user"
		}
	}
	return ""
}

// isUser reports whether an ARN is that of a user of an account. IAM finds a user by its name
// in any case.
func isUser(arn, accountID, name string) bool {
	before, path, ok := strings.Cut(arn, ":user/")
	return ok && strings.HasSuffix(before, "::"+accountID) && strings.EqualFold(path[strings.LastIndexByte(path, '/')+1:], name)
}
