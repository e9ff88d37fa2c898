package cli

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"muster/internal/render"
	"muster/internal/sweep"
)

type whoamiCmd struct {
	AccountArgument `embed:""`

	accountListing[whoamiRecord] `embed:""`
}

func (*whoamiCmd) Examples() []string {
	return []string{
		"muster whoami",
		"muster whoami production",
		"muster whoami --all-profiles",
		"muster whoami --profile production --jq .Arn",
	}
}

// whoamiRecord is the user's identity in an account.
type whoamiRecord struct {
	AccountId   string
	AccountName string
	Arn         string
	UserId      string
	Profile     string
	Role        string
	Source      string // the hops on one line
	Hops        []hopRecord
	Expires     string // RFC 3339 UTC; "" for long-term keys
}

// hopRecord is one step to the credentials.
type hopRecord struct {
	Kind string // environment, profile, SSO session, permission set, role, ...
	Name string
}

var whoamiView = render.View{
	Columns: []render.Column{
		{Field: "AccountId", Need: 2},
		{Field: "AccountName", Need: 4, Shorten: true},
		{Field: "Arn", Need: 1},
		{Field: "Source", Need: 3, Shorten: true, Min: 24},
		{Field: "Expires", Need: 5},
	},
	Wide: []string{"AccountId", "AccountName", "Arn", "UserId", "Profile", "Role", "Source", "Expires"},
	ID:   "Arn",
	Sort: []string{"AccountId", "Arn"},
	Tree: [][]string{{"AccountName", "AccountId"}},
}

func (c *whoamiCmd) Run(ctx context.Context, app *App, g *Global) error {
	if err := c.name(app, c.Account); err != nil {
		return err
	}
	return c.list(ctx, app, g, listing[whoamiRecord]{noun: "identities", view: whoamiView, visit: visitIdentity, noise: []string{"Expires"}})
}

// visitIdentity calls GetCallerIdentity in an account.
func visitIdentity(ctx context.Context, s *sweeper, place sweep.Place, emit func([]whoamiRecord)) error {
	id := place.Identity
	caller, err := s.resolver.Caller(ctx, id)
	if err != nil {
		return err
	}
	creds, err := id.Credentials.Retrieve(ctx)
	if err != nil {
		return err
	}
	r := whoamiRecord{
		AccountId: caller.AccountID, AccountName: place.Account.Name, Arn: caller.ARN, UserId: caller.UserID,
		Profile: id.Profile, Role: id.Role, Source: id.String(), Hops: []hopRecord{}, Expires: expiry(creds),
	}
	for _, h := range id.Hops {
		r.Hops = append(r.Hops, hopRecord{string(h.Kind), h.Name})
	}
	emit([]whoamiRecord{r})
	return nil
}

// expiry returns the expiry of credentials; "" for long-term keys.
func expiry(creds aws.Credentials) string {
	if !creds.CanExpire {
		return ""
	}
	return creds.Expires.UTC().Format(time.RFC3339)
}
