package awssim

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// instanceFilters are the documented filters of DescribeInstances. Each reads the values that it compares.
var instanceFilters = sync.OnceValue(func() map[string]func(*Instance) []string {
	all := map[string]func(*Instance) []string{}
	maps.Copy(all, ofManyValues)
	for name, read := range ofOneValue {
		all[name] = func(in *Instance) []string { return []string{read(in)} }
	}
	for name, value := range sameForAll {
		all[name] = func(*Instance) []string { return []string{value} }
	}
	for _, name := range strings.Fields(emptyFilters) {
		all[name] = func(*Instance) []string { return nil }
	}
	ofInterfaces := maps.Clone(interfaceFilters)
	for name, value := range sameForInterfaces {
		ofInterfaces[name] = func(*Instance, *Interface) []string { return []string{value} }
	}
	for name, read := range ofInterfaces {
		all["network-interface."+name] = func(in *Instance) []string {
			var values []string
			for i := range in.Interfaces {
				values = append(values, read(in, &in.Interfaces[i])...)
			}
			return values
		}
	}
	return all
})

func instanceTags(in *Instance) map[string]string { return in.Tags }

// ofOneValue compare one value; "" matches only * and "".
var ofOneValue = map[string]func(*Instance) string{
	"architecture":                             func(in *Instance) string { return in.Architecture },
	"availability-zone":                        func(in *Instance) string { return in.Zone },
	"block-device-mapping.attach-time":         func(in *Instance) string { return stamp(in.Launched) },
	"block-device-mapping.volume-id":           func(in *Instance) string { return volume(in) },
	"usage-operation-update-time":              func(in *Instance) string { return stamp(in.Launched) },
	"client-token":                             func(in *Instance) string { return clientToken(in) },
	"iam-instance-profile.arn":                 func(in *Instance) string { return in.Profile },
	"iam-instance-profile.id":                  profileID,
	"image-id":                                 func(in *Instance) string { return in.Image },
	"instance-id":                              func(in *Instance) string { return in.ID },
	"instance-lifecycle":                       func(in *Instance) string { return in.Lifecycle },
	"instance-state-code":                      func(in *Instance) string { return stateCode(in.State) },
	"instance-state-name":                      func(in *Instance) string { return in.State },
	"instance-type":                            func(in *Instance) string { return in.Type },
	"ip-address":                               func(in *Instance) string { return primary(in).Public },
	"key-name":                                 func(in *Instance) string { return in.Key },
	"metadata-options.http-tokens":             httpTokens,
	"launch-time":                              func(in *Instance) string { return stamp(in.Launched) },
	"network-interface.attachment.instance-id": func(in *Instance) string { return in.ID },
	"operator.managed":                         func(in *Instance) string { return strconv.FormatBool(in.Operator != "") },
	"operator.principal":                       func(in *Instance) string { return in.Operator },
	"owner-id":                                 func(in *Instance) string { return in.Account },
	"platform":                                 func(in *Instance) string { return in.Platform },
	"platform-details":                         platformDetails,
	"private-dns-name":                         func(in *Instance) string { return privateDNS(in.Region, primary(in).Private) },
	"dns-name":                                 func(in *Instance) string { return publicDNS(in.Region, primary(in).Public) },
	"private-ip-address":                       func(in *Instance) string { return primary(in).Private },
	"reservation-id":                           func(in *Instance) string { return in.Reservation },
	"subnet-id":                                func(in *Instance) string { return in.Subnet },
	"vpc-id":                                   func(in *Instance) string { return in.VPC },
}

// ofManyValues compare several values, of which one must match.
var ofManyValues = map[string]func(*Instance) []string{
	"tag-value":           func(in *Instance) []string { return slices.Collect(maps.Values(in.Tags)) },
	"ipv6-address":        func(in *Instance) []string { return in.IPv6s },
	"instance.group-id":   func(in *Instance) []string { return groupIDs(in.Groups) },
	"instance.group-name": func(in *Instance) []string { return groupNames(in.Groups) },
	"group-id":            func(in *Instance) []string { return groupIDs(in.Groups) },
	"group-name":          func(in *Instance) []string { return groupNames(in.Groups) },
}

// interfaceFilters begin with network-interface; one interface must match.
var interfaceFilters = map[string]func(*Instance, *Interface) []string{
	"addresses.private-ip-address":    func(_ *Instance, eni *Interface) []string { return addresses(eni, false) },
	"addresses.association.public-ip": func(_ *Instance, eni *Interface) []string { return addresses(eni, true) },
	"addresses.association.carrier-ip": func(_ *Instance, eni *Interface) []string {
		return each(eni, func(a Address) string { return a.Carrier })
	},
	"addresses.association.customer-owned-ip": func(_ *Instance, eni *Interface) []string {
		return each(eni, func(a Address) string { return a.Customer })
	},
	"association.carrier-ip":        func(_ *Instance, eni *Interface) []string { return []string{first(eni).Carrier} },
	"association.customer-owned-ip": func(_ *Instance, eni *Interface) []string { return []string{first(eni).Customer} },
	"association.public-ip":         func(_ *Instance, eni *Interface) []string { return []string{first(eni).Public} },
	"private-ip-address":            func(_ *Instance, eni *Interface) []string { return []string{first(eni).Private} },
	"ipv6-addresses.ipv6-address":   func(_ *Instance, eni *Interface) []string { return eni.IPv6s },
	"ipv6-address":                  func(_ *Instance, eni *Interface) []string { return eni.IPv6s },
	"ipv4-prefixes.ipv4-prefix":     func(_ *Instance, eni *Interface) []string { return prefixes(eni, false) },
	"ipv6-prefixes.ipv6-prefix":     func(_ *Instance, eni *Interface) []string { return prefixes(eni, true) },
	"network-interface-id":          func(_ *Instance, eni *Interface) []string { return []string{eni.ID} },
	"mac-address":                   func(_ *Instance, eni *Interface) []string { return []string{eni.MAC} },
	"subnet-id":                     func(_ *Instance, eni *Interface) []string { return []string{eni.Subnet} },
	"vpc-id":                        func(_ *Instance, eni *Interface) []string { return []string{eni.VPC} },
	"group-id":                      func(_ *Instance, eni *Interface) []string { return groupIDs(eni.Groups) },
	"group-name":                    func(_ *Instance, eni *Interface) []string { return groupNames(eni.Groups) },
	"attachment.device-index":       func(_ *Instance, eni *Interface) []string { return []string{strconv.Itoa(*eni.DeviceIndex)} },
	"operator.managed":              func(in *Instance, _ *Interface) []string { return []string{strconv.FormatBool(in.Operator != "")} },
	"operator.principal":            func(in *Instance, _ *Interface) []string { return []string{in.Operator} },
	"availability-zone":             func(in *Instance, _ *Interface) []string { return []string{in.Zone} },
	"owner-id":                      func(in *Instance, _ *Interface) []string { return []string{in.Account} },
	"attachment.instance-owner-id":  func(in *Instance, _ *Interface) []string { return []string{in.Account} },
	"private-dns-name": func(in *Instance, eni *Interface) []string {
		return []string{privateDNS(in.Region, first(eni).Private)}
	},
	"addresses.association.ip-owner-id":     func(in *Instance, eni *Interface) []string { return ipOwners(eni, in.Account) },
	"association.ip-owner-id":               func(in *Instance, eni *Interface) []string { return []string{first(eni).ipOwner(in.Account)} },
	"addresses.association.public-dns-name": func(in *Instance, eni *Interface) []string { return names(publicDNS, in.Region, addresses(eni, true)) },
	"association.public-dns-name":           func(in *Instance, eni *Interface) []string { return []string{publicDNS(in.Region, first(eni).Public)} },
	"public-dns-name":                       func(in *Instance, eni *Interface) []string { return []string{publicDNS(in.Region, first(eni).Public)} },
	"addresses.private-dns-name": func(in *Instance, eni *Interface) []string {
		return names(privateDNS, in.Region, addresses(eni, false))
	},
	"attachment.attach-time":   func(in *Instance, _ *Interface) []string { return []string{stamp(in.Launched)} },
	"attachment.attachment-id": func(_ *Instance, eni *Interface) []string { return []string{attachment(eni)} },
	"addresses.primary": func(_ *Instance, eni *Interface) []string {
		return []string{"true", "false"}[:min(2, len(eni.Addresses))]
	},
}

// sameForAll are filters on fields that have one value in the simulator.
var sameForAll = map[string]string{
	"block-device-mapping.delete-on-termination": "true", "block-device-mapping.device-name": "/dev/xvda", "block-device-mapping.status": "attached",
	"ebs-optimized": "false", "ena-support": "true", "enclave-options.enabled": "false", "hibernation-options.configured": "false",
	"hypervisor": "xen", "launch-index": "0", "metadata-options.http-endpoint": "enabled",
	"metadata-options.state": "applied", "metadata-options.http-put-response-hop-limit": "2", "monitoring-state": "disabled",
	"root-device-name": "/dev/xvda", "root-device-type": "ebs", "source-dest-check": "true", "tenancy": "default",
	"virtualization-type": "hvm", "usage-operation": "RunInstances", "boot-mode": "uefi-preferred", "current-instance-boot-mode": "legacy-bios",
	"metadata-options.http-protocol-ipv4": "enabled", "metadata-options.http-protocol-ipv6": "disabled", "metadata-options.instance-metadata-tags": "disabled",
	"private-dns-name-options.enable-resource-name-dns-a-record":    "false",
	"private-dns-name-options.enable-resource-name-dns-aaaa-record": "false", "private-dns-name-options.hostname-type": "ip-name",
	"capacity-reservation-specification.capacity-reservation-preference": "open", "maintenance-options.auto-recovery": "default",
}

// sameForInterfaces are filters that begin with network-interface, on fields that have one value in the simulator.
var sameForInterfaces = map[string]string{
	"status": "in-use", "attachment.status": "attached", "attachment.delete-on-termination": "true", "attachment.network-card-index": "0",
	"source-dest-check": "true", "requester-managed": "false", "deny-all-igw-traffic": "false", "ipv6-addresses.is-primary-ipv6": "false",
	"ipv6-native": "false",
}

// emptyFilters are documented filters on fields that are always empty in the simulator.
const emptyFilters = `affinity availability-zone-id capacity-reservation-id capacity-reservation-specification.capacity-reservation-target.capacity-reservation-id
	capacity-reservation-specification.capacity-reservation-target.capacity-reservation-resource-group-arn host-id kernel-id
	network-interface.addresses.association.allocation-id network-interface.addresses.association.association-id
	network-interface.association.allocation-id network-interface.association.association-id network-interface.description
	network-interface.outpost-arn network-interface.requester-id
	network-interface.tag-key network-interface.tag-value network-performance-options.bandwidth-weighting outpost-arn
	placement-group-name placement-partition-number product-code product-code.type ramdisk-id reason requester-id spot-instance-request-id
	state-reason-code state-reason-message tpm-support`

func primary(in *Instance) Address {
	for i := range in.Interfaces {
		if *in.Interfaces[i].DeviceIndex == 0 {
			return first(&in.Interfaces[i])
		}
	}
	return Address{}
}

func first(eni *Interface) Address {
	if len(eni.Addresses) == 0 {
		return Address{}
	}
	return eni.Addresses[0]
}

func addresses(eni *Interface, public bool) []string {
	return each(eni, func(a Address) string {
		if public {
			return a.Public
		}
		return a.Private
	})
}

// each returns a value of each of an interface's addresses.
func each(eni *Interface, read func(Address) string) []string {
	var list []string
	for _, a := range eni.Addresses {
		if ip := read(a); ip != "" {
			list = append(list, ip)
		}
	}
	return list
}

func prefixes(eni *Interface, six bool) []string {
	var list []string
	for _, prefix := range eni.Prefixes {
		if strings.Contains(prefix, ":") == six {
			list = append(list, prefix)
		}
	}
	return list
}

func groupIDs(groups []Group) []string {
	var list []string
	for _, g := range groups {
		list = append(list, g.ID)
	}
	return list
}

func groupNames(groups []Group) []string {
	var list []string
	for _, g := range groups {
		list = append(list, g.Name)
	}
	return list
}

// ipOwners returns the owners of an interface's public addresses.
func ipOwners(eni *Interface, account string) []string {
	var list []string
	for _, address := range eni.Addresses {
		if owner := address.ipOwner(account); owner != "" {
			list = append(list, owner)
		}
	}
	return list
}

func names(dns func(region, ip string) string, region string, ips []string) []string {
	var list []string
	for _, ip := range ips {
		list = append(list, dns(region, ip))
	}
	return list
}
