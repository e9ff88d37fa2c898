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

// loopVariable is an environment variable of each credential_process, mfa_process and
// saml_command. It lists the profiles whose processes run, to detect a process that calls muster for its
// own profile.
const loopVariable = "MUSTER_CREDENTIAL_PROCESS"

// outputDelay is the time that children of a credential_process may keep its output
// open after it has ended.
const outputDelay = 2 * time.Second

// maxProcesses limits the credential_processes that run at the same time. Each may be
// an interpreter with all its libraries, and there may be hundreds of profiles.
const maxProcesses = 16

// maxOutput limits the output of a process in bytes. Credentials, codes and assertions are far
// smaller.
const maxOutput = 1 << 20

// processProvider runs a profile's credential_process. Unlike the SDK's, it has no
// limit of one minute, which is too short for a sign-in, and accepts all forms of
// time that the AWS CLI does.
type processProvider struct {
	r       *Resolver
	profile *awsconfig.Profile
}

// Retrieve runs the process. Its errors contain nothing that the process has printed.
func (p *processProvider) Retrieve(ctx context.Context) (aws.Credentials, error) {
	output, err := p.r.runProcess(ctx, profileCommand{profile: p.profile.Name, setting: "credential_process", line: p.profile.CredentialProcess})
	if err != nil {
		return aws.Credentials{}, err
	}
	creds, err := parseProcessOutput(output)
	if err == nil && p.r.expired(creds) {
		err = &expiredError{creds.Expires}
	}
	if err != nil {
		return aws.Credentials{}, &processError{p.profile.Name, err}
	}
	return creds, nil
}

// profileCommand is a command line in a setting of a profile.
type profileCommand struct {
	profile, setting string
	line             string
	// ends means that the command ends with the context of its caller. Others go on: several
	// callers may wait for one command, such as a credential_process.
	ends bool
}

// runProcess runs a command to its end and returns its output.
func (r *Resolver) runProcess(ctx context.Context, c profileCommand) ([]byte, error) {
	running := strings.Split(r.env(loopVariable), "\n")
	if slices.Contains(running, c.profile) {
		return nil, &processError{c.profile, fmt.Errorf("its %s asks muster for the same profile", c.setting)}
	}
	run, done, err := r.processes.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	if r.HoldTerminal != nil {
		defer r.HoldTerminal()()
	}
	words := []string{"sh", "-c", shell.OneCommand(c.line)}
	if runtime.GOOS == "windows" {
		words = []string{"cmd.exe", "/C", strings.Join(strings.Fields(c.line), " ")}
	}
	run, end := context.WithCancelCause(run)
	defer end(nil)
	if c.ends {
		defer context.AfterFunc(ctx, func() { end(context.Cause(ctx)) })()
	}
	stdout := processOutput{full: func() { end(errOutput) }}
	cmd := exec.CommandContext(run, words[0], words[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr, cmd.WaitDelay = r.Stdin, &stdout, r.Stderr, outputDelay
	cmd.Env = append(slices.Clone(r.Environ), loopVariable+"="+strings.Join(append(running, c.profile), "\n"))
	terminateFirst(cmd, r.Prompt == nil)
	if err = r.processes.start(cmd); err == nil {
		err = cmd.Wait()
		r.processes.ended(cmd)
	}
	switch {
	case context.Cause(run) == errOutput:
		err = fmt.Errorf("its %s %w", c.setting, errOutput)
	case c.ends && ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case run.Err() != nil:
		err = fmt.Errorf("its %s was ended before it had printed anything", c.setting)
	case errors.Is(err, exec.ErrWaitDelay):
		err = fmt.Errorf("its %s has left a process running that keeps its output open", c.setting)
	case err != nil:
		err = fmt.Errorf("its %s failed: %w", c.setting, err)
	default:
		return stdout.buffer.Bytes(), nil
	}
	return nil, &processError{c.profile, err}
}

// errOutput means that a process printed more than maxOutput.
var errOutput = errors.New("printed more than 1 MiB")

// processOutput keeps the output of a process up to maxOutput. It calls full when there is
// more.
type processOutput struct {
	buffer bytes.Buffer
	full   func()
}

func (o *processOutput) Write(p []byte) (int, error) {
	if o.buffer.Len()+len(p) > maxOutput {
		o.full()
		return 0, errOutput
	}
	return o.buffer.Write(p)
}

// processes are the credential_processes of a run.
type processes struct {
	slots chan struct{} // one value for each process that runs

	mu      sync.Mutex
	ctx     context.Context // of all processes; nil before the first one
	cancel  context.CancelFunc
	running sync.WaitGroup

	started   map[*exec.Cmd]bool // and not ended
	stopWatch func()             // while there are some
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
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
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

// start starts a process that dies with muster: the user's second signal kills muster at
// once, and before it the processes that still run. One that ignores SIGTERM would stay
// otherwise.
func (ps *processes) start(cmd *exec.Cmd) error {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if len(ps.started) == 0 {
		ps.started = map[*exec.Cmd]bool{}
		ps.stopWatch = onSecondSignal(ps.kill)
	}
	err := cmd.Start()
	if err == nil {
		ps.started[cmd] = true
	} else if len(ps.started) == 0 {
		ps.stopWatch()
	}
	return err
}

func (ps *processes) ended(cmd *exec.Cmd) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	delete(ps.started, cmd)
	if len(ps.started) == 0 {
		ps.stopWatch()
	}
}

// kill kills all processes. No other starts meanwhile.
func (ps *processes) kill() {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	for cmd := range ps.started {
		killAll(cmd)
	}
	ps.cancel()
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

// processError means that a profile's credential_process or mfa_process gave nothing.
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
