package awsapi

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/signin"
	signintypes "github.com/aws/aws-sdk-go-v2/service/signin/types"
	"github.com/aws/aws-sdk-go-v2/service/sso"
	"github.com/aws/aws-sdk-go-v2/service/ssooidc"
)

// TestSecretsInTheWrongPlace: the error of an answer that cannot be decoded does not show its
// values.
func TestSecretsInTheWrongPlace(t *testing.T) {
	t.Parallel()
	calls := map[string]func(*API) error{
		"SSO": func(a *API) error {
			_, err := a.SSO(Target{}, "us-east-1").GetRoleCredentials(t.Context(), &sso.GetRoleCredentialsInput{AccessToken: aws.String("t"), AccountId: aws.String("1"), RoleName: aws.String("r")})
			return err
		},
		"SSO OIDC": func(a *API) error {
			_, err := a.OIDC(Target{}, "us-east-1").CreateToken(t.Context(), &ssooidc.CreateTokenInput{ClientId: aws.String("c"), ClientSecret: aws.String("s"), GrantType: aws.String("g")})
			return err
		},
		"Signin": func(a *API) error {
			_, err := a.Signin(Target{Region: "us-east-1"}).CreateOAuth2Token(t.Context(), &signin.CreateOAuth2TokenInput{TokenInput: &signintypes.CreateOAuth2TokenRequestBody{ClientId: aws.String("c"), GrantType: aws.String("g")}})
			return err
		},
	}
	for _, answer := range []string{
		`"the-secret"`, `["the-secret"]`, `{"roleCredentials": "the-secret", "accessToken": ["the-secret"]}`,
		`{"roleCredentials": {"secretAccessKey": ["the-secret"], "expiration": "the-secret"}, "accessToken": {"secretAccessKey": {"the-secret": 1}}, "expiresIn": "the-secret"}`,
		`{"roleCredentials": {"secretAccessKey": {"x": "the-secret"}}, "accessToken": {"x": "the-secret"}}`, `{"roleCredentials": the-secret, "accessToken": the-secret}`, `the-secret`,
		`{"accessToken": {"accessKeyId": "\\q-the-secret"}, "roleCredentials": {"accessKeyId": "\\q-the-secret"}}`,
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprint(w, answer)
		}))
		for name, call := range calls {
			err := call(New(Settings{EndpointURL: server.URL, Concurrency: 1, MaxAttempts: 1}))
			if err == nil {
				continue
			}
			if text := err.Error() + Explain(err).Message; strings.Contains(text, "the-secret") {
				t.Errorf("%s, %s: %s", name, answer, text)
			}
		}
		server.Close()
	}
}
