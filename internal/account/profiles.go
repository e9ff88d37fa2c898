package account

import (
	"context"
	"errors"
	"iter"
	"time"

	"muster/internal/auth"
	"muster/internal/awsconfig"
)

// fromIdentity finds the account of the current identity.
func fromIdentity(r *auth.Resolver) (*Found, error) {
	id, err := r.Current()
	if err != nil {
		return nil, err
	}
	return &Found{Accounts: func(ctx context.Context) iter.Seq2[*Account, error] {
		return func(yield func(*Account, error) bool) {
			accountID, err := r.Account(ctx, id)
			if err != nil {
				yield(nil, err)
				return
			}
			yield(&Account{ID: accountID, Name: id.Profile, Source: SourceIdentity, identities: known{id}}, nil)
		}
	}}, nil
}

// OrderDelay is the time for which accounts are yielded in the order of their profiles. Only
// tests change it, so that no result depends on the speed of the machine.
var OrderDelay = time.Second

// fromProfiles finds the account of each profile. Several profiles may lead to one
// account: see roster.
func fromProfiles(r *auth.Resolver, s Selection) (*Found, error) {
	profiles, skipped, err := selectProfiles(r.Config, s)
	if err != nil {
		return nil, err
	}
	found := &Found{Skipped: skipped}
	var ids []*auth.Identity
	for _, p := range profiles {
		id, err := r.Profile(p)
		switch {
		case err == nil:
			ids = append(ids, id)
		case s.AllProfiles:
			found.Skipped = append(found.Skipped, err)
		default:
			return nil, err
		}
	}
	if len(ids) == 0 {
		return nil, &auth.NoCredentialsError{Msg: "no profile of " + r.Config.Files.Config + " can give credentials; 'muster profiles' lists their problems"}
	}
	found.Accounts = func(ctx context.Context) iter.Seq2[*Account, error] {
		return newRoster(r, ids, OrderDelay).accounts(ctx)
	}
	return found, nil
}

// selectProfiles returns the profiles of a selection. Unless a profile is named in
// full, it leaves out profiles that contain only settings: these would all lead to the
// role of the machine. Other profiles without credentials are skipped with an error.
func selectProfiles(c *awsconfig.Config, s Selection) (selected []*awsconfig.Profile, skipped []error, err error) {
	if s.AllProfiles {
		for _, p := range c.Profiles {
			if p.CanGiveCredentials() {
				selected = append(selected, p)
			} else if _, err := c.Chain(p); p.Kind != awsconfig.KindNone || p.Problem != nil {
				skipped = append(skipped, err)
			}
		}
		return selected, append(skipped, c.Stray()...), nil
	}
	taken := map[string]bool{}
	for _, pattern := range s.Profiles {
		matched, err := matchProfiles(c, pattern)
		if err != nil {
			return nil, nil, err
		}
		for _, p := range matched {
			onlySettings := p.Kind == awsconfig.KindNone && p.Problem == nil
			if onlySettings && p.Name != pattern || taken[p.Name] {
				continue
			}
			taken[p.Name] = true
			selected = append(selected, p)
		}
	}
	return selected, skipped, nil
}

// matchProfiles returns the profiles that match a name or glob of --profile.
func matchProfiles(c *awsconfig.Config, pattern string) ([]*awsconfig.Profile, error) {
	matched, err := c.Match(pattern)
	if err != nil && !errors.As(err, new(*awsconfig.NotFoundError)) {
		return nil, usage("--profile %q: not a pattern: %v", pattern, errors.Unwrap(err))
	}
	return matched, err
}
