package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"syscall"

	"muster/internal/auth"
	"muster/internal/awsapi"
	"muster/internal/render"
	"muster/internal/safe"
)

// The exit codes; 'muster help exit-codes' explains them to users.
const (
	exitOK          = 0
	exitNothing     = 1   // nothing could be done, or the output could not be written
	exitUsage       = 2   // the command line or the config file is wrong
	exitPartial     = 3   // some account or region is missing
	exitChanged     = 4   // with --exit-code: something changed
	exitInterrupted = 130 // the user interrupted the run
	exitPipe        = 141 // the reader closed stdout; shells show SIGPIPE like this
)

// partial ends a run that has already reported what is missing. It sets only the exit
// code.
type partial struct{ code int }

func (p *partial) Error() string { return fmt.Sprintf("exit code %d", p.code) }

// fail prints the error of a run and returns the exit code. It is the only place that
// does so.
func (a *App) fail(ctx context.Context, err error) int {
	var ended *partial
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &ended):
		return ended.code
	case errors.Is(err, syscall.EPIPE) && !errors.As(err, new(*net.OpError)): // a net.OpError would come from a connection to AWS
		return exitPipe
	}
	a.report(err)
	switch {
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		return exitInterrupted
	case isUsage(err):
		return exitUsage
	}
	return exitNothing
}

// usageError reports a wrong command line.
type usageError struct{ msg string }

func (e *usageError) Error() string { return e.msg }

func (*usageError) UsageError() {}

func usage(format string, args ...any) error { return &usageError{fmt.Sprintf(format, args...)} }

// isUsage reports whether the command line or the config file is wrong. Any package marks
// such errors with the method UsageError. (A method ExitCode would not do: the error
// of a child process that failed has one, too.)
func isUsage(err error) bool {
	var marked interface{ UsageError() }
	return errors.As(err, &marked)
}

// report prints an error and its hint. It shortens an error of AWS to operation, code and
// message, and keeps the lines of an error that points at its place with carets.
func (a *App) report(err error) {
	text := err.Error()
	if errors.Is(err, context.Canceled) {
		text = "interrupted"
	} else if refused := (*auth.RefusedError)(nil); errors.As(err, &refused) {
		text = refused.Identity.String() + ": " + failureText(err)
	} else if awsapi.Explain(err).Operation != "" || errors.As(err, new(*awsapi.CredentialsError)) {
		text = failureText(err)
	}
	lines := strings.Split(text, "\n")
	a.note("%s%s", lines[0], a.origin(lines[0]))
	for _, line := range lines[1:] {
		a.term.Print("  " + safe.Text(line) + "\n")
	}
	failure := awsapi.Explain(err)
	if hint := cmp.Or(awsapi.Hint(err), networkHint(failure.Code, failure.Message)); hint != "" {
		a.detail("%s", hint)
	}
}

// failureText returns an error of AWS as operation, code and message.
func failureText(err error) string {
	failure := awsapi.Explain(err)
	return strings.Join(slices.DeleteFunc([]string{failure.Operation, failure.Code, failure.Message},
		func(part string) bool { return part == "" }), ": ")
}

// written adds a prefix to an error of the output's writer. Errors of the records
// themselves stay as they are.
func written(err error) error {
	if err == nil || isUsage(err) || errors.As(err, new(*exportError)) || errors.As(err, new(*render.RecordsError)) {
		return err
	}
	return fmt.Errorf("writing the output: %w", err)
}
