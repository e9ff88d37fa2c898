package awsapi

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/account"
	accounttypes "github.com/aws/aws-sdk-go-v2/service/account/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	orgtypes "github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/aws/aws-sdk-go-v2/service/signin"
	"github.com/aws/aws-sdk-go-v2/service/sso"
	ssotypes "github.com/aws/aws-sdk-go-v2/service/sso/types"
	"github.com/aws/aws-sdk-go-v2/service/ssooidc"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"
)

// lacking says what an answer lacks that AWS always gives, or has that AWS never
// gives; "" where nothing is wrong. The lists of EC2 that are long have decoders of
// their own, which see to the same.
func lacking(result any) string {
	switch out := result.(type) {
	case *sts.AssumeRoleOutput:
		return sessionOf(out.Credentials)
	case *sts.AssumeRoleWithSAMLOutput:
		return sessionOf(out.Credentials)
	case *sts.AssumeRoleWithWebIdentityOutput:
		return sessionOf(out.Credentials)
	case *sts.GetSessionTokenOutput:
		return sessionOf(out.Credentials)
	case *sts.GetFederationTokenOutput:
		return sessionOf(out.Credentials)
	case *sts.GetCallerIdentityOutput:
		return either(accountID(out.Account), texts("an ARN", out.Arn))
	case *sso.GetRoleCredentialsOutput:
		if out.RoleCredentials == nil {
			return noCredentials
		}
		c := out.RoleCredentials
		return either(keys(c.AccessKeyId, c.SecretAccessKey, c.SessionToken), ends(time.UnixMilli(c.Expiration)))
	case *sso.ListAccountsOutput:
		return list(out.AccountList, out.NextToken, func(a ssotypes.AccountInfo) string { return accountID(a.AccountId) })
	case *sso.ListAccountRolesOutput:
		return list(out.RoleList, out.NextToken, func(r ssotypes.RoleInfo) string { return texts("a name", r.RoleName) })
	case *ssooidc.CreateTokenOutput:
		return either(texts("a token", out.AccessToken), lasts(out.ExpiresIn))
	case *ssooidc.RegisterClientOutput:
		return texts("a client", out.ClientId, out.ClientSecret)
	case *ssooidc.StartDeviceAuthorizationOutput:
		return either(texts("a code", out.DeviceCode, out.UserCode), lasts(out.ExpiresIn))
	case *signin.CreateOAuth2TokenOutput:
		if out.TokenOutput == nil || out.TokenOutput.AccessToken == nil {
			return noCredentials
		}
		c := out.TokenOutput.AccessToken
		return keys(c.AccessKeyId, c.SecretAccessKey, c.SessionToken)
	case *organizations.ListAccountsOutput:
		return list(out.Accounts, out.NextToken, func(a orgtypes.Account) string { return accountID(a.Id) })
	case *organizations.ListAccountsForParentOutput:
		return list(out.Accounts, out.NextToken, func(a orgtypes.Account) string { return accountID(a.Id) })
	case *organizations.ListRootsOutput:
		if len(out.Roots) == 0 && aws.ToString(out.NextToken) == "" {
			return noList
		}
		return list(out.Roots, out.NextToken, func(r orgtypes.Root) string { return texts("an id", r.Id) })
	case *organizations.ListOrganizationalUnitsForParentOutput:
		return list(out.OrganizationalUnits, out.NextToken, func(u orgtypes.OrganizationalUnit) string { return texts("an id", u.Id, u.Name) })
	case *organizations.ListTagsForResourceOutput:
		return list(out.Tags, out.NextToken, func(t orgtypes.Tag) string { return texts("a key", t.Key) })
	case *account.ListRegionsOutput:
		return list(out.Regions, out.NextToken, func(r accounttypes.Region) string {
			return texts("a name", r.RegionName, (*string)(&r.RegionOptStatus))
		})
	case *ec2.DescribeAddressesOutput:
		return list(out.Addresses, nil, func(a ec2types.Address) string {
			return texts("an id", cmp.Or(a.AllocationId, a.PublicIp))
		})
	}
	return ""
}

const (
	noList        = "answered without the list asked for"
	noCredentials = "gave no credentials"
)

// list looks at a list and at each item of it. A page that says that there is more
// may leave out its own list.
func list[T any](items []T, next *string, lacks func(T) string) string {
	if items == nil && aws.ToString(next) == "" {
		return noList
	}
	for _, item := range items {
		if lacks(item) != "" {
			return "listed something " + lacks(item)
		}
	}
	return ""
}

func either(lacks ...string) string {
	for _, text := range lacks {
		if text != "" {
			return text
		}
	}
	return ""
}

// texts wants texts that are not empty; what says what one is.
func texts(what string, values ...*string) string {
	for _, value := range values {
		if aws.ToString(value) == "" {
			return "without " + what
		}
	}
	return ""
}

func accountID(id *string) string {
	text := aws.ToString(id)
	if len(text) != 12 || strings.Trim(text, "0123456789") != "" {
		return "without the id of an account"
	}
	return ""
}

func sessionOf(c *ststypes.Credentials) string {
	if c == nil {
		return noCredentials
	}
	return either(keys(c.AccessKeyId, c.SecretAccessKey, c.SessionToken), ends(aws.ToTime(c.Expiration)))
}

func keys(parts ...*string) string {
	if texts("", parts...) != "" {
		return noCredentials
	}
	return ""
}

// ends wants a time that can be written down.
func ends(at time.Time) string {
	if year := at.Year(); year < 2000 || year > 9999 {
		return "gave credentials without an end"
	}
	return ""
}

func lasts(seconds int32) string {
	if seconds <= 0 {
		return fmt.Sprintf("gave something that lasts %d seconds", seconds)
	}
	return ""
}
