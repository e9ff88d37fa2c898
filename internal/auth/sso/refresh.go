package sso

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssooidc"

	"muster/internal/auth/botocache"
	"muster/internal/awsapi"
)

// refresh exchanges the refresh token for a new access token and writes both into
// the session's file. It locks the file and reads it again first, because another
// process may have refreshed the token in the meantime.
func (s *Session) refresh(ctx context.Context, refused string) (*botocache.Token, error) {
	unwritable := s.file.CheckWritable()
	if unwritable == nil {
		unlock, err := s.lock(ctx)
		if err != nil {
			return nil, err
		}
		defer unlock()
	}
	old, err := s.readToken(ctx)
	if err != nil {
		return nil, err
	}
	if s.usable(old, refused, refreshWindow) {
		return old, nil
	}
	ended := "has ended"
	if old.ExpiresAt.After(s.client.Now()) {
		ended = "is not accepted any more"
	}
	if unwritable != nil {
		return nil, s.loginError(ended + ", and a new token " + unwritable.Error())
	}
	if !old.Refreshable(s.client.Now()) {
		return nil, s.loginError(ended)
	}
	out, err := s.client.API.OIDC(s.Target, s.settings.Region).CreateToken(ctx, &ssooidc.CreateTokenInput{
		ClientId: &old.ClientID, ClientSecret: &old.ClientSecret, RefreshToken: &old.RefreshToken,
		GrantType: aws.String("refresh_token"),
	})
	if err != nil {
		if Temporary(err) {
			return nil, err
		}
		return nil, s.loginError(ended + " and cannot be refreshed")
	}
	expires := s.client.Now().Add(time.Duration(out.ExpiresIn) * time.Second)
	renewed := old.Renewed(*out.AccessToken, expires, aws.ToString(out.RefreshToken))
	renewed.StartURL, renewed.Region = s.settings.StartURL, s.settings.Region
	if err := s.file.Write(renewed); err != nil {
		return nil, fmt.Errorf("writing the refreshed token of %s: %w", s, err)
	}
	return renewed, nil
}

func (s *Session) lock(ctx context.Context) (unlock func(), err error) {
	unlock, err = s.file.Lock(ctx, "the token of "+s.String())
	if err != nil {
		return nil, fmt.Errorf("locking the token of %s: %w", s, err)
	}
	return unlock, nil
}

// Temporary reports whether an exchange of a refresh token failed for a reason that
// may pass without a new sign-in: AWS was not reached, or another server answered in
// its place, such as a captive portal.
func Temporary(err error) bool {
	f := awsapi.Explain(err)
	switch f.Kind {
	case awsapi.Unreachable, awsapi.Throttled, awsapi.Cancelled:
		return true
	case awsapi.Broken:
		return f.Answered && !f.Rejected()
	}
	return false
}
