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

// gracePeriod is how long a child has to end after it was asked to, and what it has
// left running to let go of its output.
const gracePeriod = 10 * time.Second

// Command is a program to run.
type Command struct {
	Path           string
	Args           []string // with the program's name first
	Env            []string
	Stdin          io.Reader // nil: nothing to read
	Stdout, Stderr io.Writer
	// Foreground runs it in the place of this process: in its process group, so
	// that the terminal's job control is the child's. Otherwise it has no terminal
	// at all, and is asked to end, with all it has started, when the context ends.
	Foreground bool
	// Keyboard says that a terminal sends its signals to the whole process group, a
	// child in the foreground included.
	Keyboard    bool
	GracePeriod time.Duration // 0: 10 s
}

// Run runs the command to its end and returns its exit code, as a shell has it:
// 128 and its number for a signal. An error means that the command could not be
// started, or that its output could not be written.
//
// When the context ends, the child gets the signal that ended it, or SIGTERM; and
// SIGKILL if it is still there after a while, or at the user's next interrupt. In
// the foreground signals are passed on as they come, and it is the child's
// business to end.
func (c *Command) Run(ctx context.Context) (code int, err error) {
	run := ctx
	if c.Foreground {
		var stop func()
		run, stop = withoutSignals(ctx)
		defer stop()
	}
	cmd := exec.CommandContext(run, c.Path)
	cmd.Args, cmd.Env = c.Args, c.Env
	cmd.Stdin, cmd.Stdout, cmd.Stderr = c.Stdin, c.Stdout, c.Stderr
	cmd.WaitDelay = c.GracePeriod
	if cmd.WaitDelay == 0 {
		cmd.WaitDelay = gracePeriod
	}
	ended := make(chan struct{})
	defer close(ended)
	if c.Foreground {
		cmd.Cancel = func() error { return cmd.Process.Signal(terminate) }
		signals := heard()
		defer signal.Stop(signals)
		if ctx.Err() != nil { // by a signal that came before we listened
			return 0, ctx.Err()
		}
		if err = cmd.Start(); err == nil {
			go c.passOn(cmd.Process, signals, ended)
		}
	} else {
		detach(cmd)
		cmd.Cancel = func() error {
			// Listened to before the child is asked: its user may insist at once.
			go killAtNext(cmd.Process, heard(), ended)
			return signalAll(cmd.Process, causeSignal(context.Cause(run)))
		}
		err = cmd.Start()
	}
	if err != nil {
		if ctx.Err() != nil {
			return 0, ctx.Err()
		}
		return 0, fmt.Errorf("starting %s: %w", c.Args[0], bare(err))
	}
	err = cmd.Wait()
	if run.Err() != nil && !c.Foreground {
		signalAll(cmd.Process, os.Kill) // what it has left behind
	}
	var exited *exec.ExitError
	if errors.As(err, &exited) || errors.Is(err, exec.ErrWaitDelay) || run.Err() != nil {
		err = nil
	}
	return exitCode(cmd.ProcessState), err
}

// bare is an error of starting without the path, which the caller has.
func bare(err error) error {
	if path := (*os.PathError)(nil); errors.As(err, &path) {
		if path.Op == "fork/exec" && errors.Is(err, syscall.EBADF) { // a descriptor that was moved beyond the limit
			return syscall.EMFILE
		}
		return path.Err
	}
	if search := (*exec.Error)(nil); errors.As(err, &search) {
		return search.Err
	}
	return err
}

// withoutSignals is a context that a signal does not end, only what else ends ctx.
func withoutSignals(ctx context.Context) (context.Context, func()) {
	quiet, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		if cause := context.Cause(ctx); !bySignal(cause) {
			cancel(cause)
		}
	})
	return quiet, func() { stop(); cancel(nil) }
}

// bySignal tells the cause that signal.NotifyContext gives from others: it is a
// cancellation, but not context.Canceled itself.
func bySignal(cause error) bool {
	return errors.Is(cause, context.Canceled) && cause != context.Canceled
}

// passOn gives the child the signals that this process gets and the child has not
// got from the keyboard already.
func (c *Command) passOn(p *os.Process, signals <-chan os.Signal, ended <-chan struct{}) {
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

// heard is where signals by which others end a program arrive. What this process was
// started to ignore, as by nohup, it ignores with its child.
func heard() chan os.Signal {
	signals := make(chan os.Signal, 8)
	for _, s := range passedOn {
		if !signal.Ignored(s) {
			signal.Notify(signals, s)
		}
	}
	return signals
}

// killAtNext ends a child that was asked to end already, when the user insists.
func killAtNext(p *os.Process, signals chan os.Signal, ended <-chan struct{}) {
	defer signal.Stop(signals)
	for {
		select {
		case s := <-signals:
			if s == syscall.SIGHUP {
				continue // a terminal that is closed says so more than once
			}
			signalAll(p, os.Kill)
		case <-ended:
		}
		return
	}
}
