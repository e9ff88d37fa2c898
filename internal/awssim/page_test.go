package awssim

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// TestPageTokens: a NextToken is good for the list that it was made for, and for no
// other.
func TestPageTokens(t *testing.T) {
	t.Parallel()
	w := Large(LargeSpec{Accounts: 1, Regions: 2, MinInstances: 12, PageSize: 5})
	w.Users = append(w.Users, User{Account: w.Accounts[0].ID, Name: "other"})
	s := startWorld(t, w)
	api := firstUser(s, "us-east-1")
	first, err := invoke(api, "ec2", "DescribeInstances", "MaxResults", 5)
	if err != nil || first.Text("NextToken") == "" {
		t.Fatal(first, err)
	}
	token := first.Text("NextToken")
	next := func(cfg aws.Config, in ...any) error {
		_, err := invoke(cfg, "ec2", "DescribeInstances", append([]any{"NextToken", token}, in...)...)
		return err
	}
	elsewhere := firstUser(s, "ap-northeast-1")
	another := client(s, "us-east-1", s.users[1].AccessKeyID, s.users[1].SecretAccessKey, "")
	for _, err := range []error{
		next(api, "NextToken", "bm9uc2Vuc2Ugbm9uc2Vuc2Ugbm9uc2Vuc2U="),
		next(api, "Filters", filter("instance-state-name", "*")),
		next(api, "InstanceIds", []string{first.Objects("Reservations")[0].Objects("Instances")[0].Text("InstanceId")}),
		next(api, "IncludeManagedResources", true),
		next(elsewhere),
		next(another),
	} {
		wantCode(t, err, "InvalidNextToken")
	}
	_, err = invoke(api, "ec2", "DescribeNetworkInterfaces", "NextToken", token)
	wantCode(t, err, "InvalidNextToken")
	const problem = "a NextToken that is not of this list"
	wantProblems(t, s, slices.Repeat([]string{problem}, 7)...)
	if err := next(api, "MaxResults", 7); err != nil {
		t.Error(err)
	}
}

func TestPageSize(t *testing.T) {
	t.Parallel()
	s := startWorld(t, Large(LargeSpec{Accounts: 1, Regions: 1}))
	api := firstUser(s, "us-east-1")
	_, err := invoke(api, "ec2", "DescribeInstances", "MaxResults", 5, "InstanceIds", []string{"i-00000000"})
	wantCode(t, err, "InvalidParameterCombination")
	for _, size := range []int{4, 1001} {
		_, err = invoke(api, "ec2", "DescribeInstances", "MaxResults", size)
		wantCode(t, err, "InvalidParameterValue")
	}
	wantProblems(t, s, "MaxResults with ids", "MaxResults is 4", "MaxResults is 1001")
}

// TestListRegionsOf: only the management account can name another account, and it cannot
// name its own.
func TestListRegionsOf(t *testing.T) {
	t.Parallel()
	s := start(t, `{"organization": {"delegated": ["ops"]},
		"accounts": [{"id": "000000000001", "name": "main"}, {"id": "000000000002", "name": "shop", "opted_in": ["af-south-1"]}, {"id": "000000000003", "name": "ops"}],
		"users": [{"account": "main", "name": "ann"}, {"account": "shop", "name": "bob"}, {"account": "ops", "name": "eve"}]}`)
	for _, c := range []struct {
		user int
		of   string
		want string // the code, "" for none
	}{
		{0, "", ""}, {0, "000000000002", ""}, {0, "000000000001", "ValidationException"}, {0, "999999999999", "AccessDeniedException"},
		{1, "", ""}, {1, "000000000001", "AccessDeniedException"}, {1, "000000000002", "AccessDeniedException"},
		{2, "000000000002", ""},
	} {
		u := s.users[c.user]
		in := []any{"RegionOptStatusContains", []string{"ENABLED"}}
		if c.of != "" {
			in = append(in, "AccountId", c.of)
		}
		out, err := invoke(client(s, "us-east-1", u.AccessKeyID, u.SecretAccessKey, ""), "account", "ListRegions", in...)
		if c.want != "" {
			wantCode(t, err, c.want)
		} else if enabled := c.of == "000000000002" || c.user == 1; err != nil || (len(out.Objects("Regions")) == 1) != enabled {
			t.Errorf("%s of %q: %v, %v", u.Name, c.of, out, err)
		}
	}
}
