package account

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"muster/internal/names"
)

// tagCalls bounds the ListTagsForResource calls at one time: Organizations
// allows a few a second.
const tagCalls = 4

var ouID = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}|r-[0-9a-z]{4,32})$`)
})

// orgFilter keeps the accounts below the OUs of --ou and with the tags of
// --account-tag.
type orgFilter struct {
	ous  []string // as given
	tags []string

	ids     []string        // of the OUs that are meant
	members map[string]bool // accounts below them, filled where answers carry no paths
	seen    map[string]bool // tags that accounts have, as K=V
}

func newOrgFilter(s Selection) (*orgFilter, error) {
	for _, tag := range s.Tags {
		if key, _, _ := strings.Cut(tag, "="); key == "" {
			return nil, usage("--account-tag %q: expected KEY=VALUE or KEY", tag)
		}
	}
	return &orgFilter{ous: s.OUs, tags: s.Tags, seen: map[string]bool{}}, nil
}

// none says why no account is left.
func (f *orgFilter) none(s Selection) string {
	narrowed := s.narrowed()
	if narrowed == "" {
		return "the organization has no account"
	}
	hint := ""
	for _, tag := range f.tags {
		if f.seen[tag] {
			continue
		}
		known := slices.Sorted(maps.Keys(f.seen))
		if !strings.Contains(tag, "=") {
			for i, pair := range known {
				known[i], _, _ = strings.Cut(pair, "=")
			}
		}
		hint += names.DidYouMean(tag, slices.Compact(known))
	}
	return narrowed + ": no account of the organization" + hint
}

// resolve finds the ids of OUs given by name. Ids need no call.
func (f *orgFilter) resolve(ctx context.Context, o *organization) error {
	var byName []string
	for _, ou := range f.ous {
		if ouID().MatchString(ou) {
			f.ids = append(f.ids, ou)
		} else {
			byName = append(byName, ou)
		}
	}
	if len(byName) == 0 {
		return nil
	}
	tree, err := o.ouTree(ctx)
	if err != nil {
		return err
	}
	for _, name := range byName {
		var ids []string
		for _, unit := range tree {
			if unit.name == name || unit.path == strings.Trim(name, "/") {
				ids = append(ids, unit.id)
			}
		}
		switch len(ids) {
		case 0:
			known := make([]string, len(tree))
			for i, unit := range tree {
				known[i] = unit.path
			}
			return &EmptyError{fmt.Sprintf("--ou %q: no such OU; there are: %s%s", name, strings.Join(known, ", "), names.DidYouMean(name, known))}
		case 1:
			f.ids = append(f.ids, ids[0])
		default:
			return fmt.Errorf("--ou %q: %d OUs have that name: %s; name one by its id or its path", name, len(ids), strings.Join(ids, ", "))
		}
	}
	return nil
}

func (f *orgFilter) choose(ctx context.Context, o *organization, accounts []types.Account) ([]*Account, error) {
	var chosen []*Account
	for _, found := range accounts {
		a := fromOrg(found)
		below, err := f.below(ctx, o, a)
		if err != nil {
			return nil, err
		}
		if below {
			chosen = append(chosen, a)
		}
	}
	if len(f.tags) == 0 {
		return chosen, nil
	}
	return f.tagged(ctx, o, chosen)
}

// below says whether an account is in one of the OUs or in one below it. Its
// paths tell (o-ID/r-ID/ou-ID/.../ACCOUNT); where there are none, the members of
// the OUs are listed once.
func (f *orgFilter) below(ctx context.Context, o *organization, a *Account) (bool, error) {
	if len(f.ous) == 0 {
		return true, nil
	}
	if len(a.Paths) > 0 {
		for _, path := range a.Paths {
			if slices.ContainsFunc(strings.Split(path, "/"), func(part string) bool { return slices.Contains(f.ids, part) }) {
				return true, nil
			}
		}
		return false, nil
	}
	if f.members == nil {
		f.members = map[string]bool{}
		for _, id := range f.ids {
			if err := o.members(ctx, id, f.members); err != nil {
				return false, err
			}
		}
	}
	return f.members[a.ID], nil
}

func (f *orgFilter) tagged(ctx context.Context, o *organization, accounts []*Account) ([]*Account, error) {
	var (
		tags  = make([]map[string]string, len(accounts))
		errs  = make([]error, len(accounts))
		slots = make(chan struct{}, tagCalls)
		wait  sync.WaitGroup
	)
	for i, a := range accounts {
		wait.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			tags[i], errs[i] = o.tags(ctx, a.ID)
		})
	}
	wait.Wait()
	var chosen []*Account
	for i, a := range accounts {
		for key, value := range tags[i] {
			f.seen[key+"="+value] = true
		}
		if errs[i] == nil && hasTags(tags[i], f.tags) {
			chosen = append(chosen, a)
		}
	}
	return chosen, errors.Join(errs...)
}

func hasTags(tags map[string]string, wanted []string) bool {
	for _, want := range wanted {
		key, value, hasValue := strings.Cut(want, "=")
		if got, ok := tags[key]; !ok || hasValue && got != value {
			return false
		}
	}
	return true
}

func (o *organization) tags(ctx context.Context, accountID string) (map[string]string, error) {
	tags := map[string]string{}
	err := o.everyPage(ctx, "ListTagsForResource", func(token *string) (*string, error) {
		out, err := o.client().ListTagsForResource(ctx,
			&organizations.ListTagsForResourceInput{ResourceId: &accountID, NextToken: token}, o.signed)
		if err != nil {
			return nil, err
		}
		for _, tag := range out.Tags {
			tags[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
		}
		return out.NextToken, nil
	})
	return tags, err
}

// unit is an OU with the path of names that leads to it.
type unit struct{ id, name, path string }

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

// unitsBelow walks down the tree of OUs. What it has met already it passes by: two
// pages may list the same OU, and one that was moved meanwhile is in two places.
func (o *organization) unitsBelow(ctx context.Context, parent, path string, met map[string]bool) ([]unit, error) {
	met[parent] = true
	var children []unit
	err := o.everyPage(ctx, "ListOrganizationalUnitsForParent", func(token *string) (*string, error) {
		out, err := o.client().ListOrganizationalUnitsForParent(ctx,
			&organizations.ListOrganizationalUnitsForParentInput{ParentId: &parent, NextToken: token}, o.signed)
		if err != nil {
			return nil, err
		}
		for _, ou := range out.OrganizationalUnits {
			id, name := aws.ToString(ou.Id), aws.ToString(ou.Name)
			if !met[id] {
				met[id] = true
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
		below, err := o.unitsBelow(ctx, child.id, child.path, met)
		if err != nil {
			return nil, err
		}
		all = append(all, below...)
	}
	return all, nil
}

// members adds the accounts of an OU and of all below it.
func (o *organization) members(ctx context.Context, parent string, into map[string]bool) error {
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
				into[aws.ToString(a.Id)] = true
			}
			return out.NextToken, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
