package awssim

import (
	"context"
	"strings"
	"testing"
)

func TestFilters(t *testing.T) {
	t.Parallel()
	s := start(t, `{"accounts": [{"id": "000000000001", "name": "one"}], "users": [{"account": "one", "name": "u"}], "instances": [
		{"account": "one", "region": "us-east-1", "id": "i-0000000a", "name": "web*", "type": "m5.large", "private_ips": ["10.0.0.1", "10.0.0.2"],
		 "public_ips": ["3.0.0.1", "3.0.0.2"], "tags": {"env": "prod"}, "vpc": "vpc-1", "groups": [{"id": "sg-1", "name": "front"}]},
		{"account": "one", "region": "us-east-1", "id": "i-0000000b", "name": "web-2", "type": "t3.micro", "state": "stopped", "ipv6s": ["2001:db8::1"]},
		{"account": "one", "region": "us-east-1", "id": "i-0000000c", "type": "t3.micro", "state": "terminated", "platform": "windows"}]}`)
	api := firstUser(s, "us-east-1")
	for _, c := range []struct{ name, values, want string }{
		{"instance-id", "i-0000000a i-0000000c", "ac"},
		{"tag:Name", "web*", "ab"},
		{"tag:Name", `web\*`, "a"},
		{"tag:Name", "web-?", "b"},
		{"tag:Name", "WEB*", ""},
		{"tag-key", "env", "a"},
		{"instance-state-name", "stopped terminated", "bc"},
		{"instance-state-code", "16", "a"},
		{"instance-type", "t3.*", "bc"},
		{"private-ip-address", "10.0.0.1", "a"},
		{"private-ip-address", "10.0.0.2", ""}, // the primary one only
		{"ip-address", "3.0.0.1", "a"},
		{"ip-address", "3.0.0.2", ""},
		{"network-interface.addresses.private-ip-address", "10.0.0.2", "a"},
		{"network-interface.addresses.association.public-ip", "3.0.0.2", "a"},
		{"network-interface.ipv6-addresses.ipv6-address", "2001:db8::1", "b"},
		{"ipv6-address", "2001:db8::*", "b"},
		{"vpc-id", "vpc-1", "a"},
		{"instance.group-name", "front", "a"},
		{"network-interface.group-id", "sg-1", "a"},
		{"platform", "windows", "c"},
		{"owner-id", "000000000001", "abc"},
		{"hypervisor", "xen", "abc"},
		{"host-id", "*", ""},
	} {
		out, err := invoke(api, "ec2", "DescribeInstances", "Filters", filter(c.name, strings.Fields(c.values)...))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		got := ""
		for _, r := range out.Objects("Reservations") {
			for _, in := range r.Objects("Instances") {
				got += strings.TrimPrefix(in.Text("InstanceId"), "i-0000000")
			}
		}
		if got != c.want {
			t.Errorf("%s=%s: got %q, want %q", c.name, c.values, got, c.want)
		}
	}
	_, err := invoke(api, "ec2", "DescribeInstances", "Filters", filter("instance-name", "x"))
	if err == nil || !strings.Contains(err.Error(), "InvalidParameterValue: The filter 'instance-name' is invalid") {
		t.Error(err)
	}
	_, err = invoke(api, "ec2", "DescribeInstances", "Filters", filter("instance-type", make([]string, 201)...))
	wantCode(t, err, "FilterLimitExceeded")
	_, err = invoke(api, "ec2", "DescribeInstances", "InstanceIds", []string{"i-0000000a", "i-0000000f"})
	wantCode(t, err, "InvalidInstanceID.NotFound")
	_, err = invoke(api, "ec2", "DescribeInstances", "InstanceIds", []string{"web"})
	wantCode(t, err, "InvalidInstanceID.Malformed")
	out, err := invoke(api, "ec2", "DescribeInstances", "InstanceIds", []string{"i-0000000b"})
	if err != nil || len(out.Objects("Reservations")) != 1 {
		t.Error(out, err)
	}
	_, err = invoke(api, "ec2", "DescribeInstances", "DryRun", true)
	wantCode(t, err, "DryRunOperation")
}

// TestDocumentedFilters asks with every filter that the SDK's documentation of DescribeInstances lists.
func TestDocumentedFilters(t *testing.T) {
	t.Parallel()
	for _, name := range strings.Fields(documentedFilters) {
		if instanceFilters()[name] == nil && name != "tag-key" {
			t.Errorf("%s is refused", name)
		}
	}
}

const documentedFilters = `
affinity architecture availability-zone availability-zone-id block-device-mapping.attach-time block-device-mapping.delete-on-termination
block-device-mapping.device-name block-device-mapping.status block-device-mapping.volume-id boot-mode capacity-reservation-id
capacity-reservation-specification.capacity-reservation-preference client-token current-instance-boot-mode dns-name ebs-optimized
ena-support enclave-options.enabled hibernation-options.configured host-id hypervisor iam-instance-profile.arn iam-instance-profile.id
image-id instance-id instance-lifecycle instance-state-code instance-state-name instance-type instance.group-id instance.group-name
ip-address ipv6-address kernel-id key-name launch-index launch-time maintenance-options.auto-recovery metadata-options.http-endpoint
metadata-options.http-protocol-ipv4 metadata-options.http-protocol-ipv6 metadata-options.http-put-response-hop-limit
metadata-options.http-tokens metadata-options.instance-metadata-tags metadata-options.state monitoring-state
network-interface.addresses.association.allocation-id network-interface.addresses.association.association-id
network-interface.addresses.association.carrier-ip network-interface.addresses.association.customer-owned-ip
network-interface.addresses.association.ip-owner-id network-interface.addresses.association.public-dns-name
network-interface.addresses.association.public-ip network-interface.addresses.primary network-interface.addresses.private-dns-name
network-interface.addresses.private-ip-address network-interface.association.allocation-id network-interface.association.association-id
network-interface.association.carrier-ip network-interface.association.customer-owned-ip network-interface.association.ip-owner-id
network-interface.association.public-dns-name network-interface.association.public-ip network-interface.attachment.attach-time
network-interface.attachment.attachment-id network-interface.attachment.delete-on-termination network-interface.attachment.device-index
network-interface.attachment.instance-id network-interface.attachment.instance-owner-id network-interface.attachment.network-card-index
network-interface.attachment.status network-interface.availability-zone network-interface.deny-all-igw-traffic network-interface.description
network-interface.group-id network-interface.group-name network-interface.ipv4-prefixes.ipv4-prefix network-interface.ipv6-address
network-interface.ipv6-addresses.ipv6-address network-interface.ipv6-addresses.is-primary-ipv6 network-interface.ipv6-native
network-interface.ipv6-prefixes.ipv6-prefix network-interface.mac-address network-interface.network-interface-id
network-interface.operator.managed network-interface.operator.principal network-interface.outpost-arn network-interface.owner-id
network-interface.private-dns-name network-interface.private-ip-address network-interface.public-dns-name network-interface.requester-id
network-interface.requester-managed network-interface.status network-interface.source-dest-check network-interface.subnet-id
network-interface.tag-key network-interface.tag-value network-interface.vpc-id network-performance-options.bandwidth-weighting
operator.managed operator.principal outpost-arn owner-id placement-group-name placement-partition-number platform platform-details
private-dns-name private-dns-name-options.enable-resource-name-dns-a-record private-dns-name-options.enable-resource-name-dns-aaaa-record
private-dns-name-options.hostname-type private-ip-address product-code product-code.type ramdisk-id reason requester-id reservation-id
root-device-name root-device-type source-dest-check spot-instance-request-id state-reason-code state-reason-message subnet-id tag-key
tenancy tpm-support usage-operation usage-operation-update-time virtualization-type vpc-id`

func TestInterfaces(t *testing.T) {
	t.Parallel()
	s := start(t, `{"accounts": [{"id": "000000000001", "name": "one"}], "users": [{"account": "one", "name": "u"}], "ec2": {"page_size": 2, "empty_pages": true},
		"instances": [{"account": "one", "region": "us-east-1", "id": "i-0000000a", "interfaces": [{"id": "eni-0000000a", "ipv6s": ["2001:db8::1"],
			"addresses": [{"private": "10.0.0.1", "public": "3.0.0.1"}, {"private": "10.0.0.2", "public": "3.0.0.2", "allocation_id": "eipalloc-2"}]}]}],
		"interfaces": [
			{"account": "one", "region": "us-east-1", "kind": "elb", "owner": "app/shop/1", "id": "eni-0000000b", "dns": "shop.example", "addresses": [{"private": "10.0.0.3", "public": "3.0.0.3"}]},
			{"account": "one", "region": "us-east-1", "kind": "nat", "owner": "nat-7", "id": "eni-0000000c", "addresses": [{"private": "10.0.0.4", "public": "3.0.0.4", "allocation_id": "eipalloc-4"}]},
			{"account": "one", "region": "us-east-1", "kind": "unattached", "owner": "spare part", "id": "eni-0000000d", "addresses": [{"private": "auto"}], "tags": {"env": "dev"},
			 "groups": [{"id": "sg-1", "name": "front"}], "vpc": "vpc-1", "mac": "06:00:00:00:00:01"}],
		"addresses": [{"account": "one", "region": "us-east-1", "public": "3.0.0.9", "allocation_id": "eipalloc-9", "tags": {"env": "dev"}}]}`)
	api := firstUser(s, "us-east-1")
	for _, c := range []struct{ name, value, want string }{
		{"network-interface-id", "eni-0000000a", "a"},
		{"addresses.private-ip-address", "10.0.0.2", "a"},
		{"private-ip-address", "10.0.0.2", ""},
		{"addresses.association.public-ip", "3.0.0.*", "abc"},
		{"association.public-ip", "3.0.0.2", ""},
		{"association.public-dns-name", "ec2-3-0-0-3.compute-1.amazonaws.com", "b"},
		{"association.allocation-id", "eipalloc-4", "c"},
		{"private-dns-name", "ip-10-0-0-4.ec2.internal", "c"},
		{"ipv6-addresses.ipv6-address", "*2001:*db8:*1", "a"},
		{"attachment.instance-id", "i-0000000a", "a"},
		{"attachment.instance-owner-id", "amazon-*", "bc"},
		{"description", "*nat-7", "c"},
		{"description", "ELB app/shop/*", "b"},
		{"interface-type", "nat_gateway", "c"},
		{"requester-id", "amazon-elb", "b"},
		{"requester-managed", "false", "ad"},
		{"status", "available", "d"},
		{"tag:env", "dev", "d"},
		{"tag-key", "env", "d"},
		{"group-id", "sg-1", "d"},
		{"vpc-id", "vpc-1", "d"},
		{"mac-address", "06:00:00:00:00:01", "d"},
	} {
		var got string
		for _, e := range invokeAll(t, api, "ec2", "DescribeNetworkInterfaces", "NetworkInterfaces", "Filters", filter(c.name, c.value), "MaxResults", 5) {
			got += strings.TrimPrefix(e.Text("NetworkInterfaceId"), "eni-0000000")
		}
		if got != c.want {
			t.Errorf("%s=%s: got %q, want %q", c.name, c.value, got, c.want)
		}
	}
	for _, c := range []struct{ name, value, want string }{
		{"public-ip", "3.0.0.9", "9"}, {"private-ip-address", "10.0.0.2", "2"}, {"allocation-id", "eipalloc-*", "924"}, {"instance-id", "i-0000000a", "2"},
		{"network-interface-id", "eni-0000000c", "4"}, {"association-id", "eipassoc-*", "24"}, {"tag:env", "*", "9"}, {"public-ip", "3.0.0.1", ""},
	} {
		out, err := invoke(api, "ec2", "DescribeAddresses", "Filters", filter(c.name, c.value))
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		got := ""
		for _, a := range out.Objects("Addresses") {
			got += strings.TrimPrefix(a.Text("AllocationId"), "eipalloc-")
		}
		if got != c.want {
			t.Errorf("%s=%s: got %q, want %q", c.name, c.value, got, c.want)
		}
	}
	ips, err := s.LookupHost(context.Background(), "Shop.example.")
	if err != nil || len(ips) != 1 || ips[0].String() != "3.0.0.3" {
		t.Error(ips, err)
	}
	if _, err := s.LookupHost(context.Background(), "shop.example.com"); err == nil {
		t.Error("a host that nobody has is found")
	}
	wantProblems(t, s)

	interfaces := func(in ...any) error {
		_, err := invoke(api, "ec2", "DescribeNetworkInterfaces", in...)
		return err
	}
	wantCode(t, interfaces("NetworkInterfaceIds", []string{"eni-0000000a"}, "MaxResults", 5), "InvalidParameterCombination")
	wantCode(t, interfaces("NetworkInterfaceIds", []string{"eni-0000000f"}), "InvalidNetworkInterfaceID.NotFound")
	wantCode(t, interfaces("NetworkInterfaceIds", []string{"web"}), "InvalidNetworkInterfaceId.Malformed")
	wantCode(t, interfaces("MaxResults", 1001), "InvalidParameterValue")
	wantCode(t, interfaces("Filters", filter("addresses.private-dns-name", "x")), "InvalidParameterValue")
	_, err = invoke(api, "ec2", "DescribeAddresses", "AllocationIds", []string{"eipalloc-1"})
	wantCode(t, err, "InvalidAllocationID.NotFound")
	_, err = invoke(api, "ec2", "DescribeAddresses", "PublicIps", []string{"3.0.0.8"})
	wantCode(t, err, "InvalidAddress.NotFound")
}

func TestWildcard(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pattern, text string
		want          bool
	}{
		{"", "", true}, {"", "a", false}, {"*", "", true}, {"a*c", "abbc", true}, {"a*c", "abbcd", false}, {"a*b*c", "aXbYbZc", true},
		{"?", "ü", true}, {"??", "a", false}, {`\*`, "*", true}, {`\*`, "a", false}, {`a\\b`, `a\b`, true}, {`*\?`, "what?", true}, {"**a", "a", true},
	} {
		if got := wildcard(c.pattern, c.text); got != c.want {
			t.Errorf("%q on %q: %v", c.pattern, c.text, got)
		}
	}
}
