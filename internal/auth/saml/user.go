package saml

import (
	"context"
	"fmt"
	"strings"
)

// user is the person who signs in. The Prompt is nil if nobody can be asked.
type user struct{ prompt Prompt }

// note shows a line.
func (u user) note(text string) {
	if u.prompt != nil {
		u.prompt.Note(text)
	}
}

// maxChoices limits the lines of a question. Nobody has so many devices.
const maxChoices = 50

// choose returns the index of the choice that the user takes. There is no question about a
// single choice.
func (u user) choose(ctx context.Context, question string, choices []string) (int, error) {
	if len(choices) == 1 {
		return 0, nil
	}
	choices = choices[:min(len(choices), maxChoices)]
	if u.prompt == nil {
		return 0, &Error{NoTerminal, fmt.Sprintf("%s: sign in on a terminal to choose among %s", strings.ToLower(question), strings.Join(choices[:min(len(choices), 5)], ", "))}
	}
	i, err := u.prompt.Choose(ctx, question, choices)
	if err == nil && (i < 0 || i >= len(choices)) {
		err = fmt.Errorf("choice %d of %d", i, len(choices))
	}
	return i, err
}

// canType returns an error if nobody can type a code.
func (u user) canType() error {
	if u.prompt == nil {
		return &Error{NoTerminal, "a one-time code is needed, and there is no terminal to ask on: sign in on one"}
	}
	return nil
}

// maxCodes is the number of codes that the user may try. Providers lock an account after a
// few more.
const maxCodes = 3

// code asks for a one-time code until accept takes one. accept returns an Error of kind
// CodeRefused for a wrong code. The user must be able to type.
func (u user) code(ctx context.Context, question string, accept func(code string) error) error {
	for try := 1; ; try++ {
		text, err := u.prompt.Code(ctx, question)
		if err != nil {
			return err
		}
		text = strings.TrimSpace(text)
		refused := &Error{CodeRefused, "no code was given"}
		if text != "" {
			err := accept(text)
			if refused = refusedCode(err); refused == nil {
				return err
			}
		}
		if try == maxCodes {
			return &Error{CodeRefused, fmt.Sprintf("%s, %d times; nobody is signed in", refused.Msg, maxCodes)}
		}
		u.note(refused.Msg + "; try again")
	}
}

// withoutSpaces returns a code as providers expect it: apps show codes in groups of digits.
func withoutSpaces(code string) string { return strings.Join(strings.Fields(code), "") }

// refusedCode returns the Error of kind CodeRefused, or nil.
func refusedCode(err error) *Error {
	if e, ok := err.(*Error); ok && e.Kind == CodeRefused {
		return e
	}
	return nil
}
