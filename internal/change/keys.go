package change

import (
	"context"
	"fmt"
	"slices"
	"time"

	"muster/internal/auth"
	"muster/internal/awsapi"
	"muster/internal/catalog"
	"muster/internal/change/write"
	"muster/internal/inventory"
	"muster/internal/names"
	"muster/internal/sweep"
	"muster/internal/wire"
)

// KeyKind is the kind of IAM users' access keys.
const KeyKind = "access-key"

// The states of an access key.
const (
	KeyActive   = "Active"
	KeyInactive = "Inactive"
)

func isKeyStatus(text string) bool { return text == KeyActive || text == KeyInactive }

// KeyQuery selects access keys. An empty list, or a zero time, means no restriction.
type KeyQuery struct {
	What          []string // ids of keys, names of users; globs
	Users         []string // globs
	CreatedBefore time.Time
	// UnusedSince leaves out keys with a later use. A key without any use counts as used
	// when it was created. A key whose last use is not known is left out.
	UnusedSince time.Time
}

// Keys finds the access keys whose state is to be changed. It never finds keys of root users:
// IAM lists only the keys of its own users.
type Keys struct {
	query     KeyQuery
	users     []*names.Glob
	resources *inventory.Resources
	after     string
}

// NewKeys prepares changes to a state: KeyActive or KeyInactive.
func NewKeys(after string, q KeyQuery) (*Keys, error) {
	k := &Keys{query: q, after: after}
	for _, text := range q.Users {
		glob, err := names.CompileGlob(text)
		if err != nil {
			return nil, fmt.Errorf("--user %q: not a pattern: %w", text, err)
		}
		k.users = append(k.users, glob)
	}
	kind, err := inventory.FindKind("access-keys")
	if err != nil {
		return nil, err
	}
	k.resources, err = inventory.NewResources([]*inventory.Kind{kind}, inventory.ResourceQuery{
		What: q.What, States: []string{k.before()}, Until: q.CreatedBefore,
	})
	return k, err
}

func (k *Keys) before() string {
	if k.after == KeyActive {
		return KeyInactive
	}
	return KeyActive
}

// Visit emits the changes of an account.
func (k *Keys) Visit(ctx context.Context, api *awsapi.API, p sweep.Place, emit func([]Change)) error {
	return k.resources.Visit(ctx, api, p, func(found []inventory.Resource) {
		var changes []Change
		for _, r := range found {
			c := Change{
				AccountID: r.AccountId, AccountName: r.AccountName, Thing: Thing{KeyKind, r.Name, r.Id},
				Before: r.State, After: k.after, LastUse: lastUse(r.Member("AccessKeyLastUsed")),
			}
			if !r.CreatedAt.IsZero() {
				c.CreatedAt = &r.CreatedAt
			}
			if k.selects(c) {
				changes = append(changes, c)
			}
		}
		emit(changes)
	})
}

func (k *Keys) selects(c Change) bool {
	if len(k.users) > 0 && !slices.ContainsFunc(k.users, func(g *names.Glob) bool { return g.Match(c.Owner) }) {
		return false
	}
	if k.query.UnusedSince.IsZero() {
		return true
	}
	var used time.Time
	switch c.LastUse {
	case "":
		return false
	case NeverUsed:
		if c.CreatedAt == nil {
			return false
		}
		used = *c.CreatedAt
	default:
		var err error
		if used, err = time.Parse(time.RFC3339, c.LastUse); err != nil {
			return false
		}
	}
	return used.Before(k.query.UnusedSince)
}

// lastUse converts a value of AWS's type AccessKeyLastUsed.
func lastUse(value any) string {
	used, ok := value.(wire.Object)
	if !ok {
		return ""
	}
	if at, ok := used.Get("LastUsedDate").(time.Time); ok {
		return at.UTC().Format(time.RFC3339)
	}
	return NeverUsed
}

// keyEditor edits the access keys of one account.
type keyEditor struct {
	api *awsapi.API
	id  *auth.Identity
}

// KeyEditor returns the editor of the access keys in an identity's account.
func KeyEditor(api *awsapi.API, id *auth.Identity) Editor { return &keyEditor{api, id} }

// State reads the status of a key, and its last use if it is to be deactivated.
func (e *keyEditor) State(ctx context.Context, c Change) (now State, err error) {
	list := e.api.Named("iam", "ListAccessKeys")
	in := wire.Object{{Name: "UserName", Value: c.Owner}}
	err = awsapi.ForEachPage("ListAccessKeys", func(token *string) (next *string, err error) {
		if token != nil {
			in = slices.Clone(in).Set("Marker", *token)
		}
		answer, err := e.call(ctx, list, in)
		for _, key := range answer.Objects("AccessKeyMetadata") {
			if key.Text("AccessKeyId") == c.ID {
				now.Value = key.Text("Status")
			}
		}
		marker := answer.Text("Marker")
		return &marker, err
	})
	switch {
	case err != nil && awsapi.Explain(err).Code == "NoSuchEntity": // the user is gone, and the keys with it
		return State{}, nil
	case err != nil || now.Value != c.Before || c.LastUse == "":
		return now, err
	}
	answer, err := e.call(ctx, e.api.Named("iam", "GetAccessKeyLastUsed"), wire.Object{{Name: "AccessKeyId", Value: c.ID}})
	now.LastUse = lastUse(answer.Get("AccessKeyLastUsed"))
	return now, err
}

func (e *keyEditor) Set(ctx context.Context, c Change, state string) error {
	update, err := e.api.Operation(write.Operation("iam", "UpdateAccessKey"))
	if err != nil {
		return err
	}
	_, err = e.call(ctx, update, wire.Object{
		{Name: "UserName", Value: c.Owner}, {Name: "AccessKeyId", Value: c.ID}, {Name: "Status", Value: state},
	})
	return err
}

// call makes a call of IAM, which has one endpoint in a partition.
func (e *keyEditor) call(ctx context.Context, op *awsapi.Operation, in wire.Object) (answer wire.Object, err error) {
	region := catalog.PartitionOf(e.id.Target.Region).Global()
	err = e.id.Do(ctx, func() (err error) {
		answer, err = op.Call(ctx, e.id.Target, region, e.id.Credentials, in)
		return err
	})
	return answer, err
}
