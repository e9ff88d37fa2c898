package cli

import "slices"

// AccountArgument is the argument of commands that takes one account.
type AccountArgument struct {
	Account string `arg:"" optional:"" complete:"accounts" help:"Account: its id, its name, or a part of its name. Without flags that select accounts, muster looks for it in all profiles and in the only sso-session."`
}

// name selects the account of a command's argument; "" selects nothing. The argument
// overrides MUSTER_ACCOUNT.
func (s *Selection) name(app *App, account string) error {
	if account == "" {
		return nil
	}
	if len(s.Accounts) > 0 && !slices.Contains(app.flagsFromEnv, "account") {
		return usage("%s and --account exclude each other: name the account once", account)
	}
	s.Accounts, s.Named = nil, account
	return nil
}
