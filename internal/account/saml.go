package account

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"muster/internal/auth"
	"muster/internal/awsconfig"
	"muster/internal/names"
)

// SAMLProfile returns the profile that --saml-profile names.
func SAMLProfile(c *awsconfig.Config, name string) (*awsconfig.Profile, error) {
	p, err := c.Profile(name)
	switch {
	case err != nil:
		return nil, err
	case p.Problem != nil:
		return nil, p.Problem
	case p.Kind != awsconfig.KindSAML:
		return nil, usage("--saml-profile %s: profile %q (%s:%d) has no saml_provider", name, p.Name, p.File, p.Line)
	}
	return p, nil
}

// fromSAML finds every account for which the assertion of a SAML provider offers a role.
func fromSAML(r *auth.Resolver, s Selection, o Options) (*Found, error) {
	p, err := SAMLProfile(r.Config, s.SAMLProfile)
	if err != nil {
		return nil, err
	}
	patterns := make([]samlPattern, len(s.Roles))
	for i, text := range s.Roles {
		if patterns[i], err = newSAMLPattern(text); err != nil {
			return nil, err
		}
	}
	return &Found{Accounts: func(ctx context.Context) iter.Seq2[*Account, error] {
		return func(yield func(*Account, error) bool) {
			offered, err := r.SAMLRoles(ctx, p, s.Roles)
			if err != nil {
				yield(nil, err)
				return
			}
			accounts := samlAccounts(r, p, offered, patterns)
			if len(accounts) == 0 {
				yield(nil, &EmptyError{noFittingRole(offered, patterns)})
				return
			}
			if note := leftOut(offered, accounts, patterns, o.EveryRole); note != "" && o.Warn != nil && len(s.Accounts) == 0 && s.Named == "" {
				o.Warn(note)
			}
			for _, a := range accounts {
				if !yield(a, nil) {
					return
				}
			}
		}
	}}, nil
}

// samlAccounts returns the accounts of the roles that fit the patterns, all without any. An
// account's roles are in the order of the patterns, and then of those offered.
func samlAccounts(r *auth.Resolver, p *awsconfig.Profile, offered []auth.SAMLRole, patterns []samlPattern) (accounts []*Account) {
	wanted := make([]string, len(patterns))
	for i, pattern := range patterns {
		wanted[i] = pattern.text
	}
	seen := map[string]bool{}
	for _, role := range offered {
		id := role.AccountID()
		if seen[id] {
			continue
		}
		seen[id] = true
		var ids known
		for _, fitting := range fittingRoles(offered, id, patterns) {
			ids = append(ids, r.SAMLRole(p, fitting, wanted))
		}
		if len(ids) > 0 {
			accounts = append(accounts, &Account{ID: id, Name: role.AccountName, Source: SourceSAML, identities: ids})
		}
	}
	return accounts
}

// leftOut says which accounts and roles of the assertion a sweep does not visit; "" for none.
// The numbers are those of all accounts, before --account selects some.
func leftOut(offered []auth.SAMLRole, accounts []*Account, patterns []samlPattern, everyRole bool) string {
	all := map[string]bool{}
	for _, role := range offered {
		all[role.AccountID()] = true
	}
	several := 0
	for _, a := range accounts {
		if len(a.identities.(known)) > 1 {
			several++
		}
	}
	switch left := len(all) - len(accounts); {
	case left > 0:
		return fmt.Sprintf("left out %s without a role that fits --role", accountCount(left))
	case several > 0 && len(patterns) == 0 && !everyRole:
		return fmt.Sprintf("%s with several roles: muster takes the first one that works; --role chooses", accountCount(several))
	}
	return ""
}

// fittingRoles returns the roles in an account that fit the patterns, in their order.
func fittingRoles(offered []auth.SAMLRole, accountID string, patterns []samlPattern) (fitting []auth.SAMLRole) {
	add := func(fits func(auth.SAMLRole) bool) {
		for _, role := range offered {
			if role.AccountID() == accountID && fits(role) && !slices.Contains(fitting, role) {
				fitting = append(fitting, role)
			}
		}
	}
	if len(patterns) == 0 {
		add(func(auth.SAMLRole) bool { return true })
	}
	for _, pattern := range patterns {
		add(pattern.fits)
	}
	return fitting
}

// samlPattern is a value of --role: the name of a role, its path and name, an ARN with
// {account}, or a glob of these.
type samlPattern struct {
	text string
	glob *names.Glob
}

func newSAMLPattern(text string) (samlPattern, error) {
	glob, err := names.CompileGlob(strings.ReplaceAll(strings.TrimPrefix(text, "/"), "{account}", "*"))
	if err != nil {
		return samlPattern{}, usage("--role %q: not a pattern: %v", text, err)
	}
	return samlPattern{text, glob}, nil
}

func (p samlPattern) fits(role auth.SAMLRole) bool {
	_, path, _ := strings.Cut(role.ARN, ":role/")
	return role.Name() == p.text || p.glob.Match(role.Name()) || p.glob.Match(path) || p.glob.Match(role.ARN)
}

func accountCount(n int) string {
	if n == 1 {
		return "1 account"
	}
	return fmt.Sprintf("%d accounts", n)
}

// noFittingRole says that no role fits, and names those that there are.
func noFittingRole(offered []auth.SAMLRole, patterns []samlPattern) string {
	var roles, wanted []string
	for _, role := range offered {
		if !slices.Contains(roles, role.Name()) {
			roles = append(roles, role.Name())
		}
	}
	hint := ""
	for _, pattern := range patterns {
		wanted = append(wanted, pattern.text)
		hint += names.DidYouMean(pattern.text, roles)
	}
	if hint == "" {
		hint = "; it offers " + strings.Join(roles, ", ")
	}
	return fmt.Sprintf("--role %s: the SAML assertion offers no such role%s", strings.Join(wanted, ","), hint)
}
