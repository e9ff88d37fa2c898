package cli

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"testing"

	"muster/internal/inventory"
	"muster/internal/render"
)

// BenchmarkWaiting compares the memory for records that wait until all have arrived with
// the bytes that are printed of them. MUSTER_BENCH_INSTANCES sets the number of records.
func BenchmarkWaiting(b *testing.B) {
	total := 20_000
	if n, err := strconv.Atoi(os.Getenv("MUSTER_BENCH_INSTANCES")); err == nil {
		total = n
	}
	for _, output := range []string{"table", "wide", "json", "yaml"} {
		b.Run(output, func(b *testing.B) {
			printer, err := render.Compile[inventory.Instance](render.Options{Output: output}, instanceView)
			if err != nil {
				b.Fatal(err)
			}
			var held, printed float64
			for b.Loop() {
				before := liveHeap(b)
				out := &heldMemory{b: b}
				stream := printer.Start(out)
				for i := range total {
					if err := stream.Write(instanceLike(i)); err != nil {
						b.Fatal(err)
					}
				}
				if err := stream.Close(); err != nil {
					b.Fatal(err)
				}
				held, printed = out.first-before, out.printed
			}
			b.ReportMetric(held/float64(total), "B-held")
			b.ReportMetric(printed/float64(total), "B-printed")
			atMost(b, held/printed, 2, "times-printed")
		})
	}
}

func liveHeap(b *testing.B) float64 {
	b.Helper()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

// heldMemory counts what is printed, and takes the live heap when the first bytes come:
// all records are sorted then, and none is free yet.
type heldMemory struct {
	b              *testing.B
	printed, first float64
}

func (h *heldMemory) Write(p []byte) (int, error) {
	if h.printed == 0 {
		h.first = liveHeap(h.b)
	}
	h.printed += float64(len(p))
	return len(p), nil
}

// instanceLike returns a record with texts of its own where instances differ.
func instanceLike(i int) inventory.Instance {
	place := i / 1000
	private, public, id := fmt.Sprintf("10.%d.%d.%d", i>>16&255, i>>8&255, i&255), fmt.Sprintf("54.%d.%d.%d", i>>16&255, i>>8&255, i&255), fmt.Sprintf("%017x", uint32(i)*2654435761)
	groups := []inventory.SecurityGroup{{GroupId: "sg-0f3c1a2b4d5e6f708", GroupName: "eks-cluster-sg-production-1845209"}}
	return inventory.Instance{
		AccountId: fmt.Sprintf("%012d", 111111111111+place/17), AccountName: "production", Region: fleetRegions[place%len(fleetRegions)],
		AvailabilityZone: "eu-central-1a", InstanceId: "i-" + id, Name: "eks-workers-" + id, InstanceType: "m6i.2xlarge", State: "running",
		PrivateIPs: []string{private}, PublicIPs: []string{public}, IPv6s: []string{},
		NetworkInterfaces: []inventory.NetworkInterface{{
			NetworkInterfaceId: "eni-" + id, SubnetId: "subnet-0d1c2b3a495867768", VpcId: "vpc-0123456789abcdef0", MacAddress: "06:0a:1b:2c:3d:4e",
			PrivateIPs: []inventory.PrivateIP{{PrivateIP: private, PublicIP: public, Primary: true}}, IPv6s: []string{}, SecurityGroups: groups,
		}},
		VpcId: "vpc-0123456789abcdef0", SubnetId: "subnet-0d1c2b3a495867768", ImageId: "ami-0a1b2c3d4e5f60718", KeyName: "platform-2024",
		Architecture: "x86_64", IamInstanceProfile: "arn:aws:iam::123456789012:instance-profile/eks-workers",
		LaunchTime: "2026-03-02T07:41:50Z", ReservationId: "r-" + id, SecurityGroups: groups,
		Tags: map[string]string{
			"Name": "eks-workers-" + id, "aws:autoscaling:groupName": "eks-workers-2026022609410", "kubernetes.io/cluster/production": "owned",
			"env": "production", "team": "platform & tools",
		},
		Profile: "admin", Role: "Reader",
	}
}
