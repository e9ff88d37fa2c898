package cli

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"muster/internal/account"
	"muster/internal/seen"
	"muster/internal/sweep"
	"muster/internal/terminal"
)

// chooser lets the user choose from lists.
type chooser struct {
	app    *App
	global *Global
	chosen map[string]string // by question: --watch asks once
}

// chooser returns nil where no list can be shown: the caller then prints the choices.
func (a *App) chooser(g *Global) account.Chooser {
	if !a.term.CanPick() {
		return nil
	}
	return &chooser{a, g, map[string]string{}}
}

// Account implements account.Chooser. The accounts that were used last come first.
func (c *chooser) Account(ctx context.Context, question string, among []*account.Account) (*account.Account, error) {
	among = c.app.latestFirst(c.global, among)
	ids := make([]string, len(among))
	offers := make([]terminal.Offer, len(among))
	for i, one := range among {
		ids[i] = one.ID
		offers[i].Columns = []string{one.ID, strings.Join(strings.Fields(one.Name), " ")}
		offers[i].More = func(ctx context.Context) string { return strings.Join(one.RoleNames(ctx), ", ") }
	}
	i, err := c.pick(ctx, question, ids, offers)
	if err != nil {
		return nil, err
	}
	return among[i], nil
}

// Role implements account.Chooser.
func (c *chooser) Role(ctx context.Context, question string, among []string) (string, error) {
	offers := make([]terminal.Offer, len(among))
	for i, role := range among {
		offers[i].Columns = []string{role}
	}
	i, err := c.pick(ctx, question, among, offers)
	if err != nil {
		return "", err
	}
	return among[i], nil
}

// pick returns the index of the offer that the user chooses. The names tell the offers apart.
// A user who leaves the list ends the run.
func (c *chooser) pick(ctx context.Context, question string, names []string, offers []terminal.Offer) (int, error) {
	if name := c.chosen[question]; name != "" {
		if i := slices.Index(names, name); i >= 0 {
			return i, nil
		}
	}
	i, err := c.app.term.Pick(ctx, question+": choose one (type to filter; Enter, Esc)", offers)
	switch {
	case errors.Is(err, terminal.ErrGivenUp):
		return 0, &sweep.Stop{Err: &partial{exitInterrupted}}
	case err != nil:
		return 0, err
	}
	c.chosen[question] = names[i]
	return i, nil
}

// latestFirst returns accounts with those first that were used last.
func (a *App) latestFirst(g *Global, accounts []*account.Account) []*account.Account {
	used := map[string]int64{}
	if path := a.seenFile(g.simulated); path != "" {
		for _, e := range seen.OfKind(seen.Read(path, a.Now()), seen.Used) {
			used[e.ID] = e.Seen.Unix()
		}
	}
	sorted := slices.Clone(accounts)
	slices.SortStableFunc(sorted, func(x, y *account.Account) int { return cmp.Compare(used[y.ID], used[x.ID]) })
	return sorted
}

// remember keeps that an account was used. An error does not fail the run.
func (a *App) remember(g *Global, used *account.Account) {
	if path := a.seenFile(g.simulated); path != "" && used.ID != "" {
		_ = seen.Update(path, a.Now(), []seen.Entry{{Kind: seen.Used, ID: used.ID}}, func(seen.Entry) bool { return false })
	}
}
