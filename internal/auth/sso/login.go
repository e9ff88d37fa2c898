package sso

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
	"muster/internal/auth/redirect"
	"muster/internal/awsapi"
)

// LoginOptions are the options of Session.Login.
type LoginOptions struct {
	DeviceCode bool // instead of a redirect from the browser to this machine
	Port       int  // of the redirect; 0 for any free port

	// Open opens a URL in the browser; nil if the user does that. If it fails, Login
	// falls back to a device code.
	Open func(url string) error
	// Show shows the user the URL to sign in at. The code is "" for a redirect.
	Show func(url, code string)
	// Ask asks for the code that the browser shows on another machine; nil if there is no
	// terminal. Only `aws login` has such codes.
	Ask func(ctx context.Context, question string) (string, error)
}

// LoginResult describes the token that Login has written.
type LoginResult struct {
	Until  time.Time // the token's end; zero if it is not known
	Region string    // the session's; another one than in the config if the start URL names it
}

// Login signs in to the session and writes its token into the AWS CLI's cache. It
// replaces an older token only at the end.
func (s *Session) Login(ctx context.Context, o LoginOptions) (LoginResult, error) {
	t, err := s.signIn(ctx, o)
	if err != nil {
		return LoginResult{}, err
	}
	s.mu.Lock() // before the file's lock, as accessToken does
	defer s.mu.Unlock()
	if err := s.keep(ctx, t); err != nil {
		return LoginResult{}, err
	}
	return LoginResult{t.ExpiresAt, t.Region}, nil
}

// signIn signs in and returns the token.
func (s *Session) signIn(ctx context.Context, o LoginOptions) (t *botocache.Token, err error) {
	switch err := s.file.CheckWritable(); {
	case errors.Is(err, botocache.ErrNoHome):
		return nil, err
	case err != nil:
		return nil, fmt.Errorf("a token of %s %w", s, err)
	}
	l := &login{Session: s, LoginOptions: o}
	if l.startURL, l.region, err = s.resolveStartURL(ctx); err != nil {
		return nil, err
	}
	l.oidc = s.client.API.OIDC(s.Target, l.region)
	if !o.DeviceCode {
		t, err = l.signInBy(ctx, l.withRedirect())
	}
	if o.DeviceCode || errors.Is(err, redirect.ErrNoBrowser) {
		t, err = l.signInBy(ctx, l.withDeviceCode())
	}
	if err != nil {
		return nil, s.client.API.Secrets().Error(l.explain(err))
	}
	return t, nil
}

// keep writes a token into the file. The caller holds mu.
func (s *Session) keep(ctx context.Context, t *botocache.Token) error {
	unlock, err := s.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	if err := s.file.Write(t); err != nil {
		return fmt.Errorf("writing the token of %s: %w", s, err)
	}
	s.token, s.failed = t, nil
	return nil
}

// login is one attempt to sign in.
type login struct {
	*Session
	LoginOptions
	oidc     *ssooidc.Client
	startURL string // of AWS's own domain
	region   string // of the session
}

// flow is one way to sign in, with a registration for its grant types.
type flow struct {
	grantTypes []string // nil for device codes: their registrations have no grant types
	signIn     func(context.Context, *botocache.Registration) (*ssooidc.CreateTokenOutput, error)
}

// signInBy signs in by a flow, with the cached registration if it is still valid. It
// replaces a registration that the service does not know any more.
func (l *login) signInBy(ctx context.Context, f flow) (*botocache.Token, error) {
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
			StartURL: l.settings.StartURL, Region: l.region,
			AccessToken: *out.AccessToken, ExpiresAt: l.client.Now().Add(time.Duration(out.ExpiresIn) * time.Second),
			ClientID: reg.ClientID, ClientSecret: reg.ClientSecret, RegistrationExpiresAt: reg.ExpiresAt.Time,
			RefreshToken: aws.ToString(out.RefreshToken),
		}, nil
	}
}

// registrationWindow is the lifetime that a registration must have left.
const registrationWindow = 15 * time.Minute

// accountScope is the scope that lets a token list accounts and be refreshed.
const accountScope = "sso:account:access"

func (l *login) registrationFile() botocache.RegistrationFile {
	return l.client.Cache.Registration(l.settings.StartURL, l.region, l.settings.Scopes, l.settings.Name)
}

// cachedRegistration returns the cached registration, and whether a flow can use it.
func (l *login) cachedRegistration(ctx context.Context, f flow) (reg *botocache.Registration, usable bool) {
	reg = l.registrationFile().Read(ctx)
	return reg, reg != nil && reg.ExpiresAt.After(l.client.Now().Add(registrationWindow)) && slices.Equal(reg.GrantTypes, f.grantTypes)
}

func (l *login) newRegistration(ctx context.Context, f flow) (*botocache.Registration, error) {
	in := &ssooidc.RegisterClientInput{
		ClientName: aws.String("muster-" + cmp.Or(l.settings.Name, "profile")), ClientType: aws.String("public"),
		Scopes: l.settings.Scopes, GrantTypes: f.grantTypes,
	}
	if f.grantTypes != nil {
		in.IssuerUrl, in.RedirectUris = &l.startURL, []string{"http://127.0.0.1" + redirect.Path}
		if len(in.Scopes) == 0 {
			in.Scopes = []string{accountScope}
		}
	}
	out, err := l.oidc.RegisterClient(ctx, in)
	if err != nil {
		return nil, err
	}
	reg := &botocache.Registration{
		ClientID: aws.ToString(out.ClientId), ClientSecret: aws.ToString(out.ClientSecret),
		ExpiresAt: botocache.Time{Time: time.Unix(out.ClientSecretExpiresAt, 0)}, Scopes: in.Scopes, GrantTypes: f.grantTypes,
	}
	return reg, l.registrationFile().Write(reg)
}

// explain replaces an error of the token service by one with a remedy.
func (l *login) explain(err error) error {
	var (
		refused *types.AccessDeniedException
		late    *types.ExpiredTokenException
		unknown *types.InvalidRequestException
	)
	switch {
	case errors.As(err, &refused) || errors.Is(err, redirect.ErrRefused):
		return fmt.Errorf("signing in to %s was refused in the browser", l.Session)
	case errors.As(err, &late):
		return fmt.Errorf("the sign-in to %s was not finished in time; try again", l.Session)
	case errors.As(err, &unknown):
		failure := awsapi.Explain(err)
		return fmt.Errorf("%s: %s: %s; check sso_start_url (%s) and sso_region (%s) in %s:%d",
			l.Session, failure.Operation, failure.Message, l.settings.StartURL, l.region, l.settings.File, l.settings.Line)
	}
	return err
}
