package auth

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"

	"muster/internal/auth/sso"
	"muster/internal/awsapi"
)

// mfaProvider exchanges an IAM user's keys and one code of an MFA device for a session
// with MFA. If that fails, it does not ask for another code until forgetFailure: each
// account would ask again.
type mfaProvider struct {
	session sessionTokenProvider
	creds   *Credentials // the cache around this provider

	mu     sync.Mutex // held while the user is asked
	failed error
}

// Retrieve asks for a code and calls GetSessionToken.
func (p *mfaProvider) Retrieve(ctx context.Context) (aws.Credentials, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.failed != nil {
		return aws.Credentials{}, p.failed
	}
	creds, err := p.session.Retrieve(ctx)
	if err != nil && ctx.Err() == nil {
		p.failed = err
	}
	return creds, err
}

// forgetFailure drops an error that may have passed. It does not wait for a user who
// is being asked.
func (p *mfaProvider) forgetFailure() {
	if !p.mu.TryLock() {
		return
	}
	defer p.mu.Unlock()
	if p.failed != nil && sso.Temporary(p.failed) {
		p.failed = nil
	}
}

// mfaSession returns the session of a device. A device belongs to one user, so that
// its session serves every profile with its serial number.
func (r *Resolver) mfaSession(base *Identity, serial string) *Credentials {
	r.mu.Lock()
	defer r.mu.Unlock()
	device := r.mfaDevices[serial]
	if device == nil {
		device = &mfaProvider{session: sessionTokenProvider{r: r, base: base, serial: serial}}
		device.creds = r.newCredentials(device)
		r.mfaDevices[serial] = device
	}
	return device.creds
}

// mfaCode returns the given code, or asks the user for one if it is "".
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

// mfaError means that there is no valid code.
type mfaError struct{ msg string }

func (e *mfaError) Error() string { return e.msg }

// Reason reports the place as denied in the ledger.
func (e *mfaError) Reason() awsapi.Kind { return awsapi.Denied }
