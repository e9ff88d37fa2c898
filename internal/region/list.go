package region

import (
	"cmp"
	"context"
	"io"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	accountapi "github.com/aws/aws-sdk-go-v2/service/account"
	"github.com/aws/aws-sdk-go-v2/service/account/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"muster/internal/auth"
	"muster/internal/awsapi"
	"muster/internal/xmlscan"
)

// list returns all regions of an account, sorted by name. It calls DescribeRegions in a
// region that is always on. A policy may deny just that one, so it then tries the
// profile's region and the others, and at last Account Management's ListRegions.
func (s *Selection) list(ctx context.Context, id *auth.Identity) ([]Region, error) {
	partition := awsapi.PartitionOf(id.Target.Region)
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
	read := awsapi.WithDecoder(awsapi.ControlLimit, func(body io.Reader) (err error) {
		regions, err = decode(body)
		return err
	}, &ec2.DescribeRegionsOutput{})
	err := id.Do(ctx, func() error {
		in := &ec2.DescribeRegionsInput{AllRegions: aws.Bool(true)}
		_, err := s.api.EC2(id.Target).DescribeRegions(ctx, in, func(o *ec2.Options) {
			o.Region, o.Credentials = region, id.Credentials
			o.APIOptions = append(slices.Clip(o.APIOptions), read)
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	return sortRegions(regions, "DescribeRegions")
}

// decode reads an answer of DescribeRegions. The SDK's own decoder takes many times as
// long, and there is one such answer for each account.
func decode(body io.Reader) (regions []Region, err error) {
	var x xmlscan.Scanner
	x.Reset(body)
	err = x.Document("DescribeRegionsResponse", "regionInfo", func() {
		if string(x.Name()) != "regionInfo" {
			x.Skip()
			return
		}
		for x.Child() {
			if string(x.Name()) == "item" {
				regions = append(regions, decodeRegion(&x))
			} else {
				x.Skip()
			}
		}
	})
	if err != nil {
		return nil, err
	}
	return regions, nil
}

func decodeRegion(x *xmlscan.Scanner) (r Region) {
	for x.Child() {
		switch string(x.Name()) {
		case "regionName":
			r.Region = string(x.Text())
		case "optInStatus":
			r.OptInStatus = string(x.Text())
		default:
			x.Skip()
		}
	}
	if !isName(r.Region) {
		x.Failf("%.40q is not a region", r.Region)
	}
	return r
}

// listRegions asks Account Management. It has one endpoint, so policies that deny
// regions often leave it open.
func (s *Selection) listRegions(ctx context.Context, id *auth.Identity) ([]Region, error) {
	status := map[types.RegionOptStatus]string{
		types.RegionOptStatusEnabledByDefault: "opt-in-not-required",
		types.RegionOptStatusEnabled:          "opted-in",
		types.RegionOptStatusDisabling:        "opted-in",
		types.RegionOptStatusEnabling:         notOptedIn,
		types.RegionOptStatusDisabled:         notOptedIn,
	}
	var regions []Region
	err := awsapi.ForEachPage("ListRegions", func(token *string) (*string, error) {
		out, err := s.api.Account(id.Target).ListRegions(ctx, &accountapi.ListRegionsInput{NextToken: token},
			func(o *accountapi.Options) { o.Credentials = id.Credentials })
		if err != nil {
			return nil, err
		}
		for _, r := range out.Regions {
			if !isName(aws.ToString(r.RegionName)) {
				return nil, &awsapi.BrokenAnswer{Operation: "ListRegions", Msg: "answered with a name that is not a region's"}
			}
			regions = append(regions, Region{Region: aws.ToString(r.RegionName), OptInStatus: status[r.RegionOptStatus]})
		}
		return out.NextToken, nil
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
// enabled if one of its entries is. An empty answer is an error.
func sortRegions(regions []Region, operation string) ([]Region, error) {
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
