package change

import (
	"bytes"
	"encoding/json"
	"errors"
)

// made is what a journal knows about a thing.
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
	outcomes := map[int]Outcome{}
	for _, r := range j.records {
		if r.Event == eventOutcome {
			outcomes[r.Number] = r.Outcome
		}
	}
	all := map[key]*made{}
	var order []*made
	for _, r := range j.records {
		if r.Event != eventIntent || outcomes[r.Number] == Failed {
			continue
		}
		k := key{r.AccountID, r.Thing}
		m := all[k]
		switch {
		case m == nil:
			m = &made{Change: *r.Change}
			all[k], order = m, append(order, m)
		case m.undone:
			m.Change, m.undone = *r.Change, false
		case r.After != m.Before:
			m.After = r.After
		default:
			m.undone = outcomes[r.Number] == Done
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
	for _, r := range j.records {
		switch {
		case r.Event != eventRun || len(r.Accounts) == 0:
		case flags != nil && !bytes.Equal(flags, r.Accounts):
			return nil, errors.New("its runs have reached their accounts in different ways: add the flags that select the accounts")
		default:
			flags = r.Accounts
		}
	}
	return flags, nil
}
