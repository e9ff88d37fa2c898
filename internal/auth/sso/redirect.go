package sso

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssooidc"

	"muster/internal/auth/botocache"
)

// withRedirect returns the flow in which the browser is redirected to a port of this
// machine with an authorization code (RFC 8252). Only the process that knows the
// verifier can exchange the code (PKCE, RFC 7636).
func (l *login) withRedirect() flow {
	return flow{
		grantTypes: []string{"authorization_code", "refresh_token"},
		signIn: func(ctx context.Context, reg *botocache.Registration) (*ssooidc.CreateTokenOutput, error) {
			callback, err := listen(l.Port)
			if err != nil {
				return nil, err
			}
			defer callback.close()
			verifier := rand.Text() + rand.Text() // 52 letters and digits; 43 to 128 are allowed
			page, err := l.authorizeURL(reg, callback, verifier)
			if err != nil {
				return nil, err
			}
			l.Show(page, "")
			code, err := callback.wait(ctx, l.openBrowser(page))
			if err != nil {
				return nil, err
			}
			return l.oidc.CreateToken(ctx, &ssooidc.CreateTokenInput{
				ClientId: &reg.ClientID, ClientSecret: &reg.ClientSecret, GrantType: aws.String("authorization_code"),
				Code: &code, CodeVerifier: &verifier, RedirectUri: &callback.url,
			})
		},
	}
}

// openBrowser opens the page in the background. It sends an error if that fails.
func (l *login) openBrowser(page string) <-chan error {
	failed := make(chan error, 1)
	if l.Open != nil {
		go func() {
			if err := l.Open(page); err != nil {
				failed <- err
			}
		}()
	}
	return failed
}

// authorizeURL returns the URL of the sign-in page. It has the token service's
// endpoint although it is no operation of the API.
func (l *login) authorizeURL(reg *botocache.Registration, c *callback, verifier string) (string, error) {
	endpoint, err := l.client.API.OIDCEndpoint(l.Target, l.region)
	if err != nil {
		return "", err
	}
	challenge := sha256.Sum256([]byte(verifier))
	query := url.Values{
		"response_type": {"code"}, "client_id": {reg.ClientID}, "redirect_uri": {c.url}, "state": {c.state},
		"code_challenge_method": {"S256"}, "code_challenge": {base64.RawURLEncoding.EncodeToString(challenge[:])},
		"scopes": {strings.Join(reg.Scopes, " ")},
	}
	return strings.TrimRight(endpoint, "/") + "/authorize?" + strings.ReplaceAll(query.Encode(), "+", "%20"), nil
}
