package terminal

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// CanAsk reports whether there is a terminal for questions, wherever the streams go.
func (t *Terminal) CanAsk() bool {
	tty, err := t.OpenTTY()
	if err != nil {
		return false
	}
	tty.Close()
	return true
}

// ErrNoTerminal is the error of a question where there is no terminal.
var ErrNoTerminal = errors.New("there is no terminal to ask on")

// Ask asks a question and returns the line that the user types.
func (t *Terminal) Ask(ctx context.Context, text string) (string, error) {
	return t.ask(ctx, text, false)
}

// AskSecret asks for a line that the terminal does not show.
func (t *Terminal) AskSecret(ctx context.Context, text string) (string, error) {
	return t.ask(ctx, text, true)
}

// ErrNoAnswer is the error of a question that the user ends with Ctrl-D.
var ErrNoAnswer = errors.New("no answer was typed")

// Confirm asks a question whose answer is yes or no. Any other answer means no, and
// so does Ctrl-D.
func (t *Terminal) Confirm(ctx context.Context, question string) (bool, error) {
	answer, err := t.Ask(ctx, question+" [y/N] ")
	if errors.Is(err, ErrNoAnswer) {
		return false, nil
	}
	answer = strings.ToLower(strings.TrimSpace(answer))
	return err == nil && (answer == "y" || answer == "yes"), err
}

// Offer asks a question whose answer is yes or no. Just Enter means yes. Any answer but
// yes means no, and so does Ctrl-D.
func (t *Terminal) Offer(ctx context.Context, question string) (bool, error) {
	answer, err := t.Ask(ctx, question+" [Y/n] ")
	if errors.Is(err, ErrNoAnswer) {
		return false, nil
	}
	answer = strings.ToLower(strings.TrimSpace(answer))
	return err == nil && (answer == "" || answer == "y" || answer == "yes"), err
}

// Choose asks the user to pick one of several offers and returns its index.
func (t *Terminal) Choose(ctx context.Context, title string, offers []string) (int, error) {
	var question strings.Builder
	fmt.Fprintf(&question, "%s:\n", title)
	for i, offer := range offers {
		fmt.Fprintf(&question, "%3d  %s\n", i+1, offer)
	}
	fmt.Fprintf(&question, "Which one? [1-%d] ", len(offers))
	answer, err := t.Ask(ctx, question.String())
	if err != nil {
		return 0, err
	}
	n, err := strconv.Atoi(strings.TrimSpace(answer))
	if err != nil || n < 1 || n > len(offers) {
		return 0, fmt.Errorf("%q is none of 1 to %d", answer, len(offers))
	}
	return n - 1, nil
}

// Bound returns a context that ends with the run, too. The SDK asks for credentials
// without the context of the call that needs them.
func (t *Terminal) Bound(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(t.ctx, func() { cancel(context.Cause(t.ctx)) })
	return ctx, func() {
		stop()
		cancel(nil)
	}
}

func (t *Terminal) ask(ctx context.Context, text string, secret bool) (string, error) {
	t.asks.Lock()
	defer t.asks.Unlock()
	ctx, cancel := t.Bound(ctx)
	defer cancel()
	if t.ctx.Err() != nil {
		return "", t.ctx.Err()
	}
	tty, err := t.OpenTTY()
	if err != nil {
		return "", ErrNoTerminal
	}
	q := newQuestion(tty, text, secret)
	defer t.trapTTYSignals()()
	defer t.occupy(func() { t.question = q }, func() { t.question = nil })()
	return q.ask(ctx)
}
