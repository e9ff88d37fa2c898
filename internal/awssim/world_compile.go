package awssim

import (
	"cmp"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// compiledWorld is a checked World with resolved names and all defaults. It does not change.
type compiledWorld struct {
	*partition
	world      *World
	accounts   []*account
	byID       map[string]*account
	management *account
	delegated  []*account
	root       *unit
	units      map[string]*unit // by id
	users      []*user
	roles      map[string]*role         // by ARN
	saml       map[string]*SAMLProvider // by ARN
	oidc       map[string]*OIDCProvider // by ARN
	idps       []*idp
	buckets    map[string]*account
	sessions   []*ssoSession
	metadata   *host             // the instance that clients run on, or nil
	container  *host             // the container that clients run in, or nil
	deny       []Deny            // with accounts as ids
	failing    map[string]string // the accounts of StackSets.Fail by id
	faults     []Fault
}

type account struct {
	Account
	unit       *unit
	entries    map[string][]*Instance         // by region, or *
	interfaces map[string][]*NetworkInterface // by region
	addresses  map[string][]*ElasticIP
	resources  map[string][]Resource
}

func (a *account) active() bool { return a.State == "ACTIVE" }

func (a *account) enabled(r region) bool { return !r.optIn || slices.Contains(a.OptedIn, r.name) }

// unit is the root or an organizational unit.
type unit struct {
	id, name, path string // path: ids from the organization down, as in Account.Paths
	parent         *unit
	units          []*unit
	accounts       []*account
}

type ssoSession struct {
	SSOSession
	assigned map[string][]string // account id to permission sets
	accounts []*account          // with an assignment
}

var (
	accountID  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9]{12}$`) })
	bucketName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`) })
	iamName    = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[\w+=,.@-]{1,64}$`) })
)

// compile resolves the names in w, fills in defaults, and returns an error for a world that cannot exist in AWS.
func compile(given *World) (*compiledWorld, error) {
	p, ok := partitions[cmp.Or(given.Partition, "aws")]
	if !ok {
		return nil, fmt.Errorf("world: partition %q is none of aws, aws-cn, aws-us-gov", given.Partition)
	}
	if len(given.Regions) > 0 {
		own := *p
		own.regions = nil
		for _, name := range given.Regions {
			i := slices.IndexFunc(p.regions, func(r region) bool { return r.name == name })
			if i < 0 {
				return nil, fmt.Errorf("world: regions: %q is no region of the partition %s", name, p.name)
			}
			own.regions = append(own.regions, p.regions[i])
		}
		slices.SortFunc(own.regions, byName)
		p = &own
	}
	w := &compiledWorld{partition: p, world: given, byID: map[string]*account{}, units: map[string]*unit{}, roles: map[string]*role{},
		failing: map[string]string{}, saml: map[string]*SAMLProvider{}, oidc: map[string]*OIDCProvider{}, buckets: map[string]*account{}}
	for _, step := range []func() error{w.compileAccounts, w.compileOrganization, w.compileUsers, w.compileProviders, w.compileRoles, w.compileIDPs,
		w.compileSSO, w.compileHosts, w.compileRules, w.compileStackSets, w.compileInstances, w.compileInterfaces, w.compileResources} {
		if err := step(); err != nil {
			return nil, fmt.Errorf("world: %w", err)
		}
	}
	return w, nil
}

// account finds an account by id or name.
func (w *compiledWorld) account(ref string) (*account, error) {
	if a := w.byID[ref]; a != nil {
		return a, nil
	}
	for _, a := range w.accounts {
		if a.Name == ref {
			return a, nil
		}
	}
	return nil, fmt.Errorf("no account has the id or name %q", ref)
}

// accountsOf resolves a list of accounts; none means all.
func (w *compiledWorld) accountsOf(refs []string) ([]*account, error) {
	if len(refs) == 0 {
		return w.accounts, nil
	}
	var list []*account
	for _, ref := range refs {
		a, err := w.account(ref)
		if err != nil {
			return nil, err
		}
		list = append(list, a)
	}
	return list, nil
}

func (w *compiledWorld) arn(service, accountID, resource string) string {
	return "arn:" + w.name + ":" + service + "::" + accountID + ":" + resource
}

func (w *compiledWorld) compileAccounts() error {
	for i, given := range w.world.Accounts {
		a := &account{Account: given, entries: map[string][]*Instance{},
			interfaces: map[string][]*NetworkInterface{}, addresses: map[string][]*ElasticIP{}, resources: map[string][]Resource{}}
		a.State = cmp.Or(a.State, "ACTIVE")
		a.Email = cmp.Or(a.Email, "aws+"+a.ID+"@example.com")
		switch {
		case !accountID().MatchString(a.ID):
			return fmt.Errorf("accounts[%d] %q: the id %q is not twelve digits", i, a.Name, a.ID)
		case w.byID[a.ID] != nil:
			return fmt.Errorf("accounts[%d]: the id %s occurs twice", i, a.ID)
		case a.Name == "":
			return fmt.Errorf("account %s: no name", a.ID)
		case !slices.Contains([]string{"PENDING_ACTIVATION", "ACTIVE", "SUSPENDED", "PENDING_CLOSURE", "CLOSED"}, a.State):
			return fmt.Errorf("account %s: unknown state %q", a.ID, a.State)
		}
		for _, name := range a.OptedIn {
			if !slices.Contains(w.regions, region{name, true}) {
				return fmt.Errorf("account %s: opted_in: %q is no opt-in region of this world", a.ID, name)
			}
		}
		for _, name := range a.Buckets {
			if !bucketName().MatchString(name) || w.buckets[name] != nil {
				return fmt.Errorf("account %s: buckets: %q is no bucket name, or there twice in the partition", a.ID, name)
			}
			w.buckets[name] = a
		}
		w.accounts = append(w.accounts, a)
		w.byID[a.ID] = a
	}
	if len(w.accounts) == 0 {
		return fmt.Errorf("no accounts")
	}
	return nil
}

func (w *compiledWorld) compileOrganization() error {
	w.management = w.accounts[0]
	org := w.world.Organization
	if org == nil {
		return nil
	}
	var err error
	if org.Management != "" {
		if w.management, err = w.account(org.Management); err != nil {
			return fmt.Errorf("organization: management: %w", err)
		}
	}
	for _, ref := range org.Delegated {
		a, err := w.account(ref)
		if err != nil {
			return fmt.Errorf("organization: delegated: %w", err)
		}
		w.delegated = append(w.delegated, a)
	}
	if !slices.Contains([]string{"", "both", "state", "status"}, org.StateField) {
		return fmt.Errorf("organization: state_field %q is none of both, state, status", org.StateField)
	}
	rootID := cmp.Or(org.Root, "r-root")
	w.root = &unit{id: rootID, name: "Root", path: w.organizationID() + "/" + rootID + "/"}
	w.units[rootID] = w.root
	byName := map[string]*unit{"": w.root}
	var grow func(parent *unit, prefix string, ous []OU) error
	grow = func(parent *unit, prefix string, ous []OU) error {
		for _, ou := range ous {
			name := prefix + ou.Name
			id := cmp.Or(ou.ID, "ou-"+strings.TrimPrefix(rootID, "r-")+"-"+derive(0, "ou", name).hex(8))
			if ou.Name == "" || w.units[id] != nil || byName[name] != nil {
				return fmt.Errorf("organization: ous: %q (id %q) has no name or is there twice", name, id)
			}
			u := &unit{id: id, name: ou.Name, path: parent.path + id + "/", parent: parent}
			parent.units = append(parent.units, u)
			w.units[id], byName[name] = u, u
			if err := grow(u, name+"/", ou.OUs); err != nil {
				return err
			}
		}
		return nil
	}
	if err := grow(w.root, "", org.OUs); err != nil {
		return err
	}
	for _, a := range w.accounts {
		if a.unit = cmp.Or(byName[a.OU], w.units[a.OU]); a.unit == nil {
			return fmt.Errorf("account %s: no OU has the path or id %q", a.ID, a.OU)
		}
		a.unit.accounts = append(a.unit.accounts, a)
	}
	return nil
}

func (w *compiledWorld) organizationID() string {
	return cmp.Or(w.world.Organization.ID, "o-simulated00")
}

func (w *compiledWorld) compileSSO() error {
	for _, given := range w.world.SSO {
		s := &ssoSession{SSOSession: given, assigned: map[string][]string{}}
		if s.Name == "" || s.StartURL == "" || !w.has(s.Region) {
			return fmt.Errorf("sso session %q: name, start_url and a region of this world are needed", s.Name)
		}
		s.User = cmp.Or(s.User, "demo@example.com")
		if len(s.Scopes) == 0 {
			s.Scopes = []string{portalScope}
		}
		login := &s.Login
		if login.Interval == nil {
			login.Interval = new(Duration(time.Second))
		}
		login.ExpiresIn = Duration(login.ExpiresIn.or(10 * time.Minute))
		login.CodeExpiresIn = Duration(login.CodeExpiresIn.or(10 * time.Minute))
		if interval := time.Duration(*login.Interval); interval%time.Second != 0 || login.Polls < 0 {
			return fmt.Errorf("sso session %q: login: an interval of whole seconds and polls of at least 0 are needed", s.Name)
		}
		for ref, sets := range s.Assignments {
			if ref == "*" {
				continue
			}
			a, err := w.account(ref)
			if err != nil {
				return fmt.Errorf("sso session %q: assignments: %w", s.Name, err)
			}
			s.assigned[a.ID] = append(s.assigned[a.ID], sets...)
		}
		for _, a := range w.accounts {
			if s.assigned[a.ID] = append(s.assigned[a.ID], s.Assignments["*"]...); len(s.assigned[a.ID]) > 0 {
				s.accounts = append(s.accounts, a)
			}
		}
		if s.Tokens == nil {
			g := derive(0, "sso", s.Name)
			s.Tokens = []SSOToken{{AccessToken: "aoa" + g.base64(40), RefreshToken: "aor" + g.base64(40)}}
		}
		s.Tokens = slices.Clone(s.Tokens)
		for i := range s.Tokens {
			t, g := &s.Tokens[i], derive(uint64(i), "token", s.Name)
			t.AccessToken = cmp.Or(t.AccessToken, "aoa"+g.base64(40))
			t.ClientID = cmp.Or(t.ClientID, g.base32(22))
			t.ClientSecret = cmp.Or(t.ClientSecret, g.base64(60))
			t.ExpiresIn = Duration(t.ExpiresIn.or(8 * time.Hour))
			t.RegistrationExpiresIn = Duration(t.RegistrationExpiresIn.or(90 * 24 * time.Hour))
		}
		w.sessions = append(w.sessions, s)
	}
	return nil
}

func (w *compiledWorld) compileRules() error {
	for i, d := range w.world.Deny {
		if d.Kind != "scp" && d.Kind != "iam" {
			return fmt.Errorf("deny[%d]: kind %q is neither scp nor iam", i, d.Kind)
		}
		accounts, err := w.accountsOf(d.Accounts)
		if err != nil {
			return fmt.Errorf("deny[%d]: %w", i, err)
		}
		bound := d.Accounts
		d.Accounts = nil
		for _, a := range accounts {
			if d.Kind == "scp" && a == w.management {
				if len(bound) > 0 || len(accounts) == 1 {
					return fmt.Errorf("deny[%d]: a service control policy does not bind the management account %s: use kind iam", i, a.ID)
				}
				continue
			}
			d.Accounts = append(d.Accounts, a.ID)
		}
		for _, name := range d.Regions {
			if !w.has(name) {
				return fmt.Errorf("deny[%d]: no region %q in this world", i, name)
			}
		}
		w.deny = append(w.deny, d)
	}
	for i, f := range w.world.Faults {
		if f.Account != "" {
			a, err := w.account(f.Account)
			if err != nil {
				return fmt.Errorf("faults[%d]: %w", i, err)
			}
			f.Account = a.ID
		}
		if err := f.check(); err != nil {
			return fmt.Errorf("faults[%d]: %w", i, err)
		}
		w.faults = append(w.faults, f)
	}
	return nil
}

func (w *compiledWorld) compileInstances() error {
	ids := map[string]bool{}
	for i := range w.world.Instances {
		given := &w.world.Instances[i]
		fail := func(format string, args ...any) error {
			return fmt.Errorf("instances[%d] %s: %s", i, cmp.Or(given.ID, given.Name), fmt.Sprintf(format, args...))
		}
		if given.ID != "" && (given.Count > 1 || given.CountMax > 0 || given.Account == "*" || given.Region == "*") {
			return fail("one id cannot be for many instances")
		}
		if ids[given.ID] {
			return fail("the id occurs twice")
		}
		ids[given.ID] = given.ID != ""
		if !slices.Contains([]string{"", auto, "pending", "running", "shutting-down", "terminated", "stopping", "stopped"}, given.State) {
			return fail("unknown state %q", given.State)
		}
		for _, text := range append([]string{given.Name}, flatten(given.Tags)...) {
			if i := strings.IndexFunc(text, notXML); i >= 0 {
				return fail("%q holds a character that XML cannot", text)
			}
		}
		for _, ip := range slices.Concat(given.PrivateIPs, given.PublicIPs, given.IPv6s) {
			if _, err := netip.ParseAddr(ip); err != nil && ip != auto {
				return fail("%q is no IP address", ip)
			}
		}
		if len(given.PublicIPs) > max(1, len(given.PrivateIPs)) {
			return fail("more public than private addresses")
		}
		if given.Account != "*" {
			a, err := w.account(given.Account)
			if err != nil {
				return fail("%v", err)
			}
			ok := given.Region == "*"
			for _, r := range w.regions {
				ok = ok || r.name == given.Region && a.enabled(r)
			}
			if !ok {
				return fail("the region %q is not enabled in account %s", given.Region, a.ID)
			}
			a.entries[given.Region] = append(a.entries[given.Region], given)
			continue
		}
		if given.Region != "*" && !w.has(given.Region) {
			return fail("no region %q in this world", given.Region)
		}
		for _, a := range w.accounts {
			if a.active() {
				a.entries[given.Region] = append(a.entries[given.Region], given)
			}
		}
	}
	return nil
}
