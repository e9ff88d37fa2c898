package inventory

import (
	"fmt"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// allAddresses is an instance with an address in every element that can hold one.
const allAddresses = `<instanceId>i-0000000a</instanceId><privateIpAddress>10.0.0.9</privateIpAddress><ipAddress>54.0.0.9</ipAddress><ipv6Address>2001:DB8::9</ipv6Address>
<tagSet><item><key>Name</key><value>web</value></item></tagSet>
<networkInterfaceSet><item><networkInterfaceId>eni-0000000b</networkInterfaceId><attachment><deviceIndex>1</deviceIndex></attachment>
	<privateIpAddress>10.0.1.1</privateIpAddress><association><publicIp>54.0.1.1</publicIp></association>
	<privateIpAddressesSet><item><privateIpAddress>10.0.1.2</privateIpAddress><primary>false</primary></item></privateIpAddressesSet>
</item><item><networkInterfaceId>eni-0000000a</networkInterfaceId><attachment><deviceIndex>0</deviceIndex></attachment>
	<privateIpAddress>10.0.0.1</privateIpAddress><association><publicIp>54.0.0.1</publicIp><carrierIp>155.146.0.1</carrierIp></association>
	<privateIpAddressesSet>
		<item><privateIpAddress>10.0.0.2</privateIpAddress><primary>false</primary><association><customerOwnedIp>198.51.100.2</customerOwnedIp></association></item>
		<item><privateIpAddress>10.0.0.1</privateIpAddress><primary>true</primary><association><publicIp>54.0.0.1</publicIp></association></item>
	</privateIpAddressesSet>
	<ipv6AddressesSet><item><ipv6Address>2001:db8::1</ipv6Address></item></ipv6AddressesSet>
</item></networkInterfaceSet>
<secondaryInterfaceSet><item><attachment><deviceIndex>3</deviceIndex></attachment><privateIpAddressSet><item><privateIpAddress>10.9.0.3</privateIpAddress></item></privateIpAddressSet></item>
<item><attachment><deviceIndex>2</deviceIndex></attachment><privateIpAddressSet><item><privateIpAddress>10.9.0.2</privateIpAddress></item></privateIpAddressSet></item></secondaryInterfaceSet>`

// TestAllAddresses: the lists have each address once, in EC2's order, whichever element of
// the instance has it.
func TestAllAddresses(t *testing.T) {
	t.Parallel()
	var body strings.Builder
	page(&body, "", allAddresses)
	got, _, err := decode(t, body.String())
	if err != nil || len(got) != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
	for _, c := range []struct{ got, want []string }{
		{got[0].PrivateIPs, []string{"10.0.0.1", "10.0.0.2", "10.0.1.1", "10.0.1.2", "10.9.0.2", "10.9.0.3", "10.0.0.9"}},
		{got[0].PublicIPs, []string{"54.0.0.1", "155.146.0.1", "198.51.100.2", "54.0.1.1", "54.0.0.9"}},
		{got[0].IPv6s, []string{"2001:db8::1", "2001:DB8::9"}},
	} {
		if !slices.Equal(c.got, c.want) {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
	want := []PrivateIP{{"10.0.0.1", "54.0.0.1", true}, {"10.0.0.1", "155.146.0.1", true}, {"10.0.0.2", "198.51.100.2", false}}
	if ips := got[0].NetworkInterfaces[0].PrivateIPs; !slices.Equal(ips, want) {
		t.Errorf("%+v, want %+v", ips, want)
	}
	respelled, _, err := decode(t, strings.Replace(body.String(), "2001:DB8::9", "2001:DB8:0::1", 1))
	if err != nil || !slices.Equal(respelled[0].IPv6s, []string{"2001:db8::1"}) {
		t.Errorf("%q, %v: one address in two spellings", respelled[0].IPv6s, err)
	}
}

// addressWorld has an address of each kind.
const addressWorld = `{"regions": ["us-east-1", "us-west-2"], "accounts": [{"id": "000000000001", "name": "one", "hide_managed": true}], "users": [{"account": "one", "name": "u"}],
	"home": {"profile": "u", "region": "us-east-1"},
	"instances": [
		{"account": "one", "region": "us-east-1", "id": "i-0000000a", "name": "wave", "interfaces": [
			{"id": "eni-0000000a", "addresses": [{"private": "10.0.0.1", "carrier": "155.146.0.1"}, {"private": "10.0.0.2", "carrier": "155.146.0.2", "allocation_id": "auto"}]}]},
		{"account": "one", "region": "us-east-1", "id": "i-0000000b", "name": "post", "interfaces": [
			{"id": "eni-0000000b", "addresses": [{"private": "10.0.0.3", "customer": "10.50.0.3"}, {"private": "10.0.0.4", "public": "54.0.0.4", "customer": "198.51.100.4"}]}]},
		{"account": "one", "region": "us-east-1", "id": "i-0000000c", "name": "cluster", "private_ips": ["10.0.0.5"],
			"secondary": [{"private_ips": ["10.9.0.5"]}, {"private_ips": ["10.9.0.6"]}]},
		{"account": "one", "region": "us-east-1", "id": "i-0000000d", "name": "auto mode", "private_ips": ["10.0.0.6"], "operator": "eks.amazonaws.com"}],
	"interfaces": [{"account": "one", "region": "us-east-1", "kind": "elb", "owner": "app/shop/50dc6c495c0c9188", "id": "eni-0000000e",
		"addresses": [{"private": "10.0.0.7", "carrier": "155.146.0.7", "allocation_id": "auto"}]}],
	"addresses": [{"account": "one", "region": "us-east-1", "carrier": "155.146.0.8", "allocation_id": "eipalloc-0000000a"},
		{"account": "one", "region": "us-east-1", "customer": "10.50.0.9", "allocation_id": "eipalloc-0000000b"}]}`

// TestAddressesFound: instances and find find each kind, by address and by block.
func TestAddressesFound(t *testing.T) {
	t.Parallel()
	sim, r := newResolver(t, world(t, addressWorld), 4)
	for what, want := range map[string][2]string{ // of instances, of find
		"155.146.0.1":         {"i-0000000a", "eni-0000000a"},
		"155.146.0.2":         {"i-0000000a", "eni-0000000a"},
		"::ffff:155.146.0.2":  {"i-0000000a", "eni-0000000a"},
		"155.146.0.0/30":      {"i-0000000a", "eni-0000000a"},
		"155.146.0.7":         {"", "eni-0000000e"},
		"155.146.0.8":         {"", "eipalloc-0000000a"},
		"10.50.0.3":           {"i-0000000b", "eni-0000000b"},
		"10.50.0.9":           {"", "eipalloc-0000000b"},
		"198.51.100.4":        {"i-0000000b", "eni-0000000b"},
		"54.0.0.4":            {"i-0000000b", "eni-0000000b"},
		"10.9.0.6":            {"i-0000000c", "eni of i-0000000c"},
		"::ffff:10.9.0.0/120": {"i-0000000c", "eni of i-0000000c"},
		"10.0.0.6":            {"i-0000000d", "eni of i-0000000d"},
		"auto mode":           {"i-0000000d", "eni of i-0000000d"},
		"10.9.0.7":            {"", ""},
	} {
		got, ledger := sweepAll(t, r, ownAccount, Query{What: []string{what}}, 8)
		if found := strings.Join(ids(got), " "); found != want[0] || len(ledger.Gaps()) > 0 {
			t.Errorf("instances %s: %q, want %q; gaps %+v", what, found, want[0], ledger.Gaps())
		}
		findings, ledger := findAll(t, r, ownAccount, newFinder(t, r, what))
		var found []string
		for _, f := range findings {
			if id, isEni := strings.CutPrefix(want[1], "eni of "); isEni && f.InstanceId == id {
				f.Id = want[1]
			}
			if !slices.Equal(f.Matched, []string{what}) {
				t.Errorf("%s: matched %q", what, f.Matched)
			}
			found = append(found, f.Id)
		}
		if strings.Join(found, " ") != want[1] || len(ledger.Gaps()) > 0 {
			t.Errorf("find %s: %q, want %q; gaps %+v", what, found, want[1], ledger.Gaps())
		}
	}
	truth := map[string][2][]string{}
	for _, in := range sim.Truth() {
		truth[in.ID] = [2][]string{in.PrivateIPs, in.PublicIPs}
	}
	all, _ := sweepAll(t, r, ownAccount, Query{}, 8)
	for _, in := range all {
		if want := truth[in.InstanceId]; !slices.Equal(in.PrivateIPs, want[0]) || !slices.Equal(in.PublicIPs, want[1]) {
			t.Errorf("%s: %q %q, want %q", in.InstanceId, in.PrivateIPs, in.PublicIPs, want)
		}
	}
	if len(all) != 4 {
		t.Errorf("%d instances, want 4", len(all))
	}
	sim.CheckRequests(t)
}

// TestWithoutSecondary: if DescribeSecondaryInterfaces does not exist or is denied, all
// instances are checked instead.
func TestWithoutSecondary(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"InvalidAction", "UnauthorizedOperation"} {
		api, place := served(t, func(w http.ResponseWriter, r *http.Request) {
			switch narrowed := r.Form.Has("Filter.1.Name"); r.Form.Get("Action") {
			case "DescribeInstances":
				if narrowed {
					page(w, "")
				} else {
					page(w, "", allAddresses, "<instanceId>i-0000000b</instanceId>")
				}
			case "DescribeNetworkInterfaces":
				io.WriteString(w, "<DescribeNetworkInterfacesResponse><networkInterfaceSet>")
				if slices.Contains(r.Form["Filter.1.Value.1"], "i-0000000a") {
					io.WriteString(w, "<item><networkInterfaceId>eni-0000000a</networkInterfaceId><attachment><instanceId>i-0000000a</instanceId><deviceIndex>0</deviceIndex></attachment></item>")
				}
				io.WriteString(w, "</networkInterfaceSet></DescribeNetworkInterfacesResponse>")
			case "DescribeAddresses":
				io.WriteString(w, "<DescribeAddressesResponse><addressesSet/></DescribeAddressesResponse>")
			default:
				w.WriteHeader(http.StatusForbidden)
				fmt.Fprintf(w, "<Response><Errors><Error><Code>%s</Code><Message>no</Message></Error></Errors></Response>", code)
			}
		})
		for _, what := range []string{"10.9.0.3", "10.0.0.9"} {
			got, err := visit(t, api, place, Query{What: []string{what}})
			if err != nil || !slices.Equal(ids(got), []string{"i-0000000a"}) {
				t.Errorf("%s, %s: %q, %v", code, what, ids(got), err)
			}
			f, err := NewFinder(api, []string{what})
			if err != nil {
				t.Fatal(err)
			}
			var found []Finding
			if err := f.Visit(t.Context(), place, func(page []Finding) { found = append(found, page...) }); err != nil || len(found) != 1 {
				t.Fatalf("%s, %s: %+v, %v", code, what, found, err)
			}
			if found[0].Id != "eni-0000000a" || found[0].Owner != "i-0000000a" || found[0].Name != "web" || !slices.Contains(found[0].PrivateIPs, what) {
				t.Errorf("%s, %s: %+v", code, what, found[0])
			}
		}
	}
}

// TestDecodeAssociations: a candidate has an interface's carrier and customer-owned
// addresses, and the ones of the interface itself that its lists lack.
func TestDecodeAssociations(t *testing.T) {
	t.Parallel()
	body := `<DescribeNetworkInterfacesResponse><networkInterfaceSet><item><networkInterfaceId>eni-0000000a</networkInterfaceId>
		<privateIpAddress>10.0.0.1</privateIpAddress><ipv6Address>2001:db8::2</ipv6Address>
		<association><publicIp>54.0.0.1</publicIp><allocationId>eipalloc-a</allocationId><associationId>eipassoc-a</associationId></association>
		<privateIpAddressesSet><item><privateIpAddress>10.0.0.2</privateIpAddress><association><carrierIp>155.146.0.2</carrierIp><customerOwnedIp>198.51.100.2</customerOwnedIp>
			<allocationId>eipalloc-b</allocationId></association></item></privateIpAddressesSet>
		<ipv6AddressesSet><item><ipv6Address>2001:db8::1</ipv6Address></item></ipv6AddressesSet></item></networkInterfaceSet></DescribeNetworkInterfacesResponse>`
	found, _, err := decodeInterfaces(strings.NewReader(body), here)
	if err != nil || len(found) != 1 {
		t.Fatalf("%+v, %v", found, err)
	}
	c := found[0]
	got := [][]string{c.PrivateIPs, c.PublicIPs, c.IPv6s, c.AllocationIds, c.associations}
	want := [][]string{{"10.0.0.1", "10.0.0.2"}, {"54.0.0.1", "155.146.0.2", "198.51.100.2"}, {"2001:db8::1", "2001:db8::2"}, {"eipalloc-b", "eipalloc-a"}, {"eipassoc-a"}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
