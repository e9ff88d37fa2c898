package auth

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"muster/internal/awsapi"
	"muster/internal/awsconfig"
	"muster/internal/shell"
)

// loopVariable names, for the children of a credential_process, the profiles
// whose processes are under way.
const loopVariable = "MUSTER_CREDENTIAL_PROCESS"

// processDelay is how long what a credential_process has started may go on using
// its output after it has ended, or was asked to end.
const processDelay = 2 * time.Second

// mostProcesses is how many credential_processes run at one time: each may be an
// interpreter with all its libraries, and there may be hundreds of profiles.
const mostProcesses = 16

// process returns the provider of a profile's credential_process. The SDK's own
// ends every process after a minute, in which nobody signs in, and accepts fewer
// forms of time than the AWS CLI. A process that calls muster for the same profile
// would call it again, for ever.
func (r *Resolver) process(p *awsconfig.Profile) aws.CredentialsProvider {
	running := strings.Split(r.env(loopVariable), "\n")
	return provider(func(ctx context.Context) (aws.Credentials, error) {
		if slices.Contains(running, p.Name) {
			return aws.Credentials{}, &processError{p.Name, errors.New("its credential_process asks muster for the same profile")}
		}
		run, ended, err := r.processTurn(ctx)
		if err != nil {
			return aws.Credentials{}, err
		}
		defer ended()
		if r.Aside != nil {
			defer r.Aside()()
		}
		printed, err := r.runProcess(run, p, append(running, p.Name))
		var creds aws.Credentials
		if err == nil {
			creds, err = parseProcessAnswer(printed)
		}
		if err == nil && r.ended(creds) {
			err = &endedError{creds.Expires}
		}
		if err != nil {
			return aws.Credentials{}, &processError{p.Name, err}
		}
		return creds, nil
	})
}

// runProcess runs a credential_process to its end and returns what it prints.
func (r *Resolver) runProcess(ctx context.Context, p *awsconfig.Profile, running []string) ([]byte, error) {
	words := []string{"sh", "-c", shell.OneCommand(p.CredentialProcess)}
	if runtime.GOOS == "windows" {
		words = []string{"cmd.exe", "/C", strings.Join(strings.Fields(p.CredentialProcess), " ")}
	}
	var stdout bytes.Buffer
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr, cmd.WaitDelay = r.Stdin, &stdout, r.Stderr, processDelay
	cmd.Env = append(slices.Clone(r.Environ), loopVariable+"="+strings.Join(running, "\n"))
	endWith(cmd, r.Prompt == nil)
	err := cmd.Run()
	switch {
	case ctx.Err() != nil:
		return nil, errors.New("its credential_process was ended before it had printed credentials")
	case errors.Is(err, exec.ErrWaitDelay):
		return nil, errors.New("its credential_process has left something running that holds its output")
	case err != nil:
		return nil, fmt.Errorf("its credential_process failed: %w", err)
	}
	return stdout.Bytes(), nil
}

// processes are the credential_processes of a run.
type processes struct {
	turns   chan struct{} // holds a value for each one that runs
	run     context.Context
	end     context.CancelFunc
	running sync.WaitGroup
}

// processTurn waits until one more process may run, and returns the context that it
// runs in until ended is called. It does not end with ctx: others may wait for the
// same credentials, and somebody may be signing in.
func (r *Resolver) processTurn(ctx context.Context) (run context.Context, ended func(), err error) {
	r.mu.Lock()
	if r.processes == nil {
		r.processes = &processes{turns: make(chan struct{}, awsapi.FitOpenFiles(mostProcesses, 4))}
		r.processes.run, r.processes.end = context.WithCancel(context.WithoutCancel(ctx))
	}
	all := r.processes
	r.mu.Unlock()
	select {
	case all.turns <- struct{}{}:
	case <-ctx.Done():
		return nil, nil, ctx.Err()
	case <-all.run.Done():
		return nil, nil, all.run.Err()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := all.run.Err(); err != nil {
		return nil, nil, err
	}
	all.running.Add(1)
	return all.run, func() { <-all.turns; all.running.Done() }, nil
}

// Close ends the credential_processes that still run when nobody waits for them any
// more, as after a time-out. They would stay behind.
func (r *Resolver) Close() {
	r.mu.Lock()
	all := r.processes
	if all != nil {
		all.end()
	}
	r.mu.Unlock()
	if all != nil {
		all.running.Wait()
	}
}

// processError is why a credential_process gave no credentials.
type processError struct {
	profile string
	err     error
}

func (e *processError) Error() string { return fmt.Sprintf("profile %q: %v", e.profile, e.err) }

func (e *processError) Unwrap() error { return e.err }

// Reason makes it an expired place in the ledger, or one whose program is broken:
// it says nothing about any role.
func (e *processError) Reason() awsapi.Kind {
	if errors.As(e.err, new(*endedError)) {
		return awsapi.Expired
	}
	return awsapi.Broken
}
