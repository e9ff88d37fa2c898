package auth

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssooidc"
	"github.com/aws/aws-sdk-go-v2/service/ssooidc/types"

	"muster/internal/auth/botocache"
	"muster/internal/awsapi"
)

// LoginOptions say how to sign in.
type LoginOptions struct {
	DeviceCode bool // instead of a redirect from the browser to this machine
	Port       int  // where the redirect is waited for; 0 for any that is free

	// Open shows a URL in the browser and returns once it is open; nil where the
	// user does that. Where it fails, a device code is asked for.
	Open func(url string) error
	// Show tells the user where to sign in. The code is "" for a redirect.
	Show func(url, code string)
}

// SignedIn is what a login has led to.
type SignedIn struct {
	Until  time.Time
	Region string // of the session, which a start URL may know better than the config
}

// Login signs in to the session and writes the token where the AWS CLI looks for
// it. A token that is there stays as it is until the new one is complete.
func (s *SSO) Login(ctx context.Context, o LoginOptions) (in SignedIn, err error) {
	if s.r.Home == "" {
		return SignedIn{}, errors.New("there is no home folder to keep a token in: set HOME")
	}
	l := &login{SSO: s, LoginOptions: o}
	if l.startURL, l.region, err = s.resolveStartURL(ctx); err != nil {
		return SignedIn{}, err
	}
	l.client = s.r.API.OIDC(s.target, l.region)
	if err := botocache.Writable(s.path); err != nil {
		return SignedIn{}, fmt.Errorf("a token of SSO session %q cannot be written: %w", s.Name, err)
	}
	var t *botocache.Token
	if !o.DeviceCode {
		t, err = l.register(ctx, l.withRedirect())
	}
	if o.DeviceCode || errors.Is(err, errNoBrowser) {
		t, err = l.register(ctx, l.withDeviceCode())
	}
	if err != nil {
		return SignedIn{}, s.r.API.Secrets().Error(l.explain(err))
	}
	s.mu.Lock() // before the file's lock, as where a token is refreshed
	defer s.mu.Unlock()
	unlock, err := s.lock(ctx)
	if err != nil {
		return SignedIn{}, err
	}
	defer unlock()
	if err := t.Write(s.path); err != nil {
		return SignedIn{}, fmt.Errorf("writing the token of SSO session %q: %w", s.Name, err)
	}
	s.token, s.failed = t, nil
	return SignedIn{t.ExpiresAt, l.region}, nil
}

// login is one attempt to sign in.
type login struct {
	*SSO
	LoginOptions
	client   *ssooidc.Client
	startURL string // that AWS knows
	region   string // of the session
}

// errNoBrowser is why a redirect was given up before anybody could sign in.
var errNoBrowser = errors.New("no browser could be opened")

// flow signs in with a registration of the kind that it needs.
type flow struct {
	grantTypes []string // nil for device codes, whose registrations name none
	signIn     func(context.Context, *botocache.Registration) (*ssooidc.CreateTokenOutput, error)
}

// register gets a registration for a flow, the cached one while it lasts, and
// signs in. One that the service has forgotten is replaced.
func (l *login) register(ctx context.Context, f flow) (*botocache.Token, error) {
	reg, cached := l.cachedRegistration(ctx, f)
	for {
		if !cached {
			var err error
			if reg, err = l.newRegistration(ctx, f); err != nil {
				return nil, err
			}
		}
		out, err := f.signIn(ctx, reg)
		if forgotten := (*types.InvalidClientException)(nil); cached && errors.As(err, &forgotten) {
			cached = false
			continue
		}
		if err != nil {
			return nil, err
		}
		return &botocache.Token{
			StartURL: l.session.StartURL, Region: l.region,
			AccessToken: *out.AccessToken, ExpiresAt: l.r.Now().Add(time.Duration(out.ExpiresIn) * time.Second),
			ClientID: reg.ClientID, ClientSecret: reg.ClientSecret, RegistrationExpiresAt: reg.ExpiresAt.Time,
			RefreshToken: aws.ToString(out.RefreshToken),
		}, nil
	}
}

// registrationWindow is how long a registration must still last.
const registrationWindow = 15 * time.Minute

// accountScope lets a token list accounts and be refreshed.
const accountScope = "sso:account:access"

const redirectPath = "/oauth/callback"

func (l *login) registrationFile() string {
	return botocache.RegistrationFile(l.r.Home, l.session.StartURL, l.region, l.session.Scopes, l.session.Name)
}

// cachedRegistration returns the registration that was made earlier, if a flow can
// use it.
func (l *login) cachedRegistration(ctx context.Context, f flow) (reg *botocache.Registration, usable bool) {
	reg = botocache.ReadRegistration(ctx, l.registrationFile())
	return reg, reg != nil && reg.ExpiresAt.After(l.r.Now().Add(registrationWindow)) && slices.Equal(reg.GrantTypes, f.grantTypes)
}

func (l *login) newRegistration(ctx context.Context, f flow) (*botocache.Registration, error) {
	in := &ssooidc.RegisterClientInput{
		ClientName: aws.String("muster-" + cmp.Or(l.session.Name, "profile")), ClientType: aws.String("public"),
		Scopes: l.session.Scopes, GrantTypes: f.grantTypes,
	}
	if f.grantTypes != nil {
		in.IssuerUrl, in.RedirectUris = &l.startURL, []string{"http://127.0.0.1" + redirectPath}
		if len(in.Scopes) == 0 {
			in.Scopes = []string{accountScope}
		}
	}
	out, err := l.client.RegisterClient(ctx, in)
	if err != nil {
		return nil, err
	}
	reg := &botocache.Registration{
		ClientID: aws.ToString(out.ClientId), ClientSecret: aws.ToString(out.ClientSecret),
		ExpiresAt: botocache.Time{Time: time.Unix(out.ClientSecretExpiresAt, 0)}, Scopes: in.Scopes, GrantTypes: f.grantTypes,
	}
	return reg, reg.Write(l.registrationFile())
}

// explain turns an error of the token service into what the user can do about it.
func (l *login) explain(err error) error {
	var (
		refused *types.AccessDeniedException
		late    *types.ExpiredTokenException
		unknown *types.InvalidRequestException
	)
	switch {
	case errors.As(err, &refused):
		return fmt.Errorf("signing in to SSO session %q was refused in the browser", l.Name)
	case errors.As(err, &late):
		return fmt.Errorf("nobody signed in to SSO session %q in time; try again", l.Name)
	case errors.As(err, &unknown):
		failure := awsapi.Explain(err)
		return fmt.Errorf("SSO session %q: %s: %s; check sso_start_url (%s) and sso_region (%s) in %s:%d",
			l.Name, failure.Operation, failure.Message, l.session.StartURL, l.region, l.session.File, l.session.Line)
	}
	return err
}
