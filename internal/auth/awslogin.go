package auth

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/logincreds"

	"muster/internal/awsapi"
	"muster/internal/awsconfig"
	"muster/internal/shell"
)

// awsLogin returns the credentials of a profile that `aws login` has signed in.
// The SDK reads them from the AWS CLI's file, where it also writes the renewed
// ones. It does not lock the file, which would lose what one of two processes
// gets for the same refresh token; where it cannot be locked, it can still be read.
func (r *Resolver) awsLogin(p *awsconfig.Profile, target awsapi.Target) (*Credentials, error) {
	path, err := logincreds.StandardCachedTokenFilepath(p.LoginSession, r.loginCacheDir())
	if err != nil {
		return nil, fmt.Errorf("profile %q: login_session: %w", p.Name, err)
	}
	token := logincreds.New(r.API.Signin(target), path, func(o *logincreds.Options) { o.RestrictPermissions = true })
	return r.shared("login "+path, r.cache(provider(func(ctx context.Context) (aws.Credentials, error) {
		if unlock, err := lockFile(ctx, path); err == nil {
			defer unlock()
		}
		creds, err := token.Retrieve(ctx)
		if err == nil || passing(err) {
			return creds, err
		}
		return aws.Credentials{}, &LoginError{
			To:      fmt.Sprintf("the login of profile %q", p.Name),
			Why:     fmt.Sprintf("cannot be used (%s)", strings.TrimSuffix(awsapi.Explain(err).Message, ", please reauthenticate")),
			Command: "aws login --profile " + shell.Word(p.Name),
		}
	}))), nil
}

func (r *Resolver) loginCacheDir() string {
	if dir := r.env("AWS_LOGIN_CACHE_DIRECTORY"); dir != "" {
		return dir
	}
	return r.Home + "/.aws/login/cache"
}

// passing says whether a token could not be renewed for a reason that may go away
// by itself, so that signing in anew is not called for.
func passing(err error) bool {
	switch awsapi.Explain(err).Kind {
	case awsapi.Unreachable, awsapi.Throttled, awsapi.Cancelled:
		return true
	}
	return false
}
