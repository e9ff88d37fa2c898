package catalog

import (
	"slices"
	"testing"
)

func TestPartitions(t *testing.T) {
	t.Parallel()
	for region, want := range map[string][2]string{
		"":               {"aws", "us-east-1"},
		"eu-west-1":      {"aws", "us-east-1"},
		"mx-central-1":   {"aws", "us-east-1"},
		"cn-northwest-1": {"aws-cn", "cn-north-1"},
		"us-gov-east-1":  {"aws-us-gov", "us-gov-west-1"},
		"eusc-de-east-1": {"aws-eusc", "eusc-de-east-1"},
		"us-iso-west-1":  {"aws-iso", "us-iso-east-1"},
		"us-isob-east-1": {"aws-iso-b", "us-isob-east-1"},
	} {
		p := PartitionOf(region)
		if got := [2]string{p.ID, p.Home}; got != want {
			t.Errorf("PartitionOf(%q) = %v, want %v", region, got, want)
		}
		if byID := PartitionByID(p.ID); byID != p {
			t.Errorf("PartitionByID(%q) is %s", p.ID, byID.ID)
		}
		if p.AlwaysOn[0] != p.Home {
			t.Errorf("the home of %s, %s, can be switched off", p.ID, p.Home)
		}
	}
	if got := PartitionByID("aws-moon").ID; got != "aws" {
		t.Errorf("an unknown partition is %s, want aws", got)
	}
	if p := PartitionByID("aws"); slices.Contains(p.AlwaysOn, "af-south-1") || !slices.Contains(p.AlwaysOn, "eu-north-1") {
		t.Error("af-south-1 has to be opted in to, eu-north-1 has not")
	}
}
