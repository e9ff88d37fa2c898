package auth

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/logincreds"
	"github.com/aws/aws-sdk-go-v2/service/signin"

	"muster/internal/auth/botocache"
	"muster/internal/awsapi"
	"muster/internal/awsconfig"
	"muster/internal/disk"
	"muster/internal/shell"
)

// awsLogin returns the credentials of a profile that `aws login` has signed in.
// The SDK reads them from the AWS CLI's file and exchanges them when they have
// ended. It does not lock the file, which would lose what one of two processes gets
// for the same refresh token; where it cannot be locked, it can still be read.
func (r *Resolver) awsLogin(p *awsconfig.Profile, target awsapi.Target) (*Credentials, error) {
	path, err := logincreds.StandardCachedTokenFilepath(p.LoginSession, r.loginCacheDir())
	if err != nil {
		return nil, fmt.Errorf("profile %q: login_session: %w", p.Name, err)
	}
	return r.oncePerSource("login "+path, r.newCredentials(provider(func(ctx context.Context) (aws.Credentials, error) {
		if unlock, err := r.lockFile(ctx, path, fmt.Sprintf("the login of profile %q", p.Name)); err == nil {
			defer unlock()
		}
		creds, err := r.fromLogin(ctx, path, target)
		if err == nil || ctx.Err() != nil || passing(err) {
			return creds, err
		}
		why := fmt.Sprintf("cannot be used (%s)", strings.TrimSuffix(awsapi.Explain(err).Message, ", please reauthenticate"))
		if unwritable := (*unwritableError)(nil); errors.As(err, &unwritable) {
			why = "has ended, and a renewed one " + unwritable.Error()
		}
		return aws.Credentials{}, &LoginError{
			To:      fmt.Sprintf("the login of profile %q", p.Name),
			Why:     why,
			Command: "aws login --profile " + shell.Word(p.Name),
		}
	}))), nil
}

// fromLogin returns the credentials of a login's file, renewed if they have ended.
func (r *Resolver) fromLogin(ctx context.Context, path string, target awsapi.Target) (aws.Credentials, error) {
	if _, err := disk.Read(ctx, path); ctx.Err() != nil {
		return aws.Credentials{}, err // the SDK would wait for it without end
	}
	exchange := &exchange{client: r.API.Signin(target), path: path}
	creds, err := logincreds.New(exchange, path).Retrieve(ctx)
	if !errors.Is(err, errExchanged) {
		return creds, err
	}
	token := exchange.answer.TokenOutput
	if token == nil || token.AccessToken == nil || aws.ToString(token.AccessToken.AccessKeyId) == "" || token.ExpiresIn == nil {
		return aws.Credentials{}, &awsapi.BrokenAnswer{Operation: "CreateOAuth2Token", Msg: "gave no credentials"}
	}
	renewed := aws.Credentials{
		AccessKeyID: *token.AccessToken.AccessKeyId, SecretAccessKey: aws.ToString(token.AccessToken.SecretAccessKey),
		SessionToken: aws.ToString(token.AccessToken.SessionToken),
		CanExpire:    true, Expires: time.Now().Add(time.Duration(*token.ExpiresIn) * time.Second),
	}
	if err := botocache.RenewLogin(ctx, path, renewed, aws.ToString(token.RefreshToken)); err != nil {
		return aws.Credentials{}, err
	}
	return logincreds.New(exchange, path).Retrieve(ctx)
}

// exchange takes what the SDK's provider would write into the file by itself: over
// the old contents, so that a kill half way loses both, and without the keys that
// the SDK does not know.
type exchange struct {
	client logincreds.TokenAPIClient
	path   string
	answer *signin.CreateOAuth2TokenOutput
}

// errExchanged ends the SDK's provider before it writes.
var errExchanged = errors.New("exchanged")

func (e *exchange) CreateOAuth2Token(ctx context.Context, in *signin.CreateOAuth2TokenInput, options ...func(*signin.Options)) (*signin.CreateOAuth2TokenOutput, error) {
	// What cannot be written must not be exchanged: the old one works no more.
	if err := botocache.Writable(e.path); err != nil {
		return nil, &unwritableError{e.path, err}
	}
	answer, err := e.client.CreateOAuth2Token(ctx, in, options...)
	if err != nil {
		return nil, err
	}
	e.answer = answer
	return nil, errExchanged
}

func (r *Resolver) loginCacheDir() string {
	if dir := r.env("AWS_LOGIN_CACHE_DIRECTORY"); dir != "" {
		return dir
	}
	return filepath.Join(r.Home, ".aws", "login", "cache")
}

// passing says whether a token could not be renewed for a reason that may go away
// by itself, so that signing in anew is not called for: AWS has not been reached, or
// something else has answered in its place, such as the page of a captive portal.
func passing(err error) bool {
	f := awsapi.Explain(err)
	switch f.Kind {
	case awsapi.Unreachable, awsapi.Throttled, awsapi.Cancelled:
		return true
	case awsapi.Broken:
		return f.Answered && !f.Rejected()
	}
	return false
}
