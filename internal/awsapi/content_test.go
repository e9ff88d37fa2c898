package awsapi

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sso"
	"github.com/aws/aws-sdk-go-v2/service/ssooidc"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"muster/internal/wire"
)

// TestIncompleteAnswers: an answer without its list, an id or its credentials is broken, and
// the call is retried. A complete answer is accepted.
func TestIncompleteAnswers(t *testing.T) {
	t.Parallel()
	target := Target{Region: "us-east-1"}
	named := func(service, operation string, in wire.Object) func(context.Context, *API) error {
		return func(ctx context.Context, a *API) error {
			_, err := a.Named(service, operation).Call(ctx, target, "us-east-1", ann, in)
			return err
		}
	}
	const keys = `"accessKeyId": "A", "secretAccessKey": "s", "sessionToken": "t"`
	for name, c := range map[string]struct {
		call func(context.Context, *API) error
		good []string
		bad  []string
	}{
		"ListAccounts": {
			named("organizations", "ListAccounts", nil),
			[]string{`{"Accounts": [{"Id": "000000000001"}]}`, `{"Accounts": []}`, `{"NextToken": "x"}`},
			[]string{`{"Accounts": [{}]}`, `{"Accounts": [{"Id": ""}]}`, `{"Accounts": [{"Id": "../../x"}]}`, `{"Accounts": [null]}`, `{"NextToken": ""}`},
		},
		"ListRoots": {
			named("organizations", "ListRoots", nil),
			[]string{`{"Roots": [{"Id": "r-1"}]}`, `{"Roots": [], "NextToken": "x"}`},
			[]string{`{"Roots": []}`, `{"Roots": [{"Name": "Root"}]}`},
		},
		"ListOrganizationalUnitsForParent": {
			named("organizations", "ListOrganizationalUnitsForParent", wire.Object{{Name: "ParentId", Value: "r-1"}}),
			[]string{`{"OrganizationalUnits": []}`, `{"OrganizationalUnits": [{"Id": "ou-1", "Name": "x"}]}`},
			[]string{`{"OrganizationalUnits": [{"Name": "x"}]}`},
		},
		"ListAccountsForParent": {
			named("organizations", "ListAccountsForParent", wire.Object{{Name: "ParentId", Value: "r-1"}}),
			[]string{`{"Accounts": []}`},
			[]string{`{"Accounts": [{"Name": "x"}]}`},
		},
		"ListTagsForResource": {
			named("organizations", "ListTagsForResource", wire.Object{{Name: "ResourceId", Value: "1"}}),
			[]string{`{"Tags": []}`, `{"Tags": [{"Key": "a", "Value": ""}]}`},
			[]string{`{"Tags": [{"Value": "a"}]}`},
		},
		"sso ListAccounts": {
			func(ctx context.Context, a *API) error { return callService["sso"](ctx, a, target, nil) },
			[]string{`{"accountList": []}`, `{"accountList": [{"accountId": "000000000001"}]}`},
			[]string{`{"accountList": [{"accountName": "x"}]}`},
		},
		"ListAccountRoles": {
			func(ctx context.Context, a *API) error {
				_, err := a.SSO(target, "us-east-1").ListAccountRoles(ctx, &sso.ListAccountRolesInput{AccessToken: aws.String("t"), AccountId: aws.String("1")})
				return err
			},
			[]string{`{"roleList": []}`, `{"roleList": [{"roleName": "x"}]}`},
			[]string{`{"roleList": [{"accountId": "x"}]}`},
		},
		"GetRoleCredentials": {
			func(ctx context.Context, a *API) error {
				_, err := a.SSO(target, "us-east-1").GetRoleCredentials(ctx, &sso.GetRoleCredentialsInput{AccessToken: aws.String("t"), AccountId: aws.String("1"), RoleName: aws.String("r")})
				return err
			},
			[]string{`{"roleCredentials": {` + keys + `, "expiration": 1900000000000}}`},
			[]string{`{"roleCredentials": {}}`, `{"roleCredentials": {` + keys + `}}`, `{"roleCredentials": {` + keys + `, "expiration": 9223372036854775807}}`, `{"roleCredentials": {"accessKeyId": "A", "expiration": 1900000000000}}`},
		},
		"CreateToken": {
			func(ctx context.Context, a *API) error { return callService["sso_oidc"](ctx, a, target, nil) },
			[]string{`{"accessToken": "t", "expiresIn": 3600}`},
			[]string{`{"accessToken": "", "expiresIn": 3600}`, `{"accessToken": "t"}`, `{"accessToken": "t", "expiresIn": -1}`},
		},
		"RegisterClient": {
			func(ctx context.Context, a *API) error {
				_, err := a.OIDC(target, "us-east-1").RegisterClient(ctx, &ssooidc.RegisterClientInput{ClientName: aws.String("m"), ClientType: aws.String("public")})
				return err
			},
			[]string{`{"clientId": "c", "clientSecret": "s"}`},
			[]string{`{"clientId": "c"}`},
		},
		"ListRegions": {
			named("account", "ListRegions", nil),
			[]string{`{"Regions": [{"RegionName": "us-east-1", "RegionOptStatus": "ENABLED"}]}`},
			[]string{`{"Regions": [{"RegionOptStatus": "ENABLED"}]}`},
		},
		"GetCallerIdentity": {
			func(ctx context.Context, a *API) error {
				_, err := a.STS(target).GetCallerIdentity(ctx, nil, func(o *sts.Options) { o.Credentials = ann })
				return err
			},
			[]string{`<GetCallerIdentityResponse><GetCallerIdentityResult><Account>000000000001</Account><Arn>a</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>`},
			[]string{`<GetCallerIdentityResponse/>`, `<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>a</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>`, `<AssumeRoleResponse/>`},
		},
		"DescribeAddresses": {
			named("ec2", "DescribeAddresses", nil),
			[]string{`<DescribeAddressesResponse><addressesSet/></DescribeAddressesResponse>`, `<DescribeAddressesResponse><addressesSet><item><allocationId>e</allocationId></item></addressesSet></DescribeAddressesResponse>`},
			[]string{`<DescribeAddressesResponse/>`, `<DescribeAddressesResponse><addressesSet><item/></addressesSet></DescribeAddressesResponse>`, `<DescribeAddressesResponse><addressesSet/>`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				for _, text := range c.good {
					a := fakeAPI(Settings{}, func(r *http.Request) (*http.Response, error) { return answer(r, 200, text), nil })
					if err := c.call(t.Context(), a); err != nil {
						t.Errorf("%s: %v", text, err)
					}
				}
				for _, text := range append(c.bad, "", " ", "null", "{}", "[]", "[null]", "<a/>", "0") {
					calls := 0
					a := fakeAPI(Settings{}, func(r *http.Request) (*http.Response, error) { calls++; return answer(r, 200, text), nil })
					err := c.call(t.Context(), a)
					if err == nil || Explain(err).Kind != Broken || calls != attemptsTransient {
						t.Errorf("%s: %v after %d calls", text, err, calls)
					}
				}
			})
		})
	}
}

// TestErrorWithStatusOK: an error document is that error in spite of status 200, and has the
// same retries.
func TestErrorWithStatusOK(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const xml = `<ErrorResponse><Error><Code>%</Code><Message>because</Message></Error></ErrorResponse>`
		const ec2 = `<?xml version="1.0"?><Response><Errors><Error><Code>%</Code><Message>because</Message></Error></Errors></Response>`
		for service, text := range map[string]string{
			"ec2": ec2, "sts": xml, "organizations": `{"__type": "%", "message": "because"}`, "account": `{"__type": "%", "message": "because"}`,
			"sso": `{"message": "because", "code": "%"}`, "sso_oidc": `{"error": "%", "__type": "%", "message": "because"}`,
		} {
			for code, want := range map[string]struct {
				kind  Kind
				calls int
			}{"AccessDeniedException": {Denied, 1}, "ThrottlingException": {Throttled, attemptsThrottled}} {
				calls := 0
				a := fakeAPI(Settings{}, func(r *http.Request) (*http.Response, error) {
					calls++
					return answer(r, 200, strings.ReplaceAll(text, "%", code)), nil
				})
				err := callService[service](t.Context(), a, Target{Region: "us-east-1"}, ann)
				if got := Explain(err); err == nil || got.Kind != want.kind || got.Code != code || calls != want.calls {
					t.Errorf("%s, %s: %+v after %d calls", service, code, got, calls)
				}
			}
		}
	})
}
