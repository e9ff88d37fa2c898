package auth

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"muster/internal/awsapi"
)

// mfaDevice asks for a code once: a wrong one is not asked for again by each
// account.
type mfaDevice struct {
	session *Credentials

	mu     sync.Mutex // held while the user is asked
	failed error
}

// mfaSession returns what GetSessionToken gives for one code of the device. A
// device belongs to one user, so its session serves every profile that names it.
func (r *Resolver) mfaSession(base *Identity, serial string) *Credentials {
	r.mu.Lock()
	defer r.mu.Unlock()
	if d := r.mfa[serial]; d != nil {
		return d.session
	}
	if r.mfa == nil {
		r.mfa = map[string]*mfaDevice{}
	}
	d := new(mfaDevice)
	d.session = r.newCredentials(provider(func(ctx context.Context) (aws.Credentials, error) {
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.failed != nil {
			return aws.Credentials{}, d.failed
		}
		creds, err := r.getSessionToken(ctx, base, serial, "", 0)
		if err != nil && ctx.Err() == nil {
			d.failed = err
		}
		return creds, err
	}))
	r.mfa[serial] = d
	return d.session
}

// fromSTS takes credentials that awsapi has found to be complete.
func fromSTS(c *types.Credentials) aws.Credentials {
	return aws.Credentials{
		AccessKeyID: *c.AccessKeyId, SecretAccessKey: *c.SecretAccessKey, SessionToken: *c.SessionToken,
		CanExpire: true, Expires: *c.Expiration,
	}
}

// mfaCode is the code that was given, or asks for one of the device.
func (r *Resolver) mfaCode(ctx context.Context, serial, code string) (string, error) {
	if code == "" {
		if r.Prompt == nil {
			return "", &mfaError{fmt.Sprintf("an MFA code of %s is needed, and there is no terminal to ask on", serial)}
		}
		var err error
		if code, err = r.Prompt(ctx, fmt.Sprintf("MFA code of %s: ", serial)); err != nil {
			return "", err
		}
	}
	code = strings.ReplaceAll(strings.TrimSpace(code), " ", "")
	if len(code) != 6 || strings.Trim(code, "0123456789") != "" {
		return "", &mfaError{fmt.Sprintf("an MFA code has six digits (device %s)", serial)}
	}
	return code, nil
}

type mfaError struct{ msg string }

func (e *mfaError) Error() string       { return e.msg }
func (e *mfaError) Reason() awsapi.Kind { return awsapi.Denied }
