package inventory

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"muster/internal/account"
	"muster/internal/awssim"
	"muster/internal/sweep"
	"muster/internal/wire"
)

// TestDecodeInterfaces compares the findings with the same answer as package wire reads it.
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
		answer, err := newServer(r.API, p).answer(t.Context(), "DescribeNetworkInterfaces", nil)
		if err != nil || len(answer.Objects("NetworkInterfaces")) != 9 {
			t.Fatalf("%d interfaces, %v", len(answer.Objects("NetworkInterfaces")), err)
		}
		var want []Finding
		for _, e := range answer.Objects("NetworkInterfaces") {
			c := newCandidate(p, "network-interface")
			c.Id, c.NetworkInterfaceId = e.Text("NetworkInterfaceId"), e.Text("NetworkInterfaceId")
			c.InterfaceType, c.Status, c.Description, c.OwnerId = e.Text("InterfaceType"), e.Text("Status"), e.Text("Description"), e.Text("OwnerId")
			c.SubnetId, c.VpcId, c.requester, c.managed = e.Text("SubnetId"), e.Text("VpcId"), e.Text("RequesterId"), e.Get("RequesterManaged").(bool)
			c.InstanceId, _ = e.Find("Attachment.InstanceId").(string)
			for _, ip := range e.Objects("PrivateIpAddresses") {
				c.PrivateIPs = append(c.PrivateIPs, ip.Text("PrivateIpAddress"))
				if association, ok := ip.Get("Association").(wire.Object); ok {
					c.PublicIPs = append(c.PublicIPs, association.Text("PublicIp"))
					c.AllocationIds = append(c.AllocationIds, nonEmpty(association.Text("AllocationId"))...)
				}
			}
			for _, ip := range e.Objects("Ipv6Addresses") {
				c.IPv6s = append(c.IPv6s, ip.Text("Ipv6Address"))
			}
			for _, g := range e.Objects("Groups") {
				c.SecurityGroups = append(c.SecurityGroups, SecurityGroup{g.Text("GroupId"), g.Text("GroupName")})
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
