package inventory

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"muster/internal/account"
	"muster/internal/awssim"
	"muster/internal/sweep"
)

// TestDecodeInterfaces compares the findings with the SDK's form of the same answer.
func TestDecodeInterfaces(t *testing.T) {
	t.Parallel()
	_, r := newResolver(t, awssim.DefaultWorld(), 4)
	accounts, err := account.Find(r, account.Selection{Profiles: []string{"production"}}, account.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for a, err := range accounts.Accounts(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		id, err := a.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		p := sweep.Place{Account: a, Identity: id, Region: "eu-west-1"}
		out, err := r.API.EC2(id.Target).DescribeNetworkInterfaces(t.Context(), &ec2.DescribeNetworkInterfacesInput{}, newServer(r.API, p).signed)
		if err != nil || len(out.NetworkInterfaces) != 9 {
			t.Fatalf("%d interfaces, %v", len(out.NetworkInterfaces), err)
		}
		var want []Finding
		for _, e := range out.NetworkInterfaces {
			c := newCandidate(p, "network-interface")
			c.Id, c.NetworkInterfaceId = *e.NetworkInterfaceId, *e.NetworkInterfaceId
			c.InterfaceType, c.Status, c.Description, c.OwnerId = string(e.InterfaceType), string(e.Status), *e.Description, *e.OwnerId
			c.SubnetId, c.VpcId, c.requester, c.managed = *e.SubnetId, *e.VpcId, aws.ToString(e.RequesterId), *e.RequesterManaged
			c.InstanceId = aws.ToString(e.Attachment.InstanceId)
			for _, ip := range e.PrivateIpAddresses {
				c.PrivateIPs = append(c.PrivateIPs, *ip.PrivateIpAddress)
				if ip.Association != nil {
					c.PublicIPs = append(c.PublicIPs, *ip.Association.PublicIp)
					if ip.Association.AllocationId != nil {
						c.AllocationIds = append(c.AllocationIds, *ip.Association.AllocationId)
					}
				}
			}
			for _, ip := range e.Ipv6Addresses {
				c.IPv6s = append(c.IPv6s, *ip.Ipv6Address)
			}
			for _, g := range e.Groups {
				c.SecurityGroups = append(c.SecurityGroups, SecurityGroup{*g.GroupId, *g.GroupName})
			}
			c.setOwner()
			c.Matched = []string{"*"}
			if i := slices.IndexFunc([]string{"i-05d3e8f1ab24c7690", "i-05d3e8f1ab24c7691", "i-0f6617c0d9ab3e254"}, func(id string) bool { return id == c.InstanceId }); i >= 0 {
				c.Name = []string{"shop web 1", "shop web 2", "shop db"}[i]
			}
			want = append(want, c.Finding)
		}
		var got []Finding
		if err := newFinder(t, r, "*").Visit(t.Context(), p, func(page []Finding) { got = append(got, page...) }); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
	}
	for _, body := range []string{"", "<html/>", "<DescribeNetworkInterfacesResponse>", "<DescribeNetworkInterfacesResponse/><x/>",
		"<DescribeNetworkInterfacesResponse><networkInterfaceSet><item></networkInterfaceSet></item></DescribeNetworkInterfacesResponse>"} {
		if page, _, err := decodeInterfaces(&fewBytes{strings.NewReader(body)}, here); err == nil {
			t.Errorf("%s: %+v", body, page)
		}
	}
}
