package auth

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/credentials"

	"muster/internal/awsapi"
	"muster/internal/awsconfig"
)

// fromChain returns the identity of profile p. Its chain leads through its source_profiles
// to the base, the profile with credentials; each role is assumed with the credentials
// of the next profile in the chain. As in the AWS CLI, all calls have the region and
// endpoints of p. Chains that have a role in common assume it once.
func (r *Resolver) fromChain(p *awsconfig.Profile, chain []*awsconfig.Profile) (*Identity, error) {
	var (
		target = r.Target(p)
		last   = chain[len(chain)-1]
		roles  = chain[:len(chain)-1]
		id     *Identity
		err    error
	)
	if last.Kind == awsconfig.KindRole { // it has a credential_source
		roles = chain
		id, err = r.credentialSource(last, p)
	} else {
		id, err = r.base(last, target)
	}
	if err != nil {
		return nil, err
	}
	id.Target = target
	for _, link := range slices.Backward(roles) {
		id = r.Assume(id, RoleOptions{RoleSettings: link.RoleSettings})
		id.Credentials = r.oncePerSource(fmt.Sprintf("role %s %v", link.Name, target), id.Credentials)
	}
	id.Profile = p.Name
	return id, nil
}

// base returns the identity of a profile that has credentials itself.
func (r *Resolver) base(p *awsconfig.Profile, target awsapi.Target) (*Identity, error) {
	id := &Identity{Profile: p.Name, Role: p.Role(), AccountID: p.AccountID(), Target: target}
	switch p.Kind {
	case awsconfig.KindStatic:
		id.Hops = []Hop{{hopProfile, p.Name}}
		id.Credentials = r.newCredentials(credentials.NewStaticCredentialsProvider(p.AccessKeyID, p.SecretAccessKey, p.SessionToken))
	case awsconfig.KindSSO, awsconfig.KindSSOLegacy:
		session := r.SSO(p.SSOSession, p)
		id.Session, id.Hops = session, permissionSetHops(session, p.SSORoleName)
		id.Credentials = r.oncePerSource("sso "+p.Name, r.newCredentials(r.newPermissionSetProvider(session, p.SSOAccountID, p.SSORoleName)))
	case awsconfig.KindProcess:
		id.Hops = []Hop{{hopProcess, "of profile " + p.Name}}
		id.Credentials = r.oncePerSource("process "+p.Name, r.newCredentials(&processProvider{r, p}))
	case awsconfig.KindWebIdentity:
		id = r.webIdentity(target, p.WebIdentityTokenFile, RoleOptions{RoleSettings: awsconfig.RoleSettings{
			RoleARN: p.RoleARN, RoleSessionName: cmp.Or(p.RoleSessionName, r.env("AWS_ROLE_SESSION_NAME")),
		}})
		id.Profile = p.Name
	case awsconfig.KindLogin:
		login := r.newLoginProvider(p, target)
		id.Hops = []Hop{{hopLogin, p.LoginSession}}
		id.Credentials = r.oncePerSource("login "+login.file.Path(), r.newCredentials(login))
	case awsconfig.KindSAML:
		id.Hops = []Hop{{hopSAML, "of profile " + p.Name}, {hopRole, p.SAML.Role}}
		id.Credentials = r.oncePerSource("saml "+p.Name, r.newCredentials(&samlProvider{session: r.samlSession(p), profile: p}))
	default:
		return nil, &NoCredentialsError{fmt.Sprintf("profile %q (%s:%d) has no credentials: expected keys, a role, an SSO account or a credential_process", p.Name, p.File, p.Line)}
	}
	return id, nil
}
