package account

import (
	"context"
	"fmt"
	"iter"
	"strings"

	"muster/internal/auth"
	"muster/internal/awsconfig"
	"muster/internal/names"
)

// HasSource reports whether flags name a source of accounts.
func (s Selection) HasSource() bool {
	return s.Organization || s.TaskPolicy != "" || s.RoleARN != "" || s.SSOSession != "" || s.SAMLProfile != "" || s.AllProfiles || len(s.Profiles) > 0
}

// withSource returns the selection with a source if the config has an obvious one for the
// named account: a profile of that name, or with --role the only sso-session or SAML sign-in.
func (s Selection) withSource(c *awsconfig.Config) Selection {
	if len(s.Roles) > 0 {
		switch signIns := samlSignIns(c); {
		case len(c.Sessions) == 1:
			s.SSOSession = c.Sessions[0].Name
		case len(c.Sessions) == 0 && len(signIns) == 1:
			s.SAMLProfile = signIns[0].Name
		}
		return s
	}
	if p, err := c.Profile(s.Named); err == nil && (p.Kind != awsconfig.KindNone || p.Problem != nil) {
		s.Profiles = []string{s.Named}
	}
	return s
}

// samlSignIns returns a profile for each sign-in at a SAML provider.
func samlSignIns(c *awsconfig.Config) (signIns []*awsconfig.Profile) {
	known := map[awsconfig.SAML]bool{}
	for _, p := range c.Profiles {
		if in := p.SAML.SignIn(); p.Kind == awsconfig.KindSAML && p.Problem == nil && !known[in] {
			known[in] = true
			signIns = append(signIns, p)
		}
	}
	return signIns
}

// fromConfigured finds the accounts that Selection.Named may name among all profiles, the
// accounts of the only sso-session, and those of the last SAML sign-ins. Without any, it finds
// the account of the current identity. A profile's name is known without asking AWS, so that
// only the profiles with a similar name are asked for their accounts, unless Named is an id.
// Then the profiles of SAML sign-ins are left out: each could ask the user to sign in.
func fromConfigured(r *auth.Resolver, s Selection) (*Found, error) {
	var ids []*auth.Identity
	isID, usable := awsconfig.IsAccountID(s.Named), 0
	for _, p := range r.Config.Profiles {
		if !p.CanGiveCredentials() {
			continue
		}
		usable++
		if isID && p.Kind == awsconfig.KindSAML || !isID && !strings.Contains(strings.ToLower(p.Name), strings.ToLower(s.Named)) {
			continue
		}
		if id, err := r.Profile(p); err == nil {
			ids = append(ids, id)
		}
	}
	session := &Found{}
	switch {
	case len(r.Config.Sessions) == 1:
		var err error
		s.SSOSession = r.Config.Sessions[0].Name
		if session, err = fromSSO(r, s); err != nil {
			return nil, err
		}
	case usable == 0 && len(r.Config.Sessions) == 0:
		return fromIdentity(r)
	}
	return &Found{
		Accounts: func(ctx context.Context) iter.Seq2[*Account, error] {
			lists := []iter.Seq2[*Account, error]{newRoster(r, ids, OrderDelay).accounts(ctx), keptSAML(ctx, r)}
			if session.Accounts != nil {
				lists = append(lists, session.Accounts(ctx))
			}
			return s.orFromSAML(ctx, r, concat(lists...))
		},
		Refused:   session.Refused,
		noAccount: func() string { return s.noneConfigured(r.Config, usable) },
	}, nil
}

// keptSAML yields the accounts of the last sign-in at each SAML provider, without asking the user.
func keptSAML(ctx context.Context, r *auth.Resolver) iter.Seq2[*Account, error] {
	return func(yield func(*Account, error) bool) {
		for _, p := range samlSignIns(r.Config) {
			for _, a := range samlAccounts(r, p, r.KeptSAMLRoles(ctx, p), nil) {
				if !yield(a, nil) {
					return
				}
			}
		}
	}
}

// orFromSAML yields the accounts. If there are none, it asks the user to sign in at the SAML
// provider, if the config has one and no sso-session.
func (s Selection) orFromSAML(ctx context.Context, r *auth.Resolver, accounts iter.Seq2[*Account, error]) iter.Seq2[*Account, error] {
	return func(yield func(*Account, error) bool) {
		none := true
		for a, err := range accounts {
			none = false
			if !yield(a, err) {
				return
			}
		}
		signIns := samlSignIns(r.Config)
		if !none || len(signIns) != 1 || len(r.Config.Sessions) > 0 {
			return
		}
		s.SAMLProfile = signIns[0].Name
		found, err := fromSAML(r, s, Options{})
		if err != nil {
			yield(nil, err)
			return
		}
		found.Accounts(ctx)(yield)
	}
}

func concat(lists ...iter.Seq2[*Account, error]) iter.Seq2[*Account, error] {
	return func(yield func(*Account, error) bool) {
		for _, list := range lists {
			for a, err := range list {
				if !yield(a, err) {
					return
				}
			}
		}
	}
}

// noneConfigured says that neither a profile nor the session has the named account.
func (s Selection) noneConfigured(c *awsconfig.Config, usable int) string {
	text := fmt.Sprintf("account %s: no such account among the %d profiles of %s", s.Named, usable, c.Files.Config)
	var profiles []string
	for _, p := range c.Profiles {
		profiles = append(profiles, p.Name)
	}
	text += names.DidYouMean(s.Named, profiles)
	if len(c.Sessions) > 1 {
		text += "; to look in an sso-session, name it with --sso-session"
	}
	if len(samlSignIns(c)) > 0 {
		text += "; to look in a SAML sign-in, name it with --saml-profile"
	}
	return text
}

// automatic names the flag for the source of an account that muster has found on its own.
func (s Selection) automatic(c *awsconfig.Config) func(*Account) string {
	return func(a *Account) string {
		switch {
		case a.Source == SourceProfile:
			return ", from --profile " + a.Name
		case a.Source == SourceSSO && len(c.Sessions) == 1:
			return ", from --sso-session " + c.Sessions[0].Name
		case a.Source == SourceSAML:
			return ", from --saml-profile " + a.identities.(known)[0].Profile
		}
		return ""
	}
}
