package auth

import (
	"fmt"
	"slices"
	"strings"
)

// Hop is one step on the way to credentials.
type Hop struct {
	Kind HopKind
	Name string // of the profile, session, permission set or role; "" where the kind says all
}

// HopKind is what a step takes its credentials from.
type HopKind string

// The kinds of a way's first step, and of those that follow.
const (
	HopEnvironment   HopKind = "environment"
	HopProfile       HopKind = "profile" // static keys
	HopProcess       HopKind = "credential_process"
	HopLogin         HopKind = "aws login"
	HopWebIdentity   HopKind = "web identity"
	HopSSOSession    HopKind = "SSO session"
	HopContainer     HopKind = "container"
	HopInstance      HopKind = "instance role"
	HopPermissionSet HopKind = "permission set"
	HopRole          HopKind = "role"
	HopSessionToken  HopKind = "session token"
	HopFederation    HopKind = "federated user"
	HopSAML          HopKind = "SAML provider"
)

// String names a role by its name and account, which is shorter than its ARN.
func (h Hop) String() string {
	switch account := arnPart(h.Name, 4); {
	case h.Name == "":
		return string(h.Kind)
	case h.Kind == HopRole && account != "":
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

// Lasting says whether these are a user's own keys, which do not end.
func (i *Identity) Lasting() bool { return i.lasting }

// Federated says whether GetFederationToken gave the credentials.
func (i *Identity) Federated() bool {
	return slices.ContainsFunc(i.Hops, func(h Hop) bool { return h.Kind == HopFederation })
}

// Chained says whether a role was assumed from a role, which AWS allows for an
// hour only.
func (i *Identity) Chained() bool {
	roles := 0
	for _, h := range i.Hops {
		switch h.Kind {
		case HopRole, HopPermissionSet, HopInstance, HopContainer:
			roles++
		}
	}
	return roles > 1
}

// and is the way of an identity with one more step.
func (i *Identity) and(h Hop) []Hop { return append(slices.Clone(i.Hops), h) }
