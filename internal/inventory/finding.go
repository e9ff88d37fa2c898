package inventory

// Finding is the record of a network interface, or of an Elastic IP without one, and of
// its owner. Its field names are the keys of every output format.
type Finding struct {
	AccountId   string
	AccountName string
	Region      string
	Kind        string // network-interface, elastic-ip, or instance if none of its interfaces is visible
	Id          string // eni-..., eipalloc-..., i-...
	Name        string // the Name tag of the instance, else of the interface or the Elastic IP

	OwnerType string // instance, application-lb, nat-gateway, ..., or unattached
	Owner     string // its id or name if EC2 has it: i-..., app/NAME/ID, nat-..., a function's name

	InstanceId         string
	NetworkInterfaceId string
	InterfaceType      string // as in EC2
	PrivateIPs         []string
	PublicIPs          []string
	IPv6s              []string
	AllocationIds      []string // of the public addresses that are Elastic IPs

	VpcId          string
	SubnetId       string
	SecurityGroups []SecurityGroup
	Description    string
	Status         string // in-use, available, ...
	OwnerId        string // the account that owns it: in a shared subnet, another account

	Matched []string // the targets that it matches, as the user wrote them
	Tags    map[string]string

	Profile string // how the account was reached
	Role    string
}

// The kinds of findings.
const (
	kindInterface = "network-interface"
	kindElasticIP = "elastic-ip"
	kindInstance  = "instance"
)
