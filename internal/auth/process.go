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

// loopVariable is an environment variable of each credential_process. It lists the
// profiles whose processes run, to detect a process that calls muster for its own
// profile.
const loopVariable = "MUSTER_CREDENTIAL_PROCESS"

// outputDelay is the time that children of a credential_process may keep its output
// open after it has ended.
const outputDelay = 2 * time.Second

// maxProcesses limits the credential_processes that run at the same time. Each may be
// an interpreter with all its libraries, and there may be hundreds of profiles.
const maxProcesses = 16

// processProvider runs a profile's credential_process. Unlike the SDK's, it has no
// limit of one minute, which is too short for a sign-in, and accepts all forms of
// time that the AWS CLI does.
type processProvider struct {
	r       *Resolver
	profile *awsconfig.Profile
}

// Retrieve runs the process. Its errors contain nothing that the process has printed.
func (p *processProvider) Retrieve(ctx context.Context) (aws.Credentials, error) {
	running := strings.Split(p.r.env(loopVariable), "\n")
	if slices.Contains(running, p.profile.Name) {
		return aws.Credentials{}, &processError{p.profile.Name, errors.New("its credential_process asks muster for the same profile")}
	}
	run, done, err := p.r.processes.begin(ctx)
	if err != nil {
		return aws.Credentials{}, err
	}
	defer done()
	if p.r.HoldTerminal != nil {
		defer p.r.HoldTerminal()()
	}
	var creds aws.Credentials
	output, err := p.run(run, append(running, p.profile.Name))
	if err == nil {
		creds, err = parseProcessOutput(output)
	}
	if err == nil && p.r.expired(creds) {
		err = &expiredError{creds.Expires}
	}
	if err != nil {
		return aws.Credentials{}, &processError{p.profile.Name, err}
	}
	return creds, nil
}

// run runs the process to its end and returns its output.
func (p *processProvider) run(ctx context.Context, running []string) ([]byte, error) {
	words := []string{"sh", "-c", shell.OneCommand(p.profile.CredentialProcess)}
	if runtime.GOOS == "windows" {
		words = []string{"cmd.exe", "/C", strings.Join(strings.Fields(p.profile.CredentialProcess), " ")}
	}
	var stdout bytes.Buffer
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr, cmd.WaitDelay = p.r.Stdin, &stdout, p.r.Stderr, outputDelay
	cmd.Env = append(slices.Clone(p.r.Environ), loopVariable+"="+strings.Join(running, "\n"))
	terminateFirst(cmd, p.r.Prompt == nil)
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
	slots chan struct{} // one value for each process that runs

	mu      sync.Mutex
	ctx     context.Context // of all processes; nil before the first one
	cancel  context.CancelFunc
	running sync.WaitGroup
}

// begin waits for a slot. It returns the context that the process runs in, and done to
// call at its end. That context does not end with ctx, since other callers may wait
// for the same credentials, and the user may be signing in.
func (ps *processes) begin(ctx context.Context) (run context.Context, done func(), err error) {
	ps.mu.Lock()
	if ps.ctx == nil {
		ps.ctx, ps.cancel = context.WithCancel(context.WithoutCancel(ctx))
	}
	ps.mu.Unlock()
	select {
	case ps.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, nil, ctx.Err()
	case <-ps.ctx.Done():
		return nil, nil, ps.ctx.Err()
	}
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if err := ps.ctx.Err(); err != nil {
		return nil, nil, err
	}
	ps.running.Add(1)
	return ps.ctx, func() { <-ps.slots; ps.running.Done() }, nil
}

// close ends all processes and waits for them.
func (ps *processes) close() {
	ps.mu.Lock()
	cancel := ps.cancel
	if cancel != nil {
		cancel()
	}
	ps.mu.Unlock()
	if cancel != nil {
		ps.running.Wait()
	}
}

// processError means that a credential_process gave no credentials.
type processError struct {
	profile string
	err     error
}

func (e *processError) Error() string { return fmt.Sprintf("profile %q: %v", e.profile, e.err) }

func (e *processError) Unwrap() error { return e.err }

// Reason reports the place as expired in the ledger, or else as broken: the role itself
// may exist.
func (e *processError) Reason() awsapi.Kind {
	if errors.As(e.err, new(*expiredError)) {
		return awsapi.Expired
	}
	return awsapi.Broken
}
