package awsapi

import (
	"slices"
	"strings"
)

// Partition is a group of regions with accounts of its own, such as aws or aws-cn.
type Partition struct {
	ID       string   // as in ARNs
	Home     string   // the default region
	prefix   string   // of its region names; "" matches all
	AlwaysOn []string // regions that are enabled in every account, Home first
	OptIn    []string // regions that each account must enable
	Console  string   // host of the console; "" if it is not public
	signin   string   // host of the console's federation endpoint
}

// partitions lists the regions known when this was written. muster uses it to check names
// before any call, and as a list of regions if DescribeRegions is denied. A sweep visits
// the regions that DescribeRegions returns.
var partitions = []Partition{
	{
		ID: "aws-cn", Home: "cn-north-1", prefix: "cn-",
		AlwaysOn: []string{"cn-north-1", "cn-northwest-1"},
		Console:  "console.amazonaws.cn", signin: "signin.amazonaws.cn",
	},
	{
		ID: "aws-us-gov", Home: "us-gov-west-1", prefix: "us-gov-",
		AlwaysOn: []string{"us-gov-west-1", "us-gov-east-1"},
		Console:  "console.amazonaws-us-gov.com", signin: "signin.amazonaws-us-gov.com",
	},
	{
		ID: "aws-eusc", Home: "eusc-de-east-1", prefix: "eusc-",
		AlwaysOn: []string{"eusc-de-east-1"},
		Console:  "eusc-de-east-1.console.amazonaws-eusc.eu", signin: "eusc-de-east-1.signin.amazonaws-eusc.eu",
	},
	{
		ID: "aws-iso", Home: "us-iso-east-1", prefix: "us-iso-",
		AlwaysOn: []string{"us-iso-east-1", "us-iso-west-1"},
	},
	{
		ID: "aws-iso-b", Home: "us-isob-east-1", prefix: "us-isob-",
		AlwaysOn: []string{"us-isob-east-1", "us-isob-west-1"},
	},
	{
		ID: "aws-iso-e", Home: "eu-isoe-west-1", prefix: "eu-isoe-",
		AlwaysOn: []string{"eu-isoe-west-1"},
	},
	{
		ID: "aws-iso-f", Home: "us-isof-south-1", prefix: "us-isof-",
		AlwaysOn: []string{"us-isof-south-1", "us-isof-east-1"},
	},
	{
		ID: "aws", Home: "us-east-1", prefix: "",
		Console: "console.aws.amazon.com", signin: "signin.aws.amazon.com",
		AlwaysOn: []string{
			"us-east-1", "us-east-2", "us-west-1", "us-west-2",
			"ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2",
			"ca-central-1", "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1",
		},
		OptIn: []string{
			"af-south-1", "ap-east-1", "ap-east-2", "ap-south-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5",
			"ap-southeast-6", "ap-southeast-7", "ca-west-1", "eu-central-2", "eu-south-1", "eu-south-2", "il-central-1",
			"me-central-1", "me-south-1", "mx-central-1",
		},
	},
}

// PartitionOf returns the partition of a region, by its name.
func PartitionOf(region string) Partition {
	for _, p := range partitions {
		if strings.HasPrefix(region, p.prefix) {
			return p
		}
	}
	return commercial()
}

// PartitionByID returns the partition with the id of an ARN, or the commercial one for an
// unknown id.
func PartitionByID(id string) Partition {
	for _, p := range partitions {
		if p.ID == id {
			return p
		}
	}
	return commercial()
}

func commercial() Partition { return partitions[len(partitions)-1] }

// Regional returns the region itself, or the home region of a partition for the name of its
// global endpoints, such as aws-global.
func Regional(region string) string {
	if partition, global := strings.CutSuffix(region, "-global"); global {
		return PartitionByID(partition).Home
	}
	return region
}

// KnownRegions returns the regions of all partitions, sorted.
func KnownRegions() []string {
	var all []string
	for _, p := range partitions {
		all = append(append(all, p.AlwaysOn...), p.OptIn...)
	}
	slices.Sort(all)
	return all
}
