package awssim

import "fmt"

// LargeSpec is the size of a generated organization.
type LargeSpec struct {
	Accounts     int
	Regions      int // always-on regions that exist; 0: all 17
	MinInstances int // in each account and region
	MaxInstances int // 0: MinInstances
	Tags         int // on each instance, besides Name; an instance is about 8 KB of XML, and 0.2 KB a tag
	PageSize     int // of DescribeInstances; 0: 1000
	Seed         uint64
}

// Large generates an organization: the management account 100000000001 with the user admin (profile admin), the
// role OrganizationAccountAccessRole in the others, and the sso-session large with the permission set ReadOnly
// everywhere. The same spec gives the same world.
func Large(spec LargeSpec) *World {
	w := &World{
		Seed:         spec.Seed,
		Organization: &Organization{ID: "o-largelarge"},
		Users:        []User{{Account: "100000000001", Name: "admin"}},
		Roles:        []Role{{Name: "OrganizationAccountAccessRole", Except: []string{"100000000001"}}},
		SSO: []SSOSession{{Name: "large", StartURL: "https://large.awsapps.com/start", Region: "us-east-1",
			Assignments: map[string][]string{"*": {"ReadOnly"}}}},
		EC2:  Paging{PageSize: spec.PageSize},
		Home: Home{Profile: "admin", Region: "us-east-1"},
	}
	if spec.Regions > 0 {
		w.Regions = []string{"us-east-1"}
		for _, r := range partitions["aws"].regions {
			if !r.optIn && r.name != "us-east-1" && len(w.Regions) < spec.Regions {
				w.Regions = append(w.Regions, r.name)
			}
		}
	}
	for i := range spec.Accounts {
		w.Accounts = append(w.Accounts, Account{ID: fmt.Sprintf("1%011d", i+1), Name: fmt.Sprintf("account-%05d", i+1)})
	}
	if spec.MinInstances > 0 || spec.MaxInstances > 0 {
		tags := make(map[string]string, spec.Tags)
		for i := range spec.Tags {
			tags[fmt.Sprintf("company:cost-allocation/dimension-%02d", i)] = fmt.Sprintf("value %d of the generated organization", i)
		}
		w.Instances = []Instance{{Account: "*", Region: "*", Name: "node", Type: auto, State: auto, Tags: tags,
			PrivateIPs: []string{auto, auto}, PublicIPs: []string{auto}, IPv6s: []string{auto},
			Count: spec.MinInstances, CountMax: max(spec.MaxInstances, spec.MinInstances)}}
	}
	return w
}
