// Package inventory is what is collected: the record types, and for each the
// calls that fill it.
package inventory

import (
	"cmp"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"muster/internal/sweep"
)

// Instance is the record of an EC2 instance. Its field names are the keys of
// every output format.
type Instance struct {
	AccountId        string
	AccountName      string
	Region           string
	AvailabilityZone string
	InstanceId       string
	Name             string // the Name tag
	InstanceType     string
	State            string

	PrivateIPs        []string // of every interface, by device index, primary first
	PublicIPs         []string // associated with those, in the same order
	IPv6s             []string
	NetworkInterfaces []NetworkInterface

	VpcId              string
	SubnetId           string
	ImageId            string
	KeyName            string
	Architecture       string
	Platform           string
	Lifecycle          string
	IamInstanceProfile string // ARN
	LaunchTime         string // RFC 3339, UTC
	ReservationId      string

	SecurityGroups []SecurityGroup
	Tags           map[string]string

	Profile string // how the account was reached
	Role    string
}

// NetworkInterface is an ENI of an instance.
type NetworkInterface struct {
	NetworkInterfaceId string
	DeviceIndex        int
	SubnetId           string
	VpcId              string
	MacAddress         string
	PrivateIPs         []PrivateIP
	IPv6s              []string
	SecurityGroups     []SecurityGroup
}

// PrivateIP is a private address of an ENI, with the public one associated with
// it, if any.
type PrivateIP struct {
	PrivateIP string
	PublicIP  string
	Primary   bool
}

// SecurityGroup is a security group by id and name.
type SecurityGroup struct {
	GroupId   string
	GroupName string
}

// newInstance makes the record of EC2's answer.
func newInstance(p sweep.Place, reservation *types.Reservation, in *types.Instance) Instance {
	r := Instance{
		AccountId:     p.Account.ID,
		AccountName:   p.Account.Name,
		Region:        p.Region,
		Profile:       p.Identity.Profile,
		Role:          p.Identity.Role,
		InstanceId:    aws.ToString(in.InstanceId),
		InstanceType:  string(in.InstanceType),
		VpcId:         aws.ToString(in.VpcId),
		SubnetId:      aws.ToString(in.SubnetId),
		ImageId:       aws.ToString(in.ImageId),
		KeyName:       aws.ToString(in.KeyName),
		Architecture:  string(in.Architecture),
		Platform:      string(in.Platform),
		Lifecycle:     string(in.InstanceLifecycle),
		ReservationId: aws.ToString(reservation.ReservationId),

		PrivateIPs: []string{}, PublicIPs: []string{}, IPv6s: []string{},
		NetworkInterfaces: make([]NetworkInterface, 0, len(in.NetworkInterfaces)),
		SecurityGroups:    groups(in.SecurityGroups),
		Tags:              make(map[string]string, len(in.Tags)),
	}
	if in.Placement != nil {
		r.AvailabilityZone = aws.ToString(in.Placement.AvailabilityZone)
	}
	if in.State != nil {
		r.State = string(in.State.Name)
	}
	if in.IamInstanceProfile != nil {
		r.IamInstanceProfile = aws.ToString(in.IamInstanceProfile.Arn)
	}
	if in.LaunchTime != nil {
		r.LaunchTime = in.LaunchTime.UTC().Format(time.RFC3339)
	}
	for _, tag := range in.Tags {
		r.Tags[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
	}
	r.Name = r.Tags["Name"]
	for i := range in.NetworkInterfaces {
		r.NetworkInterfaces = append(r.NetworkInterfaces, newInterface(&in.NetworkInterfaces[i]))
	}
	r.addresses(in)
	return r
}

// addresses lists what the interfaces have. An instance whose interfaces EC2
// does not show still has the addresses of its own.
func (r *Instance) addresses(in *types.Instance) {
	sortInterfaces(r.NetworkInterfaces)
	for _, eni := range r.NetworkInterfaces {
		for _, ip := range eni.PrivateIPs {
			r.PrivateIPs = append(r.PrivateIPs, ip.PrivateIP)
			if ip.PublicIP != "" {
				r.PublicIPs = append(r.PublicIPs, ip.PublicIP)
			}
		}
		r.IPv6s = append(r.IPv6s, eni.IPv6s...)
	}
	if len(r.NetworkInterfaces) > 0 {
		return
	}
	for _, own := range []struct {
		address *string
		into    *[]string
	}{{in.PrivateIpAddress, &r.PrivateIPs}, {in.PublicIpAddress, &r.PublicIPs}, {in.Ipv6Address, &r.IPv6s}} {
		if address := aws.ToString(own.address); address != "" {
			*own.into = append(*own.into, address)
		}
	}
}

func newInterface(in *types.InstanceNetworkInterface) NetworkInterface {
	eni := NetworkInterface{
		NetworkInterfaceId: aws.ToString(in.NetworkInterfaceId),
		SubnetId:           aws.ToString(in.SubnetId),
		VpcId:              aws.ToString(in.VpcId),
		MacAddress:         aws.ToString(in.MacAddress),
		PrivateIPs:         make([]PrivateIP, 0, len(in.PrivateIpAddresses)),
		IPv6s:              make([]string, 0, len(in.Ipv6Addresses)),
		SecurityGroups:     groups(in.Groups),
	}
	if in.Attachment != nil {
		eni.DeviceIndex = int(aws.ToInt32(in.Attachment.DeviceIndex))
	}
	for _, a := range in.PrivateIpAddresses {
		ip := PrivateIP{PrivateIP: aws.ToString(a.PrivateIpAddress), Primary: aws.ToBool(a.Primary)}
		if a.Association != nil {
			ip.PublicIP = aws.ToString(a.Association.PublicIp)
		}
		eni.PrivateIPs = append(eni.PrivateIPs, ip)
	}
	primaryFirst(eni.PrivateIPs)
	for _, a := range in.Ipv6Addresses {
		eni.IPv6s = append(eni.IPv6s, aws.ToString(a.Ipv6Address))
	}
	return eni
}

func groups(in []types.GroupIdentifier) []SecurityGroup {
	out := make([]SecurityGroup, 0, len(in))
	for _, g := range in {
		out = append(out, SecurityGroup{GroupId: aws.ToString(g.GroupId), GroupName: aws.ToString(g.GroupName)})
	}
	return out
}

// sortInterfaces orders by device index; EC2 promises no order.
func sortInterfaces(enis []NetworkInterface) {
	slices.SortStableFunc(enis, func(a, b NetworkInterface) int { return cmp.Compare(a.DeviceIndex, b.DeviceIndex) })
}

// primaryFirst leaves the others in EC2's order.
func primaryFirst(ips []PrivateIP) {
	slices.SortStableFunc(ips, func(a, b PrivateIP) int {
		switch {
		case a.Primary == b.Primary:
			return 0
		case a.Primary:
			return -1
		}
		return 1
	})
}
