package auth

import (
	"context"
	"iter"
	"strings"
)

// Bases yields the identities whose credentials lead to this one: itself, then the one that
// its role is assumed with, and so on.
func (i *Identity) Bases() iter.Seq[*Identity] {
	return func(yield func(*Identity) bool) {
		for ; i != nil && yield(i); i = i.base {
		}
	}
}

// UserKey describes whose credentials an identity has. Both fields are "" for a role.
type UserKey struct {
	AccessKeyID string // of an IAM user or a root user
	// UserARN names the IAM user of temporary credentials that were given to muster. The
	// key that they were made with is one of that user's; AWS does not name it.
	UserARN string
}

// UserKey returns the access key that the identity itself uses. It calls STS only for
// temporary credentials that a profile, the environment or a credential_process has given.
func (r *Resolver) UserKey(ctx context.Context, id *Identity) (key UserKey, err error) {
	switch id.Hops[len(id.Hops)-1].Kind {
	case hopEnvironment, hopProfile, hopProcess:
	default:
		return key, nil
	}
	creds, err := id.Credentials.Retrieve(ctx)
	if err != nil {
		return key, err
	}
	if creds.SessionToken == "" {
		return UserKey{AccessKeyID: creds.AccessKeyID}, nil
	}
	caller, err := r.Caller(ctx, id)
	if err != nil {
		return key, err
	}
	if resource := arnPart(caller.ARN, arnResource); strings.HasPrefix(resource, "user/") {
		key.UserARN = caller.ARN
	}
	return key, nil
}
