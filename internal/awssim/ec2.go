package awssim

import (
	"cmp"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// ec2Filter is one Filter.N of a request.
type ec2Filter struct {
	name   string
	values []string
}

// list reads NAME.1, NAME.2, ...
func list(form url.Values, name string) []string {
	var values []string
	for i := 1; form.Has(name + "." + strconv.Itoa(i)); i++ {
		values = append(values, form.Get(name+"."+strconv.Itoa(i)))
	}
	return values
}

// filters reads Filter.N.Name and Filter.N.Value.M.
func (r *request) filters() ([]ec2Filter, *apiError) {
	var filters []ec2Filter
	total := 0
	for i := 1; r.form.Has("Filter." + strconv.Itoa(i) + ".Name"); i++ {
		prefix := "Filter." + strconv.Itoa(i)
		f := ec2Filter{r.form.Get(prefix + ".Name"), list(r.form, prefix+".Value")}
		if len(f.values) == 0 {
			r.problem("the filter %s has no value", f.name)
			return nil, fail(400, "InvalidParameterValue", "The filter '%s' has no value", f.name)
		}
		total += len(f.values)
		filters = append(filters, f)
	}
	if total > 200 {
		r.problem("%d filter values", total)
		return nil, fail(400, "FilterLimitExceeded", "The maximum number of filter values specified on a single call is 200")
	}
	return filters, nil
}

// checkParameters refuses parameters that the operation does not have; numbered ones are given by their beginning. It
// ends a dry run.
func (r *request) checkParameters(known ...string) *apiError {
	for name := range r.form {
		base, _, _ := strings.Cut(name, ".")
		if !slices.Contains([]string{"Action", "Version", "DryRun"}, base) && !slices.Contains(known, base) {
			r.problem("unknown parameter %s", name)
			return fail(400, "UnknownParameter", "The parameter %s is not recognized", base)
		}
	}
	if r.form.Get("DryRun") == "true" {
		return fail(http.StatusPreconditionFailed, "DryRunOperation", "Request would have succeeded, but DryRun flag is set.")
	}
	return nil
}

var instanceID = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^i-([0-9a-f]{8}|[0-9a-f]{17})$`) })

func (s *Server) describeInstances(r *request) (*answer, *apiError) {
	if err := r.checkParameters("Filter", "InstanceId", "MaxResults", "NextToken", "IncludeManagedResources"); err != nil {
		return nil, err
	}
	filters, err := r.filters()
	if err != nil {
		return nil, err
	}
	matchers := make([]matcher, len(filters))
	for i, f := range filters {
		if matchers[i], err = compileFilter(f); err != nil {
			return nil, err
		}
	}
	ids := list(r.form, "InstanceId")
	size, err := r.pageSize(len(ids) > 0, "instancesSet")
	if err != nil {
		return nil, err
	}
	p := s.place(r.principal.account, r.region)
	at, n := p.at, p.len()
	if len(filters) > 0 || len(ids) > 0 || r.principal.account.HideManaged {
		matchers = append(matchers, func(in *Instance) bool { return !r.hides(in.Operator) })
		chosen, err := p.choose(ids, matchers)
		if err != nil {
			return nil, err
		}
		at, n = func(i int) Instance { return chosen[i] }, len(chosen)
	}
	how := s.world.EC2
	if len(ids) > 0 {
		how, size = Paging{}, max(n, 1) // EC2 does not page what was named
	}
	part, ok := s.paged(r, how, n, size, r.form.Get("NextToken"), listKey(r.form))
	if !ok {
		return nil, fail(400, "InvalidNextToken", "The specified NextToken is not valid.")
	}
	return &answer{status: http.StatusOK, contentType: contentXML, stream: func(w io.Writer) error {
		x := s.buffers.Get().(*xmlWriter)
		defer s.buffers.Put(x)
		return x.instances(w, part, at)
	}}, nil
}

// listKey is what in a request chooses the list that is paged.
func listKey(form url.Values) string {
	chosen := maps.Clone(form)
	for _, name := range []string{"Action", "Version", "MaxResults", "NextToken"} {
		chosen.Del(name)
	}
	return chosen.Encode()
}

// choose lists the instances that have one of the ids, if any are given, and that all filters match.
func (p *place) choose(ids []string, matchers []matcher) ([]Instance, *apiError) {
	for _, id := range ids {
		if !instanceID().MatchString(id) {
			return nil, fail(400, "InvalidInstanceID.Malformed", "Invalid id: %q", id)
		}
	}
	var chosen []Instance
	missing := slices.Clone(ids)
	for i := range p.len() {
		in := p.at(i)
		if len(ids) > 0 && !slices.Contains(ids, in.ID) {
			continue
		}
		missing = slices.DeleteFunc(missing, func(id string) bool { return id == in.ID })
		if !slices.ContainsFunc(matchers, func(m matcher) bool { return !m(&in) }) {
			chosen = append(chosen, in)
		}
	}
	switch {
	case len(missing) > 1:
		return nil, fail(400, "InvalidInstanceID.NotFound", "The instance IDs '%s' do not exist", strings.Join(missing, ", "))
	case len(missing) == 1:
		return nil, fail(400, "InvalidInstanceID.NotFound", "The instance ID '%s' does not exist", missing[0])
	}
	return chosen, nil
}

func (s *Server) describeRegions(r *request) (*answer, *apiError) {
	if err := r.checkParameters("Filter", "RegionName", "AllRegions"); err != nil {
		return nil, err
	}
	filters, err := r.filters()
	if err != nil {
		return nil, err
	}
	names := list(r.form, "RegionName")
	for _, name := range names {
		if !s.has(name) {
			return nil, fail(400, "InvalidParameterValue", "Invalid region names: [%s]", name)
		}
	}
	x := newXML()
	x.open("DescribeRegionsResponse", "xmlns", namespaceEC2).elem("requestId", requestID).open("regionInfo")
	for _, known := range s.regions {
		enabled := r.principal.account.enabled(known)
		status := "opt-in-not-required"
		if known.optIn {
			if status = "not-opted-in"; enabled {
				status = "opted-in"
			}
		}
		host := "ec2." + known.name + "." + s.suffix
		shown := enabled || r.form.Get("AllRegions") == "true"
		if len(names) > 0 {
			shown = slices.Contains(names, known.name)
		}
		for _, f := range filters {
			value, ok := map[string]string{"region-name": known.name, "opt-in-status": status, "endpoint": host}[f.name]
			if !ok {
				return nil, fail(400, "InvalidParameterValue", "The filter '%s' is invalid", f.name)
			}
			shown = shown && slices.ContainsFunc(f.values, func(pattern string) bool { return wildcard(pattern, value) })
		}
		if shown {
			x.open("item").elem("regionName", known.name).elem("regionEndpoint", host).elem("optInStatus", status).close("item")
		}
	}
	return xmlAnswer(x.close("regionInfo").close("DescribeRegionsResponse")), nil
}

// wildcard matches as EC2's filters do: * is any text, ? any character, and a backslash takes the next one literally.
func wildcard(pattern, text string) bool {
	p, t := []rune(pattern), []rune(text)
	star, mark := -1, 0
	i, j := 0, 0
	for j < len(t) {
		switch {
		case i < len(p) && p[i] == '*':
			star, mark = i, j
			i++
			continue
		case i < len(p) && p[i] == '?':
			i, j = i+1, j+1
			continue
		case i+1 < len(p) && p[i] == '\\' && p[i+1] == t[j]:
			i, j = i+2, j+1
			continue
		case i < len(p) && p[i] == t[j] && p[i] != '\\':
			i, j = i+1, j+1
			continue
		}
		if star < 0 {
			return false
		}
		mark++
		i, j = star+1, mark
	}
	for i < len(p) && p[i] == '*' {
		i++
	}
	return i == len(p)
}

// stateCode is the number of an instance's state.
func stateCode(state string) string {
	codes := map[string]string{"pending": "0", "running": "16", "shutting-down": "32", "terminated": "48", "stopping": "64", "stopped": "80"}
	return cmp.Or(codes[state], "-1")
}
