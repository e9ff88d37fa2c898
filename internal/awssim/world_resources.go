package awssim

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Resource is a resource of a service other than EC2 or, with Count, several. Account "*" means every active account,
// Region "*" every enabled region.
type Resource struct {
	Account string `json:"account"`
	Region  string `json:"region"`
	Kind    string `json:"kind"` // one of resourceTypes
	Name    string `json:"name"`
	Type    string `json:"type,omitempty"`  // a function's runtime, a database's engine, application or network for a load balancer
	State   string `json:"state,omitempty"` // of databases, load balancers and alarms
	ID      string `json:"id,omitempty"`    // at the end of a load balancer's ARN
	Count   int    `json:"count,omitempty"`
}

// resourceTypes maps each kind of resource to its default type and state.
var resourceTypes = map[string][2]string{
	"function": {"python3.13", ""}, "queue": {}, "table": {}, "database": {"postgres", "available"}, "cluster": {},
	"load-balancer": {"application", "active"}, "alarm": {"", "OK"},
}

// compileResources checks the resources and puts them into their accounts.
func (w *compiledWorld) compileResources() error {
	for i, given := range w.world.Resources {
		fail := func(format string, args ...any) error {
			return fmt.Errorf("resources[%d] %s: %s", i, given.Name, fmt.Sprintf(format, args...))
		}
		defaults, ok := resourceTypes[given.Kind]
		if !ok {
			return fail("kind %q is none of %s", given.Kind, strings.Join(slices.Sorted(maps.Keys(resourceTypes)), ", "))
		}
		if given.Name == "" || strings.ContainsFunc(given.Name, notXML) {
			return fail("no name that XML can hold")
		}
		given.Type, given.State = cmp.Or(given.Type, defaults[0]), cmp.Or(given.State, defaults[1])
		accounts := []*account{}
		if given.Account == "*" {
			accounts = slices.DeleteFunc(slices.Clone(w.accounts), func(a *account) bool { return !a.active() })
		} else if a, err := w.account(given.Account); err != nil {
			return fail("%v", err)
		} else {
			accounts = append(accounts, a)
		}
		if given.Region != "*" && !w.has(given.Region) {
			return fail("no region %q in this world", given.Region)
		}
		for _, a := range accounts {
			for _, r := range w.regions {
				switch wanted := given.Region == "*" || given.Region == r.name; {
				case wanted && a.enabled(r):
					a.resources[r.name] = append(a.resources[r.name], given)
				case wanted && given.Region != "*":
					return fail("the region %q is not enabled in account %s", r.name, a.ID)
				}
			}
		}
	}
	return nil
}

// resources returns the resources of a kind in a place, by name.
func (r *request) resources(kind string) []Resource {
	var found []Resource
	for _, given := range r.principal.account.resources[r.region] {
		if given.Kind != kind {
			continue
		}
		given.Account, given.Region = r.principal.account.ID, r.region
		for i := range max(given.Count, 1) {
			one := given
			if given.Count > 1 {
				one.Name += "-" + strconv.Itoa(i+1)
			}
			found = append(found, one)
		}
	}
	slices.SortStableFunc(found, func(a, b Resource) int { return strings.Compare(a.Name, b.Name) })
	return found
}

// created is the time at which a thing of the world was created, derived from its name.
func created(parts ...string) time.Time {
	return time.Unix(1600000000+int64(hash(0, parts...)%100000000), 0)
}

func (res *Resource) created() time.Time {
	return created(res.Account, res.Region, res.Kind, res.Name)
}

// derive returns a generator for the values of a resource.
func (res *Resource) derive(seed uint64) *generator {
	return derive(seed, res.Account, res.Region, res.Kind, res.Name)
}

// arn returns the ARN of a resource in the region of the request.
func (r *request) arn(service, resource string) string {
	return "arn:" + r.server.name + ":" + service + ":" + r.region + ":" + r.principal.account.ID + ":" + resource
}
