package cli

import (
	"context"
	"errors"
	"fmt"

	"muster/internal/awsconfig"
	"muster/internal/contexts"
	"muster/internal/shell"
	"muster/internal/terminal"
)

// contextOffer is what a context can keep after a sign-in: the flag that selects its accounts.
type contextOffer struct{ flag, name string }

// offerOf returns the offer of a session. A legacy profile's session has no name that
// a context could keep.
func offerOf(session *awsconfig.Session) []contextOffer {
	if session.Name == "" {
		return nil
	}
	return []contextOffer{{"sso-session", session.Name}}
}

// offerContext offers to create a context after the first sign-in: if there is no file of
// contexts yet, and a person reads the terminal. The file keeps the answer no, too.
func (a *App) offerContext(ctx context.Context, g *Global, offers []contextOffer) error {
	path := a.contextPath()
	if g.simulated || path == "" || !a.term.NotesShown() || !a.term.CanAsk() {
		return nil
	}
	if file, err := contexts.Read(ctx, path); err != nil || file.Exists {
		return nil // a mistake in the file is reported when a command needs it
	}
	chosen, err := a.chooseOffer(ctx, offers)
	if err != nil {
		return err
	}
	editor := a.contextFile()
	if chosen == nil {
		if err := editor.Create(ctx); err == nil {
			a.note("no context created; 'muster help contexts' explains them")
		}
		return nil
	}
	setting := contexts.Setting{Flag: chosen.flag, Values: []string{chosen.name}}
	if err := editor.Set(ctx, chosen.name, []contexts.Setting{setting}, nil); err != nil {
		return err
	}
	if err := editor.Use(ctx, chosen.name); err != nil {
		return err
	}
	next := ""
	if chosen.flag == "sso-session" {
		next = "; add a permission set with: muster context set " + shell.Word(chosen.name) + " --role NAME"
	}
	a.note("created context %s in %s%s", chosen.name, path, next)
	return nil
}

// chooseOffer asks for the offer that becomes a context; nil for none.
func (a *App) chooseOffer(ctx context.Context, among []contextOffer) (*contextOffer, error) {
	if len(among) == 1 {
		what := "the accounts of " + among[0].name
		if among[0].flag == "profile" {
			what = "profile " + among[0].name
		}
		yes, err := a.term.Confirm(ctx, fmt.Sprintf("Use %s in all commands, as the current context?", what))
		if err != nil || !yes {
			return nil, err
		}
		return &among[0], nil
	}
	lines := make([]terminal.Offer, len(among))
	for i, offer := range among {
		lines[i].Columns = []string{offer.name, offer.flag}
	}
	i, err := a.term.Pick(ctx, "The accounts for all commands, as the current context: choose one (Enter; Esc for none)", lines)
	switch {
	case errors.Is(err, terminal.ErrGivenUp):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return &among[i], nil
}
