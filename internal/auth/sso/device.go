package sso

import (
	"context"
	"errors"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssooidc"
	"github.com/aws/aws-sdk-go-v2/service/ssooidc/types"

	"muster/internal/auth/botocache"
	"muster/internal/awsapi"
)

// The polling of RFC 8628: the interval if the service names none, and its increase
// when the service answers slow_down.
const (
	pollInterval = 5 * time.Second
	slowDown     = 5 * time.Second
)

// isWebPage reports whether a URL is one for a browser. The system's opener might
// execute a URL of another scheme.
func isWebPage(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
}

// withDeviceCode returns the flow in which the user enters a code in a browser on any
// machine (RFC 8628).
func (l *login) withDeviceCode() flow {
	return flow{signIn: func(ctx context.Context, reg *botocache.Registration) (*ssooidc.CreateTokenOutput, error) {
		start, err := l.oidc.StartDeviceAuthorization(ctx, &ssooidc.StartDeviceAuthorizationInput{
			ClientId: &reg.ClientID, ClientSecret: &reg.ClientSecret, StartUrl: &l.startURL,
		})
		if err != nil {
			return nil, err
		}
		page := aws.ToString(start.VerificationUriComplete)
		if page == "" {
			page = aws.ToString(start.VerificationUri)
		}
		if !isWebPage(page) {
			return nil, &awsapi.BrokenAnswer{Operation: "StartDeviceAuthorization", Msg: "names a sign-in page that is not an http or https URL"}
		}
		page = l.client.API.Secrets().Scrub(page)
		l.Show(page, aws.ToString(start.UserCode))
		if l.Open != nil {
			_ = l.Open(page) // the user can also open the shown URL
		}
		interval := time.Duration(start.Interval) * time.Second
		if interval <= 0 {
			interval = pollInterval
		}
		expiry := time.NewTimer(time.Duration(start.ExpiresIn) * time.Second)
		defer expiry.Stop()
		for {
			select {
			case <-time.After(interval):
			case <-expiry.C:
				return nil, &types.ExpiredTokenException{}
			case <-ctx.Done():
				return nil, context.Cause(ctx)
			}
			out, err := l.oidc.CreateToken(ctx, &ssooidc.CreateTokenInput{
				ClientId: &reg.ClientID, ClientSecret: &reg.ClientSecret, DeviceCode: start.DeviceCode,
				GrantType: aws.String("urn:ietf:params:oauth:grant-type:device_code"),
			})
			var (
				pending *types.AuthorizationPendingException
				tooFast *types.SlowDownException
			)
			switch {
			case errors.As(err, &pending):
			case errors.As(err, &tooFast):
				interval += slowDown
			case err != nil && awsapi.Explain(err).Kind == awsapi.Unreachable:
				interval *= 2 // the user may have signed in already
			default:
				return out, err
			}
		}
	}}
}
