package awsapi

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/signin"
	"github.com/aws/aws-sdk-go-v2/service/sso"
	ssotypes "github.com/aws/aws-sdk-go-v2/service/sso/types"
	"github.com/aws/aws-sdk-go-v2/service/ssooidc"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"
)

// contentProblem returns a text if an answer lacks something that AWS always returns, or
// has something that AWS never returns; else "".
func contentProblem(result any) string {
	switch out := result.(type) {
	case *sts.AssumeRoleOutput:
		return checkSession(out.Credentials)
	case *sts.AssumeRootOutput:
		return checkSession(out.Credentials)
	case *sts.AssumeRoleWithSAMLOutput:
		return checkSession(out.Credentials)
	case *sts.AssumeRoleWithWebIdentityOutput:
		return checkSession(out.Credentials)
	case *sts.GetSessionTokenOutput:
		return checkSession(out.Credentials)
	case *sts.GetFederationTokenOutput:
		return checkSession(out.Credentials)
	case *sts.GetCallerIdentityOutput:
		return cmp.Or(checkAccountID(out.Account), checkTexts("an ARN", out.Arn))
	case *sso.GetRoleCredentialsOutput:
		if out.RoleCredentials == nil {
			return noCredentials
		}
		c := out.RoleCredentials
		return cmp.Or(checkKeys(c.AccessKeyId, c.SecretAccessKey, c.SessionToken), checkExpiry(time.UnixMilli(c.Expiration)))
	case *sso.ListAccountsOutput:
		return checkList(out.AccountList, out.NextToken, func(a ssotypes.AccountInfo) string { return checkAccountID(a.AccountId) })
	case *sso.ListAccountRolesOutput:
		return checkList(out.RoleList, out.NextToken, func(r ssotypes.RoleInfo) string { return checkTexts("a name", r.RoleName) })
	case *ssooidc.CreateTokenOutput:
		return cmp.Or(checkTexts("a token", out.AccessToken), checkLifetime(out.ExpiresIn))
	case *ssooidc.RegisterClientOutput:
		return checkTexts("a client", out.ClientId, out.ClientSecret)
	case *ssooidc.StartDeviceAuthorizationOutput:
		return cmp.Or(checkTexts("a code", out.DeviceCode, out.UserCode), checkLifetime(out.ExpiresIn))
	case *signin.CreateOAuth2TokenOutput:
		if out.TokenOutput == nil || out.TokenOutput.AccessToken == nil {
			return noCredentials
		}
		c := out.TokenOutput.AccessToken
		return checkKeys(c.AccessKeyId, c.SecretAccessKey, c.SessionToken)
	}
	return ""
}

const (
	noList        = "answered without its list"
	noCredentials = "gave no credentials"
)

// checkList checks each item of a list. A page with a token for the next page may lack its
// list.
func checkList[T any](items []T, next *string, check func(T) string) string {
	if items == nil && aws.ToString(next) == "" {
		return noList
	}
	for _, item := range items {
		if problem := check(item); problem != "" {
			return "listed something " + problem
		}
	}
	return ""
}

// checkTexts checks that no value is empty; name describes a value.
func checkTexts(name string, values ...*string) string {
	for _, value := range values {
		if aws.ToString(value) == "" {
			return "without " + name
		}
	}
	return ""
}

func checkAccountID(id *string) string {
	text := aws.ToString(id)
	if len(text) != 12 || strings.Trim(text, "0123456789") != "" {
		return "without the id of an account"
	}
	return ""
}

func checkSession(c *ststypes.Credentials) string {
	if c == nil {
		return noCredentials
	}
	return cmp.Or(checkKeys(c.AccessKeyId, c.SecretAccessKey, c.SessionToken), checkExpiry(aws.ToTime(c.Expiration)))
}

func checkKeys(parts ...*string) string {
	if checkTexts("", parts...) != "" {
		return noCredentials
	}
	return ""
}

// checkExpiry checks that an expiry is set, and that RFC 3339 can express it.
func checkExpiry(at time.Time) string {
	if year := at.Year(); year < 2000 || year > 9999 {
		return "gave credentials without an expiry"
	}
	return ""
}

func checkLifetime(seconds int32) string {
	if seconds <= 0 {
		return fmt.Sprintf("gave a lifetime of %d seconds", seconds)
	}
	return ""
}
