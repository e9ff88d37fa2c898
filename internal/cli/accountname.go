package cli

import (
	"context"
	"fmt"

	"muster/internal/account"
)

// AccountArgument is the argument of commands that takes one account.
type AccountArgument struct {
	Account string `arg:"" optional:"" complete:"accounts,account-profiles" help:"Account: its id, its name, or a part of its name. Without flags that select accounts, muster looks for it in all profiles and in the only sso-session."`
}

// name selects the account of a command's argument; "" selects nothing. The argument
// overrides MUSTER_ACCOUNT and the accounts of the context.
func (s *Selection) name(app *App, account string) error {
	if account == "" {
		return nil
	}
	if len(s.Accounts) > 0 && app.setElsewhere["account"] == "" {
		return usage("%s and --account cannot be used together: name the account once", account)
	}
	s.Accounts, s.Named = nil, account
	return nil
}

// oneAccount returns the only active account of a selection. If there are several, the user
// chooses one, where that is possible.
func oneAccount(ctx context.Context, found *account.Found, choose account.Chooser) (*account.Account, error) {
	var accounts []*account.Account
	for a, err := range found.Accounts(ctx) {
		if err != nil {
			return nil, err
		}
		if accounts = append(accounts, a); len(accounts) > 1 && choose == nil {
			break
		}
	}
	if len(accounts) == 0 {
		return nil, fmt.Errorf("no account is selected")
	}
	one, err := onlyAccount(ctx, accounts, choose)
	switch {
	case err != nil:
		return nil, err
	case !one.Active():
		return nil, fmt.Errorf("account %s is %s", label(one), one.Status)
	}
	one.AskRole(choose)
	return one, nil
}

// onlyAccount returns the only account of several, or the one that the user chooses.
func onlyAccount(ctx context.Context, accounts []*account.Account, choose account.Chooser) (*account.Account, error) {
	switch {
	case len(accounts) == 1:
		return accounts[0], nil
	case choose == nil:
		return nil, fmt.Errorf("several accounts are selected (%s, %s, ...); choose one with --account", label(accounts[0]), label(accounts[1]))
	}
	return choose.Account(ctx, fmt.Sprintf("%d accounts are selected", len(accounts)), accounts)
}
