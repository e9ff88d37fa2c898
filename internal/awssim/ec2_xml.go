package awssim

import (
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// instances writes a page of DescribeInstances piece by piece: a page of a thousand instances needs little memory, even
// with many requests at a time.
func (x *xmlWriter) instances(w io.Writer, part page, at func(int) Instance) error {
	const piece = 32 << 10
	x.begin().open("DescribeInstancesResponse", "xmlns", namespaceEC2).elem("requestId", requestID)
	if part.from == part.to {
		x.elem("reservationSet", "")
	} else {
		x.open("reservationSet")
	}
	reservation := ""
	closeReservation := func() {
		if reservation != "" {
			x.close("instancesSet").close("item")
		}
	}
	for i := part.from; i < part.to; i++ {
		in := at(i)
		if in.Reservation != reservation {
			closeReservation()
			reservation = in.Reservation
			x.open("item").elem("reservationId", reservation).elem("ownerId", in.Account).elem("groupSet", "").open("instancesSet")
		}
		x.instance(&in)
		if len(x.buf) > piece {
			if _, err := w.Write(x.buf); err != nil {
				return err
			}
			x.buf = x.buf[:0]
		}
	}
	closeReservation()
	if part.from < part.to {
		x.close("reservationSet")
	}
	x.opt("nextToken", part.next).close("DescribeInstancesResponse")
	_, err := w.Write(x.buf)
	return err
}

// instance writes the item of one instance, with every element that EC2 has.
func (x *xmlWriter) instance(in *Instance) {
	alive := in.State != "terminated"
	main := primary(in)
	launched := stamp(in.Launched)
	x.open("item").elem("instanceId", in.ID).elem("imageId", in.Image)
	x.open("instanceState").elem("code", stateCode(in.State)).elem("name", in.State).close("instanceState")
	x.elem("privateDnsName", privateDNS(in.Region, main.Private)).elem("dnsName", publicDNS(in.Region, main.Public))
	if in.State == "running" || in.State == "pending" {
		x.elem("reason", "")
	} else {
		x.elem("reason", "User initiated ("+in.Launched.Format("2006-01-02 15:04:05 GMT")+")")
	}
	x.opt("keyName", in.Key).elem("amiLaunchIndex", "0").elem("productCodes", "").elem("instanceType", in.Type).elem("launchTime", launched)
	x.open("placement").elem("availabilityZone", in.Zone).elem("groupName", "").elem("tenancy", "default").close("placement")
	x.opt("platform", in.Platform).raw(constantMonitoring)
	x.opt("subnetId", in.Subnet).opt("vpcId", in.VPC).opt("privateIpAddress", main.Private).opt("ipAddress", main.Public)
	x.elem("sourceDestCheck", "true")
	x.groups(in.Groups)
	x.elem("architecture", in.Architecture).elem("rootDeviceType", "ebs").elem("rootDeviceName", "/dev/xvda")
	if alive {
		x.open("blockDeviceMapping").open("item").elem("deviceName", "/dev/xvda").open("ebs")
		x.elem("volumeId", volume(in)).elem("status", "attached").elem("attachTime", launched).elem("deleteOnTermination", "true")
		x.close("ebs").close("item").close("blockDeviceMapping")
	} else {
		x.elem("blockDeviceMapping", "")
	}
	x.opt("instanceLifecycle", in.Lifecycle)
	if in.Lifecycle == "spot" {
		x.elem("spotInstanceRequestId", "sir-"+suffix(in.ID)[:8])
	}
	x.elem("virtualizationType", "hvm").elem("clientToken", clientToken(in))
	if len(in.Tags) > 0 {
		x.open("tagSet")
		for _, key := range slices.Sorted(maps.Keys(in.Tags)) {
			x.open("item").elem("key", key).elem("value", in.Tags[key]).close("item")
		}
		x.close("tagSet")
	}
	x.elem("hypervisor", "xen")
	if len(in.Interfaces) == 0 {
		x.elem("networkInterfaceSet", "")
	} else {
		x.open("networkInterfaceSet")
		for i := range in.Interfaces {
			x.networkInterface(in, &in.Interfaces[i], launched)
		}
		x.close("networkInterfaceSet")
	}
	if len(in.Secondary) > 0 {
		x.list("secondaryInterfaceSet", len(in.Secondary), func(i int) { x.secondaryOfInstance(&in.Secondary[i]) })
	}
	if in.Profile != "" {
		x.open("iamInstanceProfile").elem("arn", in.Profile).elem("id", profileID(in)).close("iamInstanceProfile")
	}
	x.opt("ipv6Address", firstOf(in.IPv6s))
	x.raw(constantOptions).raw("                        <httpTokens>" + httpTokens(in) + "</httpTokens>\n").raw(constantMetadata)
	x.elem("platformDetails", platformDetails(in)).elem("usageOperation", "RunInstances").elem("usageOperationUpdateTime", launched)
	x.raw(constantEnd).operator(in.Operator).close("item")
}

func (x *xmlWriter) networkInterface(in *Instance, eni *Interface, launched string) {
	main := first(eni)
	dns := privateDNS(in.Region, main.Private)
	x.open("item").elem("networkInterfaceId", eni.ID).elem("subnetId", eni.Subnet).elem("vpcId", eni.VPC).elem("description", "")
	x.elem("ownerId", in.Account).elem("status", "in-use").elem("macAddress", eni.MAC)
	x.opt("privateIpAddress", main.Private).elem("privateDnsName", dns).elem("sourceDestCheck", "true")
	x.groups(eni.Groups)
	x.open("attachment").elem("attachmentId", attachment(eni)).elem("deviceIndex", strconv.Itoa(*eni.DeviceIndex))
	x.elem("status", "attached").elem("attachTime", launched).elem("deleteOnTermination", "true").elem("networkCardIndex", "0").close("attachment")
	x.association(in, main)
	x.open("privateIpAddressesSet")
	for i, address := range eni.Addresses {
		x.open("item").elem("privateIpAddress", address.Private).elem("privateDnsName", privateDNS(in.Region, address.Private))
		x.elem("primary", strconv.FormatBool(i == 0))
		x.association(in, address)
		x.close("item")
	}
	x.close("privateIpAddressesSet")
	if len(eni.IPv6s) == 0 {
		x.elem("ipv6AddressesSet", "")
	} else {
		x.open("ipv6AddressesSet")
		for _, ip := range eni.IPv6s {
			x.open("item").elem("ipv6Address", ip).elem("isPrimaryIpv6", "false").close("item")
		}
		x.close("ipv6AddressesSet")
	}
	x.prefixes(eni)
	x.elem("interfaceType", "interface").operator(in.Operator).close("item")
}

// operator writes the service that manages a resource, if there is one.
func (x *xmlWriter) operator(principal string) *xmlWriter {
	x.open("operator").elem("managed", strconv.FormatBool(principal != ""))
	return x.opt("principal", principal).close("operator")
}

func (x *xmlWriter) association(in *Instance, address Address) {
	if len(address.associated()) == 0 {
		return
	}
	x.open("association").opt("publicIp", address.Public).elem("publicDnsName", publicDNS(in.Region, address.Public))
	x.opt("carrierIp", address.Carrier).opt("customerOwnedIp", address.Customer)
	x.elem("ipOwnerId", address.ipOwner(in.Account)).close("association")
}

func (x *xmlWriter) groups(groups []Group) {
	if len(groups) == 0 {
		x.elem("groupSet", "")
		return
	}
	x.open("groupSet")
	for _, g := range groups {
		x.open("item").elem("groupId", g.ID).elem("groupName", g.Name).close("item")
	}
	x.close("groupSet")
}

// These elements are the same for every instance. sameForAll has their values for the filters.
const (
	constantMonitoring = `                    <monitoring>
                        <state>disabled</state>
                    </monitoring>
`
	constantOptions = `                    <ebsOptimized>false</ebsOptimized>
                    <enaSupport>true</enaSupport>
                    <cpuOptions>
                        <coreCount>1</coreCount>
                        <threadsPerCore>2</threadsPerCore>
                    </cpuOptions>
                    <capacityReservationSpecification>
                        <capacityReservationPreference>open</capacityReservationPreference>
                    </capacityReservationSpecification>
                    <hibernationOptions>
                        <configured>false</configured>
                    </hibernationOptions>
                    <enclaveOptions>
                        <enabled>false</enabled>
                    </enclaveOptions>
                    <metadataOptions>
                        <state>applied</state>
`
	constantMetadata = `                        <httpPutResponseHopLimit>2</httpPutResponseHopLimit>
                        <httpEndpoint>enabled</httpEndpoint>
                        <httpProtocolIpv6>disabled</httpProtocolIpv6>
                        <instanceMetadataTags>disabled</instanceMetadataTags>
                    </metadataOptions>
                    <maintenanceOptions>
                        <autoRecovery>default</autoRecovery>
                        <rebootMigration>default</rebootMigration>
                    </maintenanceOptions>
                    <bootMode>uefi-preferred</bootMode>
                    <currentInstanceBootMode>legacy-bios</currentInstanceBootMode>
`
	constantEnd = `                    <privateDnsNameOptions>
                        <hostnameType>ip-name</hostnameType>
                        <enableResourceNameDnsARecord>false</enableResourceNameDnsARecord>
                        <enableResourceNameDnsAAAARecord>false</enableResourceNameDnsAAAARecord>
                    </privateDnsNameOptions>
`
)

func httpTokens(in *Instance) string {
	if in.IMDSv1 {
		return "optional"
	}
	return "required"
}

func privateDNS(region, ip string) string {
	if ip == "" {
		return ""
	}
	domain := "." + region + ".compute.internal"
	if region == "us-east-1" {
		domain = ".ec2.internal"
	}
	return "ip-" + strings.ReplaceAll(ip, ".", "-") + domain
}

func publicDNS(region, ip string) string {
	if ip == "" {
		return ""
	}
	domain := "." + region + ".compute.amazonaws.com"
	if region == "us-east-1" {
		domain = ".compute-1.amazonaws.com"
	}
	return "ec2-" + strings.ReplaceAll(ip, ".", "-") + domain
}

func platformDetails(in *Instance) string {
	if in.Platform == "windows" {
		return "Windows"
	}
	return "Linux/UNIX"
}

// addressOwner is the owner of public addresses that are not Elastic IPs.
const addressOwner = "amazon"

func volume(in *Instance) string { return "vol-0" + suffix(in.ID) }

func attachment(eni *Interface) string { return "eni-attach-0" + suffix(eni.ID) }

func profileID(in *Instance) string {
	if in.Profile == "" {
		return ""
	}
	return "AIPA" + derive(0, in.Profile).base32(17)
}

func clientToken(in *Instance) string { return "token-" + suffix(in.ID) }

// suffix is the part of an id from which other ids are derived.
func suffix(id string) string {
	_, digits, _ := strings.Cut(id, "-")
	return ("0000000000000000" + digits)[len(digits):]
}

func firstOf(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}
