package region

import (
	"context"
	"slices"

	"muster/internal/account"
	"muster/internal/auth"
	"muster/internal/awsapi"
	"muster/internal/catalog"
	"muster/internal/sweep"
)

// Of returns the selected regions of an account, for a sweep.
func (s *Selection) Of(ctx context.Context, _ *account.Account, id *auth.Identity) (sweep.Regions, error) {
	selected, all, err := s.find(ctx, id)
	if err == nil {
		s.seen.add(all, selected)
	}
	return selected, err
}

// find returns the selected regions of an account, and all its regions if it has listed
// them.
func (s *Selection) find(ctx context.Context, id *auth.Identity) (selected sweep.Regions, all []Region, err error) {
	partition := catalog.PartitionOf(id.Target.Region)
	if selected, ok := s.alwaysOn(partition); ok {
		return selected, nil, nil
	}
	all, err = s.list(ctx, id)
	if err != nil {
		if kind := awsapi.Explain(err).Kind; kind != awsapi.Denied && kind != awsapi.DeniedSCP || ctx.Err() != nil {
			return sweep.Regions{}, nil, err
		}
		return s.withoutList(partition, err), nil, nil
	}
	selected = s.selected(all)
	// A named region that is not in the list, such as one of another partition, counts
	// as one that is not opted in.
	for _, name := range s.named {
		listed := slices.ContainsFunc(all, func(r Region) bool { return r.Region == name })
		if !listed && s.Contains(name) {
			selected.NotOptedIn = append(selected.NotOptedIn, name)
		}
	}
	return selected, all, nil
}

// Records returns the records of an account's selected regions: the enabled ones, or all.
func (s *Selection) Records(ctx context.Context, a *account.Account, id *auth.Identity, all bool) ([]Region, error) {
	regions, err := s.list(ctx, id)
	if err != nil {
		return nil, err
	}
	s.seen.add(regions, s.selected(regions))
	var records []Region
	for _, r := range regions {
		if s.Contains(r.Region) && (all || r.OptInStatus != notOptedIn) {
			r.AccountId, r.AccountName, r.Profile, r.Role = a.ID, a.Name, id.Profile, id.Role
			records = append(records, r)
		}
	}
	return records, nil
}

// alwaysOn returns the selected regions without a call. It can do so if the user names
// only regions that no account of the partition can disable.
func (s *Selection) alwaysOn(partition *catalog.Partition) (regions sweep.Regions, ok bool) {
	if len(s.named) == 0 || len(s.named) < len(s.include) {
		return regions, false
	}
	for _, name := range s.named {
		if !slices.Contains(partition.AlwaysOn, name) {
			return sweep.Regions{}, false
		}
		if s.Contains(name) {
			regions.Visit = append(regions.Visit, name)
		}
	}
	return regions, true
}

// withoutList returns the regions to visit in an account that denies every call that
// lists regions: the regions that are always on, and the regions that the user names.
func (s *Selection) withoutList(partition *catalog.Partition, denied error) sweep.Regions {
	regions := sweep.Regions{Incomplete: denied}
	for _, name := range slices.Concat(partition.AlwaysOn, s.named) {
		exists := slices.Contains(partition.AlwaysOn, name) || slices.Contains(partition.OptIn, name)
		if exists && s.Contains(name) && !slices.Contains(regions.Visit, name) {
			regions.Visit = append(regions.Visit, name)
		}
	}
	return regions
}

// selected sorts the selected regions of an account by status.
func (s *Selection) selected(all []Region) (regions sweep.Regions) {
	for _, r := range all {
		switch {
		case !s.Contains(r.Region):
		case r.OptInStatus == notOptedIn:
			regions.NotOptedIn = append(regions.NotOptedIn, r.Region)
		default:
			regions.Visit = append(regions.Visit, r.Region)
		}
	}
	return regions
}
