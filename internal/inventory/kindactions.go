package inventory

import (
	"slices"

	"muster/internal/catalog"
)

// Actions returns the IAM actions that list the resources, such as ec2:DescribeVolumes. The
// portal of IAM Identity Center needs none.
func (r *Resources) Actions() (all []string) {
	for _, l := range r.listers() {
		if l.needsSession() {
			continue
		}
		all = append(all, actionOf(l.op))
		for _, st := range l.Steps {
			all = append(all, actionOf(st.op))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// differingActions are the actions that are not named as their operations are.
var differingActions = map[string]string{
	"s3:ListBuckets":          "s3:ListAllMyBuckets",
	"budgets:DescribeBudgets": "budgets:ViewBudget",
}

// actionOf returns the IAM action of an operation that reads. Most services sign requests
// with the prefix of their actions.
func actionOf(op *catalog.Operation) string {
	prefix := op.Service.SigningName
	switch prefix {
	case "apigateway":
		return "apigateway:GET" // its actions are HTTP's methods
	case "monitoring":
		prefix = "cloudwatch"
	}
	action := prefix + ":" + op.Name
	if differing := differingActions[action]; differing != "" {
		return differing
	}
	return action
}
