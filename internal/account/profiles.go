package account

import (
	"context"
	"errors"
	"iter"

	"muster/internal/auth"
	"muster/internal/awsconfig"
)

// fromIdentity is the one account of who the user is.
func fromIdentity(r *auth.Resolver) (*Found, error) {
	id, err := r.Current()
	if err != nil {
		return nil, err
	}
	return &Found{Accounts: func(ctx context.Context) iter.Seq2[*Account, error] {
		return func(yield func(*Account, error) bool) {
			accountID, err := r.Account(ctx, id)
			if err != nil { // who the user is cannot be told, and there is nobody else
				yield(nil, err)
				return
			}
			yield(&Account{ID: accountID, Name: id.Profile, Source: SourceIdentity, ways: []way{open(id)}, known: []*auth.Identity{id}}, nil)
		}
	}}, nil
}

// fromProfiles is an account for each profile. Profiles that lead to the same
// account are ways into it: see roster.
func fromProfiles(r *auth.Resolver, s Selection) (*Found, error) {
	profiles, skipped, err := chooseProfiles(r.Config, s)
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
		return nil, &auth.NoCredentialsError{Msg: "no profile of " + r.Config.Files.Config + " can give credentials; 'muster profiles' says what each lacks"}
	}
	found.Accounts = func(ctx context.Context) iter.Seq2[*Account, error] { return newRoster(r, ids, patience).list(ctx) }
	return found, nil
}

// chooseProfiles returns the profiles that a selection means. Of all profiles and of
// those that a glob matches, the ones that hold only settings are not meant: they
// lead to the role of the machine, as does any name that nobody has thought of. What
// else gives no credentials is skipped.
func chooseProfiles(c *awsconfig.Config, s Selection) (chosen []*awsconfig.Profile, skipped []error, err error) {
	if s.AllProfiles {
		for _, p := range c.Profiles {
			if p.CanGiveCredentials() {
				chosen = append(chosen, p)
			} else if _, err := c.Chain(p); p.Kind != awsconfig.KindNone || p.Problem != nil {
				skipped = append(skipped, err)
			}
		}
		return chosen, append(skipped, c.Stray()...), nil
	}
	taken := map[string]bool{}
	for _, pattern := range s.Profiles {
		matched, err := match(c, pattern)
		if err != nil {
			return nil, nil, err
		}
		for _, p := range matched {
			if settings := p.Kind == awsconfig.KindNone && p.Problem == nil; settings && p.Name != pattern || taken[p.Name] {
				continue
			}
			taken[p.Name] = true
			chosen = append(chosen, p)
		}
	}
	return chosen, skipped, nil
}

// match finds the profiles that a --profile means.
func match(c *awsconfig.Config, pattern string) ([]*awsconfig.Profile, error) {
	matched, err := c.Match(pattern)
	if err != nil && !errors.As(err, new(*awsconfig.NotFoundError)) {
		return nil, usage("--profile %q: not a pattern: %v", pattern, errors.Unwrap(err))
	}
	return matched, err
}
