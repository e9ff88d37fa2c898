package cli

import (
	"context"
	"fmt"
	"sync"
	"time"

	"muster/internal/auth/sso"
	"muster/internal/terminal"
)

// signInTimeout is the time that the user has for a sign-in in the browser.
const signInTimeout = 10 * time.Minute

// loginOffer returns a function that asks whether to sign in to a session that has ended, or
// nil if nobody is at a terminal: a script gets the error with the command to run instead.
func (a *App) loginOffer() sso.OfferLogin {
	if !terminal.IsTerminal(a.Stdin) || !terminal.IsTerminal(a.Stderr) || !a.term.CanAsk() {
		return nil
	}
	var one sync.Mutex // a whole sign-in at a time, from the question to the answer in the browser
	return func(ctx context.Context, need *sso.LoginError, signIn func(context.Context, sso.LoginOptions) (sso.LoginResult, error)) error {
		if a.term.HasScreen() { // --watch would draw over the URL
			return need
		}
		one.Lock()
		defer one.Unlock()
		ctx, cancel := a.term.Bound(ctx)
		defer cancel()
		yes, err := a.term.Offer(ctx, fmt.Sprintf("%s %s. Sign in now?", need.To, need.Why))
		switch {
		case err != nil:
			return err
		case !yes:
			return need
		}
		defer a.term.Hold()() // the progress would move the URL away
		ctx, stop := context.WithTimeoutCause(ctx, signInTimeout, fmt.Errorf("no sign-in within %s", signInTimeout))
		defer stop()
		in, err := signIn(ctx, a.signInOptions())
		if err != nil {
			return err
		}
		a.noteSignedIn(need.To, in)
		return nil
	}
}

// signInOptions are the options of a sign-in that no flag changes.
func (a *App) signInOptions() sso.LoginOptions {
	open := a.browser(false)
	return sso.LoginOptions{DeviceCode: a.needsCode(false), Open: open, Show: a.showSignIn(open != nil), Ask: a.asker()}
}

// asker returns a function that asks for the browser's code, or nil without a terminal.
func (a *App) asker() func(context.Context, string) (string, error) {
	if !a.term.CanAsk() {
		return nil
	}
	return a.term.AskSecret
}

func (a *App) noteSignedIn(to string, in sso.LoginResult) {
	if in.Until.IsZero() {
		a.note("signed in to %s", to)
		return
	}
	a.note("signed in to %s until %s", to, clock(in.Until))
}
