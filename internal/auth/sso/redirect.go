package sso

import (
	"context"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssooidc"

	"muster/internal/auth/botocache"
	"muster/internal/auth/redirect"
)

// withRedirect returns the flow in which the browser is redirected to a port of this
// machine with an authorization code (RFC 8252). Only the process that knows the
// verifier can exchange the code (PKCE, RFC 7636).
func (l *login) withRedirect() flow {
	return flow{
		grantTypes: []string{"authorization_code", "refresh_token"},
		signIn: func(ctx context.Context, reg *botocache.Registration) (*ssooidc.CreateTokenOutput, error) {
			callback, err := redirect.Listen(l.Port)
			if err != nil {
				return nil, err
			}
			defer callback.Close()
			verifier, challenge := redirect.NewVerifier()
			page, err := l.authorizeURL(reg, callback, challenge)
			if err != nil {
				return nil, err
			}
			l.Show(page, "")
			code, err := callback.Wait(ctx, l.Open, page)
			if err != nil {
				return nil, err
			}
			return l.oidc.CreateToken(ctx, &ssooidc.CreateTokenInput{
				ClientId: &reg.ClientID, ClientSecret: &reg.ClientSecret, GrantType: aws.String("authorization_code"),
				Code: &code, CodeVerifier: &verifier, RedirectUri: &callback.URL,
			})
		},
	}
}

// authorizeURL returns the URL of the sign-in page. It has the token service's
// endpoint although it is no operation of the API.
func (l *login) authorizeURL(reg *botocache.Registration, c *redirect.Server, challenge string) (string, error) {
	endpoint, err := l.client.API.OIDCEndpoint(l.Target, l.region)
	if err != nil {
		return "", err
	}
	query := url.Values{
		"response_type": {"code"}, "client_id": {reg.ClientID}, "redirect_uri": {c.URL}, "state": {c.State},
		"code_challenge_method": {"S256"}, "code_challenge": {challenge},
		"scopes": {strings.Join(reg.Scopes, " ")},
	}
	return strings.TrimRight(endpoint, "/") + "/authorize?" + strings.ReplaceAll(query.Encode(), "+", "%20"), nil
}
