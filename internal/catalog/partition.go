package catalog

import (
	"cmp"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// Partition is a group of regions with accounts and credentials of its own, as aws-us-gov.
type Partition struct {
	ID       string   // as in ARNs
	Home     string   // the default region
	AlwaysOn []string // regions that are enabled in every account, Home first
	OptIn    []string // regions that each account must enable
	Console  string   // host of the console; "" if it is not public
	Signin   string   // host of the console's federation endpoint; "" likewise

	regions []string       // sorted; without the names for the whole partition
	known   map[string]any // every region, also those names
	regex   *regexp.Regexp // of regions that are newer than the catalogue
	outputs map[string]any // the values for endpoint rules
}

// Global is the region that signs for services without regions.
func (p *Partition) Global() string { return p.outputs["implicitGlobalRegion"].(string) }

var partitions = sync.OnceValue(func() (all []*Partition) {
	text, _ := readFile("partitions")
	var file []struct {
		ID      string         `json:"id"`
		Regex   string         `json:"regionRegex"`
		Regions map[string]any `json:"regions"`
		Outputs map[string]any `json:"outputs"`
	}
	if err := json.Unmarshal([]byte(text), &file); err != nil {
		panic("catalog.zip: partitions: " + err.Error())
	}
	for _, p := range file {
		p.Outputs["name"] = p.ID
		names := slices.Sorted(maps.Keys(p.Regions))
		names = slices.DeleteFunc(names, func(r string) bool { return strings.HasSuffix(r, "-global") })
		partition := &Partition{ID: p.ID, regions: names, known: p.Regions, regex: regexp.MustCompile(p.Regex), outputs: p.Outputs}
		partition.addMore()
		all = append(all, partition)
	}
	return all
})

// more are facts about partitions that botocore does not have.
var more = map[string]Partition{
	"aws": {
		Home: "us-east-1", Console: "console.aws.amazon.com", Signin: "signin.aws.amazon.com",
		AlwaysOn: []string{ // AWS enables no newer region by itself
			"us-east-1", "us-east-2", "us-west-1", "us-west-2",
			"ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2",
			"ca-central-1", "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1",
		},
	},
	"aws-cn":     {Home: "cn-north-1", Console: "console.amazonaws.cn", Signin: "signin.amazonaws.cn"},
	"aws-us-gov": {Home: "us-gov-west-1", Console: "console.amazonaws-us-gov.com", Signin: "signin.amazonaws-us-gov.com"},
	"aws-eusc": {
		Home: "eusc-de-east-1", Console: "eusc-de-east-1.console.amazonaws-eusc.eu", Signin: "eusc-de-east-1.signin.amazonaws-eusc.eu",
	},
}

// addMore adds those facts. Where there are none, no region has to be enabled.
func (p *Partition) addMore() {
	facts := more[p.ID]
	p.Home, p.Console, p.Signin, p.AlwaysOn = cmp.Or(facts.Home, p.Global()), facts.Console, facts.Signin, facts.AlwaysOn
	if p.AlwaysOn == nil {
		p.AlwaysOn = append([]string{p.Home}, slices.DeleteFunc(slices.Clone(p.regions), func(r string) bool { return r == p.Home })...)
	}
	for _, region := range p.regions {
		if !slices.Contains(p.AlwaysOn, region) {
			p.OptIn = append(p.OptIn, region)
		}
	}
}

// PartitionOf returns the partition of a region. A region that fits none counts as
// one of the commercial partition.
func PartitionOf(region string) *Partition {
	for _, p := range partitions() {
		if _, ok := p.known[region]; ok || p.regex.MatchString(region) {
			return p
		}
	}
	return partitions()[0]
}

// PartitionByID returns the partition with the id of an ARN, or the commercial one for an
// unknown id.
func PartitionByID(id string) *Partition {
	for _, p := range partitions() {
		if p.ID == id {
			return p
		}
	}
	return partitions()[0]
}

// Regional returns the region itself, or the home region of a partition for the name of its
// global endpoints, such as aws-global.
func Regional(region string) string {
	if partition, global := strings.CutSuffix(region, "-global"); global {
		return PartitionByID(partition).Home
	}
	return region
}

// Regions returns the regions of all partitions, sorted. It serves to check names, and as
// a list of regions if DescribeRegions is denied; accounts may have newer ones.
func Regions() (all []string) {
	for _, p := range partitions() {
		all = append(all, p.regions...)
	}
	slices.Sort(all)
	return all
}
