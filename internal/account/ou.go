package account

import (
	"context"
	"slices"
	"strings"

	"muster/internal/auth"
	"muster/internal/wire"
)

// unit is an OU or a root. Its path has the names of the OUs above it.
type unit struct{ id, name, path string }

// ouTree returns the roots and all OUs.
func (o *organization) ouTree(ctx context.Context) ([]unit, error) {
	var roots []unit
	err := o.everyPage(ctx, "ListRoots", nil, func(answer wire.Object) error {
		for _, root := range answer.Objects("Roots") {
			roots = append(roots, unit{id: root.Text("Id"), name: root.Text("Name"), path: root.Text("Name")})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	tree := slices.Clone(roots)
	for _, root := range roots {
		below, err := o.unitsBelow(ctx, root.id, "", map[string]bool{})
		if err != nil {
			return nil, err
		}
		tree = append(tree, below...)
	}
	return tree, nil
}

// unitsBelow returns the OUs below a parent, each once: two pages may list the same OU,
// and an OU that is moved in the meantime is in two places.
func (o *organization) unitsBelow(ctx context.Context, parent, path string, visited map[string]bool) ([]unit, error) {
	visited[parent] = true
	var children []unit
	in := wire.Object{{Name: "ParentId", Value: parent}}
	err := o.everyPage(ctx, "ListOrganizationalUnitsForParent", in, func(answer wire.Object) error {
		for _, ou := range answer.Objects("OrganizationalUnits") {
			id, name := ou.Text("Id"), ou.Text("Name")
			if !visited[id] {
				visited[id] = true
				children = append(children, unit{id: id, name: name, path: strings.TrimPrefix(path+"/"+name, "/")})
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	all := slices.Clone(children)
	for _, child := range children {
		below, err := o.unitsBelow(ctx, child.id, child.path, visited)
		if err != nil {
			return nil, err
		}
		all = append(all, below...)
	}
	return all, nil
}

// addMembers adds the accounts of an OU and of the OUs below it to members.
func (o *organization) addMembers(ctx context.Context, parent string, members map[string]bool) error {
	below, err := o.unitsBelow(ctx, parent, "", map[string]bool{})
	if err != nil {
		return err
	}
	for _, u := range append([]unit{{id: parent}}, below...) {
		in := wire.Object{{Name: "ParentId", Value: u.id}}
		err := o.everyPage(ctx, "ListAccountsForParent", in, func(answer wire.Object) error {
			for _, a := range answer.Objects("Accounts") {
				members[a.Text("Id")] = true
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Targets returns the ids of the OUs that a selection names, or of the organization's roots
// if it names none.
func Targets(ctx context.Context, r *auth.Resolver, s Selection) (ids []string, err error) {
	base, err := baseIdentity(r, s)
	if err != nil {
		return nil, err
	}
	o := &organization{r: r, base: base, selection: s}
	if len(s.OUs) == 0 {
		err = o.everyPage(ctx, "ListRoots", nil, func(answer wire.Object) error {
			for _, root := range answer.Objects("Roots") {
				ids = append(ids, root.Text("Id"))
			}
			return nil
		})
		return ids, err
	}
	filter, err := newOrgFilter(s)
	if err == nil {
		err = filter.resolve(ctx, o)
	}
	if err != nil {
		return nil, err
	}
	return filter.ids, nil
}

// Management returns the id of the organization's management account.
func Management(ctx context.Context, r *auth.Resolver, s Selection) (id string, err error) {
	base, err := baseIdentity(r, s)
	if err != nil {
		return "", err
	}
	o := &organization{r: r, base: base, selection: s}
	err = o.everyPage(ctx, "DescribeOrganization", nil, func(answer wire.Object) error {
		id, _ = answer.Find("Organization.MasterAccountId").(string)
		return nil
	})
	return id, err
}
