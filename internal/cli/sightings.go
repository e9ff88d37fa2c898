package cli

import (
	"crypto/sha256"
	"encoding/hex"
	"iter"
	"slices"
	"strings"
	"sync"

	"muster/internal/account"
	"muster/internal/awsconfig"
	"muster/internal/inventory"
	"muster/internal/seen"
	"muster/internal/sweep"
)

// What sweeps meet is kept for completion: one file for each pair of ~/.aws files
// and endpoint, and in it the scopes: which accounts were asked for, by whom.

// scope names whose answers a selection's are: the sso-session, the profiles, or
// who the environment makes the user, so that a change of any of them starts anew.
// ambient is the scope of a selection that names nothing.
func scope(app *App, s account.Selection) string {
	ambient := ambientScope(app)
	switch {
	case s.Organization && len(s.Profiles) > 0:
		return "any." + digest("organization", s.Profiles[0])
	case s.Organization:
		return ambient + "." + digest("organization")
	case s.SSOSession != "":
		return "any." + digest("sso-session", s.SSOSession)
	case s.AllProfiles:
		return "any." + digest("all-profiles")
	case len(s.Profiles) > 0:
		return "any." + digest(append([]string{"profile"}, s.Profiles...)...)
	}
	return ambient + "."
}

// ambientScope is who the environment makes the user.
func ambientScope(app *App) string {
	return digest(app.env["AWS_PROFILE"], app.env["AWS_DEFAULT_PROFILE"], app.env["AWS_ACCESS_KEY_ID"],
		app.env["AWS_ROLE_ARN"], app.env["AWS_CONTAINER_CREDENTIALS_FULL_URI"], app.env["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"])
}

func digest(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:6])
}

// seenPath is the file of what is met with the config and the endpoint in force;
// "" if nothing can be kept. The demo has one of its own.
func (a *App) seenPath(demo bool) string {
	key := "demo"
	if !demo {
		files, err := awsconfig.Locate(a.Lookup)
		if err != nil {
			return ""
		}
		key = digest(files.Config, files.Credentials, a.env["AWS_ENDPOINT_URL"])
	}
	return seen.Path(a.cacheHome, a.userHome, key)
}

// entries are the names of a kind that could be meant on the line: those of the
// accounts that its flags select, or, where it has none of these flags yet, of any
// that could still follow.
func (l *line) entries(kind seen.Kind) []seen.Entry {
	if l.known == nil {
		l.fromDemo = l.isSet("demo")
		l.known = seen.Read(l.app.seenPath(l.fromDemo), l.app.Now())
		if len(l.known) == 0 && !l.fromDemo { // who has seen nothing but the demo is trying muster out
			l.fromDemo = true
			l.known = seen.Read(l.app.seenPath(true), l.app.Now())
		}
	}
	s := account.Selection{
		Profiles: splitAll(l.valuesOf("profile")), AllProfiles: l.isSet("all-profiles"),
		Organization: l.isSet("organization"),
	}
	if sessions := l.valuesOf("sso-session"); len(sessions) > 0 {
		s.SSOSession = sessions[len(sessions)-1]
	}
	chosen := s.Organization || s.AllProfiles || s.SSOSession != "" || len(s.Profiles) > 0
	wanted, ambient := scope(l.app, s), ambientScope(l.app)
	found := slices.DeleteFunc(slices.Clone(l.known), func(e seen.Entry) bool {
		whose, _, _ := strings.Cut(e.Scope, ".")
		switch {
		case e.Kind != kind:
			return true
		case l.fromDemo || e.Scope == wanted:
			return false
		}
		return chosen || whose != "any" && whose != ambient
	})
	return slices.CompactFunc(found, func(a, b seen.Entry) bool { return a.ID == b.ID })
}

// isSet says whether a flag without a value is given, on the line or in the
// environment.
func (l *line) isSet(flag string) bool {
	values, given := l.given[flag]
	if !given {
		return l.app.env[environmentName(flag)] == "true" || l.app.env[environmentName(flag)] == "1"
	}
	return values[len(values)-1] != "false"
}

func (l *line) valuesOf(flag string) []string {
	if values := l.given[flag]; len(values) > 0 {
		return values
	}
	if value := l.app.env[environmentName(flag)]; value != "" {
		return []string{value}
	}
	return nil
}

func splitAll(values []string) (all []string) {
	for _, v := range values {
		all = append(all, splitItems(v)...)
	}
	return all
}

// maxInstanceNames bounds the names that are kept of one sweep.
const maxInstanceNames = 5000

// nameRecorder gathers the names that a sweep finds, for completion.
type nameRecorder struct {
	app   *App
	path  string // of the file; "" if nothing can be kept
	scope string

	mu        sync.Mutex
	entries   []seen.Entry
	roles     map[string]bool
	tags      map[string]bool // keys
	listed    map[string]bool // accounts that AWS itself has listed
	instances int
}

// startRecordingNames begins to gather the names that sweeps of a selection find.
func startRecordingNames(app *App, g *Global, s account.Selection) *nameRecorder {
	r := &nameRecorder{app: app, path: app.seenPath(g.simulated), scope: scope(app, s)}
	r.reset()
	return r
}

func (r *nameRecorder) reset() {
	r.entries, r.instances = nil, 0
	r.roles, r.tags, r.listed = map[string]bool{}, map[string]bool{}, map[string]bool{}
}

// list passes a list of accounts on and notes which of them AWS has listed. The others
// (accounts of profiles, names given to --account) may be mistakes of the user's, until
// AWS answers in them.
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

// instance keeps the names in an instance's record. The strings are cloned, because
// they share their memory with the rest of the record.
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

func place(id, name, region string) string {
	if name == "" {
		name = id
	}
	return name + " " + region
}

// role keeps the name of a role that has given credentials, or is assigned.
func (r *nameRecorder) role(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if name != "" && !r.roles[name] {
		name = strings.Clone(name)
		r.roles[name] = true
		r.entries = append(r.entries, seen.Entry{Kind: seen.Role, Scope: r.scope, ID: name})
	}
}

// save writes the names of one sweep to the file, which cannot fail the run.
// allInstances says that the sweep listed all instances of each place that answered:
// the file then forgets the others.
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
