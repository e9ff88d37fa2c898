package auth

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Hop is one step on the way to credentials.
type Hop struct {
	Kind HopKind
	Name string // of the profile, session, permission set or role; "" where the kind says all
}

// HopKind is what a step takes its credentials from, as users are shown it.
type HopKind string

const (
	hopEnvironment   HopKind = "environment"
	hopProfile       HopKind = "profile" // static keys
	hopProcess       HopKind = "credential_process"
	hopLogin         HopKind = "aws login"
	hopWebIdentity   HopKind = "web identity"
	hopSSOSession    HopKind = "SSO session"
	hopContainer     HopKind = "container"
	hopInstance      HopKind = "instance role"
	hopPermissionSet HopKind = "permission set"
	hopRole          HopKind = "role"
	hopSessionToken  HopKind = "session token"
	hopFederation    HopKind = "federated user"
	hopSAML          HopKind = "SAML provider"
)

// String names a role by its name and account, which is shorter than its ARN.
func (h Hop) String() string {
	switch account := arnPart(h.Name, 4); {
	case h.Name == "":
		return string(h.Kind)
	case h.Kind == hopRole && account != "":
		return fmt.Sprintf("role %s (%s)", RoleName(h.Name), account)
	}
	return string(h.Kind) + " " + h.Name
}

// String tells how the identity's credentials come about.
func (i *Identity) String() string {
	steps := make([]string, len(i.Hops))
	for n, h := range i.Hops {
		steps[n] = h.String()
	}
	return strings.Join(steps, " > ")
}

// LongTerm says whether the credentials are a user's own keys, which do not end and
// for which GetSessionToken works: they have no token.
func (i *Identity) LongTerm(ctx context.Context) (bool, error) {
	switch i.Hops[len(i.Hops)-1].Kind {
	case hopEnvironment, hopProfile, hopProcess:
		creds, err := i.Credentials.Retrieve(ctx)
		return creds.SessionToken == "", err
	}
	return false, nil
}

// Federated says whether GetFederationToken gave the credentials.
func (i *Identity) Federated() bool {
	return slices.ContainsFunc(i.Hops, func(h Hop) bool { return h.Kind == hopFederation })
}

// Chained says whether a role was assumed from a role, which AWS allows for an
// hour only.
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

// and is the way of an identity with one more step.
func (i *Identity) and(h Hop) []Hop { return append(slices.Clone(i.Hops), h) }
