package cli

import (
	"iter"
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

// maxInstanceNames bounds the instances whose names one sweep records, and the keys of tags.
const maxInstanceNames = 5000

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
}

// startRecordingNames starts to record the names that sweeps of a scope find.
func startRecordingNames(app *App, g *Global, scope seen.Scope) *nameRecorder {
	r := &nameRecorder{app: app, path: app.seenFile(g.simulated), scope: scope.Key(app.Lookup)}
	r.reset()
	return r
}

func (r *nameRecorder) reset() {
	r.entries, r.instances = nil, 0
	r.roles, r.tags, r.listed = map[string]bool{}, map[string]bool{}, map[string]bool{}
}

// list passes accounts on, and notes those that AWS has listed. Other accounts, of profiles
// or of --account, may be typing errors until a call in them succeeds.
func (r *nameRecorder) list(accounts iter.Seq2[*account.Account, error]) iter.Seq2[*account.Account, error] {
	return func(yield func(*account.Account, error) bool) {
		for a, err := range accounts {
			if err == nil && (a.Source == account.SourceOrganization || a.Source == account.SourceSSO) {
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
	if r.instances++; r.instances > maxInstanceNames || i.State == "terminated" {
		return
	}
	r.entries = append(r.entries, seen.Entry{
		Kind: seen.Instance, Scope: r.scope, ID: strings.Clone(i.InstanceId), Name: strings.Clone(i.Name),
		Place: place(i.AccountId, i.AccountName, i.Region),
	})
	for key := range i.Tags {
		if !r.tags[key] && len(r.tags) < maxInstanceNames {
			key = strings.Clone(key)
			r.tags[key] = true
			r.entries = append(r.entries, seen.Entry{Kind: seen.Tag, Scope: r.scope, ID: key})
		}
	}
}

// place is a region of an account, as completion describes an instance.
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
// allInstances says that the sweep listed all instances of each place that answered: the
// file then forgets others in these places.
func (r *nameRecorder) save(ledger *sweep.Ledger, allInstances bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.path == "" {
		return
	}
	answered, regions, accounts := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, e := range ledger.Entries() {
		answers := e.Status == sweep.OK || e.Status == sweep.Empty
		if answers && e.Region != "" {
			answered[place(e.AccountId, e.AccountName, e.Region)] = true
			if !regions[e.Region] {
				regions[e.Region] = true
				r.entries = append(r.entries, seen.Entry{Kind: seen.Region, Scope: r.scope, ID: e.Region})
			}
		}
		if (answers || r.listed[e.AccountId]) && !accounts[e.AccountId] {
			accounts[e.AccountId] = true
			r.entries = append(r.entries, seen.Entry{Kind: seen.Account, Scope: r.scope, ID: e.AccountId, Name: e.AccountName})
		}
	}
	gone := func(e seen.Entry) bool {
		return allInstances && e.Kind == seen.Instance && e.Scope == r.scope && answered[e.Place]
	}
	_ = seen.Update(r.path, r.app.Now(), r.entries, gone)
	r.reset() // with --watch, another sweep follows
}
