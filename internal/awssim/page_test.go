package awssim

import (
	"cmp"
	"context"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	accountapi "github.com/aws/aws-sdk-go-v2/service/account"
	accounttypes "github.com/aws/aws-sdk-go-v2/service/account/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
)

// TestPageTokens: a NextToken is good for the list that it was made for, and for no
// other.
func TestPageTokens(t *testing.T) {
	t.Parallel()
	w := Large(LargeSpec{Accounts: 1, Regions: 2, MinInstances: 12, PageSize: 5})
	w.Users = append(w.Users, User{Account: w.Accounts[0].ID, Name: "other"})
	s := startWorld(t, w)
	ctx := context.Background()
	api := ec2.NewFromConfig(firstUser(s, "us-east-1"))
	first, err := api.DescribeInstances(ctx, &ec2.DescribeInstancesInput{MaxResults: aws.Int32(5)})
	if err != nil || first.NextToken == nil {
		t.Fatal(first, err)
	}
	next := func(api *ec2.Client, in ec2.DescribeInstancesInput) error {
		in.NextToken = cmp.Or(in.NextToken, first.NextToken)
		_, err := api.DescribeInstances(ctx, &in)
		return err
	}
	elsewhere := ec2.NewFromConfig(firstUser(s, "ap-northeast-1"))
	another := ec2.NewFromConfig(client(s, "us-east-1", s.users[1].AccessKeyID, s.users[1].SecretAccessKey, ""))
	for _, err := range []error{
		next(api, ec2.DescribeInstancesInput{NextToken: aws.String("bm9uc2Vuc2Ugbm9uc2Vuc2Ugbm9uc2Vuc2U=")}),
		next(api, ec2.DescribeInstancesInput{Filters: filter("instance-state-name", "*")}),
		next(api, ec2.DescribeInstancesInput{InstanceIds: []string{*first.Reservations[0].Instances[0].InstanceId}}),
		next(api, ec2.DescribeInstancesInput{IncludeManagedResources: aws.Bool(true)}),
		next(elsewhere, ec2.DescribeInstancesInput{}),
		next(another, ec2.DescribeInstancesInput{}),
	} {
		wantCode(t, err, "InvalidNextToken")
	}
	_, err = api.DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{NextToken: first.NextToken})
	wantCode(t, err, "InvalidNextToken")
	const problem = "a NextToken that is not of this list"
	wantProblems(t, s, slices.Repeat([]string{problem}, 7)...)
	if err := next(api, ec2.DescribeInstancesInput{MaxResults: aws.Int32(7)}); err != nil {
		t.Error(err)
	}
}

func TestPageSize(t *testing.T) {
	t.Parallel()
	s := startWorld(t, Large(LargeSpec{Accounts: 1, Regions: 1}))
	ctx := context.Background()
	api := ec2.NewFromConfig(firstUser(s, "us-east-1"))
	_, err := api.DescribeInstances(ctx, &ec2.DescribeInstancesInput{MaxResults: aws.Int32(5), InstanceIds: []string{"i-00000000"}})
	wantCode(t, err, "InvalidParameterCombination")
	for _, size := range []int32{4, 1001} {
		_, err = api.DescribeInstances(ctx, &ec2.DescribeInstancesInput{MaxResults: &size})
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
		in := &accountapi.ListRegionsInput{RegionOptStatusContains: []accounttypes.RegionOptStatus{"ENABLED"}}
		if c.of != "" {
			in.AccountId = &c.of
		}
		out, err := accountapi.NewFromConfig(client(s, "us-east-1", u.AccessKeyID, u.SecretAccessKey, "")).ListRegions(context.Background(), in)
		if c.want != "" {
			wantCode(t, err, c.want)
		} else if enabled := c.of == "000000000002" || c.user == 1; err != nil || (len(out.Regions) == 1) != enabled {
			t.Errorf("%s of %q: %v, %v", u.Name, c.of, out, err)
		}
	}
}
