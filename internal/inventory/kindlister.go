package inventory

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"muster/internal/auth"
	"muster/internal/awsapi"
	"muster/internal/catalog"
	"muster/internal/sweep"
	"muster/internal/wire"
)

// lister is a way to find the resources of a kind: an operation, and the steps from its
// items to the resources. Its fields are those of a kind's file; compile fills in the rest.
type lister struct {
	Service    string            `yaml:"service"`    // its name in the AWS CLI
	Operation  string            `yaml:"operation"`  // its name in the API
	Parameters map[string]any    `yaml:"parameters"` // the operation's input; texts may refer to the place
	Items      string            `yaml:"items"`      // path of the list in the answer; "": the main list
	Value      string            `yaml:"value"`      // the name of the only member of items that are plain values; "": Value
	Steps      []*step           `yaml:"steps"`
	Scope      string            `yaml:"scope"`   // account: one call for all regions
	Filters    map[string]string `yaml:"filters"` // AWS's filters by id, name, state and tag

	ID      texts `yaml:"id"`
	Name    texts `yaml:"name"` // none: the tag Name
	ARN     texts `yaml:"arn"`
	State   texts `yaml:"state"`
	Created texts `yaml:"created"`
	Tags    texts `yaml:"tags"`   // none: the member that has the usual name; empty: AWS's list has no tags
	Region  texts `yaml:"region"` // of resources that are listed for the whole account

	op         *catalog.Operation
	parameters template
	items      path
	members    members // of a resource
}

// inherit takes the fields that a lister does not declare from the top of the file.
func (l *lister) inherit(top *lister) {
	for _, field := range []struct{ own, shared *texts }{
		{&l.ID, &top.ID}, {&l.Name, &top.Name}, {&l.ARN, &top.ARN}, {&l.State, &top.State},
		{&l.Created, &top.Created}, {&l.Tags, &top.Tags}, {&l.Region, &top.Region},
	} {
		if *field.own == nil {
			*field.own = *field.shared
		}
	}
	for _, field := range []struct{ own, shared *string }{
		{&l.Service, &top.Service}, {&l.Operation, &top.Operation}, {&l.Items, &top.Items}, {&l.Value, &top.Value}, {&l.Scope, &top.Scope},
	} {
		if *field.own == "" {
			*field.own = *field.shared
		}
	}
	if l.Parameters == nil {
		l.Parameters = top.Parameters
	}
	if l.Filters == nil {
		l.Filters = top.Filters
	}
	if l.Steps == nil {
		l.Steps = top.Steps
	}
}

// tagMembers are the names that services give to the member with a resource's tags.
var tagMembers = []string{"Tags", "tags", "TagList", "TagSet", "tagSet", "TagsList"}

// compile looks up the lister's operations and checks all names.
func (l *lister) compile() (err error) {
	if l.op, err = findOperation(l.Service, l.Operation); err != nil {
		return err
	}
	if l.parameters, err = compileTemplate(l.Parameters, l.op, members{}); err != nil {
		return err
	}
	if l.items, l.members, err = l.itemsOf(); err != nil {
		return err
	}
	for _, st := range l.Steps {
		if l.members, err = st.compile(l.Service, l.members); err != nil {
			return err
		}
	}
	if l.Tags == nil {
		for _, name := range tagMembers {
			if indexOf(l.members, name) >= 0 {
				l.Tags = texts{{path: path{name}}}
				break
			}
		}
	}
	if l.ID == nil {
		return fmt.Errorf("%s has no id", l.Operation)
	}
	for name, t := range map[string]texts{
		"id": l.ID, "name": l.Name, "arn": l.ARN, "state": l.State, "created": l.Created, "tags": l.Tags, "region": l.Region,
	} {
		if err := t.check(l.members); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return l.checkFilters()
}

func (l *lister) checkFilters() error {
	if len(l.Filters) > 0 && (l.op.Input == nil || l.op.Input.Member(filtersParameter) == nil) {
		return fmt.Errorf("filters: %s has no parameter %s", l.Operation, filtersParameter)
	}
	for name := range l.Filters {
		if !slices.Contains([]string{"id", "name", "state", "tag"}, name) {
			return fmt.Errorf("filters: %q: expected id, name, state or tag", name)
		}
	}
	return nil
}

// findOperation returns an operation of the catalogue by the service's name in the AWS
// CLI and the operation's name in the API.
func findOperation(service, name string) (*catalog.Operation, error) {
	s := catalog.Open(service)
	if s == nil {
		return nil, fmt.Errorf("no service %q", service)
	}
	op := s.Operation(name)
	if op == nil {
		return nil, fmt.Errorf("%s has no read operation %q", service, name)
	}
	return withPages(op), nil
}

// withPages returns an operation whose pages are followed, although AWS's model does not
// declare them: a list of a kind must be complete.
func withPages(op *catalog.Operation) *catalog.Operation {
	const token = "NextToken"
	if op.Pages != nil || op.Input == nil || op.Output == nil || indexOf(membersOf(op.Input), token) < 0 || indexOf(membersOf(op.Output), token) < 0 {
		return op
	}
	paged := *op
	paged.Pages = &catalog.Pagination{Input: []string{token}, Output: []string{token}}
	return &paged
}

// itemsOf returns the path of the operation's items, and their members. A path that is
// empty is the answer itself.
func (l *lister) itemsOf() (items path, m members, err error) {
	name := l.Items
	if name == "" {
		if name, err = chooseList(l.op, listsOf(l.op), ""); err != nil || name == "" {
			return nil, membersOf(l.op.Output), err
		}
	}
	items, shape, err := listPath(l.op, name)
	if err != nil {
		return nil, nil, err
	}
	if shape.Kind() != catalog.Structure {
		return items, members{{cmp.Or(l.Value, valueMember), shape}}, nil
	}
	return items, membersOf(shape), nil
}

// listPath returns the path of a list in an operation's answer that ends in its items,
// and the items' shape.
func listPath(op *catalog.Operation, name string) (path, *catalog.Shape, error) {
	p := parsePath(name + "[]")
	shape, err := p.shape(membersOf(op.Output))
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", op.Name, err)
	}
	return p, shape, nil
}

// perAccount reports whether one call answers for all regions.
func (l *lister) perAccount() bool { return l.Scope == "account" || l.op.Once || l.op.Service.Once }

// needsSession reports whether the operation belongs to the portal of IAM Identity Center.
func (l *lister) needsSession() bool { return l.parameters.refersTo(sessionToken) }

// narrowing leaves out resources that the caller does not want, where that saves work.
// Others may still come.
type narrowing struct {
	filters []any                    // AWS's own
	host    func(domain string) bool // whether a name that is searched for may be in a domain; nil: everything is wanted
}

// visit passes the lister's resources in a place to emit, page by page. After an error of
// a step it goes on without the step where it can, and returns the error in the end.
func (l *lister) visit(ctx context.Context, api *awsapi.API, p sweep.Place, n narrowing, emit func([]wire.Object)) error {
	if !l.needsSession() {
		return l.list(ctx, api, p, placeTextOf(p), n, emit)
	}
	session, err := p.Account.Session(ctx)
	if session == nil {
		return cmp.Or(err, error(errNoSession))
	}
	p.Identity, p.Region = auth.Portal(session), session.Region()
	var all []wire.Object
	err = session.Do(ctx, func(token *string) error {
		text := placeTextOf(p)
		text.region, text.accessToken = "", *token
		all = nil // Do repeats a call with another token
		return l.list(ctx, api, p, text, n, func(items []wire.Object) { all = append(all, items...) })
	})
	emit(all)
	return err
}

// list is visit with the values to which the source's texts refer.
func (l *lister) list(ctx context.Context, api *awsapi.API, p sweep.Place, place placeText, n narrowing, emit func([]wire.Object)) error {
	in, err := l.parameters.input(wire.Object{}, place)
	if err != nil {
		return err
	}
	if len(n.filters) > 0 {
		own, _ := in.Get(filtersParameter).([]any)
		in = in.Set(filtersParameter, slices.Concat(own, n.filters))
	}
	chain := &chain{api: api, place: p, text: place, host: n.host, steps: map[*step]*stepState{}}
	err = eachItems(ctx, api, l.op, p, in, l.items, cmp.Or(l.Value, valueMember), func(items []wire.Object) (more bool) {
		for _, st := range l.Steps {
			items = st.run(ctx, chain, items)
		}
		emit(items)
		return !chain.stuck
	})
	for _, st := range l.Steps {
		if err == nil {
			err = chain.steps[st].failure()
		}
	}
	return err
}

func placeTextOf(p sweep.Place) placeText {
	partition := catalog.PartitionOf(p.Identity.Target.Region)
	return placeText{account: p.Account.ID, region: p.Region, partition: partition.ID}
}

// noSessionError says that an account was not reached through IAM Identity Center.
type noSessionError struct{}

var errNoSession = &noSessionError{}

func (*noSessionError) Error() string {
	return "no IAM Identity Center session leads into the account; --sso-session selects one"
}

// Reason gives the place its status in the ledger.
func (*noSessionError) Reason() awsapi.Kind { return awsapi.NotSubscribed }

// eachItems passes on the items of an operation's answer, page by page. value names the
// only member of an item that is a plain value.
func eachItems(
	ctx context.Context, api *awsapi.API, op *catalog.Operation, p sweep.Place, in wire.Object,
	items path, value string, use func([]wire.Object) (more bool),
) error {
	return walkPages(ctx, api, op, p, in, Paging{}, func(answer wire.Object) (more bool) {
		if items == nil {
			return use([]wire.Object{answer})
		}
		var all []wire.Object
		for item := range items.values(answer) {
			object, ok := item.(wire.Object)
			if !ok {
				object = wire.Object{{Name: value, Value: item}}
			}
			all = append(all, object)
		}
		return use(all)
	})
}
