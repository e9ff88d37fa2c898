package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"slices"

	"muster/internal/change"
	"muster/internal/disk"
)

// readPlan reads the file of --apply. It returns the flags that led to the accounts.
func (r *keyRun) readPlan(ctx context.Context) (accounts json.RawMessage, err error) {
	data, err := disk.ReadTrusted(ctx, r.Apply)
	switch inPath := (*fs.PathError)(nil); {
	case err != nil && ctx.Err() != nil:
		return nil, err
	case errors.As(err, &inPath):
		return nil, usage("--apply %s: %v", r.Apply, inPath.Err)
	case err != nil:
		return nil, usage("--apply %s: %v", r.Apply, err)
	}
	plan, err := change.ParsePlan(data)
	if err != nil {
		return nil, usage("--apply %s: %v", r.Apply, err)
	}
	if plan.Command != r.verb.command() {
		return nil, usage("--apply %s: a plan of %q; expected one of %q", r.Apply, plan.Command, r.verb.command())
	}
	for i, c := range plan.Changes {
		if c.After != r.verb.after {
			return nil, usage("--apply %s: change %d: the key becomes %s; expected %s", r.Apply, i+1, c.After, r.verb.after)
		}
	}
	r.given = plan.Changes
	return plan.Accounts, nil
}

// readJournal reads the journal of --from. Its changes that lead to the other state are
// for the other verb.
func (r *keyRun) readJournal() (accounts json.RawMessage, err error) {
	if r.from, err = change.OpenForUndo(r.From, r.app.Now); err != nil {
		return nil, err
	}
	all := r.from.Undo()
	r.undone = len(all) == 0
	r.given = slices.DeleteFunc(slices.Clone(all), func(c change.Change) bool { return c.After != r.verb.after })
	if others := len(all) - len(r.given); others > 0 {
		r.app.note("%s of %s would be taken back by access-keys %s --from", count(others, "change"), r.From, r.verb.reverse)
	}
	if r.hasSource() {
		return nil, nil
	}
	if accounts, err = r.from.Accounts(); err != nil {
		return nil, usage("--from %s: %v", r.From, err)
	}
	return accounts, nil
}

// overridden makes variables and the context void if a journal or a plan has the accounts and
// the keys: they must not lead an undo elsewhere, or leave out a part of it. The command line
// may.
func (c *keyFlags) overridden(flag any, value string, line *flagLine) bool {
	if line.given[&c.From] || line.given[&c.Apply] {
		switch flag {
		case &c.OlderThan, &c.UnusedFor, &c.User, &c.Shard, &c.RetryGaps:
			return true
		case &c.Canary:
			return line.given[&c.From]
		}
		if !c.sourceGiven(line) && c.selects(flag) {
			return true
		}
	}
	return c.selectionFlags.overridden(flag, value, line)
}

// reach adds the flags of an earlier run that lead to its accounts, unless the command line
// names another source. The other flags on the command line replace those of the run.
func (r *keyRun) reach(accounts json.RawMessage) error {
	if len(accounts) == 0 || r.hasSource() {
		return nil
	}
	var saved selectionFlags
	if err := json.Unmarshal(accounts, &saved); err != nil {
		return usage("%s%s: Accounts: %v", r.From, r.Apply, err)
	}
	given := r.selectionFlags
	saved.Accounts, saved.Exclude, saved.OUs, saved.Tags = given.Accounts, given.Exclude, given.OUs, given.Tags
	if len(given.Roles) > 0 {
		saved.Roles = given.Roles
	}
	saved.ExternalID = cmp.Or(given.ExternalID, saved.ExternalID)
	saved.RoleSessionName = cmp.Or(given.RoleSessionName, saved.RoleSessionName)
	saved.DurationSeconds = cmp.Or(given.DurationSeconds, saved.DurationSeconds)
	r.selectionFlags = saved
	return nil
}

// header describes the run for a journal or a plan. The flags that leave out accounts are
// not in it: the changes name theirs.
func (r *keyRun) header() change.Header {
	reached := r.sweeper.selection
	reached.Accounts, reached.Exclude, reached.OUs, reached.Tags = nil, nil, nil, nil
	text, _ := json.Marshal(reached)
	given := map[string]any{}
	_ = json.Unmarshal(text, &given) // of the line above
	maps.DeleteFunc(given, func(_ string, value any) bool { return value == nil || value == "" || value == false || value == 0.0 })
	text, _ = json.Marshal(given)
	return change.Header{Command: r.verb.command(), Accounts: text}
}

// openJournal opens the journal of the run. With --from it is that journal, unless another
// one is named.
func (r *keyRun) openJournal() (err error) {
	if r.from != nil && (r.Journal == "" || samePath(r.Journal, r.From)) {
		r.journal = r.from
		return nil
	}
	r.journal, err = change.OpenJournal(r.Journal, r.app.Now)
	return err
}
