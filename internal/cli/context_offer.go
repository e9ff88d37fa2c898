package cli

import (
	"context"
	"fmt"

	"muster/internal/awsconfig"
	"muster/internal/contexts"
	"muster/internal/shell"
)

// offerContext offers to create a context for a session after the first sign-in: if there is no
// file of contexts yet, and a person reads the terminal. The file keeps the answer no, too.
func (a *App) offerContext(ctx context.Context, g *Global, s *awsconfig.Session) error {
	path := a.contextPath()
	if g.simulated || path == "" || s.Name == "" || !a.term.NotesShown() || !a.term.CanAsk() {
		return nil
	}
	if file, err := contexts.Read(ctx, path); err != nil || file.Exists {
		return nil // a mistake in the file is reported when a command needs it
	}
	editor := a.contextFile()
	yes, err := a.term.Confirm(ctx, fmt.Sprintf("Use the accounts of %s in all commands, as the current context?", s.Name))
	if err != nil {
		return err
	}
	if !yes {
		if err := editor.Create(ctx); err == nil {
			a.note("no context created; 'muster help contexts' explains them")
		}
		return nil
	}
	setting := contexts.Setting{Flag: "sso-session", Values: []string{s.Name}}
	if err := editor.Set(ctx, s.Name, []contexts.Setting{setting}, nil); err != nil {
		return err
	}
	if err := editor.Use(ctx, s.Name); err != nil {
		return err
	}
	a.note("created context %s in %s; add a permission set with: muster context set %s --role NAME", s.Name, path, shell.Word(s.Name))
	return nil
}
