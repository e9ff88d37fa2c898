package inventory

import (
	"slices"
	"testing"
)

func TestActions(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string][]string{
		"volumes":         {"ec2:DescribeVolumes"},
		"access-keys":     {"iam:GetAccessKeyLastUsed", "iam:ListAccessKeys", "iam:ListUsers"},
		"load-balancers":  {"elasticloadbalancing:DescribeLoadBalancers"},
		"buckets":         {"s3:ListAllMyBuckets"},
		"alarms":          {"cloudwatch:DescribeAlarms"},
		"apis":            {"apigateway:GET"},
		"budgets":         {"budgets:ViewBudget"},
		"permission-sets": nil,
	} {
		k, err := FindKind(kind)
		if err != nil {
			t.Fatal(err)
		}
		r, err := NewResources([]*Kind{k}, ResourceQuery{})
		if err != nil {
			t.Fatal(err)
		}
		if got := r.Actions(); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", kind, got, want)
		}
	}
}
