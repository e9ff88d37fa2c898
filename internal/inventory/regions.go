package inventory

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	accountapi "github.com/aws/aws-sdk-go-v2/service/account"
	"github.com/aws/aws-sdk-go-v2/service/account/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"muster/internal/account"
	"muster/internal/auth"
	"muster/internal/awsapi"
	"muster/internal/inventory/xmlscan"
	"muster/internal/names"
	"muster/internal/sweep"
)

// Region is the record of a region of an account.
type Region struct {
	AccountId   string
	AccountName string
	Region      string
	OptInStatus string // opt-in-not-required, opted-in or not-opted-in
	Profile     string
	Role        string
}

const notOptedIn = "not-opted-in"

// RegionFinder lists the enabled regions of accounts, within a selection.
type RegionFinder struct {
	API     *awsapi.API
	Include []string // names or globs; empty: all
	Exclude []string

	include, exclude []*names.Glob
	literal          bool // Include has no glob
	met              regionsMet
}

// Compile checks the selection. Unknown names are left for the caller to report.
func (f *RegionFinder) Compile() (unknown []string, err error) {
	known := awsapi.KnownRegions()
	f.Include = union(nil, f.Include) // each once
	f.literal = len(f.Include) > 0
	for _, set := range []struct {
		flag string
		from []string
		into *[]*names.Glob
	}{{"--region", f.Include, &f.include}, {"--exclude-region", f.Exclude, &f.exclude}} {
		for _, text := range set.from {
			pattern, err := names.CompileGlob(text)
			if err != nil {
				return nil, fmt.Errorf("%s %q: not a pattern: %w", set.flag, text, err)
			}
			*set.into = append(*set.into, pattern)
			if names.IsGlob(text) {
				f.literal = f.literal && set.into != &f.include
			} else if !slices.Contains(known, text) {
				unknown = append(unknown, text)
			}
		}
	}
	return unknown, nil
}

// Selected says whether a region is meant.
func (f *RegionFinder) Selected(region string) bool {
	matches := func(p *names.Glob) bool { return p.Match(region) }
	return (len(f.include) == 0 || slices.ContainsFunc(f.include, matches)) && !slices.ContainsFunc(f.exclude, matches)
}

// Of returns the regions to sweep in an account.
func (f *RegionFinder) Of(ctx context.Context, _ *account.Account, id *auth.Identity) (sweep.Regions, error) {
	found, all, err := f.find(ctx, id)
	if err == nil {
		f.meet(all, found)
	}
	return found, err
}

// find returns the selected regions of an account, and all of them if it was asked:
// where only regions are named that no account can switch off, there is no need.
func (f *RegionFinder) find(ctx context.Context, id *auth.Identity) (found sweep.Regions, all []Region, err error) {
	partition := awsapi.PartitionOf(id.Target.Region)
	if f.literal && !slices.ContainsFunc(f.Include, func(r string) bool { return !slices.Contains(partition.AlwaysOn, r) }) {
		return sweep.Regions{Visit: slices.DeleteFunc(slices.Clone(f.Include), func(r string) bool { return !f.Selected(r) })}, nil, nil
	}
	all, err = f.describe(ctx, id)
	if err != nil {
		if kind := awsapi.Explain(err).Kind; kind != awsapi.Denied && kind != awsapi.DeniedSCP || ctx.Err() != nil {
			return found, nil, err
		}
		// What the account has switched on cannot be known; the rest can be swept,
		// and what is named.
		for _, region := range slices.Concat(partition.AlwaysOn, f.Include) {
			named := slices.Contains(partition.AlwaysOn, region) || slices.Contains(partition.OptIn, region)
			if named && f.Selected(region) && !slices.Contains(found.Visit, region) {
				found.Visit = append(found.Visit, region)
			}
		}
		found.Incomplete = err
		return found, nil, nil
	}
	for _, region := range all {
		switch {
		case !f.Selected(region.Region):
		case region.OptInStatus == notOptedIn:
			found.NotOptedIn = append(found.NotOptedIn, region.Region)
		default:
			found.Visit = append(found.Visit, region.Region)
		}
	}
	// What is named and not there, as in another partition, is not opted in to.
	for _, named := range f.Include {
		listed := func(r Region) bool { return r.Region == named }
		if !names.IsGlob(named) && f.Selected(named) && !slices.ContainsFunc(all, listed) {
			found.NotOptedIn = append(found.NotOptedIn, named)
		}
	}
	return found, all, nil
}

// List returns the region records of an account: the enabled ones, or all.
func (f *RegionFinder) List(ctx context.Context, a *account.Account, id *auth.Identity, all bool) ([]Region, error) {
	regions, err := f.describe(ctx, id)
	if err != nil {
		return nil, err
	}
	var listed []Region
	var selected sweep.Regions
	for _, r := range regions {
		switch {
		case !f.Selected(r.Region):
			continue
		case r.OptInStatus == notOptedIn:
			selected.NotOptedIn = append(selected.NotOptedIn, r.Region)
		default:
			selected.Visit = append(selected.Visit, r.Region)
		}
		if all || r.OptInStatus != notOptedIn {
			r.AccountId, r.AccountName, r.Profile, r.Role = a.ID, a.Name, id.Profile, id.Role
			listed = append(listed, r)
		}
	}
	f.meet(regions, selected)
	return listed, nil
}

// describe asks for the account's regions, in one that is always on. Where that
// one does not answer, a policy may deny just it: the profile's own and the
// others are asked in turn, and in the end Account Management.
func (f *RegionFinder) describe(ctx context.Context, id *auth.Identity) ([]Region, error) {
	partition := awsapi.PartitionOf(id.Target.Region)
	order := slices.Concat([]string{partition.Home, id.Target.Region}, partition.AlwaysOn)
	var first error
	for i, region := range order {
		if slices.Index(order, region) < i {
			continue
		}
		regions, err := f.describeIn(ctx, id, region)
		if err == nil {
			return regions, nil
		}
		if first == nil {
			first = err
		}
		kind := awsapi.Explain(err).Kind
		if ctx.Err() != nil || kind == awsapi.Expired || kind == awsapi.Throttled {
			return nil, first
		}
		if kind == awsapi.Unreachable && i > 1 {
			break // nor is the network there for the other fifteen
		}
	}
	if regions, err := f.listRegions(ctx, id); err == nil {
		return regions, nil
	}
	return nil, first
}

func (f *RegionFinder) describeIn(ctx context.Context, id *auth.Identity, region string) ([]Region, error) {
	var regions []Region
	read := func(body io.Reader) (err error) {
		regions, err = decodeRegions(body)
		return err
	}
	err := id.Do(ctx, func() error {
		in := &ec2.DescribeRegionsInput{AllRegions: aws.Bool(true)}
		_, err := f.API.EC2(id.Target).DescribeRegions(ctx, in, signed(id, region), readBy(awsapi.ControlLimit, read, &ec2.DescribeRegionsOutput{}))
		return err
	})
	if err != nil {
		return nil, err
	}
	return sorted(regions, "DescribeRegions")
}

// decodeRegions reads an answer of DescribeRegions.
func decodeRegions(body io.Reader) (regions []Region, err error) {
	var s xmlscan.Scanner
	s.Reset(body)
	err = s.Document("DescribeRegionsResponse", "regionInfo", func() {
		if string(s.Name()) != "regionInfo" {
			s.Skip()
			return
		}
		for s.Child() {
			if string(s.Name()) != "item" {
				s.Skip()
				continue
			}
			var r Region
			for s.Child() {
				switch string(s.Name()) {
				case "regionName":
					r.Region = string(s.Text())
				case "optInStatus":
					r.OptInStatus = string(s.Text())
				default:
					s.Skip()
				}
			}
			if !isRegion(r.Region) {
				s.Failf("%.40q is no region", r.Region)
			}
			regions = append(regions, r)
		}
	})
	if err != nil {
		return nil, err
	}
	return regions, nil
}

// listRegions asks Account Management, whose one endpoint policies on regions
// often leave open.
func (f *RegionFinder) listRegions(ctx context.Context, id *auth.Identity) ([]Region, error) {
	status := map[types.RegionOptStatus]string{
		types.RegionOptStatusEnabledByDefault: "opt-in-not-required",
		types.RegionOptStatusEnabled:          "opted-in",
		types.RegionOptStatusDisabling:        "opted-in",
		types.RegionOptStatusEnabling:         notOptedIn,
		types.RegionOptStatusDisabled:         notOptedIn,
	}
	var regions []Region
	err := awsapi.ForEachPage("ListRegions", func(token *string) (*string, error) {
		out, err := f.API.Account(id.Target).ListRegions(ctx, &accountapi.ListRegionsInput{NextToken: token},
			func(o *accountapi.Options) { o.Credentials = id.Credentials })
		if err != nil {
			return nil, err
		}
		for _, r := range out.Regions {
			if !isRegion(aws.ToString(r.RegionName)) {
				return nil, &awsapi.BrokenAnswer{Operation: "ListRegions", Msg: "listed something that is no region"}
			}
			regions = append(regions, Region{Region: aws.ToString(r.RegionName), OptInStatus: status[r.RegionOptStatus]})
		}
		return out.NextToken, nil
	})
	if err != nil {
		return nil, err
	}
	return sorted(regions, "ListRegions")
}

// isRegion says whether a text can be a region's name, which becomes a part of the
// names of hosts.
func isRegion(text string) bool {
	return text != "" && strings.Trim(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// sorted is the answer of an operation by name, each region once, and as switched on
// where it is listed as both; no region at all is none.
func sorted(regions []Region, operation string) ([]Region, error) {
	if len(regions) == 0 {
		return nil, &awsapi.BrokenAnswer{Operation: operation, Msg: "answered with no region at all"}
	}
	slices.SortFunc(regions, func(a, b Region) int {
		return cmp.Or(strings.Compare(a.Region, b.Region), rank(a)-rank(b))
	})
	return slices.CompactFunc(regions, func(a, b Region) bool { return a.Region == b.Region }), nil
}

func rank(r Region) int {
	if r.OptInStatus == notOptedIn {
		return 1
	}
	return 0
}

// signed points a call of the shared client at a region, with an identity.
func signed(id *auth.Identity, region string) func(*ec2.Options) {
	return func(o *ec2.Options) { o.Region, o.Credentials = region, id.Credentials }
}

// readBy has a call's answer read by a decoder of ours, as awsapi.ReadAnswer does.
func readBy(limit int64, read func(io.Reader) error, result any) func(*ec2.Options) {
	return func(o *ec2.Options) {
		o.APIOptions = append(slices.Clip(o.APIOptions), awsapi.ReadAnswer(limit, read, result))
	}
}
