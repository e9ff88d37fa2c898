package cli

import (
	"context"
	"errors"
	"slices"
	"strings"

	"muster/internal/account"
	"muster/internal/seen"
	"muster/internal/terminal"
)

// chooser returns a function that lets the user choose an account from a list. It is nil
// where no list can be shown: the caller then prints the accounts.
func (a *App) chooser(g *Global) account.Chooser {
	if !a.term.CanPick() {
		return nil
	}
	chosen := map[string]string{} // ids, by question: --watch asks once
	return func(ctx context.Context, question string, among []*account.Account) (*account.Account, error) {
		if i := slices.IndexFunc(among, func(a *account.Account) bool { return a.ID != "" && a.ID == chosen[question] }); i >= 0 {
			return among[i], nil
		}
		among = a.latestFirst(g, among)
		offers := make([]terminal.Offer, len(among))
		for i, one := range among {
			offers[i].Columns = []string{one.ID, strings.Join(strings.Fields(one.Name), " ")}
			offers[i].More = func(ctx context.Context) string { return strings.Join(one.RoleNames(ctx), ", ") }
		}
		i, err := a.term.Pick(ctx, question+": choose one (type to filter; Enter, Esc)", offers)
		if errors.Is(err, terminal.ErrGivenUp) {
			return nil, &partial{exitInterrupted}
		}
		if err != nil {
			return nil, err
		}
		chosen[question] = among[i].ID
		return among[i], nil
	}
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
	slices.SortStableFunc(sorted, func(x, y *account.Account) int { return int(used[y.ID] - used[x.ID]) })
	return sorted
}

// remember keeps that an account was used. An error does not fail the run.
func (a *App) remember(g *Global, used *account.Account) {
	if path := a.seenFile(g.simulated); path != "" && used.ID != "" {
		_ = seen.Update(path, a.Now(), []seen.Entry{{Kind: seen.Used, ID: used.ID}}, func(seen.Entry) bool { return false })
	}
}
