package auth

import (
	"context"
	"fmt"
	"os"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"

	"muster/internal/awsapi"
	"muster/internal/awsconfig"
)

// fromChain composes the providers of a profile and its source_profiles, from
// the base, which holds credentials, to p, each role assumed with the
// credentials before it. The region and endpoints are p's throughout, as in the
// AWS CLI; a role that several chains assume alike is assumed once for all.
func (r *Resolver) fromChain(p *awsconfig.Profile, chain []*awsconfig.Profile) (*Identity, error) {
	var (
		target = r.Target(p)
		last   = chain[len(chain)-1]
		roles  = chain[:len(chain)-1]
		id     *Identity
		err    error
	)
	if last.Kind == awsconfig.KindRole { // its credential_source is the base
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
		id = r.Assume(id, roleOptions(link))
		id.Credentials = r.oncePerSource(fmt.Sprintf("role %s %v", link.Name, target), id.Credentials)
	}
	id.Profile = p.Name
	return id, nil
}

// roleOptions are what a profile says about its role.
func roleOptions(p *awsconfig.Profile) RoleOptions {
	return RoleOptions{
		ARN: p.RoleARN, ExternalID: p.ExternalID, SessionName: p.RoleSessionName, Duration: p.Duration, MFASerial: p.MFASerial,
	}
}

// base returns the identity of a profile that holds credentials itself. Profiles
// with one base share its credentials: a credential_process, which may ask the
// user, is run once for all, and the refresh token of a login is used once.
func (r *Resolver) base(p *awsconfig.Profile, target awsapi.Target) (*Identity, error) {
	id := &Identity{Profile: p.Name, Role: p.Role(), AccountID: p.AccountID(), Target: target}
	switch p.Kind {
	case awsconfig.KindStatic:
		id.Hops = []Hop{{hopProfile, p.Name}}
		id.Credentials = r.newCredentials(credentials.NewStaticCredentialsProvider(p.AccessKeyID, p.SecretAccessKey, p.SessionToken))
	case awsconfig.KindSSO, awsconfig.KindSSOLegacy:
		session := r.SSO(p.SSOSession, p)
		id.Hops = session.hops(p.SSORoleName)
		id.Credentials = r.oncePerSource("sso "+p.Name, r.newCredentials(session.Role(p.SSOAccountID, p.SSORoleName)))
	case awsconfig.KindProcess:
		id.Hops = []Hop{{hopProcess, "of profile " + p.Name}}
		id.Credentials = r.oncePerSource("process "+p.Name, r.newCredentials(r.process(p)))
	case awsconfig.KindWebIdentity:
		id.Hops = []Hop{{hopWebIdentity, p.WebIdentityTokenFile}, {hopRole, p.RoleARN}}
		id.Credentials = r.newCredentials(r.webIdentity(id, p.RoleARN, p.WebIdentityTokenFile, p.RoleSessionName))
	case awsconfig.KindLogin:
		id.Hops = []Hop{{hopLogin, p.LoginSession}}
		var err error
		id.Credentials, err = r.awsLogin(p, target)
		return id, err
	default:
		return nil, &NoCredentialsError{fmt.Sprintf("profile %q (%s:%d) holds no credentials: no keys, role, SSO account or credential_process", p.Name, p.File, p.Line)}
	}
	return id, nil
}

// oncePerSource returns the credentials that were first given for a source.
func (r *Resolver) oncePerSource(source string, c *Credentials) *Credentials {
	r.mu.Lock()
	defer r.mu.Unlock()
	if first := r.sources[source]; first != nil {
		return first
	}
	if r.sources == nil {
		r.sources = map[string]*Credentials{}
	}
	r.sources[source] = c
	return c
}

func (r *Resolver) webIdentity(id *Identity, arn, file, session string) aws.CredentialsProvider {
	if session == "" {
		session = r.env("AWS_ROLE_SESSION_NAME")
	}
	role := stscreds.NewWebIdentityRoleProvider(r.API.STS(id.Target), arn, tokenIn(file),
		func(o *stscreds.WebIdentityRoleOptions) { o.RoleSessionName = sessionNameOr(session) })
	return provider(func(ctx context.Context) (aws.Credentials, error) {
		creds, err := role.Retrieve(ctx)
		if err != nil {
			return creds, err
		}
		return inAccount("AssumeRoleWithWebIdentity", arnPart(arn, 4), creds)
	})
}

// tokenIn is the file of a web identity token, read anew for each use.
type tokenIn string

func (path tokenIn) GetIdentityToken() ([]byte, error) {
	token, err := os.ReadFile(string(path))
	if err != nil {
		return nil, &tokenError{err}
	}
	return token, nil
}

// tokenError is a web identity token that cannot be read.
type tokenError struct{ err error }

func (e *tokenError) Error() string {
	return fmt.Sprintf("the web identity token cannot be read: %v", e.err)
}

func (e *tokenError) Unwrap() error { return e.err }

// Reason makes it a broken place in the ledger: it says nothing about any role.
func (e *tokenError) Reason() awsapi.Kind { return awsapi.Broken }
