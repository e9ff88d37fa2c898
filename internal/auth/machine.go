package auth

import (
	"context"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/endpointcreds"

	"muster/internal/auth/botocache"
	"muster/internal/awsapi"
	"muster/internal/awsconfig"
	"muster/internal/shell"
)

// fromEnvironment returns the identity of AWS_ACCESS_KEY_ID and its companions,
// or nil where they are not set.
func (r *Resolver) fromEnvironment() *Identity {
	first := func(names ...string) string {
		for _, name := range names {
			if v := r.env(name); v != "" {
				return v
			}
		}
		return ""
	}
	key, secret := first("AWS_ACCESS_KEY_ID", "AWS_ACCESS_KEY"), first("AWS_SECRET_ACCESS_KEY", "AWS_SECRET_KEY")
	if key == "" || secret == "" {
		return nil
	}
	token := first("AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN")
	ends, _, known := botocache.ParseTime(r.env("AWS_CREDENTIAL_EXPIRATION"))
	return &Identity{
		Target: r.ambient(), Hops: []Hop{{hopEnvironment, ""}},
		Credentials: r.newCredentials(provider(func(context.Context) (aws.Credentials, error) {
			creds := aws.Credentials{AccessKeyID: key, SecretAccessKey: secret, SessionToken: token}
			// A time that is over may be that of earlier keys: AWS knows whether these have ended.
			if known && token != "" && ends.After(r.Now()) {
				creds.CanExpire, creds.Expires = true, ends
			}
			return creds, nil
		})),
	}
}

// ambient is where calls go if the credentials come from elsewhere than a profile:
// the region and the endpoints of AWS_PROFILE or the default profile still apply,
// but the credentials may be of another partition than the profile's own.
func (r *Resolver) ambient() awsapi.Target { return r.target(r.ambientProfile(), "") }

// ambientProfile is the profile of AWS_PROFILE or the default profile; nil if it does
// not exist.
func (r *Resolver) ambientProfile() *awsconfig.Profile {
	name, _ := r.profileName()
	profile, _ := r.Config.Profile(name)
	return profile
}

// SettingsOf returns the profile whose settings apply to an identity's calls: its own
// or its base's, else that of AWS_PROFILE or the default profile. It is nil for an
// account of an IAM Identity Center session, and where there is no such profile.
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

func (r *Resolver) fromWebIdentityEnvironment() (*Identity, error) {
	arn, file := r.env("AWS_ROLE_ARN"), r.env("AWS_WEB_IDENTITY_TOKEN_FILE")
	switch {
	case arn == "" || file == "":
		return nil, nil
	case arnPart(arn, 4) == "":
		return nil, &NoCredentialsError{fmt.Sprintf("AWS_ROLE_ARN is %q, which is no role's ARN", arn)}
	}
	id := &Identity{Role: RoleName(arn), AccountID: arnPart(arn, 4), Target: r.ambient(), Hops: []Hop{{hopWebIdentity, file}, {hopRole, arn}}}
	id.Credentials = r.newCredentials(r.webIdentity(id, arn, file, ""))
	return id, nil
}

// fromMachine asks the container or the instance that muster runs on. Where neither
// gives credentials, the error is lacking. p has settings for this; it may be nil.
func (r *Resolver) fromMachine(p *awsconfig.Profile, lacking func() error) (*Identity, error) {
	if r.env("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") != "" || r.env("AWS_CONTAINER_CREDENTIALS_FULL_URI") != "" {
		return r.fromContainer()
	}
	if strings.EqualFold(r.env("AWS_EC2_METADATA_DISABLED"), "true") {
		return nil, lacking()
	}
	return r.fromInstance(p, lacking), nil
}

func (r *Resolver) noCredentials() error {
	msg := fmt.Sprintf(
		"no credentials: none in the environment, no usable default profile in %s, no container or instance role; "+
			"name a profile with --profile or AWS_PROFILE ('muster profiles' lists them), or run 'aws configure'", r.Config.Files.Config)
	if name := r.signedIn(); name != "" {
		msg = fmt.Sprintf("no account is selected; you are signed in to SSO session %q: add --sso-session %s for all its accounts, or --profile for one", name, shell.Word(name))
	}
	return &NoCredentialsError{msg}
}

// signedIn names a session of the config whose token can be used; "" if there is none.
func (r *Resolver) signedIn() string {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	for _, session := range r.Config.Sessions {
		if session.Problem != nil || r.Home == "" {
			continue
		}
		t, err := botocache.ReadToken(ctx, botocache.TokenFile(r.Home, session.Name))
		if err == nil && (t.ExpiresAt.After(r.Now()) || t.Refreshable(r.Now())) {
			return session.Name
		}
	}
	return ""
}

func (r *Resolver) fromContainer() (*Identity, error) {
	endpoint := r.env("AWS_CONTAINER_CREDENTIALS_FULL_URI")
	if relative := r.env("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"); relative != "" {
		endpoint = "http://169.254.170.2" + relative
	} else if err := checkContainerURL(endpoint); err != nil {
		return nil, err
	}
	return &Identity{
		Target: r.ambient(), Hops: []Hop{{hopContainer, ""}},
		Credentials: r.oncePerSource("container", r.newCredentials(endpointcreds.New(endpoint, func(o *endpointcreds.Options) {
			o.HTTPClient = r.machineClient(0)
			o.AuthorizationToken = r.env("AWS_CONTAINER_AUTHORIZATION_TOKEN")
			if file := r.env("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"); file != "" {
				o.AuthorizationTokenProvider = endpointcreds.TokenProviderFunc(func() (string, error) {
					token, err := os.ReadFile(file)
					return strings.TrimSpace(string(token)), err
				})
			}
		}))),
	}, nil
}

// checkContainerURL keeps the authorization token from leaving the machine in
// clear: over plain HTTP only loopback and the agents of ECS and EKS are asked.
func checkContainerURL(endpoint string) error {
	u, err := url.Parse(endpoint)
	if err != nil || u.Hostname() == "" {
		return &NoCredentialsError{"AWS_CONTAINER_CREDENTIALS_FULL_URI is not a URL"}
	}
	ip, _ := netip.ParseAddr(u.Hostname())
	switch {
	case u.Scheme == "https", u.Hostname() == "localhost", ip.IsLoopback():
		return nil
	case ip.String() == "169.254.170.2", ip.String() == "169.254.170.23", ip.String() == "fd00:ec2::23":
		return nil
	}
	return &NoCredentialsError{fmt.Sprintf("AWS_CONTAINER_CREDENTIALS_FULL_URI names %s: over http only this machine and the ECS and EKS agents are asked", u.Hostname())}
}

// credentialSource returns the identity that a profile's credential_source names, for
// the use of a profile that may be another and whose settings apply.
func (r *Resolver) credentialSource(p, leaf *awsconfig.Profile) (*Identity, error) {
	switch p.CredentialSource {
	case "Environment":
		if id := r.fromEnvironment(); id != nil {
			return id, nil
		}
		return nil, &NoCredentialsError{fmt.Sprintf("profile %q takes its credentials from the environment, but AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set", p.Name)}
	case "EcsContainer":
		if r.env("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") == "" && r.env("AWS_CONTAINER_CREDENTIALS_FULL_URI") == "" {
			return nil, &NoCredentialsError{fmt.Sprintf("profile %q takes its credentials from the container, but AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is not set", p.Name)}
		}
		return r.fromContainer()
	}
	lacking := &NoCredentialsError{fmt.Sprintf("profile %q takes its credentials from the EC2 instance, but no instance role gives any here", p.Name)}
	if strings.EqualFold(r.env("AWS_EC2_METADATA_DISABLED"), "true") {
		return nil, lacking
	}
	return r.fromInstance(leaf, func() error { return lacking }), nil
}
