// Package inventory lists the contents of accounts: instances, resources of other kinds,
// the records of any read operation, and the owners of addresses, ids and names.
//
// The path from the user's words to EC2's calls is the same for both:
//
//   - target.go splits and normalizes the words, and rejects mistyped ones.
//   - query.go (Instances) and term.go (Finder) compile the targets. Each gets lookups, the
//     filters that make EC2 find it, and a match function. EC2's filters are coarse, so
//     every record is checked again.
//   - server.go makes the calls, with a custom endpoint's limits in mind. Calls of one place
//     run at once (atonce.go).
//   - decode*.go read the long lists straight into records, several times as fast as package wire.
package inventory

import (
	"cmp"
	"slices"

	"muster/internal/sweep"
	"muster/internal/wire"
)

// Instance is the record of an EC2 instance. Its field names are the keys of every output
// format.
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
	PublicIPs         []string // associated with the private ones, in the same order; with carrier and customer-owned addresses
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
	LaunchTime         string `render:"time"` // RFC 3339, UTC
	ReservationId      string

	SecurityGroups []SecurityGroup
	Tags           map[string]string

	Profile string // how the account was reached
	Role    string

	ec2 wire.Object // for FullInstance
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

// PrivateIP is a private address of an ENI, with the public address that is associated with
// it, if any. A private address with several public ones has an entry for each.
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

// newInstance returns a record with only its place. Its lists are empty, not nil. It has no
// Tags yet.
func newInstance(p sweep.Place) Instance {
	return Instance{
		AccountId: p.Account.ID, AccountName: p.Account.Name, Region: p.Region,
		Profile: p.Identity.Profile, Role: p.Identity.Role,
		PrivateIPs: []string{}, PublicIPs: []string{}, IPv6s: []string{},
		NetworkInterfaces: []NetworkInterface{}, SecurityGroups: []SecurityGroup{},
	}
}

// sortInterfaces sorts by device index; EC2 promises no order.
func sortInterfaces(enis []NetworkInterface) {
	slices.SortStableFunc(enis, func(a, b NetworkInterface) int { return cmp.Compare(a.DeviceIndex, b.DeviceIndex) })
}

// primaryFirst moves the primary address to the front, and keeps EC2's order otherwise.
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
