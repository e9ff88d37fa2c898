package auth

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

// RFC 8628: how often to ask where the service does not say, and how much longer
// to wait each time it says that this was too often.
const (
	pollInterval = 5 * time.Second
	slowDown     = 5 * time.Second
)

// isWebPage says whether a URL is for a browser: what opens another kind may run it.
func isWebPage(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
}

// withDeviceCode signs in by a code that the user enters in a browser anywhere.
func (l *login) withDeviceCode() flow {
	return flow{signIn: func(ctx context.Context, reg *botocache.Registration) (*ssooidc.CreateTokenOutput, error) {
		start, err := l.client.StartDeviceAuthorization(ctx, &ssooidc.StartDeviceAuthorizationInput{
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
			return nil, &awsapi.BrokenAnswer{Operation: "StartDeviceAuthorization", Msg: "names a page to sign in on that is no URL of http or https"}
		}
		page = l.r.API.Secrets().Scrub(page)
		l.Show(page, aws.ToString(start.UserCode))
		if l.Open != nil {
			_ = l.Open(page) // the URL is on the screen
		}
		interval := time.Duration(start.Interval) * time.Second
		if interval <= 0 {
			interval = pollInterval
		}
		lapse := time.NewTimer(time.Duration(start.ExpiresIn) * time.Second)
		defer lapse.Stop()
		for {
			select {
			case <-time.After(interval):
			case <-lapse.C:
				return nil, &types.ExpiredTokenException{}
			case <-ctx.Done():
				return nil, context.Cause(ctx)
			}
			out, err := l.client.CreateToken(ctx, &ssooidc.CreateTokenInput{
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
