package sso

import (
	"context"
	"errors"
	"iter"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sso"
	"github.com/aws/aws-sdk-go-v2/service/sso/types"

	"muster/internal/awsapi"
)

// pageSize is the largest page that the portal gives.
const pageSize = 100

// Accounts yields the accounts that are assigned to the session's user. An error
// ends the list.
func (s *Session) Accounts(ctx context.Context) iter.Seq2[types.AccountInfo, error] {
	return func(yield func(types.AccountInfo, error) bool) {
		errStopped := errors.New("stopped")
		err := awsapi.ForEachPage("ListAccounts", func(token *string) (next *string, err error) {
			var out *sso.ListAccountsOutput
			err = s.Do(ctx, func(accessToken *string) (err error) {
				out, err = s.portal.ListAccounts(ctx, &sso.ListAccountsInput{
					AccessToken: accessToken, MaxResults: aws.Int32(pageSize), NextToken: token,
				})
				return err
			})
			if err != nil {
				return nil, err
			}
			for _, account := range out.AccountList {
				if !yield(account, nil) {
					return nil, errStopped
				}
			}
			return out.NextToken, nil
		})
		if err != nil && err != errStopped {
			yield(types.AccountInfo{}, err)
		}
	}
}

// PermissionSets returns the names of the permission sets that are assigned to the
// session's user in an account, sorted.
func (s *Session) PermissionSets(ctx context.Context, accountID string) ([]string, error) {
	var names []string
	err := awsapi.ForEachPage("ListAccountRoles", func(token *string) (next *string, err error) {
		var out *sso.ListAccountRolesOutput
		err = s.Do(ctx, func(accessToken *string) (err error) {
			out, err = s.portal.ListAccountRoles(ctx, &sso.ListAccountRolesInput{
				AccessToken: accessToken, AccountId: &accountID, MaxResults: aws.Int32(pageSize), NextToken: token,
			})
			return err
		})
		if err != nil {
			return nil, err
		}
		for _, role := range out.RoleList {
			names = append(names, aws.ToString(role.RoleName))
		}
		return out.NextToken, nil
	})
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// RoleCredentials returns the credentials of a permission set in an account.
func (s *Session) RoleCredentials(ctx context.Context, accountID, permissionSet string) (aws.Credentials, error) {
	var out *sso.GetRoleCredentialsOutput
	err := s.Do(ctx, func(accessToken *string) (err error) {
		out, err = s.portal.GetRoleCredentials(ctx, &sso.GetRoleCredentialsInput{
			AccessToken: accessToken, AccountId: &accountID, RoleName: &permissionSet,
		})
		return err
	})
	if err != nil {
		return aws.Credentials{}, err
	}
	c := out.RoleCredentials
	return aws.Credentials{
		AccessKeyID: *c.AccessKeyId, SecretAccessKey: *c.SecretAccessKey, SessionToken: aws.ToString(c.SessionToken),
		CanExpire: true, Expires: time.UnixMilli(c.Expiration), AccountID: accountID,
	}, nil
}

// Do makes a call of the portal with the session's access token. A token can become
// invalid before it expires: if the portal refuses it, Do refreshes the token and tries
// once more.
func (s *Session) Do(ctx context.Context, do func(accessToken *string) error) error {
	token, err := s.accessToken(ctx, "")
	if err != nil {
		return err
	}
	if err = do(&token); !unauthorized(err) {
		return err
	}
	if token, err = s.accessToken(ctx, token); err != nil {
		return err
	}
	if err = do(&token); unauthorized(err) {
		return s.loginError("is not accepted any more")
	}
	return err
}

// unauthorized reports whether the portal refused the access token.
func unauthorized(err error) bool {
	return err != nil && awsapi.Explain(err).Code == "UnauthorizedException"
}
