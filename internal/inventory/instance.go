// Package inventory is what is collected: the record types, and for each the
// calls that fill it.
package inventory

import (
	"cmp"
	"slices"

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

	PrivateIPs        []string // of every interface, by device index, primary first; each once
	PublicIPs         []string // associated with those, in the same order; carrier and customer-owned ones, too
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

	ec2 *types.Instance // for FullInstance
}

// FullInstance is an Instance with all that EC2 answers of it, as the AWS CLI's
// JSON has it.
type FullInstance struct {
	Instance
	EC2 types.Instance `render:"sparse"`
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
// it, if any. An address with several has an entry for each.
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

// newInstance is the record of an instance of which nothing is known but where it
// is. Its lists are empty, not nil.
func newInstance(p sweep.Place) Instance {
	return Instance{
		AccountId: p.Account.ID, AccountName: p.Account.Name, Region: p.Region,
		Profile: p.Identity.Profile, Role: p.Identity.Role,
		PrivateIPs: []string{}, PublicIPs: []string{}, IPv6s: []string{},
		NetworkInterfaces: []NetworkInterface{}, SecurityGroups: []SecurityGroup{}, Tags: map[string]string{},
	}
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
