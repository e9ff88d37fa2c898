package cli

import (
	"context"
	"fmt"
	"time"

	"muster/internal/change"
	"muster/internal/render"
	"muster/internal/render/shape"
)

// accessKeysCmd changes the state of access keys. Without one of its commands, access-keys
// is the kind.
type accessKeysCmd struct {
	Deactivate deactivateKeysCmd `cmd:"" help:"Deactivate access keys of IAM users: first the plan, then with --yes."`
	Activate   activateKeysCmd   `cmd:"" help:"Activate access keys again, or undo a deactivation with --from."`
}

type deactivateKeysCmd struct {
	keyFlags `embed:""`
}

type activateKeysCmd struct {
	keyFlags `embed:""`
}

// keyFlags are the flags of both commands.
type keyFlags struct {
	What []string `arg:"" optional:"" complete:"none" help:"Ids of keys or names of users (globs)."`

	OlderThan string   `placeholder:"AGE" group:"keys" complete:"none" help:"Only keys older than this: 90d."`
	UnusedFor string   `placeholder:"AGE" group:"keys" complete:"none" help:"Only keys without a use for this long: 30d."`
	User      []string `type:"globs" placeholder:"NAME" group:"keys" complete:"none" help:"Only keys of these users; globs allowed."`
	From      string   `env:"-" placeholder:"JOURNAL" group:"keys" complete:"file" help:"Undo the changes in this journal."`
	Apply     string   `env:"-" placeholder:"FILE" group:"keys" complete:"file" help:"Carry out the plan in this file."`

	Plan       string   `env:"-" placeholder:"FILE" group:"change" complete:"file" help:"Save the plan."`
	Yes        bool     `short:"y" env:"-" group:"change" help:"Make the changes; without it, the plan is printed."`
	MaxChanges positive `env:"-" placeholder:"N" group:"change" complete:"none" help:"Change nothing if the plan has more changes; needed with --yes."`
	Journal    string   `env:"-" placeholder:"FILE" group:"change" complete:"file" help:"Record each change before it is made; needed with --yes."`
	Canary     string   `placeholder:"ACCOUNT" group:"change" complete:"accounts" help:"Change this account first, and no other if anything fails there."`

	Selection  `embed:""`
	SweepFlags `embed:""`
	Output     `embed:""`
}

func (*deactivateKeysCmd) Examples() []string {
	return []string{
		"muster access-keys deactivate --all-profiles --older-than 90d --unused-for 30d",
		"muster access-keys deactivate --all-profiles --user 'ci-*' --plan ~/plan.json",
		"muster access-keys deactivate --apply ~/plan.json",
	}
}

func (*activateKeysCmd) Examples() []string {
	return []string{
		"muster access-keys activate --from ~/keys.jsonl",
		"muster access-keys activate --from ~/keys.jsonl --yes",
		"muster access-keys activate --profile production --user ann",
	}
}

// Help is the text below the usage line.
func (*keyFlags) Help() string {
	return `Without --yes it prints the plan: the keys that it would change, with their users, ages and last uses. With --yes it needs --max-changes and --journal (not with --from), and rejects a larger plan as a whole. It never deletes a key, and never deactivates a key that muster runs with, or that a selected profile has. Keys of root users and service-specific credentials are left alone.

AGE counts from the creation of a key; for --unused-for it counts from the last use, or from the creation of a key that was never used. AWS records a use some hours late. --unused-for leaves out keys whose last use is not known.

The journal has each change before it is made. 'access-keys activate --from JOURNAL' takes back the deactivations that were made, also after a crash or a full disk, and 'deactivate --from' the activations. It changes only keys that are still as the run left them, and can be repeated; IAM may show a change some seconds late. It reaches the accounts as the run did, unless flags select accounts.

--apply carries out the plan of --plan, and skips keys that have changed or have been used since.

Result is planned, protected (muster runs with the key), done, unchanged, skipped, failed, unknown (AWS did not answer), or not-made (the run had stopped). The exit code is 3 if some changes have failed, and 1 if none was made.

The caller needs iam:ListUsers, iam:ListAccessKeys, iam:GetAccessKeyLastUsed and iam:UpdateAccessKey.`
}

// keyChange is the record of a change.
type keyChange struct {
	AccountId, AccountName string
	User                   string
	AccessKeyId            string
	CreatedAt              string // RFC 3339 UTC
	AgeDays                int
	LastUsed               string // RFC 3339 UTC, or never; "" if AWS does not tell
	Change                 string // deactivate or activate
	Result                 change.Outcome
	Reason                 string
}

var keyChangeView = render.View{
	Columns: []render.Column{
		{Field: "AccountName", Need: 3, Shorten: true},
		{Field: "AccountId", Need: 8},
		{Field: "User", Need: 2, Shorten: true},
		{Field: "AccessKeyId", Need: 1},
		{Field: "AgeDays", Need: 6},
		{Field: "LastUsed", Need: 5},
		{Field: "Change", Need: 7},
		{Field: "Result", Need: 2, Color: resultColor},
		{Field: "Reason", Need: 4, Shorten: true, Min: 24},
	},
	ID:   "AccessKeyId",
	Sort: []string{"AccountId", "User"},
	Tree: [][]string{{"AccountName", "AccountId"}, {"User"}},
}

func resultColor(result string) render.Color {
	switch change.Outcome(result) {
	case change.Done:
		return render.Green
	case change.Failed, change.Unknown, change.NotMade:
		return render.Red
	case change.Planned:
		return render.Yellow
	}
	return render.Faint
}

// Schema describes the records, for completion and --template-help.
func (*keyFlags) Schema() *shape.Schema { return shape.SchemaOf[keyChange]() }

// check returns an error for flags that cannot be used together, or need others.
func (c *keyFlags) check() error {
	selects := len(c.What)+len(c.User)+len(c.OlderThan)+len(c.UnusedFor) > 0
	switch {
	case c.From != "" && c.Apply != "":
		return usage("--from and --apply cannot be used together")
	case c.From != "" && selects:
		return usage("--from takes back all changes of the journal: it cannot be used with --older-than, --unused-for, --user or names of keys")
	case c.Apply != "" && selects:
		return usage("--apply carries out the plan as it is: it cannot be used with --older-than, --unused-for, --user or names of keys")
	case c.Plan != "" && (c.Yes || c.Apply != ""):
		return usage("--plan saves a plan for a later run: it cannot be used with --yes or --apply")
	case c.From != "" && c.Plan != "":
		return usage("--plan and --from cannot be used together: the journal itself is the plan")
	case c.Yes && c.From == "" && (c.MaxChanges == 0 || c.Journal == ""):
		return usage("--yes needs --max-changes N, the most keys that may change, and --journal FILE, for the way back")
	case !c.Yes && c.Journal != "":
		return usage("--journal needs --yes: without it, nothing is changed")
	}
	if c.Plan == "" {
		return nil
	}
	if change.IsJournal(c.Plan) {
		return usage("--plan %s: the journal there must not be overwritten; choose another file", c.Plan)
	}
	return checkWritable("--plan", c.Plan)
}

// keys prepares the query of the flags for changes to a state.
func (c *keyFlags) keys(after string, now time.Time) (*change.Keys, error) {
	q := change.KeyQuery{What: c.What, Users: c.User}
	for _, limit := range []struct {
		flag, text string
		time       *time.Time
	}{{"--older-than", c.OlderThan, &q.CreatedBefore}, {"--unused-for", c.UnusedFor, &q.UnusedSince}} {
		if limit.text == "" {
			continue
		}
		age, ok := parseAge(limit.text)
		if !ok {
			return nil, usage("%s %q: expected an age, such as 12h, 90d or 2w", limit.flag, limit.text)
		}
		*limit.time = now.Add(-age)
	}
	keys, err := change.NewKeys(after, q)
	if err != nil && !isUsage(err) {
		err = usage("%v", err)
	}
	return keys, err
}

func (c *deactivateKeysCmd) Run(ctx context.Context, app *App, g *Global) error {
	return c.run(ctx, app, g, deactivateKeys)
}

func (c *activateKeysCmd) Run(ctx context.Context, app *App, g *Global) error {
	return c.run(ctx, app, g, activateKeys)
}

// keyVerb is what sets the two commands apart.
type keyVerb struct {
	name, past string
	reverse    string // the name of the other command
	after      string // the state that the command leads to
}

var (
	deactivateKeys = keyVerb{"deactivate", "deactivated", "activate", change.KeyInactive}
	activateKeys   = keyVerb{"activate", "activated", "deactivate", change.KeyActive}
)

// command is the command as a journal and a plan have it.
func (v keyVerb) command() string { return "access-keys " + v.name }

func (c *keyFlags) run(ctx context.Context, app *App, g *Global, verb keyVerb) error {
	if err := c.check(); err != nil {
		return err
	}
	r := &keyRun{keyFlags: c, verb: verb, app: app}
	options := c.Output.options(app, g)
	options.LeftOut = func(columns []string) { r.leftOut = columns }
	var err error
	if r.printer, err = render.Compile[keyChange](options, keyChangeView); err != nil {
		return err
	}
	defer r.close()
	if err := r.open(ctx, g); err != nil {
		return err
	}
	ctx, cancel := r.sweeper.bound(ctx)
	defer cancel()
	return r.run(ctx)
}

// record returns the record of a result.
func (v keyVerb) record(r change.Result, now time.Time) keyChange {
	k := keyChange{
		AccountId: r.AccountID, AccountName: r.AccountName, User: r.Owner, AccessKeyId: r.ID,
		LastUsed: r.LastUse, Change: v.name, Result: r.Outcome, Reason: r.Reason,
	}
	if r.CreatedAt != nil {
		k.CreatedAt = r.CreatedAt.UTC().Format(time.RFC3339)
		k.AgeDays = int(now.Sub(*r.CreatedAt).Hours() / 24)
	}
	if r.Err != nil {
		k.Reason = failureText(r.Err)
	}
	return k
}

// numberOf counts results by their outcomes.
func numberOf(results []change.Result, outcomes ...change.Outcome) (n int) {
	for _, r := range results {
		for _, o := range outcomes {
			if r.Outcome == o {
				n++
			}
		}
	}
	return n
}

// placesOf counts the accounts of results with an outcome.
func placesOf(results []change.Result, outcome change.Outcome) string {
	accounts := map[string]bool{}
	for _, r := range results {
		if r.Outcome == outcome {
			accounts[r.AccountID] = true
		}
	}
	return fmt.Sprintf("%s in %s", count(numberOf(results, outcome), "key"), count(len(accounts), "account"))
}
