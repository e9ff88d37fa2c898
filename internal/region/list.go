package region

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"muster/internal/auth"
	"muster/internal/awsapi"
	"muster/internal/catalog"
	"muster/internal/wire"
)

// list returns all regions of an account, sorted by name. It calls DescribeRegions in a
// region that is always on. A policy may deny just that one, so it then tries the
// profile's region and the others, and at last Account Management's ListRegions.
func (s *Selection) list(ctx context.Context, id *auth.Identity) ([]Region, error) {
	partition := catalog.PartitionOf(id.Target.Region)
	order := slices.Concat([]string{partition.Home, id.Target.Region}, partition.AlwaysOn)
	var first error
	for i, region := range order {
		if slices.Index(order, region) < i {
			continue
		}
		regions, err := s.describeRegions(ctx, id, region)
		if err == nil {
			return regions, nil
		}
		first = cmp.Or(first, err)
		kind := awsapi.Explain(err).Kind
		if ctx.Err() != nil || kind == awsapi.Expired || kind == awsapi.Throttled {
			return nil, first
		}
		if kind == awsapi.Unreachable && i > 1 {
			break // the network is down: no use in trying all the others
		}
	}
	if regions, err := s.listRegions(ctx, id); err == nil {
		return regions, nil
	}
	return nil, first
}

func (s *Selection) describeRegions(ctx context.Context, id *auth.Identity, region string) ([]Region, error) {
	var regions []Region
	err := id.Do(ctx, func() error {
		in := wire.Object{{Name: "AllRegions", Value: true}}
		answer, err := s.api.Named("ec2", "describe-regions").Call(ctx, id.Target, region, id.Credentials, in)
		for _, r := range answer.Objects("Regions") {
			regions = append(regions, Region{Region: r.Text("RegionName"), OptInStatus: r.Text("OptInStatus")})
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return sortRegions(regions, "DescribeRegions")
}

// statuses are DescribeRegions' names for the states of a region in ListRegions.
var statuses = map[string]string{
	"ENABLED_BY_DEFAULT": "opt-in-not-required",
	"ENABLED":            "opted-in",
	"DISABLING":          "opted-in",
	"ENABLING":           notOptedIn,
	"DISABLED":           notOptedIn,
}

// listRegions asks Account Management. It has one endpoint, so policies that deny
// regions often leave it open.
func (s *Selection) listRegions(ctx context.Context, id *auth.Identity) ([]Region, error) {
	var regions []Region
	home := catalog.PartitionOf(id.Target.Region).Global()
	err := awsapi.ForEachPage("ListRegions", func(token *string) (*string, error) {
		var in wire.Object
		if token != nil {
			in = wire.Object{{Name: "NextToken", Value: *token}}
		}
		answer, err := s.api.Named("account", "list-regions").Call(ctx, id.Target, home, id.Credentials, in)
		for _, r := range answer.Objects("Regions") {
			regions = append(regions, Region{Region: r.Text("RegionName"), OptInStatus: statuses[r.Text("RegionOptStatus")]})
		}
		next := answer.Text("NextToken")
		return &next, err
	})
	if err != nil {
		return nil, err
	}
	return sortRegions(regions, "ListRegions")
}

// isName reports whether text can be the name of a region. It becomes part of the names
// of hosts, so it must not be anything else.
func isName(text string) bool {
	return text != "" && strings.Trim(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// sortRegions sorts an answer by name. A region that is listed twice counts once, as
// enabled if one of its entries is. An empty answer is an error, and so is a name that
// cannot be a region's.
func sortRegions(regions []Region, operation string) ([]Region, error) {
	for _, r := range regions {
		if !isName(r.Region) {
			return nil, &awsapi.BrokenAnswer{Operation: operation, Msg: "answered with a name that is not a region's"}
		}
	}
	if len(regions) == 0 {
		return nil, &awsapi.BrokenAnswer{Operation: operation, Msg: "answered with no region at all"}
	}
	disabled := func(r Region) int {
		if r.OptInStatus == notOptedIn {
			return 1
		}
		return 0
	}
	slices.SortFunc(regions, func(a, b Region) int {
		return cmp.Or(strings.Compare(a.Region, b.Region), disabled(a)-disabled(b))
	})
	return slices.CompactFunc(regions, func(a, b Region) bool { return a.Region == b.Region }), nil
}
