package cli

import (
	"iter"
	"os"
	"slices"
	"strings"
	"sync"

	"muster/internal/account"
	"muster/internal/awsconfig"
	"muster/internal/inventory"
	"muster/internal/seen"
	"muster/internal/sweep"
)

// seenFile is the file of the names that sweeps have found with these files in ~/.aws and
// this endpoint; "" without a home directory. The demo has a file of its own.
func (a *App) seenFile(demo bool) string {
	key := "demo"
	if !demo {
		files, err := awsconfig.Locate(a.Lookup)
		if err != nil {
			return ""
		}
		key = seen.Digest(files.Config, files.Credentials, a.env["AWS_ENDPOINT_URL"])
	}
	return seen.Path(a.cacheHome, a.userHome, key)
}

// maxNames bounds the instances, the resources of each kind, and the keys of tags whose names
// one sweep records.
const maxNames = 5000

// nameRecorder records the names that a sweep finds, for completion.
type nameRecorder struct {
	app   *App
	path  string // of the file; "" for none
	scope string

	mu        sync.Mutex
	entries   []seen.Entry
	roles     map[string]bool
	tags      map[string]bool // keys
	listed    map[string]bool // ids of the accounts that AWS has listed
	instances int

	kinds     []*inventory.Kind // of resources that the sweep lists
	resources map[string][]seen.Entry
}

// startRecordingNames starts to record the names that sweeps of a scope find.
func startRecordingNames(app *App, g *Global, scope seen.Scope) *nameRecorder {
	r := &nameRecorder{app: app, path: app.seenFile(g.simulated), scope: scope.Key(app.Lookup)}
	r.reset()
	return r
}

func (r *nameRecorder) reset() {
	r.entries, r.instances = nil, 0
	r.resources = map[string][]seen.Entry{}
	r.roles, r.tags, r.listed = map[string]bool{}, map[string]bool{}, map[string]bool{}
}

// list passes accounts on, and notes those that AWS has listed. Other accounts, of profiles
// or of --account, may be typing errors until a call in them succeeds.
func (r *nameRecorder) list(accounts iter.Seq2[*account.Account, error]) iter.Seq2[*account.Account, error] {
	return func(yield func(*account.Account, error) bool) {
		for a, err := range accounts {
			if err == nil && slices.Contains([]string{account.SourceOrganization, account.SourceSSO, account.SourceSAML}, a.Source) {
				r.mu.Lock()
				r.listed[a.ID] = true
				r.mu.Unlock()
			}
			if !yield(a, err) {
				return
			}
		}
	}
}

// instance records the names of an instance. It clones them: they share their memory with
// the rest of AWS's answer.
func (r *nameRecorder) instance(i *inventory.Instance) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.instances++; r.instances > maxNames || i.State == "terminated" {
		return
	}
	r.entries = append(r.entries, seen.Entry{
		Kind: seen.Instance, Scope: r.scope, ID: strings.Clone(i.InstanceId), Name: strings.Clone(i.Name),
		Place: place(i.AccountId, i.AccountName, i.Region),
	})
	r.tagKeys(i.Tags)
}

// resource is instance for a record of a kind.
func (r *nameRecorder) resource(record *inventory.Resource) {
	r.mu.Lock()
	defer r.mu.Unlock()
	kind := record.Kind.Name
	if len(r.resources[kind]) == maxNames {
		return
	}
	r.resources[kind] = append(r.resources[kind], seen.Entry{
		Kind: seen.Kind(kind), Scope: r.scope, ID: strings.Clone(record.Id), Name: strings.Clone(record.Name),
		Place: place(record.AccountId, record.AccountName, record.Region),
	})
	r.tagKeys(record.Tags)
}

func (r *nameRecorder) tagKeys(tags map[string]string) {
	for key := range tags {
		if !r.tags[key] && len(r.tags) < maxNames {
			key = strings.Clone(key)
			r.tags[key] = true
			r.entries = append(r.entries, seen.Entry{Kind: seen.Tag, Scope: r.scope, ID: key})
		}
	}
}

// place is a region of an account, as completion describes an instance. The account as a
// whole has a blank at the end.
func place(id, name, region string) string {
	if name == "" {
		name = id
	}
	return name + " " + region
}

// role records the name of a role that has given credentials, or is assigned.
func (r *nameRecorder) role(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if name != "" && !r.roles[name] {
		name = strings.Clone(name)
		r.roles[name] = true
		r.entries = append(r.entries, seen.Entry{Kind: seen.Role, Scope: r.scope, ID: name})
	}
}

// save writes the names of one sweep to the file. An error does not fail the run.
// complete says that the sweep listed all records of each place that answered: the files
// then forget others in these places.
func (r *nameRecorder) save(ledger *sweep.Ledger, complete bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.path == "" {
		return
	}
	answered, regions, accounts := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, e := range ledger.Entries() {
		answers := e.Status == sweep.OK || e.Status == sweep.Empty
		if answers {
			answered[place(e.AccountId, e.AccountName, e.Region)] = true
		}
		if answers && e.Region != "" && !regions[e.Region] {
			regions[e.Region] = true
			r.entries = append(r.entries, seen.Entry{Kind: seen.Region, Scope: r.scope, ID: e.Region})
		}
		if (answers || r.listed[e.AccountId]) && !accounts[e.AccountId] {
			accounts[e.AccountId] = true
			r.entries = append(r.entries, seen.Entry{Kind: seen.Account, Scope: r.scope, ID: e.AccountId, Name: e.AccountName})
		}
	}
	gone := func(e seen.Entry) bool {
		return complete && len(r.kinds) == 0 && e.Kind == seen.Instance && e.Scope == r.scope && answered[e.Place]
	}
	_ = seen.Update(r.path, r.app.Now(), r.entries, gone)
	for _, k := range r.kinds {
		r.saveKind(k, func(e seen.Entry) bool { return complete && e.Scope == r.scope && answered[visited(k, e)] })
	}
	r.reset() // with --watch, another sweep follows
}

// saveKind writes the names of a kind to the kind's file.
func (r *nameRecorder) saveKind(k *inventory.Kind, gone func(seen.Entry) bool) {
	path := seen.FileOf(r.path, seen.Kind(k.Name))
	if _, err := os.Stat(path); err != nil && len(r.resources[k.Name]) == 0 {
		return // nothing to remember or to forget
	}
	_ = seen.Update(path, r.app.Now(), r.resources[k.Name], gone)
}

// visited is the place whose visit lists a resource: its region, or the account as a whole.
// It is "" for a kind of both, of which no visit lists all.
func visited(k *inventory.Kind, e seen.Entry) string {
	switch accounts, regions := k.Scope(); {
	case accounts && regions:
		return ""
	case accounts:
		return e.Place[:strings.LastIndexByte(e.Place, ' ')+1]
	}
	return e.Place
}
