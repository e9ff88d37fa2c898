package auth

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"muster/internal/auth/sso"
	"muster/internal/awsapi"
)

// Identity is a user, role or permission set with its credentials.
type Identity struct {
	Profile     string // in the config; "" if the credentials come from elsewhere
	Role        string // the name of the role or permission set; "" for a user
	RoleARN     string // "" for users, permission sets and roles of the machine
	AccountID   string // "" until Resolver.Account has asked AWS
	Target      awsapi.Target
	Credentials *Credentials
	Hops        []Hop        // the steps to the credentials, the source first
	Session     *sso.Session // of a permission set; nil for others

	base     *Identity     // its credentials are exchanged for these; nil if there is none
	asking   sync.Mutex    // held while Resolver.Account asks STS
	renewing sync.Mutex    // held while credentials are renewed
	lifetime time.Duration // of the credentials that RetrieveFor renewed last; 0 before
}

// String lists the steps to the identity's credentials.
func (i *Identity) String() string {
	var steps []string
	for _, h := range i.Hops {
		if h.Kind != hopRole || h.Name != "" { // the user may not have chosen the role of a SAML assertion yet
			steps = append(steps, h.String())
		}
	}
	return strings.Join(steps, " > ")
}

// appendHop returns the identity's steps and one more.
func (i *Identity) appendHop(h Hop) []Hop { return append(slices.Clone(i.Hops), h) }

// LongTerm reports whether the credentials are an IAM user's keys. They do not end
// and have no session token, and only they can call GetSessionToken.
func (i *Identity) LongTerm(ctx context.Context) (bool, error) {
	switch i.Hops[len(i.Hops)-1].Kind {
	case hopEnvironment, hopProfile, hopProcess:
		creds, err := i.Credentials.Retrieve(ctx)
		return creds.SessionToken == "", err
	}
	return false, nil
}

// Federated reports whether the credentials come from GetFederationToken.
func (i *Identity) Federated() bool {
	return slices.ContainsFunc(i.Hops, func(h Hop) bool { return h.Kind == hopFederation })
}

// Chained reports whether a role was assumed from a role. AWS limits such sessions to
// one hour.
func (i *Identity) Chained() bool {
	roles := 0
	for _, h := range i.Hops {
		switch h.Kind {
		case hopRole, hopPermissionSet, hopInstance, hopContainer:
			roles++
		}
	}
	return roles > 1
}

// RetrieveFor returns credentials that stay valid for at least minTTL after now, for
// another program that will use them for that long. It renews credentials that end
// earlier. Sessions shorter than twice minTTL are renewed at half of their lifetime
// instead, or each call would renew them. If renewal fails, the old credentials are
// returned for as long as they are valid.
func (i *Identity) RetrieveFor(ctx context.Context, minTTL time.Duration, now time.Time) (aws.Credentials, error) {
	i.renewing.Lock()
	defer i.renewing.Unlock()
	creds, err := i.Credentials.Retrieve(ctx)
	if i.lifetime > 0 {
		minTTL = min(minTTL, i.lifetime/2)
	}
	if err != nil || !creds.CanExpire || creds.Expires.Sub(now) >= minTTL {
		return creds, err
	}
	i.Credentials.Invalidate()
	renewed, err := i.Credentials.Retrieve(ctx)
	if err != nil {
		if creds.Expires.After(now) {
			return creds, nil
		}
		return aws.Credentials{}, err
	}
	i.lifetime = renewed.Expires.Sub(now)
	return renewed, nil
}
