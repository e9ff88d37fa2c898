package cli

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"muster/internal/account"
	"muster/internal/auth"
	"muster/internal/render"
	"muster/internal/sweep"
)

type credentialsCmd struct {
	AccountArgument `embed:""`

	AllRoles bool `group:"select" help:"Print the credentials of every role or permission set in each account."`
	Unset    bool `group:"output" help:"Print the lines that unset the variables of -o env, in the syntax of -o and --shell."`

	Selection  `embed:""`
	SweepFlags `embed:""`
	Export     `embed:""`
}

func (*credentialsCmd) Help() string {
	return `-o json prints a list of {accountId, accountName, emailAddress, roles: {ROLE: {accessKeyId, secretAccessKey, sessionToken, expiration}}}; the expiration is in milliseconds since 1970.`
}

func (*credentialsCmd) Examples() []string {
	return []string{
		"muster credentials production",
		"eval \"$(muster credentials production -o env)\"",
		"muster credentials --organization --role EC2ReadAccess -o ini",
		"muster credentials --sso-session freddy-sso --jq .accountId",
	}
}

func (c *credentialsCmd) Run(ctx context.Context, app *App, g *Global) error {
	if c.Unset {
		return c.unset(app)
	}
	out, err := c.Export.start(app, g)
	if err != nil {
		return err
	}
	if err := c.name(app, c.Account); err != nil {
		return err
	}
	s, err := prepare(app, g, &c.Selection, &c.SweepFlags, c.Concurrency)
	if err != nil {
		return err
	}
	s.resolver.MinTTL, s.accountOptions.Strict = exportTTL, true
	ctx, cancel := s.bound(ctx)
	defer cancel()
	result, err := sweepOnce(ctx, s, &listing[accountCredentials]{noun: "credentials", plan: c.plan, recordNames: recordRoles}, out)
	if err != nil {
		return err
	}
	err = s.conclude(ctx, result)
	if keys, ok := out.(*exportStream); ok && err == nil && keys.single != "" && len(keys.keys) == 0 {
		return &partial{exitNothing} // a shell that evaluates nothing would go on with other credentials
	}
	return err
}

// unset prints the lines that remove the variables of -o env. It needs no credentials.
func (c *credentialsCmd) unset(app *App) error {
	if c.Output == "" {
		c.Output = "env"
	}
	name, ok := c.dialect()
	if !ok || c.Out != "" {
		return usage("--unset prints lines for a shell: expected -o env, fish, powershell or windows-cmd, and no --out")
	}
	_, err := io.WriteString(app.Stdout, unsetText(name))
	return written(err)
}

// plan visits the one role of each account, or with --all-roles every role.
func (c *credentialsCmd) plan(*sweeper) (sweep.Plan[accountCredentials], error) {
	if c.AllRoles {
		return sweep.Plan[accountCredentials]{Visit: everyRole, NoCredentials: true}, nil
	}
	return sweep.Plan[accountCredentials]{Visit: func(ctx context.Context, place sweep.Place, emit func([]accountCredentials)) error {
		credentials, err := newAccountCredentials(ctx, place.Account, place.Identity)
		if err == nil {
			emit([]accountCredentials{credentials})
		}
		return err
	}}, nil
}

// recordRoles records the names of roles for completion. Credentials without a session token
// are a user's keys, under the name of their profile.
func recordRoles(names *nameRecorder, credentials *accountCredentials) {
	for role, keys := range credentials.Roles {
		if keys.SessionToken != "" {
			names.role(role)
		}
	}
}

// exportTTL is the least lifetime of exported credentials: other tools renew theirs up to 15
// minutes before they expire.
const exportTTL = 15 * time.Minute

// everyRole gets the credentials of all the user's identities in an account.
func everyRole(ctx context.Context, place sweep.Place, emit func([]accountCredentials)) error {
	ids, err := place.Account.Identities(ctx)
	if err != nil {
		return err
	}
	credentials, _ := newAccountCredentials(ctx, place.Account)
	for _, id := range ids {
		if failed := credentials.add(ctx, id); failed != nil {
			err = errors.Join(err, failed)
		}
	}
	if len(credentials.Roles) > 0 {
		emit([]accountCredentials{credentials})
	}
	return err
}

// accountCredentials is the record of an account's credentials. The keys are those of the SSO
// portal's answers.
type accountCredentials struct {
	AccountId    string                     `json:"accountId"`
	AccountName  string                     `json:"accountName"`
	EmailAddress string                     `json:"emailAddress"`
	Roles        map[string]roleCredentials `json:"roles"`
}

type roleCredentials struct {
	AccessKeyId     string `json:"accessKeyId"`
	SecretAccessKey string `json:"secretAccessKey"`
	SessionToken    string `json:"sessionToken"`
	Expiration      any    `json:"expiration"` // milliseconds since 1970; nil for long-term keys
}

var accountCredentialsView = render.View{ID: "accountId", Sort: []string{"accountId", "accountName"}}

// newAccountCredentials gets the credentials of identities in an account.
func newAccountCredentials(ctx context.Context, a *account.Account, ids ...*auth.Identity) (accountCredentials, error) {
	credentials := accountCredentials{AccountId: a.ID, AccountName: a.Name, EmailAddress: a.Email, Roles: map[string]roleCredentials{}}
	for _, id := range ids {
		if err := credentials.add(ctx, id); err != nil {
			return credentials, err
		}
	}
	return credentials, nil
}

func (k *accountCredentials) add(ctx context.Context, id *auth.Identity) error {
	creds, err := id.Credentials.Retrieve(ctx)
	if err != nil {
		return err
	}
	if k.AccountId == "" {
		k.AccountId = id.AccountID
	}
	k.Roles[credentialsName(id)] = newRoleCredentials(creds)
	return nil
}

// credentialsName returns the name of credentials: of the role, or for an IAM user's keys of the
// profile, if there is one.
func credentialsName(id *auth.Identity) string {
	switch {
	case id.Role != "":
		return id.Role
	case id.Profile != "":
		return id.Profile
	}
	return "default"
}

func newRoleCredentials(creds aws.Credentials) roleCredentials {
	r := roleCredentials{AccessKeyId: creds.AccessKeyID, SecretAccessKey: creds.SecretAccessKey, SessionToken: creds.SessionToken}
	if creds.CanExpire {
		r.Expiration = creds.Expires.UnixMilli()
	}
	return r
}

// ends returns the time when the credentials expire; the zero time for long-term keys.
func (r roleCredentials) ends() time.Time {
	ms, ok := r.Expiration.(int64)
	if !ok {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
