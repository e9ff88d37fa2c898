// Package child runs a command in an account. The command gets the account's credentials in
// its environment and the user's signals. Its output is kept as a whole in a Spool, or
// written line by line with a prefix.
package child

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"
)

// gracePeriod is how long a command may take to end after SIGTERM, and how long the
// processes that it has left running may keep its output open.
const gracePeriod = 10 * time.Second

// Command is a program to run.
type Command struct {
	Path           string
	Args           []string // with the program's name first
	Env            []string
	Stdin          io.Reader // nil: /dev/null
	Stdout, Stderr io.Writer
	// Foreground runs the command in the process group of this process, so that it takes
	// part in the terminal's job control. Otherwise the command has no terminal, and the
	// end of the context ends it together with all processes that it has started.
	Foreground bool
	// Keyboard means that a terminal sends its signals to the whole process group,
	// including a command in the foreground.
	Keyboard    bool
	GracePeriod time.Duration // 0: 10 s
}

// Run runs the command and returns its exit code, as a shell does: 128 plus the number of
// the signal that ended it. An error means that the command could not be started, or that
// its output could not be written.
//
// When the context ends, Run sends the command the signal that ended the context, or
// SIGTERM. It sends SIGKILL after the grace period, or at the user's next signal. In the
// foreground, Run only forwards signals; the command decides when it ends.
func (c *Command) Run(ctx context.Context) (code int, err error) {
	running := ctx
	if c.Foreground {
		var stop func()
		running, stop = withoutSignals(ctx)
		defer stop()
	}
	cmd := exec.CommandContext(running, c.Path)
	cmd.Args, cmd.Env = c.Args, c.Env
	cmd.Stdin, cmd.Stdout, cmd.Stderr = c.Stdin, c.Stdout, c.Stderr
	cmd.WaitDelay = c.GracePeriod
	if cmd.WaitDelay == 0 {
		cmd.WaitDelay = gracePeriod
	}
	ended := make(chan struct{})
	defer close(ended)
	if c.Foreground {
		signals := notify()
		defer signal.Stop(signals)
		err = c.startForeground(ctx, cmd, signals, ended)
	} else {
		err = startDetached(running, cmd, ended)
	}
	if err != nil {
		if ctx.Err() != nil {
			return 0, ctx.Err()
		}
		return 0, fmt.Errorf("starting %s: %w", c.Args[0], withoutPath(err))
	}
	err = cmd.Wait()
	if running.Err() != nil && !c.Foreground {
		signalAll(cmd.Process, os.Kill) // the processes that it has left running
	}
	if errors.As(err, new(*exec.ExitError)) || errors.Is(err, exec.ErrWaitDelay) || running.Err() != nil {
		err = nil
	}
	return exitCode(cmd.ProcessState), err
}

// startForeground starts the command and forwards signals until ended is closed.
func (c *Command) startForeground(ctx context.Context, cmd *exec.Cmd, signals <-chan os.Signal, ended <-chan struct{}) error {
	cmd.Cancel = func() error { return cmd.Process.Signal(terminate) }
	if ctx.Err() != nil { // by a signal that came before notify
		return ctx.Err()
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	go c.forward(cmd.Process, signals, ended)
	return nil
}

// startDetached starts a command that ends with the context.
func startDetached(ctx context.Context, cmd *exec.Cmd, ended <-chan struct{}) error {
	detach(cmd)
	cmd.Cancel = func() error {
		// Listen before the command gets its signal: the user may insist at once.
		go killOnSignal(cmd.Process, notify(), ended)
		return signalAll(cmd.Process, causeSignal(context.Cause(ctx)))
	}
	return cmd.Start()
}

// withoutPath returns the reason why a program could not be started.
func withoutPath(err error) error {
	if path := (*os.PathError)(nil); errors.As(err, &path) {
		if path.Op == "fork/exec" && errors.Is(err, syscall.EBADF) { // fork moved a descriptor beyond the limit
			return syscall.EMFILE
		}
		return path.Err
	}
	if search := (*exec.Error)(nil); errors.As(err, &search) {
		return search.Err
	}
	return err
}

// withoutSignals returns a context that ends with ctx unless a signal has ended ctx.
func withoutSignals(ctx context.Context) (context.Context, func()) {
	quiet, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		if cause := context.Cause(ctx); !isSignal(cause) {
			cancel(cause)
		}
	})
	return quiet, func() { stop(); cancel(nil) }
}

// isSignal reports whether a cause is from signal.NotifyContext: it is a cancellation, but
// not context.Canceled itself.
func isSignal(cause error) bool {
	return errors.Is(cause, context.Canceled) && cause != context.Canceled
}

// forward sends signals to the command until it has ended, except those that it has got
// from the keyboard already.
func (c *Command) forward(p *os.Process, signals <-chan os.Signal, ended <-chan struct{}) {
	for {
		select {
		case s := <-signals:
			if !c.Keyboard || !fromKeyboard(s) {
				p.Signal(s)
			}
		case <-ended:
			return
		}
	}
}

// notify returns a channel for the signals that end programs, except those that this
// process ignores since its start, as after nohup. The command ignores them, too.
func notify() chan os.Signal {
	signals := make(chan os.Signal, 8)
	for _, s := range endingSignals {
		if !signal.Ignored(s) {
			signal.Notify(signals, s)
		}
	}
	return signals
}

// killOnSignal kills a command that is already ending when the user sends another signal.
func killOnSignal(p *os.Process, signals chan os.Signal, ended <-chan struct{}) {
	defer signal.Stop(signals)
	for {
		select {
		case s := <-signals:
			if s == syscall.SIGHUP {
				continue // a closing terminal sends it more than once
			}
			signalAll(p, os.Kill)
		case <-ended:
		}
		return
	}
}
