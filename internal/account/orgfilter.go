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

	"muster/internal/names"
	"muster/internal/wire"
)

// maxTagCalls limits the ListTagsForResource calls at the same time: Organizations
// allows only a few per second.
const maxTagCalls = 4

var ouID = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}|r-[0-9a-z]{4,32})$`)
})

// orgFilter keeps the accounts of an organization that are below the OUs of --ou and
// have the tags of --account-tag.
type orgFilter struct {
	ous  []string // the values of --ou
	tags []string

	ids     []string        // of the OUs
	members map[string]bool // the ids of accounts below the OUs; only if accounts have no paths
	found   map[string]bool // the tags of all accounts, as K=V
}

func newOrgFilter(s Selection) (*orgFilter, error) {
	for _, tag := range s.Tags {
		if key, _, _ := strings.Cut(tag, "="); key == "" {
			return nil, usage("--account-tag %q: expected KEY=VALUE or KEY", tag)
		}
	}
	return &orgFilter{ous: s.OUs, tags: s.Tags, found: map[string]bool{}}, nil
}

// noAccount says that no account passes the filter, and names similar tags.
func (f *orgFilter) noAccount(s Selection) string {
	flags := s.organizationFlags()
	if flags == "" {
		return "the organization has no account"
	}
	hint := ""
	for _, tag := range f.tags {
		if f.found[tag] {
			continue
		}
		known := slices.Sorted(maps.Keys(f.found))
		if !strings.Contains(tag, "=") {
			for i, pair := range known {
				known[i], _, _ = strings.Cut(pair, "=")
			}
		}
		hint += names.DidYouMean(tag, slices.Compact(known))
	}
	return flags + ": no account of the organization" + hint
}

// resolve finds the ids of the OUs that --ou names.
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

// apply returns the accounts that pass the filter.
func (f *orgFilter) apply(ctx context.Context, o *organization, accounts []wire.Object) ([]*Account, error) {
	var chosen []*Account
	for _, found := range accounts {
		a := newOrganizationAccount(found)
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
	return f.withTags(ctx, o, chosen)
}

// below reports whether an account is in one of the OUs or below one. It looks into the
// account's paths (o-ID/r-ID/ou-ID/.../ACCOUNT). If there are none, it lists the members
// of the OUs once.
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
			if err := o.addMembers(ctx, id, f.members); err != nil {
				return false, err
			}
		}
	}
	return f.members[a.ID], nil
}

// withTags returns the accounts that have the tags of --account-tag.
func (f *orgFilter) withTags(ctx context.Context, o *organization, accounts []*Account) ([]*Account, error) {
	var (
		tags  = make([]map[string]string, len(accounts))
		errs  = make([]error, len(accounts))
		slots = make(chan struct{}, maxTagCalls)
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
			f.found[key+"="+value] = true
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

// tags returns the tags of an account.
func (o *organization) tags(ctx context.Context, accountID string) (map[string]string, error) {
	tags := map[string]string{}
	in := wire.Object{{Name: "ResourceId", Value: accountID}}
	err := o.everyPage(ctx, "ListTagsForResource", in, func(answer wire.Object) error {
		for _, tag := range answer.Objects("Tags") {
			tags[tag.Text("Key")] = tag.Text("Value")
		}
		return nil
	})
	return tags, err
}
