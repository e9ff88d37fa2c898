package terminal

import (
	"context"
	"errors"
	"fmt"
	"slices"
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

// errNoAnswer is the error of a question that the user ends with Ctrl-D.
var errNoAnswer = errors.New("no answer was typed")

// Confirm asks a question whose answer is yes or no. Any other answer means no, and
// so does Ctrl-D.
func (t *Terminal) Confirm(ctx context.Context, question string) (bool, error) {
	answer, err := t.Ask(ctx, question+" [y/N] ")
	if errors.Is(err, errNoAnswer) {
		return false, nil
	}
	answer = strings.ToLower(strings.TrimSpace(answer))
	return err == nil && (answer == "y" || answer == "yes"), err
}

// Offer asks a question whose answer is yes or no. Just Enter means yes. Any answer but
// yes means no, and so does Ctrl-D.
func (t *Terminal) Offer(ctx context.Context, question string) (bool, error) {
	answer, err := t.Ask(ctx, question+" [Y/n] ")
	if errors.Is(err, errNoAnswer) {
		return false, nil
	}
	answer = strings.ToLower(strings.TrimSpace(answer))
	return err == nil && (answer == "" || answer == "y" || answer == "yes"), err
}

// chooseAttempts is how often Choose asks.
const chooseAttempts = 3

// Choose asks the user to pick one of several offers and returns its index. The answer is a
// number, or words of one offer in any case.
func (t *Terminal) Choose(ctx context.Context, title string, offers []string) (int, error) {
	var question strings.Builder
	fmt.Fprintf(&question, "%s:\n", title)
	for i, offer := range offers {
		fmt.Fprintf(&question, "%3d  %s\n", i+1, offer)
	}
	ask := fmt.Sprintf("Which one? [1-%d or name] ", len(offers))
	question.WriteString(ask)
	text := question.String()
	for attempt := 1; ; attempt++ {
		answer, err := t.Ask(ctx, text)
		if err != nil {
			return 0, err
		}
		chosen, problem := match(answer, offers)
		if problem == "" {
			return chosen, nil
		}
		if attempt == chooseAttempts {
			return 0, errors.New(problem)
		}
		text = problem + "\n" + ask
	}
}

// match returns the index of the offer that an answer means, or a problem. Whole words count
// before parts of words.
func match(answer string, offers []string) (index int, problem string) {
	words := strings.Fields(strings.ToLower(answer))
	if len(words) == 0 {
		return 0, "nothing was typed"
	}
	if n, err := strconv.Atoi(words[0]); err == nil && len(words) == 1 && len(words[0]) < len("123456789012") { // not an account's id
		if n >= 1 && n <= len(offers) {
			return n - 1, ""
		}
		return 0, fmt.Sprintf("%q is none of 1 to %d", answer, len(offers))
	}
	for _, has := range []func(offer, word string) bool{
		func(offer, word string) bool { return slices.Contains(strings.Fields(offer), word) },
		strings.Contains,
	} {
		var found []int
		for i, offer := range offers {
			offer = strings.ToLower(offer)
			if !slices.ContainsFunc(words, func(word string) bool { return !has(offer, word) }) {
				found = append(found, i)
			}
		}
		switch len(found) {
		case 0:
		case 1:
			return found[0], ""
		default:
			return 0, fmt.Sprintf("%q fits %d of them", answer, len(found))
		}
	}
	return 0, fmt.Sprintf("%q fits none of them", answer)
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
