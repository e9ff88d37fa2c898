package account

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
)

// unit is an OU or a root. Its path has the names of the OUs above it.
type unit struct{ id, name, path string }

// ouTree returns the roots and all OUs.
func (o *organization) ouTree(ctx context.Context) ([]unit, error) {
	var roots []unit
	err := o.everyPage(ctx, "ListRoots", func(token *string) (*string, error) {
		out, err := o.client().ListRoots(ctx, &organizations.ListRootsInput{NextToken: token}, o.signed)
		if err != nil {
			return nil, err
		}
		for _, root := range out.Roots {
			roots = append(roots, unit{id: aws.ToString(root.Id), name: aws.ToString(root.Name), path: aws.ToString(root.Name)})
		}
		return out.NextToken, nil
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
	err := o.everyPage(ctx, "ListOrganizationalUnitsForParent", func(token *string) (*string, error) {
		out, err := o.client().ListOrganizationalUnitsForParent(ctx,
			&organizations.ListOrganizationalUnitsForParentInput{ParentId: &parent, NextToken: token}, o.signed)
		if err != nil {
			return nil, err
		}
		for _, ou := range out.OrganizationalUnits {
			id, name := aws.ToString(ou.Id), aws.ToString(ou.Name)
			if !visited[id] {
				visited[id] = true
				children = append(children, unit{id: id, name: name, path: strings.TrimPrefix(path+"/"+name, "/")})
			}
		}
		return out.NextToken, nil
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
		err := o.everyPage(ctx, "ListAccountsForParent", func(token *string) (*string, error) {
			out, err := o.client().ListAccountsForParent(ctx,
				&organizations.ListAccountsForParentInput{ParentId: &u.id, NextToken: token}, o.signed)
			if err != nil {
				return nil, err
			}
			for _, a := range out.Accounts {
				members[aws.ToString(a.Id)] = true
			}
			return out.NextToken, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
