package cli

import (
	"crypto/sha256"
	"encoding/hex"
	"iter"
	"slices"
	"strings"

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

// maxSightings bounds what is held of a sweep, however many instances it finds.
const maxSightings = 5000

// sightings gathers what one run meets.
type sightings struct {
	app     *App
	path    string
	scope   string
	whole   bool // every instance of a place that answers is met
	entries []seen.Entry
	roles   map[string]bool
	tags    map[string]bool // keys
	met     int             // instances
	listed  map[string]bool // accounts that AWS itself has listed
}

// watch begins to gather what a run with this selection meets.
func (a *App) watch(g *Global, s account.Selection) {
	a.sightings = &sightings{app: a, path: a.seenPath(g.simulated), scope: scope(a, s), roles: map[string]bool{}, tags: map[string]bool{}, listed: map[string]bool{}}
}

// list passes a list of accounts on and notes which of them AWS has listed. What else
// there is (accounts of profiles, names given to --account) may be a mistake of the
// user's, until AWS answers for it.
func (s *sightings) list(accounts iter.Seq2[*account.Account, error]) iter.Seq2[*account.Account, error] {
	if s == nil {
		return accounts
	}
	return func(yield func(*account.Account, error) bool) {
		for a, err := range accounts {
			if err == nil && (a.Source == account.SourceOrganization || a.Source == account.SourceSSO) {
				s.listed[a.ID] = true
			}
			if !yield(a, err) {
				return
			}
		}
	}
}

// add takes a record, of which it keeps no part that would keep the rest.
func (s *sightings) add(record any) {
	if s == nil {
		return
	}
	switch r := record.(type) {
	case *inventory.Instance:
		s.instance(r)
	case *inventory.FullInstance:
		s.instance(&r.Instance)
	case *inventory.Finding:
		s.role(r.Role)
	case *accountRecord:
		s.role(r.Role)
	case *whoamiRecord:
		s.role(r.Role)
	case *accountCredentials:
		for role := range r.Roles {
			s.role(role)
		}
	}
}

func (s *sightings) instance(r *inventory.Instance) {
	s.role(r.Role)
	if s.met++; s.met > maxSightings || r.State == "terminated" {
		return
	}
	s.entries = append(s.entries, seen.Entry{
		Kind: seen.Instance, Scope: s.scope, ID: strings.Clone(r.InstanceId), Name: strings.Clone(r.Name),
		Place: place(r.AccountId, r.AccountName, r.Region),
	})
	for key := range r.Tags {
		if !s.tags[key] && len(s.tags) < maxSightings {
			key = strings.Clone(key)
			s.tags[key] = true
			s.entries = append(s.entries, seen.Entry{Kind: seen.Tag, Scope: s.scope, ID: key})
		}
	}
}

func place(id, name, region string) string {
	if name == "" {
		name = id
	}
	return name + " " + region
}

func (s *sightings) role(name string) {
	if name != "" && !s.roles[name] {
		name = strings.Clone(name)
		s.roles[name] = true
		s.entries = append(s.entries, seen.Entry{Kind: seen.Role, Scope: s.scope, ID: name})
	}
}

// keep writes down what was met. That it could not be is no failure of the run.
func (s *sightings) keep(ledger *sweep.Ledger) {
	if s == nil || s.path == "" {
		return
	}
	answered, regions, accounts := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, e := range ledger.Entries() {
		answers := e.Status == sweep.OK || e.Status == sweep.Empty
		if answers && e.Region != "" {
			answered[place(e.AccountId, e.AccountName, e.Region)] = true
			if !regions[e.Region] {
				regions[e.Region] = true
				s.entries = append(s.entries, seen.Entry{Kind: seen.Region, Scope: s.scope, ID: e.Region})
			}
		}
		if (answers || s.listed[e.AccountId]) && !accounts[e.AccountId] {
			accounts[e.AccountId] = true
			s.entries = append(s.entries, seen.Entry{Kind: seen.Account, Scope: s.scope, ID: e.AccountId, Name: e.AccountName})
		}
	}
	gone := func(e seen.Entry) bool {
		return s.whole && e.Kind == seen.Instance && e.Scope == s.scope && answered[e.Place]
	}
	_ = seen.Update(s.path, s.app.Now(), s.entries, gone)
	s.entries, s.met = nil, 0 // another round may follow
	clear(s.roles)
	clear(s.tags)
	clear(s.listed)
}
