package account

import (
	"context"
	"fmt"
	"iter"

	"github.com/aws/aws-sdk-go-v2/aws"

	"muster/internal/auth"
)

// fromSSO finds every account that is assigned to the session's user.
func fromSSO(r *auth.Resolver, s Selection) (*Found, error) {
	settings, err := r.Config.Session(s.SSOSession)
	if err != nil {
		return nil, err
	}
	if settings.Problem != nil {
		return nil, settings.Problem
	}
	session := r.SSO(settings, nil)
	refusals := &refusals{session: session, chosen: s.Roles}
	accounts := func(ctx context.Context) iter.Seq2[*Account, error] {
		return func(yield func(*Account, error) bool) {
			for found, err := range session.Accounts(ctx) {
				if err != nil {
					yield(nil, err)
					return
				}
				id := aws.ToString(found.AccountId)
				if !yield(&Account{
					ID: id, Name: aws.ToString(found.AccountName), Email: aws.ToString(found.EmailAddress), Source: SourceSSO,
					identities: &permissionSets{r: r, session: session, accountID: id, chosen: s.Roles, refusals: refusals},
				}, nil) {
					return
				}
			}
		}
	}
	noAccount := func() string {
		return fmt.Sprintf("--sso-session %s: no account is assigned to its user", s.SSOSession)
	}
	return &Found{Accounts: accounts, Refused: refusals.explain, noAccount: noAccount}, nil
}
