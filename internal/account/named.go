package account

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"muster/internal/awsconfig"
)

// Chooser asks the user to choose one of several accounts or roles.
type Chooser interface {
	Account(ctx context.Context, question string, among []*Account) (*Account, error)
	Role(ctx context.Context, question string, among []string) (string, error)
}

// matchName returns the accounts that a text names: by their id or name; if there is none, by
// their name in any case; if there is still none, by a part of their name in any case.
func matchName(text string, among []*Account) []*Account {
	folded := strings.ToLower(text)
	for _, fits := range []func(*Account) bool{
		func(a *Account) bool { return isNamed(a, text) },
		func(a *Account) bool { return strings.ToLower(a.Name) == folded },
		func(a *Account) bool {
			return !awsconfig.IsAccountID(text) && strings.Contains(strings.ToLower(a.Name), folded)
		},
	} {
		if found := slices.DeleteFunc(slices.Clone(among), func(a *Account) bool { return !fits(a) }); len(found) > 0 {
			return found
		}
	}
	return nil
}

func isNamed(a *Account, text string) bool { return a.ID == text || a.Name == text }

// onlyNamed yields the one account that Selection.Named names. It needs the whole list,
// except for an id, because several accounts may have a name.
func (f *filter) onlyNamed(ctx context.Context, text string, from func(*Account) string, accounts iter.Seq2[*Account, error]) iter.Seq2[*Account, error] {
	return func(yield func(*Account, error) bool) {
		var listed []*Account
		for a, err := range accounts {
			if err != nil {
				yield(nil, orProfile(err, matchName(text, listed)))
				return
			}
			listed = append(listed, a)
			if a.ID == text {
				break
			}
		}
		found := matchName(text, listed)
		if len(found) == 0 {
			yield(nil, &EmptyError{"account " + text + ": " + notFound(text, listed, f.among)})
			return
		}
		a, err := f.one(ctx, text, found)
		if err != nil {
			yield(nil, err)
			return
		}
		a.AskRole(f.choose)
		if source := from(a); f.warn != nil && (source != "" || !isNamed(a, text)) {
			f.warn(text + " is " + strings.TrimPrefix(describe(a, text)+source, ", ")) // not every account has a name
		}
		yield(a, nil)
	}
}

// orProfile adds to the error of a list, such as that of a session that has ended, that a
// profile would do: its whole name needs no list.
func orProfile(err error, found []*Account) error {
	if len(found) != 1 || found[0].Source != SourceProfile {
		return err
	}
	return &listError{err, "or give the whole name of the profile: " + oneLine(found[0].Name)}
}

// one returns the only account of those that a text names. The user chooses if there are
// several and a Chooser, else the error lists them.
func (f *filter) one(ctx context.Context, text string, found []*Account) (*Account, error) {
	switch {
	case len(found) == 1:
		return found[0], nil
	case f.choose == nil:
		return nil, &AmbiguousError{text, found}
	}
	return f.choose.Account(ctx, fmt.Sprintf("%q fits %d accounts", text, len(found)), found)
}

// describe returns the name and id of an account, without the one that equals text.
func describe(a *Account, text string) string {
	switch name := oneLine(a.Name); {
	case a.ID == "" || a.ID == text:
		return name
	case a.Name == text:
		return a.ID
	default:
		return name + " (" + a.ID + ")"
	}
}

func oneLine(name string) string { return strings.Join(strings.Fields(name), " ") }

// maxListed bounds the accounts that an AmbiguousError lists.
const maxListed = 40

// AmbiguousError means that a text names several accounts, and the user cannot be asked.
type AmbiguousError struct {
	Text     string
	Accounts []*Account
}

// Error lists the accounts, one a line.
func (e *AmbiguousError) Error() string {
	return e.summary() + ":\n" + strings.Join(e.lines(), "\n")
}

func (e *AmbiguousError) summary() string {
	return fmt.Sprintf("%q fits %d accounts; write more of the name, or the id", e.Text, len(e.Accounts))
}

func (e *AmbiguousError) lines() (lines []string) {
	for _, a := range e.Accounts[:min(len(e.Accounts), maxListed)] {
		lines = append(lines, strings.TrimSpace(a.ID+" "+oneLine(a.Name)))
	}
	if more := len(e.Accounts) - len(lines); more > 0 {
		lines = append(lines, fmt.Sprintf("... and %d more", more))
	}
	return lines
}
