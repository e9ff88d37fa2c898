package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"muster/internal/account"
	"muster/internal/auth"
	"muster/internal/auth/saml"
	"muster/internal/awsconfig"
	"muster/internal/shell"
	"muster/internal/sweep"
)

// samlFlags are the flags of login for a SAML provider. Their variables are for other commands.
type samlFlags struct {
	RoleARN         string   `name:"role-arn" env:"-" placeholder:"ARN" complete:"role-arns" help:"Role, if the SAML provider offers several."`
	Roles           []string `name:"role" env:"-" placeholder:"R" complete:"roles" help:"Get credentials in every account, of the first of these roles that works, for --saml-profile; globs allowed."`
	DurationSeconds int      `env:"-" placeholder:"N" complete:"none" help:"Session duration, 900 to 43200; one hour if the role allows less."`
	IP              string   `name:"ip" env:"-" placeholder:"ADDRESS" complete:"none" help:"Your address, which OneLogin may exempt from MFA."`
}

func (f *samlFlags) given() bool {
	return f.RoleARN != "" || len(f.Roles) > 0 || f.DurationSeconds != 0 || f.IP != ""
}

func (f *samlFlags) check() error {
	switch {
	case f.RoleARN != "" && len(f.Roles) > 0:
		return usage("--role-arn and --role cannot be used together: --role is for every account")
	case f.RoleARN != "" && !auth.IsRoleARN(f.RoleARN):
		return usage("--role-arn %q: expected a role's ARN, such as arn:aws:iam::123456789012:role/NAME", f.RoleARN)
	case f.DurationSeconds != 0 && (f.DurationSeconds < 900 || f.DurationSeconds > 43200):
		return usage("--duration-seconds %d: expected 900 to 43200", f.DurationSeconds)
	}
	return nil
}

// signIn signs in at the SAML provider of a profile.
func (f *samlFlags) signIn(ctx context.Context, app *App, g *Global, r *auth.Resolver, p *awsconfig.Profile) error {
	if g.NoCache {
		return usage("--no-cache keeps no credentials, so that a sign-in has no effect")
	}
	options := auth.SAMLLogin{Role: f.RoleARN, Duration: time.Duration(f.DurationSeconds) * time.Second, IP: f.IP}
	if len(f.Roles) > 0 {
		if err := r.SignInSAML(ctx, p, options); err != nil {
			return err
		}
		return f.openAll(ctx, app, r, p)
	}
	role, until, err := r.LoginSAML(ctx, p, options)
	if err != nil {
		return err
	}
	app.note("signed in to %s as %s until %s", signInOf(p), role, clock(until))
	f.noteShorter(app, until)
	if f.RoleARN != "" {
		return nil
	}
	return f.openOthers(ctx, app, r, p)
}

// noteShorter tells the user that a role does not allow the duration of --duration-seconds.
func (f *samlFlags) noteShorter(app *App, until time.Time) {
	asked := time.Duration(f.DurationSeconds) * time.Second
	if asked > time.Hour && until.Sub(app.Now()) <= time.Hour {
		app.note("--duration-seconds %d is more than the role allows: the session lasts one hour", f.DurationSeconds)
	}
}

// openOthers gets the credentials that later commands would need another sign-in for: those of
// the other profiles with this sign-in, and those of a role in every account. An error there
// does not concern the role that the user has signed in as.
func (f *samlFlags) openOthers(ctx context.Context, app *App, r *auth.Resolver, p *awsconfig.Profile) error {
	var wait sync.WaitGroup
	for _, id := range r.SharingSAML(ctx, p) {
		wait.Go(func() { _, _ = id.Credentials.Retrieve(ctx) })
	}
	wait.Wait()
	opened, err := f.openAccounts(ctx, r, p, nil)
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil:
		return err
	}
	if n := len(opened.until); n > 1 {
		app.note("also signed in to %s, for --saml-profile %s; --role-arn signs in to one", count(n-1, "other account"), shell.Word(p.Name))
	}
	if n := len(opened.failed); n > 0 {
		app.note("no credentials in %s; 'muster accounts --saml-profile %s' says why", count(n, "account"), shell.Word(p.Name))
	}
	return nil
}

// openAll gets credentials in every account after a sign-in. It goes on after a refusal.
func (f *samlFlags) openAll(ctx context.Context, app *App, r *auth.Resolver, p *awsconfig.Profile) error {
	opened, err := f.openAccounts(ctx, r, p, func(text string) { app.note("%s", text) })
	if err != nil {
		return err
	}
	if n := len(opened.until); n > 0 {
		first := slices.MinFunc(opened.until, time.Time.Compare)
		app.note("signed in to %s in %s until %s", signInOf(p), count(n, "account"), clock(first))
		f.noteShorter(app, first)
	}
	if len(opened.failed) == 0 {
		return nil
	}
	app.listGaps(new(SweepFlags), opened.failed, nil)
	if len(opened.until) == 0 {
		return &partial{exitNothing}
	}
	return &partial{exitPartial}
}

// openedAccounts are the accounts of an assertion after a sign-in.
type openedAccounts struct {
	until  []time.Time // the end of the credentials in each account with credentials
	failed []sweep.Entry
}

// openAccounts gets credentials in every account, of the first role that works.
func (f *samlFlags) openAccounts(ctx context.Context, r *auth.Resolver, p *awsconfig.Profile, warn func(string)) (*openedAccounts, error) {
	found, err := account.Find(r, account.Selection{SAMLProfile: p.Name, Roles: f.Roles}, account.Options{Warn: warn})
	if err != nil {
		return nil, err
	}
	var (
		mu     sync.Mutex
		wait   sync.WaitGroup
		opened openedAccounts
	)
	open := func(a *account.Account) {
		id, err := a.Open(ctx)
		var creds aws.Credentials
		if err == nil {
			creds, err = id.Credentials.Retrieve(ctx)
		}
		var failed sweep.Entry
		if err != nil {
			failed = sweep.EntryOf(ctx, a, "", err)
		}
		mu.Lock()
		defer mu.Unlock()
		if err != nil {
			opened.failed = append(opened.failed, failed)
			return
		}
		opened.until = append(opened.until, creds.Expires)
	}
	for a, err := range found.Accounts(ctx) {
		if err != nil {
			wait.Wait()
			return nil, err
		}
		wait.Go(func() { open(a) })
	}
	wait.Wait()
	slices.SortFunc(opened.failed, func(x, y sweep.Entry) int { return strings.Compare(x.AccountId, y.AccountId) })
	return &opened, ctx.Err()
}

// clock returns a time as notes show it.
func clock(t time.Time) string { return t.Local().Format("2006-01-02 15:04") }

// signInOf names the sign-in of a profile.
func signInOf(p *awsconfig.Profile) string {
	if p.SAML.Provider == awsconfig.SAMLCommand {
		return fmt.Sprintf("profile %q", p.Name)
	}
	return fmt.Sprintf("%s (profile %q)", p.SAML, p.Name)
}

// logoutSAML removes what is kept of the sign-in of a profile.
func logoutSAML(ctx context.Context, app *App, r *auth.Resolver, p *awsconfig.Profile) error {
	removed, err := r.LogoutSAML(ctx, p)
	switch {
	case err != nil:
		return err
	case removed == 0:
		app.note("not signed in to %s", signInOf(p))
	default:
		app.note("signed out of %s; removed %s of cached credentials, which AWS accepts until they end", signInOf(p), count(removed, "file"))
	}
	return nil
}

// samlPrompt asks the user during a sign-in at a SAML provider.
type samlPrompt struct{ app *App }

// samlPrompt returns nil without a terminal.
func (a *App) samlPrompt() saml.Prompt {
	if !a.term.CanAsk() {
		return nil
	}
	return samlPrompt{a}
}

func (p samlPrompt) Code(ctx context.Context, question string) (string, error) {
	return p.app.term.AskSecret(ctx, strings.TrimRight(question, ": ")+": ")
}

func (p samlPrompt) Choose(ctx context.Context, question string, choices []string) (int, error) {
	return p.app.term.Choose(ctx, strings.TrimRight(question, ": "), choices)
}

func (p samlPrompt) Note(text string) { p.app.note("%s", text) }

// roleChooser returns a function that asks for one of the roles of a SAML assertion; nil without
// a terminal.
func (a *App) roleChooser() func(context.Context, []auth.SAMLRole) (auth.SAMLRole, error) {
	if !a.term.CanAsk() {
		return nil
	}
	return func(ctx context.Context, among []auth.SAMLRole) (auth.SAMLRole, error) {
		sorted := slices.SortedStableFunc(slices.Values(among), func(x, y auth.SAMLRole) int {
			return cmp.Or(strings.Compare(x.AccountName, y.AccountName), strings.Compare(x.AccountID(), y.AccountID()))
		})
		i, err := a.term.Choose(ctx, "the SAML assertion offers several roles", roleOffers(sorted))
		switch {
		case err == nil:
			return sorted[i], nil
		case ctx.Err() != nil || errors.Is(err, context.Canceled):
			return auth.SAMLRole{}, err
		}
		return auth.SAMLRole{}, fmt.Errorf("no role was chosen: %w; --role-arn names one", err)
	}
}

// roleOffers describes roles in columns: account, its name, role.
func roleOffers(roles []auth.SAMLRole) []string {
	width := 0
	for _, role := range roles {
		width = max(width, len([]rune(role.AccountName)))
	}
	lines := make([]string, len(roles))
	for i, role := range roles {
		name := role.AccountName + strings.Repeat(" ", width-len([]rune(role.AccountName)))
		if width > 0 {
			name += "  "
		}
		shown := role.Name()
		if slices.ContainsFunc(roles, func(other auth.SAMLRole) bool { return other != role && other.String() == role.String() }) {
			shown = role.ARN + "  " + role.Provider
		}
		lines[i] = role.AccountID() + "  " + name + shown
	}
	return lines
}
