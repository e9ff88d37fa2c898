package auth

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/logincreds"
	"github.com/aws/aws-sdk-go-v2/service/signin"

	"muster/internal/auth/botocache"
	"muster/internal/auth/sso"
	"muster/internal/awsapi"
	"muster/internal/awsconfig"
	"muster/internal/shell"
)

// loginProvider gives the credentials of a profile that `aws login` has signed in. The
// SDK's provider reads them from the AWS CLI's file and renews them there. This one
// adds a lock, since two processes must not spend the same refresh token, and writes
// the file atomically.
type loginProvider struct {
	r       *Resolver
	profile string
	target  awsapi.Target
	file    botocache.LoginFile
}

// newLoginProvider returns the provider of a profile's login_session, and the path of
// its file.
func (r *Resolver) newLoginProvider(p *awsconfig.Profile, target awsapi.Target) (*loginProvider, error) {
	file, err := r.Cache.Login(p.LoginSession)
	if err != nil {
		return nil, fmt.Errorf("profile %q: login_session: %w", p.Name, err)
	}
	return &loginProvider{r: r, profile: p.Name, target: target, file: file}, nil
}

// Retrieve returns the credentials of the file, renewed if they have ended.
func (p *loginProvider) Retrieve(ctx context.Context) (aws.Credentials, error) {
	name := fmt.Sprintf("the login of profile %q", p.profile)
	if unlock, err := p.file.Lock(ctx, name); err == nil { // else the file can still be read
		defer unlock()
	}
	creds, err := p.retrieve(ctx)
	if err == nil || ctx.Err() != nil || sso.Temporary(err) {
		return creds, err
	}
	why := fmt.Sprintf("cannot be used (%s)", strings.TrimSuffix(awsapi.Explain(err).Message, ", please reauthenticate"))
	if unwritable := (*botocache.UnwritableError)(nil); errors.As(err, &unwritable) {
		why = "has ended, and a renewed one " + unwritable.Error()
	}
	return aws.Credentials{}, &sso.LoginError{To: name, Why: why, Command: "aws login --profile " + shell.Word(p.profile)}
}

func (p *loginProvider) retrieve(ctx context.Context) (aws.Credentials, error) {
	if err := p.file.Check(ctx); ctx.Err() != nil {
		return aws.Credentials{}, err // the SDK would wait for the file without end
	}
	exchange := &exchange{client: p.r.API.Signin(p.target), file: p.file}
	creds, err := logincreds.New(exchange, p.file.Path()).Retrieve(ctx)
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
	if err := p.file.Renew(ctx, renewed, aws.ToString(token.RefreshToken)); err != nil {
		return aws.Credentials{}, err
	}
	return logincreds.New(exchange, p.file.Path()).Retrieve(ctx)
}

// exchange is the API client of the SDK's provider. It keeps the answer and returns
// errExchanged instead, so that the SDK does not write the file: the SDK overwrites it
// in place, and drops the keys that it does not know.
type exchange struct {
	client logincreds.TokenAPIClient
	file   botocache.LoginFile
	answer *signin.CreateOAuth2TokenOutput
}

var errExchanged = errors.New("exchanged")

// CreateOAuth2Token makes the call, but only if the new token can be written: the call
// makes the old one invalid.
func (e *exchange) CreateOAuth2Token(ctx context.Context, in *signin.CreateOAuth2TokenInput, options ...func(*signin.Options)) (*signin.CreateOAuth2TokenOutput, error) {
	if err := e.file.CheckWritable(); err != nil {
		return nil, err
	}
	answer, err := e.client.CreateOAuth2Token(ctx, in, options...)
	if err != nil {
		return nil, err
	}
	e.answer = answer
	return nil, errExchanged
}
