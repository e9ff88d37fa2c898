package awssim

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sso"
	"github.com/aws/aws-sdk-go-v2/service/ssooidc"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"muster/internal/wire"
)

// collect asks for every instance of the caller's account in the enabled regions and reads the answer back into the
// world's form.
func collect(t *testing.T, s *Server, a *account, cfg aws.Config) []Instance {
	t.Helper()
	regions, err := invoke(cfg, "ec2", "DescribeRegions")
	if err != nil {
		t.Fatal(err)
	}
	var all []Instance
	for _, r := range regions.Objects("Regions") {
		cfg.Region = r.Text("RegionName")
		for _, res := range invokeAll(t, cfg, "ec2", "DescribeInstances", "Reservations") {
			for _, in := range res.Objects("Instances") {
				all = append(all, readBack(a, cfg.Region, res, in))
			}
		}
	}
	return all
}

// textAt returns the text at the end of a path; "" if there is none.
func textAt(o wire.Object, path string) string {
	text, _ := o.Find(path).(string)
	return text
}

func readBack(a *account, region string, res, in wire.Object) Instance {
	out := Instance{
		Account: res.Text("OwnerId"), AccountName: a.Name, Region: region, ID: in.Text("InstanceId"), Type: in.Text("InstanceType"),
		State: textAt(in, "State.Name"), Zone: textAt(in, "Placement.AvailabilityZone"), VPC: in.Text("VpcId"), Subnet: in.Text("SubnetId"),
		Image: in.Text("ImageId"), Key: in.Text("KeyName"), Architecture: in.Text("Architecture"), Platform: in.Text("Platform"),
		Lifecycle: in.Text("InstanceLifecycle"), Reservation: res.Text("ReservationId"), Groups: readGroups(in.Objects("SecurityGroups")),
		Profile: textAt(in, "IamInstanceProfile.Arn"), IMDSv1: textAt(in, "MetadataOptions.HttpTokens") == "optional",
	}
	out.Launched, _ = in.Get("LaunchTime").(time.Time)
	for _, tag := range in.Objects("Tags") {
		if out.Tags == nil {
			out.Tags = map[string]string{}
		}
		out.Tags[tag.Text("Key")] = tag.Text("Value")
	}
	out.Name = out.Tags["Name"]
	for _, eni := range in.Objects("NetworkInterfaces") {
		index, _ := eni.Find("Attachment.DeviceIndex").(int64)
		i := Interface{ID: eni.Text("NetworkInterfaceId"), DeviceIndex: aws.Int(int(index)), VPC: eni.Text("VpcId"),
			Subnet: eni.Text("SubnetId"), MAC: eni.Text("MacAddress"), Groups: readGroups(eni.Objects("Groups")), IPv6s: []string{}}
		for _, ip := range eni.Objects("PrivateIpAddresses") {
			address := Address{Private: ip.Text("PrivateIpAddress"), Public: textAt(ip, "Association.PublicIp")}
			out.PrivateIPs = append(out.PrivateIPs, address.Private)
			if address.Public != "" {
				out.PublicIPs = append(out.PublicIPs, address.Public)
			}
			i.Addresses = append(i.Addresses, address)
		}
		for _, ip := range eni.Objects("Ipv6Addresses") {
			i.IPv6s = append(i.IPv6s, ip.Text("Ipv6Address"))
		}
		out.IPv6s = append(out.IPv6s, i.IPv6s...)
		out.Interfaces = append(out.Interfaces, i)
	}
	return out
}

func readGroups(groups []wire.Object) []Group {
	var list []Group
	for _, g := range groups {
		list = append(list, Group{g.Text("GroupId"), g.Text("GroupName")})
	}
	return list
}

// TestSweep asks for the whole default world through AssumeRole, and compares with the truth.
func TestSweep(t *testing.T) {
	t.Parallel()
	w := DefaultWorld()
	w.EC2 = Paging{PageSize: 2, EmptyPages: true}
	w.Organization.Paging = Paging{PageSize: 1, EmptyPages: true}
	s := startWorld(t, w)
	ctx := context.Background()
	me := firstUser(s, "eu-central-1")

	var got []Instance
	for _, a := range invokeAll(t, me, "organizations", "ListAccounts", "Accounts") {
		id, paths := a.Text("Id"), a.Get("Paths").([]any)
		if a.Text("State") != "ACTIVE" || a.Text("Status") != "ACTIVE" || len(paths) != 1 {
			t.Errorf("account %s: state %q, status %q, paths %q", id, a.Text("State"), a.Text("Status"), paths)
		}
		out, err := sts.NewFromConfig(me).AssumeRole(ctx, &sts.AssumeRoleInput{
			RoleArn: aws.String("arn:aws:iam::" + id + ":role/EC2ReadAccess"), RoleSessionName: aws.String("test")})
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, collect(t, s, s.byID[id], withCredentials(s, "us-east-1", out.Credentials))...)
	}
	want := s.Truth()
	if len(want) != 13 || len(got) != len(want) {
		t.Fatalf("got %d instances of %d, want 13", len(got), len(want))
	}
	for i := range want {
		for _, eni := range want[i].Interfaces { // DescribeInstances does not tell allocations
			for j := range eni.Addresses {
				eni.Addresses[j].AllocationID = ""
			}
		}
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Errorf("instance %d:\n got %+v\nwant %+v", i, got[i], want[i])
		}
	}
	gateway := want[slices.IndexFunc(want, func(in Instance) bool { return in.ID == "i-03046200b400761b0" })]
	if ips := strings.Join(gateway.PrivateIPs, ","); ips != "172.31.3.76,172.31.9.210,172.31.15.7,172.31.9.189,172.31.8.195" {
		t.Errorf("private addresses %s", ips)
	}
	if ips := strings.Join(gateway.PublicIPs, ","); ips != "18.198.43.157,18.198.233.241,52.59.78.34" {
		t.Errorf("public addresses %s", ips)
	}
	wantProblems(t, s)
	last := s.Calls()[len(s.Calls())-1]
	if last.Service != "ec2" || last.Operation != "DescribeInstances" || last.Region == "" || last.Account != "264511973012" || last.Status != 200 {
		t.Errorf("last call %+v", last)
	}
}

// TestLargeReadBack reads generated instances of every kind back by AWS's model.
func TestLargeReadBack(t *testing.T) {
	t.Parallel()
	s := startWorld(t, Large(LargeSpec{Accounts: 1, Regions: 2, MinInstances: 30, MaxInstances: 60, Tags: 3, PageSize: 7, Seed: 5}))
	got, want := collect(t, s, s.accounts[0], firstUser(s, "us-east-1")), s.Truth()
	if len(want) < 60 || !reflect.DeepEqual(got, want) {
		t.Fatalf("got %d instances, want %d, and the same", len(got), len(want))
	}
	states := map[string]int{}
	for _, in := range want {
		states[in.State]++
	}
	if states["running"] == 0 || states["stopped"] == 0 || states["terminated"] == 0 {
		t.Errorf("states %v", states)
	}
}

func TestOrganizationTree(t *testing.T) {
	t.Parallel()
	s := start(t, `{"organization": {"id": "o-aaaaaaaaaa", "root": "r-root", "no_paths": true, "state_field": "status",
			"ous": [{"id": "ou-root-11111111", "name": "Workloads", "ous": [{"id": "ou-root-22222222", "name": "Prod"}]}]},
		"accounts": [{"id": "000000000001", "name": "main"}, {"id": "000000000002", "name": "shop", "ou": "Workloads/Prod", "tags": {"env": "prod"}},
			{"id": "000000000003", "name": "old", "ou": "ou-root-11111111", "state": "CLOSED"}],
		"users": [{"account": "main", "name": "admin"}, {"account": "shop", "name": "clerk"}]}`)
	org := firstUser(s, "us-east-1")
	roots, err := invoke(org, "organizations", "ListRoots")
	if err != nil || roots.Objects("Roots")[0].Text("Id") != "r-root" {
		t.Fatal(roots, err)
	}
	ous, err := invoke(org, "organizations", "ListOrganizationalUnitsForParent", "ParentId", "ou-root-11111111")
	if err != nil || len(ous.Objects("OrganizationalUnits")) != 1 || ous.Objects("OrganizationalUnits")[0].Text("Name") != "Prod" {
		t.Fatal(ous, err)
	}
	members, err := invoke(org, "organizations", "ListAccountsForParent", "ParentId", "ou-root-11111111")
	if err != nil || len(members.Objects("Accounts")) != 1 {
		t.Fatal(members, err)
	}
	if a := members.Objects("Accounts")[0]; a.Text("Status") != "SUSPENDED" || a.Get("State") != nil || a.Get("Paths") != nil {
		t.Error(a)
	}
	tags, err := invoke(org, "organizations", "ListTagsForResource", "ResourceId", "000000000002")
	if err != nil || len(tags.Objects("Tags")) != 1 || tags.Objects("Tags")[0].Text("Value") != "prod" {
		t.Fatal(tags, err)
	}
	parents, err := invoke(org, "organizations", "ListParents", "ChildId", "000000000002")
	if err != nil || parents.Objects("Parents")[0].Text("Id") != "ou-root-22222222" {
		t.Fatal(parents, err)
	}
	_, err = invoke(org, "organizations", "ListAccounts", "NextToken", "AAAA")
	wantCode(t, err, "InvalidInputException")
	clerk := client(s, "us-east-1", s.users[1].AccessKeyID, s.users[1].SecretAccessKey, "")
	_, err = invoke(clerk, "organizations", "ListAccounts")
	wantCode(t, err, "AccessDeniedException")
	wantProblems(t, s, "NextToken")
}

func TestSSO(t *testing.T) {
	t.Parallel()
	s := start(t, `{"accounts": [{"id": "000000000001", "name": "one"}, {"id": "000000000002", "name": "two"}, {"id": "000000000003", "name": "gone", "state": "SUSPENDED"},
			{"id": "000000000004", "name": "other"}],
		"sso": [{"name": "corp", "start_url": "https://corp.awsapps.com/start", "region": "eu-west-1", "page_size": 2,
			"assignments": {"one": ["ReadOnly", "Admin"], "two": ["ReadOnly"], "gone": ["ReadOnly"]},
			"tokens": [{"access_token": "good", "refresh_token": "again", "client_id": "c", "client_secret": "s"}, {"access_token": "dead", "dead": true}]}]}`)
	ctx := context.Background()
	portal := sso.NewFromConfig(client(s, "eu-west-1", "", "", ""))
	var names []string
	pages := sso.NewListAccountsPaginator(portal, &sso.ListAccountsInput{AccessToken: aws.String("good"), MaxResults: aws.Int32(100)})
	for pages.HasMorePages() {
		p, err := pages.NextPage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range p.AccountList {
			names = append(names, *a.AccountName)
		}
	}
	if got := strings.Join(names, ","); got != "one,two,gone" {
		t.Errorf("accounts %s", got)
	}
	roles, err := portal.ListAccountRoles(ctx, &sso.ListAccountRolesInput{AccessToken: aws.String("good"), AccountId: aws.String("000000000001")})
	if err != nil || len(roles.RoleList) != 2 || *roles.RoleList[1].RoleName != "Admin" {
		t.Fatal(roles, err)
	}
	role := func(token, account, name string) (*sso.GetRoleCredentialsOutput, error) {
		return portal.GetRoleCredentials(ctx, &sso.GetRoleCredentialsInput{AccessToken: &token, AccountId: &account, RoleName: &name})
	}
	out, err := role("good", "000000000002", "ReadOnly")
	if err != nil {
		t.Fatal(err)
	}
	id, err := sts.NewFromConfig(client(s, "eu-west-1", *out.RoleCredentials.AccessKeyId, *out.RoleCredentials.SecretAccessKey, *out.RoleCredentials.SessionToken)).
		GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil || *id.Account != "000000000002" || !strings.HasPrefix(*id.Arn, "arn:aws:sts::000000000002:assumed-role/AWSReservedSSO_ReadOnly_") {
		t.Fatal(id, err)
	}
	for _, c := range []struct{ token, account, role, code string }{
		{"good", "000000000002", "Admin", "ForbiddenException"},
		{"good", "000000000003", "ReadOnly", "ForbiddenException"},
		{"good", "000000000004", "ReadOnly", "ForbiddenException"},
		{"dead", "000000000001", "ReadOnly", "UnauthorizedException"},
		{"none", "000000000001", "ReadOnly", "UnauthorizedException"},
	} {
		_, err := role(c.token, c.account, c.role)
		wantCode(t, err, c.code)
	}
	_, err = portal.ListAccounts(ctx, &sso.ListAccountsInput{AccessToken: aws.String("good"), MaxResults: aws.Int32(101)})
	wantCode(t, err, "ValidationException")

	oidc := ssooidc.NewFromConfig(client(s, "eu-west-1", "", "", ""))
	refresh := func(token string) (*ssooidc.CreateTokenOutput, error) {
		return oidc.CreateToken(ctx, &ssooidc.CreateTokenInput{ClientId: aws.String("c"), ClientSecret: aws.String("s"),
			GrantType: aws.String("refresh_token"), RefreshToken: &token})
	}
	s.Advance(9 * time.Hour)
	_, err = role("good", "000000000001", "ReadOnly")
	wantCode(t, err, "UnauthorizedException")
	fresh, err := refresh("again")
	if err != nil || fresh.ExpiresIn != 28800 {
		t.Fatal(fresh, err)
	}
	if _, err := role(*fresh.AccessToken, "000000000001", "ReadOnly"); err != nil {
		t.Error(err)
	}
	_, err = refresh("again")
	wantCode(t, err, "InvalidGrantException")
	if _, err := portal.Logout(ctx, &sso.LogoutInput{AccessToken: fresh.AccessToken}); err != nil {
		t.Error(err)
	}
	_, err = role(*fresh.AccessToken, "000000000001", "ReadOnly")
	wantCode(t, err, "UnauthorizedException")
	s.Advance(90 * 24 * time.Hour)
	_, err = refresh(*fresh.RefreshToken)
	wantCode(t, err, "InvalidClientException")
	wantProblems(t, s, "max_result is 101", "expired at")
}

func TestDeviceCode(t *testing.T) {
	t.Parallel()
	now := time.Now()
	s := startWorld(t, DefaultWorld(), WithClock(func() time.Time { return now }))
	ctx := context.Background()
	oidc := ssooidc.NewFromConfig(client(s, "us-east-2", "", "", ""))
	c, err := oidc.RegisterClient(ctx, &ssooidc.RegisterClientInput{ClientName: aws.String("test"), ClientType: aws.String("public"), Scopes: []string{"sso:account:access"}})
	if err != nil {
		t.Fatal(err)
	}
	device, err := oidc.StartDeviceAuthorization(ctx, &ssooidc.StartDeviceAuthorizationInput{
		ClientId: c.ClientId, ClientSecret: c.ClientSecret, StartUrl: aws.String("https://Freddy-SSO.awsapps.com/start/#/")})
	if err != nil {
		t.Fatal(err)
	}
	poll := func() (*ssooidc.CreateTokenOutput, error) {
		return oidc.CreateToken(ctx, &ssooidc.CreateTokenInput{ClientId: c.ClientId, ClientSecret: c.ClientSecret,
			GrantType: aws.String("urn:ietf:params:oauth:grant-type:device_code"), DeviceCode: device.DeviceCode})
	}
	_, err = poll()
	wantCode(t, err, "AuthorizationPendingException")
	_, err = poll()
	wantCode(t, err, "SlowDownException")
	if err := s.Confirm(*device.UserCode, true); err != nil {
		t.Fatal(err)
	}
	token, err := poll()
	if err != nil || token.RefreshToken == nil {
		t.Fatal(token, err)
	}
	list, err := sso.NewFromConfig(client(s, "us-east-2", "", "", "")).ListAccounts(ctx, &sso.ListAccountsInput{AccessToken: token.AccessToken})
	if err != nil || len(list.AccountList) != 3 {
		t.Fatal(list, err)
	}
	wantProblems(t, s)
}

func TestRegions(t *testing.T) {
	t.Parallel()
	s := start(t, `{"regions": ["us-east-1", "af-south-1", "me-south-1"],
		"accounts": [{"id": "000000000001", "name": "one", "opted_in": ["af-south-1"]}], "users": [{"account": "one", "name": "u"}]}`)
	api := firstUser(s, "us-east-1")
	names := func(in ...any) string {
		var list []string
		for _, r := range invokeAll(t, api, "ec2", "DescribeRegions", "Regions", in...) {
			list = append(list, r.Text("RegionName")+" "+r.Text("OptInStatus"))
		}
		return strings.Join(list, ", ")
	}
	if got := names(); got != "af-south-1 opted-in, us-east-1 opt-in-not-required" {
		t.Error(got)
	}
	if got := names("AllRegions", true); got != "af-south-1 opted-in, me-south-1 not-opted-in, us-east-1 opt-in-not-required" {
		t.Error(got)
	}
	if got := names("Filters", filter("opt-in-status", "opted*")); got != "af-south-1 opted-in" {
		t.Error(got)
	}
	out, err := invoke(firstUser(s, "us-east-1"), "account", "ListRegions")
	if err != nil || len(out.Objects("Regions")) != 3 || out.Objects("Regions")[1].Text("RegionOptStatus") != "DISABLED" {
		t.Fatal(out, err)
	}
	_, err = invoke(firstUser(s, "me-south-1"), "ec2", "DescribeInstances")
	wantCode(t, err, "AuthFailure")
	wantProblems(t, s)
}
