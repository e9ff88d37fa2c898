package awsapi

import "muster/internal/wire"

// listed checks the items of an answer's list for members that they always have: muster
// relies on these.
type listed struct {
	list  string
	check func(item wire.Object) string
}

var listings = map[string]listed{
	"Organizations ListAccounts":                     {"Accounts", hasAccountID},
	"Organizations ListAccountsForParent":            {"Accounts", hasAccountID},
	"Organizations ListRoots":                        {"Roots", hasTexts("an id", "Id")},
	"Organizations ListOrganizationalUnitsForParent": {"OrganizationalUnits", hasTexts("an id", "Id", "Name")},
	"Organizations ListTagsForResource":              {"Tags", hasTexts("a key", "Key")},
	"Account ListRegions":                            {"Regions", hasTexts("a name", "RegionName", "RegionOptStatus")},
	"EC2 DescribeRegions":                            {"Regions", hasTexts("a name", "RegionName")},
	"EC2 DescribeAddresses":                          {"Addresses", hasAddress},
	"EC2 DescribeSecondaryInterfaces":                {"SecondaryInterfaces", hasTexts("")},
}

// listProblem returns a text if an answer's list is absent, or an item in it lacks something
// that AWS always returns; else "".
func (o *Operation) listProblem(out wire.Object) string {
	listed, ok := listings[o.op.Service.ID+" "+o.op.Name]
	if !ok {
		return ""
	}
	list := out.Objects(listed.list)
	if out.Text("NextToken") == "" && (list == nil || len(list) == 0 && o.op.Name == "ListRoots") {
		return noList
	}
	for _, item := range list {
		if problem := listed.check(item); problem != "" {
			return "listed something " + problem
		}
	}
	return ""
}

func hasAccountID(item wire.Object) string {
	id := item.Text("Id")
	return checkAccountID(&id)
}

func hasAddress(item wire.Object) string {
	if item.Text("AllocationId") != "" {
		return ""
	}
	return hasTexts("an id", "PublicIp")(item)
}

// hasTexts checks that no member is empty; name describes them.
func hasTexts(name string, members ...string) func(wire.Object) string {
	return func(item wire.Object) string {
		for _, member := range members {
			if item.Text(member) == "" {
				return "without " + name
			}
		}
		return ""
	}
}
