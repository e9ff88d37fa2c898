package catalog

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// Partition is a group of regions with credentials of its own, as aws-us-gov.
type Partition struct {
	ID string

	regions []string       // sorted; without the names for the whole partition
	known   map[string]any // every region, also those names
	regex   *regexp.Regexp // of regions that are newer than the catalogue
	outputs map[string]any // what endpoint rules read
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
		all = append(all, &Partition{
			ID: p.ID, regions: names, known: p.Regions, regex: regexp.MustCompile(p.Regex), outputs: p.Outputs,
		})
	}
	return all
})

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
