package auth

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"

	"muster/internal/auth/botocache"
	"muster/internal/auth/sso"
	"muster/internal/awsconfig"
	"muster/internal/catalog"
	"muster/internal/shell"
)

// SSO returns the session of a section of the config, or of a legacy profile p, whose
// session has no name. p may be nil for other sessions.
func (r *Resolver) SSO(session *awsconfig.Session, p *awsconfig.Profile) *sso.Session {
	name, key := session.Name, "session "+session.Name
	if session.Name == "" {
		name, key = p.Name, "URL "+session.StartURL
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if s := r.sessions[key]; s != nil {
		return s
	}
	s := r.ssoClient().Session(session, sso.SessionOptions{
		Name: name, LoginCommand: "muster login " + shell.Word(name), Target: r.Target(p),
	})
	r.sessions[key] = s
	return s
}

func (r *Resolver) ssoClient() *sso.Client {
	return &sso.Client{API: r.API, Cache: r.Cache, Now: r.Now, OfferLogin: r.OfferLogin}
}

// PermissionSet returns the identity of a permission set in an account.
func (r *Resolver) PermissionSet(session *sso.Session, accountID, permissionSet string) *Identity {
	target := session.Target
	target.Region = catalog.PartitionOf(session.Region()).Home
	return &Identity{
		Role: permissionSet, AccountID: accountID, Target: target, Hops: permissionSetHops(session, permissionSet), Session: session,
		Credentials: r.newCredentials(r.newPermissionSetProvider(session, accountID, permissionSet)),
	}
}

// Portal returns an identity for calls of a session's portal. They have the session's
// access token and no signature.
func Portal(session *sso.Session) *Identity {
	none := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return aws.Credentials{}, nil })
	return &Identity{
		Target: session.Target, Hops: []Hop{{hopSSOSession, session.Name}}, Session: session,
		Credentials: &Credentials{CredentialsCache: aws.NewCredentialsCache(none)},
	}
}

func permissionSetHops(session *sso.Session, permissionSet string) []Hop {
	return []Hop{{hopSSOSession, session.Name}, {hopPermissionSet, permissionSet}}
}

// permissionSetProvider gives the credentials of a permission set.
type permissionSetProvider struct {
	session       *sso.Session
	accountID     string
	permissionSet string
}

func (r *Resolver) newPermissionSetProvider(session *sso.Session, accountID, permissionSet string) aws.CredentialsProvider {
	return r.viaCLICache(session.RoleFile(accountID, permissionSet), accountID, 0, &permissionSetProvider{session, accountID, permissionSet})
}

// Retrieve calls GetRoleCredentials.
func (p *permissionSetProvider) Retrieve(ctx context.Context) (aws.Credentials, error) {
	return p.session.RoleCredentials(ctx, p.accountID, p.permissionSet)
}

// Logout logs out of a session.
func (r *Resolver) Logout(ctx context.Context, session *sso.Session) (sso.LogoutResult, error) {
	return session.Logout(ctx, r.roleFiles(session))
}

// LogoutAll logs out of every session that has a token.
func (r *Resolver) LogoutAll(ctx context.Context) (sso.LogoutResult, error) {
	var files []botocache.RoleFile
	for _, session := range r.Config.Sessions {
		if session.Problem == nil {
			files = append(files, r.roleFiles(r.SSO(session, nil))...)
		}
	}
	return r.ssoClient().LogoutAll(ctx, r.Target(nil), files)
}

// roleFiles returns the files, in the AWS CLI's cache, of the roles that profiles
// assume with credentials of the session.
func (r *Resolver) roleFiles(session *sso.Session) []botocache.RoleFile {
	var files []botocache.RoleFile
	for _, p := range r.Config.Profiles {
		chain, err := r.Config.Chain(p)
		if err != nil || p.Kind != awsconfig.KindRole || chain[len(chain)-1].SSOSession == nil {
			continue
		}
		if base := chain[len(chain)-1]; r.SSO(base.SSOSession, base) == session {
			files = append(files, r.Cache.AssumedRole(assumeRoleArguments(p.RoleSettings)))
		}
	}
	return files
}
