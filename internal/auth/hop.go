package auth

import "fmt"

// Hop is one step to an identity's credentials.
type Hop struct {
	Kind HopKind
	Name string // of the profile, session, permission set or role; "" if the kind is enough
}

// HopKind is the mechanism of a step, as messages name it.
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
	hopRoot          HopKind = "root task"
)

// String shortens the ARN of a role to its name and account.
func (h Hop) String() string {
	switch account := arnPart(h.Name, arnAccount); {
	case h.Name == "":
		return string(h.Kind)
	case h.Kind == hopRole && account != "":
		return fmt.Sprintf("role %s (%s)", roleName(h.Name), account)
	}
	return string(h.Kind) + " " + h.Name
}
