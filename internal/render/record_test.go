package render

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

type instance struct {
	AccountId, AccountName, Region, AvailabilityZone, InstanceId, Name, InstanceType, State string
	PrivateIPs, PublicIPs, IPv6s                                                            []string
	NetworkInterfaces                                                                       []networkInterface
	VpcId, SubnetId, ImageId, KeyName, Architecture, Platform, Lifecycle                    string
	IamInstanceProfile, LaunchTime, ReservationId                                           string
	SecurityGroups                                                                          []securityGroup
	Tags                                                                                    map[string]string
	Profile, Role                                                                           string
}

type networkInterface struct {
	NetworkInterfaceId          string
	DeviceIndex                 int
	SubnetId, VpcId, MacAddress string
	PrivateIPs                  []privateAddress
	IPv6s                       []string
	SecurityGroups              []securityGroup
}

type privateAddress struct {
	PrivateIP, PublicIP string
	Primary             bool
}

type securityGroup struct{ GroupId, GroupName string }

var view = View{
	Columns: []Column{
		{Field: "AccountName", Need: 1, Shorten: true, Min: 8},
		{Field: "Region", Need: 1},
		{Field: "InstanceId"},
		{Field: "Name", Need: 2, Shorten: true},
		{Field: "InstanceType", Need: 4},
		{Field: "State", Need: 3, Color: func(state string) Color { return map[string]Color{"running": Green, "stopped": Red}[state] }},
		{Field: "PrivateIPs"},
		{Field: "PublicIPs"},
	},
	Text: []string{"AccountId", "Region", "InstanceId", "Name", "PrivateIPs", "PublicIPs"},
	ID:   "InstanceId",
	Sort: []string{"AccountId", "Region", "InstanceId"},
}

// nasty are records that break careless printers. They are out of order.
func nasty() []instance {
	return []instance{
		{
			AccountId: "139769765351", AccountName: "mihai-albert", Region: "eu-central-1", AvailabilityZone: "eu-central-1a",
			InstanceId: "i-03046200b400761b0", Name: "many addresses", InstanceType: "t2.small", State: "running",
			PrivateIPs: []string{"172.31.3.76", "172.31.9.210", "172.31.15.7", "172.31.9.189", "172.31.8.195"},
			PublicIPs:  []string{"18.198.43.157", "18.198.233.241", "52.59.78.34"},
			IPv6s:      []string{"2a05:d014::1"},
			NetworkInterfaces: []networkInterface{{
				NetworkInterfaceId: "eni-0a", DeviceIndex: 0, SubnetId: "subnet-1", VpcId: "vpc-1", MacAddress: "02:00:00:12:30:45",
				PrivateIPs:     []privateAddress{{"172.31.3.76", "18.198.43.157", true}, {"172.31.9.210", "", false}},
				SecurityGroups: []securityGroup{{"sg-1", "default"}},
			}, {NetworkInterfaceId: "eni-0b", DeviceIndex: 1, SubnetId: "subnet-2"}},
			VpcId: "vpc-1", SubnetId: "subnet-1", Architecture: "x86_64", LaunchTime: "2026-01-01T10:30:00Z",
			SecurityGroups: []securityGroup{{"sg-1", "default"}, {"sg-2", "web, \"internal\""}},
			Tags:           map[string]string{"Name": "many addresses", "env": "prod", "cost": "0123", "when": "2026-01-01", "on": "no"},
			Profile:        "base", Role: "arn:aws:iam::139769765351:role/EC2ReadAccess",
		},
		{
			AccountId: "013976976535", AccountName: "Entwicklung & Tests, Zürich", Region: "us-west-2", InstanceId: "i-063e42032aaef6e4e",
			Name: "a,\"b\"\nc\td\r <b>&</b> \x1b[31mred\x1b[0m \u202egnp.exe\u202c \xff 'q'", InstanceType: "t2.micro", State: "stopped",
			PrivateIPs: []string{"172.31.35.17"}, PublicIPs: []string{"54.187.3.95"}, LaunchTime: "2025-12-31T00:00:00Z",
			Tags: map[string]string{"env": "=cmd()", "aws:autoscaling:groupName": "asg\n1", "": "empty key"},
		},
		{
			AccountId: "013976976535", AccountName: "開発アカウント", Region: "ap-northeast-1", InstanceId: "i-08d63831da0b07bcc",
			Name: "データベース 🐘 e\u0301\u200b", InstanceType: "m5.large", State: "pending", PrivateIPs: []string{"10.0.0.9"},
		},
		{AccountId: "013976976535", AccountName: "開発アカウント", Region: "ap-northeast-1", InstanceId: "i-00000000000000001", State: "terminated"},
	}
}

func compile(t testing.TB, o Options) *Printer[instance] {
	t.Helper()
	p, err := Compile[instance](o, view)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

var now = time.Date(2026, 1, 4, 12, 0, 0, 0, time.UTC)

// render prints records as the options say; an error of Close is printed behind them.
func render(t testing.TB, o Options, records ...instance) string {
	t.Helper()
	o.Now = func() time.Time { return now }
	return printed(t, compile(t, o), records...)
}

func printed(t testing.TB, p *Printer[instance], records ...instance) string {
	t.Helper()
	var out strings.Builder
	s := p.Start(&out)
	for _, record := range records {
		if err := s.Write(record); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		if _, ok := errors.AsType[*RecordsError](err); !ok {
			t.Fatal(err)
		}
		fmt.Fprintf(&out, "error: %v\n", err)
	}
	return out.String()
}
