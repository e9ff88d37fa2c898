package terminal

import (
	"context"
	"errors"
	"fmt"
	"os"

	tea "charm.land/bubbletea/v2"

	"muster/internal/safe"
)

// Offer is one line of a list to pick from.
type Offer struct {
	Columns []string // the filter looks into all of them
	// More returns the text of one more column. It is called when the line is visible, and
	// ends with ctx. It may be nil.
	More func(ctx context.Context) string
}

// ErrGivenUp is the error of Pick if the user leaves the list without a choice.
var ErrGivenUp = errors.New("nothing was chosen")

// CanPick reports whether Pick can show its list: on a terminal that is not only part of
// the streams. A program at the other end of a pipe may draw on the same terminal.
func (t *Terminal) CanPick() bool {
	for _, stream := range []any{t.Stdin, t.Stdout, t.Stderr} {
		if !IsTerminal(stream) {
			return false
		}
	}
	return !t.Dumb() && foreground(t.Stderr.(*os.File))
}

// Pick shows offers, filters them as the user types, and returns the index of the one that
// the user chooses. The list is on the alternate screen of stderr. Pick gives up when ctx
// is done. Afterwards the terminal is as it was before.
func (t *Terminal) Pick(ctx context.Context, title string, offers []Offer) (int, error) {
	if !t.CanPick() {
		return 0, ErrNoTerminal
	}
	t.asks.Lock()
	defer t.asks.Unlock()
	defer t.occupy(func() { t.listing = true }, func() { t.listing = false })()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(t.ctx, func() { cancel(context.Cause(t.ctx)) })()

	list := newPickList(ctx, safe.Text(title), offers, t.Color(t.Stderr, "auto"))
	program := tea.NewProgram(list, tea.WithContext(ctx), tea.WithInput(t.Stdin), tea.WithOutput(t.Stderr), tea.WithoutSignalHandler())
	_, err := program.Run()
	switch {
	case ctx.Err() != nil:
		return 0, ctx.Err()
	case err != nil:
		return 0, fmt.Errorf("the list on the terminal: %w", err)
	case list.chosen < 0:
		return 0, ErrGivenUp
	}
	return list.chosen, nil
}
