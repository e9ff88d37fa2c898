package inventory

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"muster/internal/names"
	"muster/internal/shorthand"
)

// Query selects instances. Empty lists mean no restriction.
type Query struct {
	What    []string // ids, names, addresses, CIDR blocks; any of them
	States  []string // any of them
	Types   []string // globs; any of them
	Tags    []string // K, K=V[,V...], !K or K!=V[,V...], V a glob; all of them
	Filters []string // EC2's own, as the AWS CLI takes them; EC2 checks them

	Load shorthand.Load // of files that filters name
}

// States are the names that EC2 has for an instance's state.
var States = []string{"pending", "running", "shutting-down", "terminated", "stopping", "stopped"}

// maxFilterValues is the most values that EC2 takes in a request's filters.
const maxFilterValues = 200

// matcher is a compiled Query. EC2 is asked for what its filters can narrow; each
// record is then checked here, since those know neither CIDR blocks nor brackets
// in a glob.
type matcher struct {
	ids       map[string]bool
	addresses map[netip.Addr]bool
	blocks    []netip.Prefix
	names     []*names.Glob
	idGlobs   []*names.Glob
	what      bool

	states []string
	types  []*names.Glob
	tags   []tagMatcher

	requests  []request      // one DescribeInstances each; what they find is united
	users     []types.Filter // the user's own, in every request
	base      []types.Filter // and with them what narrows every request
	secondary []string       // addresses that may be in a secondary network, which no request finds
}

// request is the filters of a call.
type request struct {
	filters  []types.Filter
	imitated bool // it finds nothing more in AWS's own EC2
}

// QueryError is a selection of instances that makes no sense.
type QueryError struct{ Msg string }

func (e *QueryError) Error() string { return e.Msg }

// UsageError marks a mistake in the command line: exit code 2.
func (*QueryError) UsageError() {}

func queryError(format string, args ...any) error { return &QueryError{fmt.Sprintf(format, args...)} }

func (q Query) compile() (*matcher, error) {
	m := &matcher{ids: map[string]bool{}, addresses: map[netip.Addr]bool{}, what: len(q.What) > 0}
	for _, text := range q.Filters {
		filters, err := parseFilters(text, q.Load)
		if err != nil {
			example := ""
			if name, value, ok := strings.Cut(text, "="); ok && name != "Name" && !strings.ContainsAny(text, ",{}[] \"'") {
				example = ", as in Name=" + name + ",Values=" + value
			}
			return nil, queryError("--filter %q: %v%s", text, err, example)
		}
		m.users = append(m.users, filters...)
	}
	m.base = slices.Clip(m.users)
	for _, step := range []func(Query, []types.Filter) ([]types.Filter, error){m.compileStates, m.compileTypes, m.compileTags} {
		var err error
		if m.base, err = step(q, m.base); err != nil {
			return nil, err
		}
	}
	m.base = slices.Clip(m.base)
	asks, err := m.compileWhat(q.What)
	if err != nil {
		return nil, err
	}
	for _, a := range asks {
		m.requests = append(m.requests, request{narrow(m.base, a.filter, a.values), forImitations[a.filter]})
	}
	if len(asks) == 0 {
		m.requests = []request{{filters: m.base}}
	}
	return m, nil
}

func (m *matcher) compileStates(q Query, base []types.Filter) ([]types.Filter, error) {
	for _, state := range q.States {
		if !slices.Contains(States, state) {
			return nil, queryError("--state %q: expected one of %s%s", state, strings.Join(States, ", "), names.DidYouMean(state, States))
		}
	}
	m.states = q.States
	return narrow(base, "instance-state-name", q.States), nil
}

func (m *matcher) compileTypes(q Query, base []types.Filter) ([]types.Filter, error) {
	var patterns []string
	for _, text := range q.Types {
		g, err := names.CompileGlob(text)
		if err != nil {
			return nil, queryError("--type %q: not a pattern: %v", text, err)
		}
		m.types = append(m.types, g)
		patterns = append(patterns, ec2Pattern(text))
	}
	return narrow(base, "instance-type", patterns), nil
}

// narrow adds a filter where EC2 takes it: each name once, and not too many values
// in all. What is left out is left to the check of the records.
func narrow(filters []types.Filter, name string, values []string) []types.Filter {
	total := len(values)
	for _, f := range filters {
		if total += len(f.Values); *f.Name == name {
			return filters
		}
	}
	if len(values) == 0 || total > maxFilterValues {
		return filters
	}
	return append(filters, types.Filter{Name: aws.String(name), Values: values})
}

// compileWhat sorts the things asked for and returns the filters that find them
// all, each in a request of its own; none where everything has to be looked at.
func (m *matcher) compileWhat(what []string) ([]ask, error) {
	var ids, tagged, addresses, public []string
	everything := len(what) == 0
	things, err := readThings(what, "an instance id, a name, an IP address or a CIDR block")
	if err != nil {
		return nil, err
	}
	for _, thing := range things {
		text := thing.bare
		if address, ok := parseAddress(text); ok {
			m.addresses[address] = true
			if address.Is6() { // EC2 compares text, and one address has several
				everything = true
				continue
			}
			addresses = append(addresses, address.String())
			if !within(netip.PrefixFrom(address, 32), private...) {
				public = append(public, address.String())
			}
			continue
		}
		if block, ok := parseBlock(text); ok {
			m.blocks = append(m.blocks, block)
			everything = true
			continue
		}
		if looksLikeAddress(text) {
			return nil, notAddress(text)
		}
		if strings.HasPrefix(text, "i-") && anID().MatchString(text) {
			m.ids[text] = true
			ids = append(ids, text)
			if !isDated(text) {
				continue
			}
		}
		if id := anID().FindStringSubmatch(text); id != nil && len(id[2]) == 17 { // 8 digits may be the date in a name
			if filter := otherKinds[id[1]]; filter != "" {
				return nil, queryError("%q is no instance's id; --filter Name=%s,Values=%s finds instances by it", text, filter, text)
			}
			if isKind(id[1]) {
				return nil, queryError("%q is no instance's id; expected one of i-, a name, an IP address or a CIDR block", text)
			}
		}
		text = thing.text // a name is not taken out of anything
		g, err := names.CompileGlob(text)
		if err != nil {
			return nil, queryError("%q: not a pattern: %v", text, err)
		}
		m.names = append(m.names, g)
		tagged = append(tagged, ec2Pattern(text))
		if strings.HasPrefix(text, "i-") && !m.ids[text] { // a glob of ids, perhaps
			m.idGlobs = append(m.idGlobs, g)
			ids = append(ids, ec2Pattern(text))
		}
	}
	if everything || max(len(ids), len(tagged), len(addresses), len(public)) > maxFilterValues {
		return nil, nil
	}
	m.secondary = addresses
	asks := []ask{{of: ofInstances, filter: "instance-id", values: ids}, {of: ofInstances, filter: nameFilter, values: tagged}}
	asks = append(asks, instanceAsks(addresses, public)...)
	return slices.DeleteFunc(asks, func(a ask) bool { return len(a.values) == 0 }), nil
}

// instanceAsks are the filters of DescribeInstances that find IPv4 addresses; public
// are those of them that may be public. A VPC may have public ranges, too, and a
// customer's own addresses may be of any range.
func instanceAsks(addresses, public []string) []ask {
	return []ask{
		{ofInstances, "network-interface.addresses.private-ip-address", addresses},
		{ofInstances, "network-interface.addresses.association.public-ip", public},
		{ofInstances, carrierFilter, public},
		{ofInstances, customerFilter, addresses},
		{ofInstances, "network-interface.private-ip-address", addresses},
		{ofInstances, "network-interface.association.public-ip", public},
		{ofInstances, "network-interface.association.carrier-ip", public},
		{ofInstances, "network-interface.association.customer-owned-ip", addresses},
		{ofInstances, "private-ip-address", addresses},
		{ofInstances, "ip-address", public},
	}
}

// ec2Literal escapes what EC2's filters would take for a wildcard.
func ec2Literal(text string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`).Replace(text)
}

// ec2Pattern is an EC2 wildcard that matches all that the glob does, and perhaps
// more: EC2 knows only * and ?.
func ec2Pattern(pattern string) string {
	var b strings.Builder
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; c {
		case '\\':
			if i++; i < len(pattern) {
				b.WriteString(ec2Literal(pattern[i : i+1]))
			}
		case '[', '{': // one may hold what closes the other
			b.WriteByte('*')
			i += max(0, strings.LastIndexAny(pattern[i:], "]}"))
		case '?':
			b.WriteByte('*') // one character here, one byte there
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// matches says whether a record is meant.
func (m *matcher) matches(r *Instance) bool {
	return m.matchesWhat(r) &&
		(len(m.states) == 0 || slices.Contains(m.states, r.State)) &&
		(len(m.types) == 0 || slices.ContainsFunc(m.types, func(g *names.Glob) bool { return g.Match(r.InstanceType) })) &&
		!slices.ContainsFunc(m.tags, func(t tagMatcher) bool { return !t.matches(r.Tags) })
}

func (m *matcher) matchesWhat(r *Instance) bool {
	if !m.what || m.ids[r.InstanceId] {
		return true
	}
	if slices.ContainsFunc(m.names, func(g *names.Glob) bool { return g.Match(r.Name) }) ||
		slices.ContainsFunc(m.idGlobs, func(g *names.Glob) bool { return g.Match(r.InstanceId) }) {
		return true
	}
	if len(m.addresses) == 0 && len(m.blocks) == 0 {
		return false
	}
	meant := func(text string) bool {
		address, ok := parseAddress(text)
		return ok && (m.addresses[address] ||
			slices.ContainsFunc(m.blocks, func(b netip.Prefix) bool { return b.Contains(address) }))
	}
	return slices.ContainsFunc(r.PrivateIPs, meant) || slices.ContainsFunc(r.PublicIPs, meant) || slices.ContainsFunc(r.IPv6s, meant)
}
