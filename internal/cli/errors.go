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

	"muster/internal/account"
	"muster/internal/awsapi"
	"muster/internal/render"
	"muster/internal/safe"
)

// The exit codes.
const (
	exitOK          = 0
	exitNothing     = 1   // no account could be reached, or the output could not be written
	exitUsage       = 2   // the command line or the config file is wrong
	exitPartial     = 3   // some account or region is missing
	exitInterrupted = 130 // by the user
	exitPipe        = 141 // the reader of the output went away; a shell has this code for SIGPIPE
)

// partial ends a run with an exit code and without another message.
type partial struct{ code int }

func (p *partial) Error() string { return fmt.Sprintf("exit code %d", p.code) }

// fail prints the message of an error and returns its exit code.
func (a *App) fail(ctx context.Context, err error) int {
	var ended *partial
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &ended):
		return ended.code
	case errors.Is(err, syscall.EPIPE) && !errors.As(err, new(*net.OpError)): // not of a connection to AWS
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

// usageError is a mistake in the command line.
type usageError struct{ msg string }

func (e *usageError) Error() string { return e.msg }

func (*usageError) UsageError() {}

func usage(format string, args ...any) error { return &usageError{fmt.Sprintf(format, args...)} }

// isUsage says whether the command line or the config file is wrong. Any package marks
// such errors with the method UsageError. (A method ExitCode would not do: the error
// of a child process that failed has one, too.)
func isUsage(err error) bool {
	var marked interface{ UsageError() }
	return errors.As(err, &marked)
}

// report prints an error and its hint. It drops the text that the SDK puts around AWS's
// message, and keeps the lines of an expression with the carets below.
func (a *App) report(err error) {
	text := err.Error()
	if errors.Is(err, context.Canceled) {
		text = "interrupted"
	} else if failure := awsapi.Explain(err); failure.Operation != "" || errors.As(err, new(*awsapi.CredentialsError)) {
		text = strings.Join(slices.DeleteFunc([]string{failure.Operation, failure.Code, failure.Message},
			func(part string) bool { return part == "" }), ": ")
	}
	lines := strings.Split(text, "\n")
	a.note("%s%s", lines[0], a.origin(lines[0]))
	for _, line := range lines[1:] {
		a.term.Print("  " + safe.Text(line) + "\n")
	}
	if hint := cmp.Or(account.Hint(err), awsapi.Hint(err)); hint != "" {
		a.detail("%s", hint)
	}
}

// written adds "writing the output" to an error of the writer, but not to an error of the
// records.
func written(err error) error {
	if err == nil || isUsage(err) || errors.As(err, new(*exportError)) || errors.As(err, new(*render.RecordsError)) {
		return err
	}
	return fmt.Errorf("writing the output: %w", err)
}
