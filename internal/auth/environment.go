package auth

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"muster/internal/auth/botocache"
	"muster/internal/awsapi"
	"muster/internal/awsconfig"
	"muster/internal/shell"
)

// environmentProvider gives the keys of the environment.
type environmentProvider struct {
	r       *Resolver
	keys    aws.Credentials
	expires time.Time // AWS_CREDENTIAL_EXPIRATION, or the zero time
}

// fromEnvironment returns the identity of the environment's keys, or nil if there are
// none.
func (r *Resolver) fromEnvironment() *Identity {
	first := func(names ...string) string {
		for _, name := range names {
			if v := r.env(name); v != "" {
				return v
			}
		}
		return ""
	}
	keys := aws.Credentials{
		AccessKeyID:     first("AWS_ACCESS_KEY_ID", "AWS_ACCESS_KEY"),
		SecretAccessKey: first("AWS_SECRET_ACCESS_KEY", "AWS_SECRET_KEY"),
		SessionToken:    first("AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN"),
	}
	if keys.AccessKeyID == "" || keys.SecretAccessKey == "" {
		return nil
	}
	expires, _, _ := botocache.ParseTime(r.env("AWS_CREDENTIAL_EXPIRATION"))
	return &Identity{
		Target: r.ambientTarget(), Hops: []Hop{{hopEnvironment, ""}},
		Credentials: r.newCredentials(&environmentProvider{r, keys, expires}),
	}
}

// Retrieve returns the keys. It ignores a time in the past, which may belong to
// earlier keys: AWS knows whether these have ended.
func (p *environmentProvider) Retrieve(context.Context) (aws.Credentials, error) {
	creds := p.keys
	if creds.SessionToken != "" && p.expires.After(p.r.Now()) {
		creds.CanExpire, creds.Expires = true, p.expires
	}
	return creds, nil
}

// ambientTarget returns the target of credentials that come from no profile. The region
// and endpoints of AWS_PROFILE or the default profile still apply, but the credentials
// may belong to another partition.
func (r *Resolver) ambientTarget() awsapi.Target { return r.target(r.ambientProfile(), "") }

// ambientProfile returns the profile of AWS_PROFILE or the default profile, or nil if
// it does not exist.
func (r *Resolver) ambientProfile() *awsconfig.Profile {
	name, _ := r.profileName()
	profile, _ := r.Config.Profile(name)
	return profile
}

// SettingsOf returns the profile whose settings apply to an identity's calls: its own
// or its base's, else that of AWS_PROFILE or the default profile. It returns nil for a
// permission set of an SSO session, and if there is no such profile.
func (r *Resolver) SettingsOf(id *Identity) *awsconfig.Profile {
	switch {
	case id.Profile != "":
		profile, _ := r.Config.Profile(id.Profile)
		return profile
	case id.Hops[0].Kind == hopSSOSession:
		return nil
	}
	return r.ambientProfile()
}

// fromMachine returns the role of the container or the instance that muster runs on.
// If there is none, the error is that of missing. p has settings of the instance
// metadata service and may be nil.
func (r *Resolver) fromMachine(p *awsconfig.Profile, missing func() error) (*Identity, error) {
	switch {
	case r.inContainer():
		return r.fromContainer()
	case r.metadataDisabled():
		return nil, missing()
	}
	return r.fromInstance(p, missing), nil
}

// credentialSource returns the identity of a profile's credential_source. The instance
// metadata service has the settings of leaf, the profile that the user has named.
func (r *Resolver) credentialSource(p, leaf *awsconfig.Profile) (*Identity, error) {
	switch p.CredentialSource {
	case "Environment":
		if id := r.fromEnvironment(); id != nil {
			return id, nil
		}
		return nil, &NoCredentialsError{fmt.Sprintf("profile %q takes its credentials from the environment, but AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set", p.Name)}
	case "EcsContainer":
		if !r.inContainer() {
			return nil, &NoCredentialsError{fmt.Sprintf("profile %q takes its credentials from the container, but AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is not set", p.Name)}
		}
		return r.fromContainer()
	}
	missing := &NoCredentialsError{fmt.Sprintf("profile %q takes its credentials from the EC2 instance, but this machine has no instance role", p.Name)}
	if r.metadataDisabled() {
		return nil, missing
	}
	return r.fromInstance(leaf, func() error { return missing }), nil
}

func (r *Resolver) noCredentials() error {
	if name := r.signedInSession(); name != "" {
		return &NoCredentialsError{fmt.Sprintf("no account is selected; you are signed in to SSO session %q: add --sso-session %s for all its accounts, or --profile for one", name, shell.Word(name))}
	}
	return &NoCredentialsError{fmt.Sprintf(
		"no credentials: none in the environment, no usable default profile in %s, no container or instance role; "+
			"name a profile with --profile or AWS_PROFILE ('muster profiles' lists them), or run 'aws configure'", r.Config.Files.Config)}
}

// signedInSession returns the name of a session with a usable token, or "".
func (r *Resolver) signedInSession() string {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for _, session := range r.Config.Sessions {
		if session.Problem != nil {
			continue
		}
		t, err := r.Cache.Token(session.Name).Read(ctx)
		if err == nil && (t.ExpiresAt.After(r.Now()) || t.Refreshable(r.Now())) {
			return session.Name
		}
	}
	return ""
}

func (r *Resolver) metadataDisabled() bool {
	return strings.EqualFold(r.env("AWS_EC2_METADATA_DISABLED"), "true")
}
