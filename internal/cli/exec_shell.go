package cli

import (
	"cmp"
	"context"
	"runtime"
	"slices"
	"strings"
	"time"

	"muster/internal/account"
	"muster/internal/sweep"
	"muster/internal/terminal"
)

// Without a command, exec starts the user's shell in one account. The shell says where it
// is, and its credentials are renewed while it runs.

// startsShell makes the user's shell the command. It returns an error if no shell can start
// here.
func (e *execution) startsShell(app *App) error {
	if !terminal.IsTerminal(app.Stdin) && !e.DryRun || e.PerRegion || e.Prefix || e.records() && !e.DryRun {
		return usage("expected a command: muster exec [ACCOUNT] [flags] -- COMMAND [ARG...]; without one, a shell needs a terminal and one account")
	}
	if id := app.env["MUSTER_ACCOUNT_ID"]; id != "" && !e.Nested && !e.DryRun {
		return usage("this shell is in %s already: leave it with 'exit', or start another shell in it with --nested", shellPlace(id, app.env["MUSTER_ACCOUNT_NAME"]))
	}
	e.shell, e.Command = true, []string{userShell(app)}
	return nil
}

// chooseAccount leaves one of the active accounts.
func (e *execution) chooseAccount(ctx context.Context) error {
	active := slices.DeleteFunc(slices.Clone(e.accounts), func(a *account.Account) bool { return !a.Active() })
	a, err := onlyAccount(ctx, active, e.accountOptions.Choose)
	e.accounts = []*account.Account{a}
	return err
}

// userShell returns the user's shell.
func userShell(app *App) string {
	if runtime.GOOS == "windows" {
		return cmp.Or(app.env["ComSpec"], app.env["COMSPEC"], "cmd.exe")
	}
	return cmp.Or(app.env["SHELL"], "/bin/sh")
}

func shellPlace(id, name string) string {
	if name == "" {
		return "account " + id
	}
	return strings.Join(strings.Fields(name), " ") + " (" + id + ")"
}

// renews reports whether the credentials of the command are renewed while it runs.
// Long-term keys need no renewal.
func (e *execution) renews(expires bool) bool { return e.server != nil && (expires || !e.shell) }

// beginShell says on one line where the shell is, and for how long. end says that it has ended.
func (e *execution) beginShell(ctx context.Context, p sweep.Place) (end func(), err error) {
	if !e.shell {
		return func() {}, nil
	}
	creds, err := p.Identity.Credentials.Retrieve(ctx)
	if err != nil {
		return nil, err
	}
	place, as := shellPlace(p.Account.ID, p.Account.Name), ""
	if p.Identity.Role != "" {
		as = " as " + p.Identity.Role
	}
	lifetime := "does not expire"
	if creds.CanExpire {
		lifetime = "expires " + creds.Expires.UTC().Format(time.RFC3339)
		if e.renews(true) {
			lifetime += ", renewed until 'exit'"
		}
	}
	e.app.note("shell in %s%s; %s", place, as, lifetime)
	return func() { e.app.note("the shell in %s has ended", place) }, nil
}
