package change

import (
	"bytes"
	"encoding/json"
	"errors"
)

// made is the state of a thing as a journal knows it.
type made struct {
	Change      // its last state, After, and its first, Before
	undone bool // the thing was taken back
}

// Undo returns the changes that take back those of the journal, in order. A change without
// an outcome, or with an unknown one, may have been made: its thing's present state decides.
func (j *Journal) Undo() (changes []Change) {
	type key struct {
		account string
		thing   Thing
	}
	all := map[key]*made{}
	var order []*made
	for _, i := range j.intents {
		if i.outcome == Failed {
			continue
		}
		k := key{i.AccountID, i.Thing}
		m := all[k]
		switch {
		case m == nil:
			m = &made{Change: i.Change}
			all[k], order = m, append(order, m)
		case m.undone:
			m.Change, m.undone = i.Change, false
		case i.After != m.Before:
			m.After = i.After
		default:
			m.undone = i.outcome == Done
		}
	}
	for _, m := range order {
		if !m.undone {
			c := m.Change
			c.Before, c.After, c.LastUse = m.After, m.Before, ""
			changes = append(changes, c)
		}
	}
	return changes
}

// Accounts returns the flags that led to the accounts of the journal's runs. It is an error
// if the runs had different ones.
func (j *Journal) Accounts() (flags json.RawMessage, err error) {
	for _, r := range j.runs {
		switch {
		case len(r.Accounts) == 0:
		case flags != nil && !bytes.Equal(flags, r.Accounts):
			return nil, errors.New("its runs have reached their accounts in different ways: add the flags that select the accounts")
		default:
			flags = r.Accounts
		}
	}
	return flags, nil
}
