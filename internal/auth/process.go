package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/processcreds"

	"muster/internal/awsapi"
	"muster/internal/awsconfig"
)

// loopVariable names, for the children of a credential_process, the profiles
// whose processes are under way.
const loopVariable = "MUSTER_CREDENTIAL_PROCESS"

// processDelay is how long what a credential_process has started may go on using
// its output after it has ended, or was ended because it took too long.
const processDelay = 2 * time.Second

// mostProcesses is how many credential_processes run at one time: each may be an
// interpreter with all its libraries, and there may be hundreds of profiles.
const mostProcesses = 16

// process runs a profile's credential_process. A process that calls muster for
// the same profile would call it again, for ever.
func (r *Resolver) process(p *awsconfig.Profile) aws.CredentialsProvider {
	running := strings.Split(r.env(loopVariable), "\n")
	inner := processcreds.NewProviderCommand(processcreds.NewCommandBuilderFunc(func(ctx context.Context) (*exec.Cmd, error) {
		shell := []string{"sh", "-c"}
		if runtime.GOOS == "windows" {
			shell = []string{"cmd.exe", "/C"}
		}
		cmd := exec.CommandContext(ctx, shell[0], shell[1], p.CredentialProcess)
		cmd.Stdin, cmd.Stderr, cmd.WaitDelay = r.Stdin, r.Stderr, processDelay
		cmd.Env = append(slices.Clone(r.Environ), loopVariable+"="+strings.Join(append(running, p.Name), "\n"))
		return cmd, nil
	}))
	return provider(func(ctx context.Context) (aws.Credentials, error) {
		if slices.Contains(running, p.Name) {
			return aws.Credentials{}, &processError{p.Name, errors.New("its credential_process asks muster for the same profile")}
		}
		ended, err := r.processTurn(ctx)
		if err != nil {
			return aws.Credentials{}, err
		}
		defer ended()
		if r.Aside != nil {
			defer r.Aside()()
		}
		var creds aws.Credentials
		err = r.API.MakingRoom(ctx, func() (err error) {
			creds, err = inner.Retrieve(ctx)
			return err
		})
		var syntax *json.SyntaxError
		var mismatch *json.UnmarshalTypeError
		switch {
		case errors.As(err, &syntax), errors.As(err, &mismatch), err != nil && strings.Contains(err.Error(), "parse failed"):
			// The SDK's text holds the whole output, keys and all.
			err = &processError{p.Name, errors.New("what its credential_process printed is not the JSON that it should be")}
		case errors.Is(err, exec.ErrWaitDelay):
			err = &processError{p.Name, errors.New("its credential_process has left something running that holds its output")}
		case err != nil:
			err = &processError{p.Name, err}
		case r.ended(creds):
			err = &processError{p.Name, &endedError{creds.Expires}}
		}
		return creds, err
	})
}

// processTurn waits until one more process may run.
func (r *Resolver) processTurn(ctx context.Context) (ended func(), err error) {
	r.mu.Lock()
	if r.processes == nil {
		r.processes = make(chan struct{}, mostProcesses)
	}
	r.mu.Unlock()
	select {
	case r.processes <- struct{}{}:
		return func() { <-r.processes }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// processError is why a credential_process gave no credentials.
type processError struct {
	profile string
	err     error
}

func (e *processError) Error() string { return fmt.Sprintf("profile %q: %v", e.profile, e.err) }

func (e *processError) Unwrap() error { return e.err }

// Reason makes it a missing role in the ledger, or an expired one.
func (e *processError) Reason() awsapi.Kind {
	if errors.As(e.err, new(*endedError)) {
		return awsapi.Expired
	}
	return awsapi.NoRole
}
