package auth

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"muster/internal/auth/botocache"
	"muster/internal/auth/sso"
	"muster/internal/awsapi"
	"muster/internal/awsconfig"
	"muster/internal/shell"
)

const (
	// samlMinTTL is the lifetime that kept credentials must have left. Only the user can
	// renew them, so that they are used to their end.
	samlMinTTL = time.Minute
	// refusedTTL is the lifetime left at which nobody replaces credentials that are good: if
	// they are asked for again earlier, AWS has refused them.
	refusedTTL = 15 * time.Minute
	// refusalTTL is how long a refusal is kept.
	refusalTTL = time.Hour
)

// samlProvider gives the credentials of a role of a SAML sign-in: the kept ones, or new ones
// after a sign-in.
type samlProvider struct {
	session *samlSession
	profile *awsconfig.Profile
	role    SAMLRole // the zero value for the role of the profile

	wanted  []string // the values of --role that led to role
	asked   string   // the role that 'muster login' names, in place of saml_role; "" for none
	chooses bool     // the user chooses again, as at 'muster login'

	returned atomic.Pointer[string] // the access key of the last credentials
}

// SAMLRole returns the identity of a role that the sign-in of a profile offers. wanted is as in
// SAMLRoles.
func (r *Resolver) SAMLRole(p *awsconfig.Profile, role SAMLRole, wanted []string) *Identity {
	return &Identity{
		Profile: p.Name, Role: roleName(role.ARN), RoleARN: role.ARN, AccountID: role.AccountID(), Target: r.target(p, arnPart(role.ARN, arnPartition)),
		Credentials: r.newCredentials(&samlProvider{session: r.samlSession(p), profile: p, role: role, wanted: wanted}),
		Hops:        []Hop{{hopSAML, "of profile " + p.Name}, {hopRole, role.ARN}},
	}
}

// Retrieve returns the kept credentials, or assumes the role after a sign-in.
func (p *samlProvider) Retrieve(ctx context.Context) (aws.Credentials, error) {
	creds, err := p.retrieve(ctx)
	if err == nil {
		p.returned.Store(&creds.AccessKeyID)
	}
	return creds, err
}

func (p *samlProvider) retrieve(ctx context.Context) (aws.Credentials, error) {
	var creds aws.Credentials
	kept := func() (ok bool) {
		creds, ok = p.kept(ctx)
		return ok
	}
	if kept() {
		return creds, nil
	}
	if err := p.keptRefusal(ctx); err != nil {
		return aws.Credentials{}, err
	}
	a, err := p.session.valid(ctx, p.profile, func() *sso.LoginError { return p.loginError(ctx) }, kept)
	if err != nil || a == nil {
		return creds, err
	}
	defer p.session.release()
	role, err := p.choose(ctx, a)
	if err != nil {
		return aws.Credentials{}, err
	}
	return p.assume(ctx, a, role)
}

// kept returns the credentials in the file.
func (p *samlProvider) kept(ctx context.Context) (aws.Credentials, bool) {
	role, ok := p.keptRole(ctx)
	if !ok || p.session.isOutdated(role) {
		return aws.Credentials{}, false
	}
	creds, ok := p.session.keptCredentials(ctx, role)
	if ok && creds.AccessKeyID == aws.ToString(p.returned.Load()) && creds.Expires.Sub(p.session.r.Now()) > refusedTTL {
		return aws.Credentials{}, false
	}
	return creds, ok
}

// keptRole returns the role among those of the last sign-in.
func (p *samlProvider) keptRole(ctx context.Context) (SAMLRole, bool) {
	if p.role != (SAMLRole{}) {
		return p.role, true
	}
	signIn := p.session.kept(ctx)
	if signIn == nil {
		return SAMLRole{}, false
	}
	return p.settled(rolesOf(signIn))
}

// settled returns the role of the profile, if nobody has to choose it.
func (p *samlProvider) settled(roles []SAMLRole) (SAMLRole, bool) {
	fitting := p.fitting(roles)
	if len(fitting) > 1 && !p.chooses {
		chosen := p.session.chosen(p.profile.Name)
		fitting = slices.DeleteFunc(fitting, func(role SAMLRole) bool { return role.ARN != chosen })
	}
	if len(fitting) != 1 {
		return SAMLRole{}, false
	}
	return fitting[0], true
}

// byPreference sorts roles: the role of the profile, those with its name, the others.
func (p *samlProvider) byPreference(roles []SAMLRole) []SAMLRole {
	own, settled := p.settled(roles)
	rank := func(role SAMLRole) int {
		switch {
		case settled && role == own:
			return 0
		case settled && role.Name() == own.Name(), role.is(p.profile.SAML.Role):
			return 1
		}
		return 2
	}
	return slices.SortedStableFunc(slices.Values(roles), func(x, y SAMLRole) int { return rank(x) - rank(y) })
}

// fitting returns the roles that the login or saml_role names; all without a name.
func (p *samlProvider) fitting(roles []SAMLRole) []SAMLRole {
	name := p.roleName()
	return slices.DeleteFunc(slices.Clone(roles), func(role SAMLRole) bool { return name != "" && !role.is(name) })
}

func (p *samlProvider) roleName() string { return cmp.Or(p.asked, p.profile.SAML.Role) }

// chosen returns the ARN of the role that the user has chosen for a profile; "" for none.
func (s *samlSession) chosen(profile string) string {
	if signIn := s.kept(context.Background()); signIn != nil {
		return signIn.Chosen[profile]
	}
	return ""
}

// keptRefusal returns the error with which AWS has refused the role at the last sign-in.
func (p *samlProvider) keptRefusal(ctx context.Context) error {
	if p.role == (SAMLRole{}) || p.session.r.NoRoleCache || p.session.hasAssertion() {
		return nil
	}
	refusal := p.session.roleFile(p.role).ReadRefusal(ctx)
	if refusal == nil || !refusal.Until.After(p.session.r.Now()) {
		return nil
	}
	return &smithy.OperationError{ServiceID: "STS", OperationName: "AssumeRoleWithSAML", Err: &smithyhttp.ResponseError{
		Response: &smithyhttp.Response{Response: &http.Response{StatusCode: http.StatusForbidden}},
		Err:      &smithy.GenericAPIError{Code: refusal.Code, Message: refusal.Message},
	}}
}

// loginError says why the user has to sign in. Its text is the same for all accounts of a
// sweep, which become one line.
func (p *samlProvider) loginError(ctx context.Context) *sso.LoginError {
	s := p.session
	why, options := s.why(ctx), ""
	role, ok := p.keptRole(ctx)
	isNew := ok && !s.r.NoRoleCache && s.kept(ctx) != nil && !s.roleFile(role).Exists()
	switch {
	case p.role != (SAMLRole{}):
		options = loginRoles(p.wanted)
		if isNew {
			why = "has no credentials of the role yet"
		}
	case isNew:
		why = fmt.Sprintf("has no credentials of %s yet", role)
	}
	return s.loginError(p.profile, why, options)
}

// assume assumes the role with an assertion, and keeps its credentials.
func (p *samlProvider) assume(ctx context.Context, a *Assertion, role SAMLRole) (aws.Credentials, error) {
	s := p.session
	creds, err := s.r.assumeAtMost(ctx, s.r.target(p.profile, arnPart(role.ARN, arnPartition)), a, role, p.duration(a))
	if s.r.NoRoleCache {
		return creds, err
	}
	file := s.roleFile(role)
	if err != nil {
		// The role does not exist or does not trust the provider, or its account does not know it.
		if failure := awsapi.Explain(err); failure.Code == "AccessDenied" || failure.Code == "InvalidIdentityToken" {
			s.keepRefusal(file, &botocache.Refusal{Code: failure.Code, Message: failure.Message, Until: botocache.Time{Time: s.r.Now().Add(refusalTTL)}})
		}
		return aws.Credentials{}, err
	}
	_ = file.Write(creds) // without the file, the user has to sign in again
	s.noteOpened(file)
	chosen := ""
	if p.role == (SAMLRole{}) {
		chosen = role.ARN
	}
	s.keep(p.profile.Name, chosen)
	return creds, nil
}

// duration returns the duration of the session: the asked one, that of the profile, or else
// the one that the provider wants; 0 for AWS's default of one hour.
func (p *samlProvider) duration(a *Assertion) time.Duration {
	switch {
	case p.session.login != nil && p.session.login.Duration != 0:
		return p.session.login.Duration
	case p.profile.Duration != 0:
		return p.profile.Duration
	}
	return a.SessionDuration
}

// choose returns the role to assume. If several fit, the user chooses.
func (p *samlProvider) choose(ctx context.Context, a *Assertion) (SAMLRole, error) {
	offers := fmt.Sprintf("the SAML assertion for profile %q", p.profile.Name)
	if p.role != (SAMLRole{}) {
		for _, role := range a.Roles {
			if role.ARN == p.role.ARN {
				return role, nil
			}
		}
		return SAMLRole{}, &NoCredentialsError{fmt.Sprintf("%s no longer offers %s", offers, p.role)}
	}
	if role, ok := p.settled(a.Roles); ok {
		return role, nil
	}
	fitting := p.fitting(a.Roles)
	switch r := p.session.r; {
	case len(fitting) == 0:
		return SAMLRole{}, &NoCredentialsError{fmt.Sprintf("%s does not offer %s; it offers %s", offers, p.roleName(), listRoles(a.Roles))}
	case r.ChooseRole == nil:
		return SAMLRole{}, &NoCredentialsError{fmt.Sprintf("%s offers several roles; choose with saml_role, or with: muster login %s --role-arn ARN; they are %s",
			offers, shell.Word(p.profile.Name), listRoles(fitting))}
	default:
		return r.ChooseRole(ctx, fitting)
	}
}
