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

// list reads NAME.1, NAME.2, ...
func list(form url.Values, name string) []string {
	var values []string
	for i := 1; form.Has(name + "." + strconv.Itoa(i)); i++ {
		values = append(values, form.Get(name+"."+strconv.Itoa(i)))
	}
	return values
}

// checkParameters returns an error for a parameter that the operation does not have, and ends a dry run. known are the
// names without their numbers.
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
	wanted, err := compileFilters(r, instanceTags, instanceFilters())
	if err != nil {
		return nil, err
	}
	ids := list(r.form, "InstanceId")
	size, err := r.pageSize(len(ids) > 0, "instancesSet")
	if err != nil {
		return nil, err
	}
	p := s.place(r.principal.account, r.region)
	at, n := p.at, p.len()
	if r.form.Has("Filter.1.Name") || len(ids) > 0 || r.principal.account.HideManaged {
		chosen, err := p.choose(ids, func(in *Instance) bool { return wanted(in) && !r.hides(in.Operator) })
		if err != nil {
			return nil, err
		}
		at, n = func(i int) Instance { return chosen[i] }, len(chosen)
	}
	how := s.world.EC2
	if len(ids) > 0 {
		how, size = Paging{}, max(n, 1) // EC2 answers named instances in one page
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

// pageSize reads MaxResults, which cannot be used together with ids. set is EC2's name for the ids.
func (r *request) pageSize(named bool, set string) (int, *apiError) {
	size := 1000
	if text := r.form.Get("MaxResults"); text != "" {
		n, err := strconv.Atoi(text)
		switch {
		case named:
			r.problem("MaxResults with ids")
			return 0, fail(400, "InvalidParameterCombination", "The parameter %s cannot be used with the parameter maxResults", set)
		case err != nil || n < 5 || n > 1000:
			r.problem("MaxResults is %s", text)
			return 0, fail(400, "InvalidParameterValue", "Value ( %s ) for parameter maxResults is invalid. Expecting a value greater than or equal to 5 and less than or equal to 1000.", text)
		}
		size = n
	}
	return size, nil
}

// listKey returns the parameters that choose the list, without those that choose a page of it.
func listKey(form url.Values) string {
	chosen := maps.Clone(form)
	for _, name := range []string{"Action", "Version", "MaxResults", "NextToken"} {
		chosen.Del(name)
	}
	return chosen.Encode()
}

// choose returns the wanted instances, of those with the ids if any are given.
func (p *place) choose(ids []string, wanted func(*Instance) bool) ([]Instance, *apiError) {
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
		if wanted(&in) {
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

// stateCode returns the code of an instance's state.
func stateCode(state string) string {
	codes := map[string]string{"pending": "0", "running": "16", "shutting-down": "32", "terminated": "48", "stopping": "64", "stopped": "80"}
	return cmp.Or(codes[state], "-1")
}
