package catalog

import "testing"

func TestOffered(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		service, region string
		want            bool
	}{
		{"eks", "eu-west-1", true},
		{"iam", "us-east-1", true},
		{"budgets", "us-east-1", true}, // botocore lists regions of other partitions alone
		{"budgets", "us-gov-west-1", false},
		{"cur", "us-east-1", true},
		{"cur", "eu-west-1", false},
		{"ec2", "eu-west-99", true}, // newer than the catalogue
	} {
		if got := Open(c.service).Offered(c.region); got != c.want {
			t.Errorf("%s in %s: %v, want %v", c.service, c.region, got, c.want)
		}
	}
}
