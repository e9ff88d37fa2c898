package inventory

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// cannedAnswer is an HTTP client that returns the same body for each request.
type cannedAnswer string

func (a cannedAnswer) Do(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(string(a)))}, nil
}

// oracle decodes an answer with the SDK.
func oracle(body string) ([]Instance, string, error) {
	client := ec2.New(ec2.Options{
		Region: "eu-west-1", HTTPClient: cannedAnswer(body), Retryer: aws.NopRetryer{},
		Credentials: credentials.NewStaticCredentialsProvider("AKIA", "x", ""),
	})
	out, err := client.DescribeInstances(context.Background(), &ec2.DescribeInstancesInput{})
	if err != nil {
		return nil, "", err
	}
	var page []Instance
	for _, reservation := range out.Reservations {
		for _, in := range reservation.Instances {
			page = append(page, fromSDK(&reservation, &in))
		}
	}
	return page, aws.ToString(out.NextToken), nil
}

// fromSDK converts the SDK's form of an instance.
func fromSDK(reservation *types.Reservation, in *types.Instance) Instance {
	r := newInstance(here)
	r.InstanceId, r.InstanceType = aws.ToString(in.InstanceId), string(in.InstanceType)
	r.VpcId, r.SubnetId, r.ImageId, r.KeyName = aws.ToString(in.VpcId), aws.ToString(in.SubnetId), aws.ToString(in.ImageId), aws.ToString(in.KeyName)
	r.Architecture, r.Platform, r.Lifecycle = string(in.Architecture), string(in.Platform), string(in.InstanceLifecycle)
	r.ReservationId = aws.ToString(reservation.ReservationId)
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
	sdkGroups := func(in []types.GroupIdentifier) []SecurityGroup {
		out := []SecurityGroup{}
		for _, g := range in {
			out = append(out, SecurityGroup{GroupId: aws.ToString(g.GroupId), GroupName: aws.ToString(g.GroupName)})
		}
		return out
	}
	r.SecurityGroups = sdkGroups(in.SecurityGroups)
	for _, n := range in.NetworkInterfaces {
		eni := NetworkInterface{
			NetworkInterfaceId: aws.ToString(n.NetworkInterfaceId), SubnetId: aws.ToString(n.SubnetId), VpcId: aws.ToString(n.VpcId),
			MacAddress: aws.ToString(n.MacAddress), PrivateIPs: []PrivateIP{}, IPv6s: []string{}, SecurityGroups: sdkGroups(n.Groups),
		}
		if n.Attachment != nil {
			eni.DeviceIndex = int(aws.ToInt32(n.Attachment.DeviceIndex))
		}
		for _, a := range n.PrivateIpAddresses {
			associated := sdkAssociation(a.Association)
			eni.PrivateIPs = associated.appendTo(eni.PrivateIPs, PrivateIP{PrivateIP: aws.ToString(a.PrivateIpAddress), Primary: aws.ToBool(a.Primary)})
		}
		primaryFirst(eni.PrivateIPs)
		associated := sdkAssociation(n.Association)
		eni.PrivateIPs = withPrimary(eni.PrivateIPs, aws.ToString(n.PrivateIpAddress), &associated)
		for _, a := range n.Ipv6Addresses {
			eni.IPv6s = append(eni.IPv6s, aws.ToString(a.Ipv6Address))
		}
		r.NetworkInterfaces = append(r.NetworkInterfaces, eni)
	}
	r.Name = r.Tags["Name"]
	sortInterfaces(r.NetworkInterfaces)
	r.PrivateIPs, r.PublicIPs, r.IPv6s = sdkAddresses(in)
	return r
}

func sdkAssociation(a *types.InstanceNetworkInterfaceAssociation) association {
	if a == nil {
		return association{}
	}
	return association{public: aws.ToString(a.PublicIp), carrier: aws.ToString(a.CarrierIp), customerOwned: aws.ToString(a.CustomerOwnedIp)}
}

// sdkAddresses returns all addresses of an instance in the order of the record: interface by
// interface, and at the end the ones that no interface has. In each interface, its own
// address comes first unless another is primary.
func sdkAddresses(in *types.Instance) (private, public, ipv6 []string) {
	private, public, ipv6 = []string{}, []string{}, []string{}
	add := func(to *[]string, address string) {
		if address != "" && !slices.Contains(*to, address) {
			*to = append(*to, address)
		}
	}
	associated := func(a *types.InstanceNetworkInterfaceAssociation) (list []string) {
		if a != nil {
			list = []string{aws.ToString(a.PublicIp), aws.ToString(a.CarrierIp), aws.ToString(a.CustomerOwnedIp)}
		}
		return list
	}
	index := func(n types.InstanceNetworkInterface) int32 {
		if n.Attachment == nil {
			return 0
		}
		return aws.ToInt32(n.Attachment.DeviceIndex)
	}
	interfaces := slices.SortedStableFunc(slices.Values(in.NetworkInterfaces), func(a, b types.InstanceNetworkInterface) int { return int(index(a) - index(b)) })
	for _, n := range interfaces {
		type pair struct {
			private string
			public  []string
			primary bool
		}
		var pairs []pair
		for _, primary := range []bool{true, false} {
			for _, a := range n.PrivateIpAddresses {
				if aws.ToBool(a.Primary) == primary {
					pairs = append(pairs, pair{aws.ToString(a.PrivateIpAddress), associated(a.Association), primary})
				}
			}
		}
		itself := pair{aws.ToString(n.PrivateIpAddress), associated(n.Association), true}
		if itself.private == "" && len(pairs) > 0 {
			itself.private = pairs[0].private
		}
		itself.public = slices.DeleteFunc(itself.public, func(ip string) bool { // the ones that a pair has
			return ip == "" || slices.ContainsFunc(pairs, func(p pair) bool { return slices.Contains(p.public, ip) })
		})
		switch at := slices.IndexFunc(pairs, func(p pair) bool { return p.private == itself.private }); {
		case at >= 0:
			for _, ip := range itself.public {
				if strings.Join(pairs[at].public, "") != "" { // after the other entries of the same address
					for at+1 < len(pairs) && pairs[at+1].private == itself.private {
						at++
					}
				}
				pairs[at].public = append(pairs[at].public, ip)
			}
		case len(pairs) > 0 && pairs[0].primary:
			pairs = append(pairs, itself)
		default:
			pairs = append([]pair{itself}, pairs...)
		}
		for _, p := range pairs {
			add(&private, p.private)
			for _, ip := range p.public {
				add(&public, ip)
			}
		}
		for _, a := range n.Ipv6Addresses {
			add(&ipv6, aws.ToString(a.Ipv6Address))
		}
	}
	secondary := slices.SortedStableFunc(slices.Values(in.SecondaryInterfaces), func(a, b types.InstanceSecondaryInterface) int {
		index := func(s types.InstanceSecondaryInterface) int32 {
			if s.Attachment == nil {
				return 0
			}
			return aws.ToInt32(s.Attachment.DeviceIndex)
		}
		return int(index(a) - index(b))
	})
	for _, s := range secondary {
		for _, a := range s.PrivateIpAddresses {
			add(&private, aws.ToString(a.PrivateIpAddress))
		}
	}
	add(&private, aws.ToString(in.PrivateIpAddress))
	add(&public, aws.ToString(in.PublicIpAddress))
	add(&ipv6, aws.ToString(in.Ipv6Address))
	return private, public, ipv6
}

// complete reports whether an answer has the elements that EC2 always returns: the list, and
// the ids in it.
func complete(body string) bool {
	client := ec2.New(ec2.Options{
		Region: "eu-west-1", HTTPClient: cannedAnswer(body), Retryer: aws.NopRetryer{},
		Credentials: credentials.NewStaticCredentialsProvider("AKIA", "x", ""),
	})
	out, err := client.DescribeInstances(context.Background(), &ec2.DescribeInstancesInput{})
	if err != nil || out.Reservations == nil {
		return false
	}
	for _, r := range out.Reservations {
		if r.Instances == nil || aws.ToString(r.ReservationId) == "" ||
			slices.ContainsFunc(r.Instances, func(in types.Instance) bool { return aws.ToString(in.InstanceId) == "" }) {
			return false
		}
	}
	return true
}
