// Package awslogin signs in as `aws login` does, with the credentials of the AWS console:
// OAuth 2.0 with PKCE against AWS's sign-in service, and tokens that are bound to a key
// (DPoP). The login is kept in the AWS CLI's file, where either tool renews it.
package awslogin

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/signin"
	"github.com/aws/aws-sdk-go-v2/service/signin/types"

	"muster/internal/auth/botocache"
	"muster/internal/auth/redirect"
	"muster/internal/auth/sso"
	"muster/internal/awsapi"
)

// The AWS CLI's clients of the sign-in service: with a browser on this machine, or on
// another one, where the user copies the code.
const (
	sameDevice  = "arn:aws:signin:::devtools/same-device"
	crossDevice = "arn:aws:signin:::devtools/cross-device"
)

// login is one attempt to sign in.
type login struct {
	sso.LoginOptions
	api      *awsapi.API
	target   awsapi.Target
	endpoint string
	key      proofKey
	now      func() time.Time
}

// SignIn signs in. session is the ARN of the user or role that has signed in.
func SignIn(
	ctx context.Context, api *awsapi.API, target awsapi.Target, o sso.LoginOptions, now func() time.Time,
) (_ *botocache.Login, session string, err error) {
	l := &login{LoginOptions: o, api: api, target: target, now: now}
	if l.endpoint, err = api.SigninEndpoint(target); err != nil {
		return nil, "", err
	}
	if l.key, err = newProofKey(); err != nil {
		return nil, "", err
	}
	var in *types.CreateOAuth2TokenRequestBody
	if !o.DeviceCode {
		in, err = l.byRedirect(ctx)
	}
	if o.DeviceCode || errors.Is(err, redirect.ErrNoBrowser) && o.Ask != nil {
		in, err = l.byCode(ctx)
	}
	if err != nil {
		return nil, "", api.Secrets().Error(err)
	}
	return l.exchange(ctx, in)
}

// byRedirect gets a code through the browser on this machine.
func (l *login) byRedirect(ctx context.Context) (*types.CreateOAuth2TokenRequestBody, error) {
	server, err := redirect.Listen(l.Port)
	if err != nil {
		return nil, err
	}
	defer server.Close()
	verifier, challenge := redirect.NewVerifier()
	page := l.page(sameDevice, server.URL, server.State, challenge)
	l.Show(page, "")
	code, err := server.Wait(ctx, l.Open, page)
	if err != nil {
		return nil, err
	}
	return &types.CreateOAuth2TokenRequestBody{
		ClientId: aws.String(sameDevice), GrantType: aws.String("authorization_code"), Code: &code, CodeVerifier: &verifier, RedirectUri: &server.URL,
	}, nil
}

// byCode asks for the code that the browser shows on another machine.
func (l *login) byCode(ctx context.Context) (*types.CreateOAuth2TokenRequestBody, error) {
	if l.Ask == nil {
		return nil, errors.New("there is no terminal to type the browser's code on")
	}
	confirmation, state := l.endpoint+"/v1/sessions/confirmation", rand.Text()
	verifier, challenge := redirect.NewVerifier()
	l.Show(l.page(crossDevice, confirmation, state, challenge), "")
	text, err := l.Ask(ctx, "Code that the browser shows: ")
	if err != nil {
		return nil, err
	}
	decoded, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	answer, parseErr := url.ParseQuery(string(decoded))
	code := answer.Get("code")
	switch {
	case err != nil || parseErr != nil || code == "":
		return nil, errors.New("this is not the code that the browser shows at the end: copy all of it")
	case answer.Get("state") != state:
		return nil, errors.New("this code belongs to another sign-in; use the URL above")
	}
	return &types.CreateOAuth2TokenRequestBody{
		ClientId: aws.String(crossDevice), GrantType: aws.String("authorization_code"), Code: &code, CodeVerifier: &verifier, RedirectUri: &confirmation,
	}, nil
}

// page returns the URL of the sign-in page, as the AWS CLI builds it.
func (l *login) page(client, redirectURI, state, challenge string) string {
	query := url.Values{
		"response_type": {"code"}, "client_id": {client}, "state": {state}, "redirect_uri": {redirectURI}, "scope": {"openid"},
		"code_challenge_method": {"SHA-256"}, "code_challenge": {challenge},
	}
	return l.endpoint + "/v1/authorize?" + query.Encode()
}

// exchange exchanges a code for a login.
func (l *login) exchange(ctx context.Context, in *types.CreateOAuth2TokenRequestBody) (*botocache.Login, string, error) {
	t, err := call(ctx, l.api, l.target, l.key, in, l.now)
	if err != nil {
		return nil, "", err
	}
	session, account, ok := subject(t.IDToken)
	if !ok {
		return nil, "", &awsapi.BrokenAnswer{Operation: "CreateOAuth2Token", Msg: "does not name the user"}
	}
	t.AccessToken.AccountID = account
	t.DPoPKey, err = l.key.pem()
	return t, session, err
}

// Renew exchanges a login's refresh token for new credentials and a new refresh token.
func Renew(ctx context.Context, api *awsapi.API, target awsapi.Target, login *botocache.Login, now time.Time) (*botocache.Login, error) {
	if login.RefreshToken == "" || login.ClientID == "" {
		return nil, errors.New("it has no refreshToken or no clientId")
	}
	key, err := parseProofKey(login.DPoPKey)
	if err != nil {
		return nil, err
	}
	renewed, err := call(ctx, api, target, key, &types.CreateOAuth2TokenRequestBody{
		ClientId: &login.ClientID, GrantType: aws.String("refresh_token"), RefreshToken: &login.RefreshToken,
	}, func() time.Time { return now })
	if err == nil {
		renewed.AccessToken.AccountID = login.AccessToken.AccountID
	}
	return renewed, err
}

// reasons explains why the sign-in service denies a token.
var reasons = map[types.OAuth2ErrorCode]string{
	types.OAuth2ErrorCodeAuthcodeExpired:         "the sign-in was not finished in time; try again",
	types.OAuth2ErrorCodeTokenExpired:            "its time is over",
	types.OAuth2ErrorCodeUserCredentialsChanged:  "the password has changed",
	types.OAuth2ErrorCodeInsufficientPermissions: "AWS does not allow it: the policy SignInLocalDevelopmentAccess is missing",
}

// call gets a token.
func call(
	ctx context.Context, api *awsapi.API, target awsapi.Target, key proofKey, in *types.CreateOAuth2TokenRequestBody, now func() time.Time,
) (*botocache.Login, error) {
	out, err := api.Signin(target).CreateOAuth2Token(ctx, &signin.CreateOAuth2TokenInput{TokenInput: in}, key.option())
	if denied := (*types.AccessDeniedException)(nil); errors.As(err, &denied) && reasons[denied.Error_] != "" {
		return nil, errors.New(reasons[denied.Error_])
	}
	if err != nil {
		return nil, err
	}
	t := out.TokenOutput
	if t == nil || t.AccessToken == nil || aws.ToString(t.AccessToken.AccessKeyId) == "" || aws.ToInt32(t.ExpiresIn) <= 0 {
		return nil, &awsapi.BrokenAnswer{Operation: "CreateOAuth2Token", Msg: "gave no credentials"}
	}
	return &botocache.Login{
		AccessToken: botocache.LoginCredentials{
			AccessKeyID: *t.AccessToken.AccessKeyId, SecretAccessKey: aws.ToString(t.AccessToken.SecretAccessKey),
			SessionToken: aws.ToString(t.AccessToken.SessionToken),
			ExpiresAt:    botocache.Time{Time: now().Add(time.Duration(*t.ExpiresIn) * time.Second)},
		},
		TokenType: aws.ToString(t.TokenType), ClientID: *in.ClientId, RefreshToken: aws.ToString(t.RefreshToken), IDToken: aws.ToString(t.IdToken),
	}, nil
}

// subject returns the ARN in an id token, and its account. The token came from AWS by
// HTTPS, so that its signature need not be checked.
func subject(idToken string) (session, account string, ok bool) {
	parts := strings.Split(idToken, ".")
	if len(parts) != 3 {
		return "", "", false
	}
	text, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	var claims struct {
		Sub string `json:"sub"`
	}
	if err != nil || json.Unmarshal(text, &claims) != nil {
		return "", "", false
	}
	parsed, err := arn.Parse(claims.Sub)
	return claims.Sub, parsed.AccountID, err == nil
}

// OtherSessionError means that the user who has signed in is not the one that the profile names.
type OtherSessionError struct{ Profile, Want, Got string }

func (e *OtherSessionError) Error() string {
	return fmt.Sprintf("the browser has signed in %s, but profile %q has login_session = %s: sign in as that user, or change login_session", e.Got, e.Profile, e.Want)
}
