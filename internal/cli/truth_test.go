package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"muster/internal/awssim"
	"muster/internal/inventory"
)

// result is the output and exit code of a run.
type result struct {
	code           int
	stdout, stderr string
}

// muster runs the program in this process.
func muster(t testing.TB, environ []string, args ...string) result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code := Main(context.Background(), args, &App{
		Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr, Environ: environ,
		Completions: os.DirFS(filepath.Join("..", "..")),
		OpenTTY:     func() (io.ReadWriteCloser, error) { return nil, os.ErrNotExist },
	})
	return result{code, stdout.String(), stderr.String()}
}

// simulated starts an organization and returns the environment for it: with
// AWS_ENDPOINT_URL or, for real host names, with a proxy.
func simulated(t testing.TB, w *awssim.World, proxied bool, opts ...awssim.Option) (*awssim.Server, []string) {
	t.Helper()
	sim, err := awssim.Start(w, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sim.Close() })
	home := t.TempDir()
	if err := sim.WriteHome(home); err != nil {
		t.Fatal(err)
	}
	environ := []string{"HOME=" + home}
	for _, pair := range sim.Env(home) {
		if !proxied || !strings.HasPrefix(pair, "AWS_ENDPOINT_URL=") {
			environ = append(environ, pair)
		}
	}
	if proxied {
		bundle := filepath.Join(home, "ca.pem")
		if err := os.WriteFile(bundle, sim.CAPEM(), 0o600); err != nil {
			t.Fatal(err)
		}
		environ = append(environ, "HTTPS_PROXY="+sim.ProxyURL(), "AWS_CA_BUNDLE="+bundle)
	}
	return sim, environ
}

// bigWorld has 27 accounts. Some are closed, some have opt-in regions. Pages have five
// instances, and some pages are empty but have a token.
func bigWorld() *awssim.World {
	w := awssim.Large(awssim.LargeSpec{Accounts: 27, MaxInstances: 9, Tags: 2, Seed: 7})
	w.EC2 = awssim.Paging{PageSize: 5, EmptyPages: true}
	w.Organization.Paging = awssim.Paging{PageSize: 4, EmptyPages: true}
	for i := range w.Accounts {
		switch {
		case i%9 == 5:
			w.Accounts[i].State = "SUSPENDED"
		case i%4 == 1:
			w.Accounts[i].OptedIn = []string{"af-south-1", "me-central-1"}
		}
	}
	return w
}

func TestEveryInstanceOfAnOrganization(t *testing.T) {
	for _, proxied := range []bool{false, true} {
		t.Run(fmt.Sprintf("proxied=%t", proxied), func(t *testing.T) {
			t.Parallel()
			world := bigWorld()
			sim, environ := simulated(t, world, proxied)
			got := muster(t, environ, "instances", "--organization", "--role", "OrganizationAccountAccessRole", "-o", "json")
			if got.code != 0 || got.stderr != "" {
				t.Fatalf("exit code %d, stderr %s", got.code, got.stderr)
			}
			compareWithTruth(t, activeTruth(sim, world), got.stdout, "admin")
			for _, problem := range sim.Problems() {
				t.Error(problem)
			}
		})
	}
}

// activeTruth returns the instances of all accounts that are not closed.
func activeTruth(sim *awssim.Server, w *awssim.World) []awssim.Instance {
	closed := map[string]bool{}
	for _, a := range w.Accounts {
		closed[a.ID] = a.State != "" && a.State != "ACTIVE"
	}
	return slices.DeleteFunc(sim.Truth(), func(in awssim.Instance) bool { return closed[in.Account] })
}

// compareWithTruth compares every field of every instance of the active accounts.
func compareWithTruth(t *testing.T, truth []awssim.Instance, stdout, profile string) {
	t.Helper()
	var got []inventory.Instance
	if err := json.Unmarshal([]byte(stdout), &got); err != nil {
		t.Fatal(err)
	}
	var want []inventory.Instance
	for _, truth := range truth {
		want = append(want, expected(truth, profile))
	}
	byPlace(want)
	if len(want) < 100 {
		t.Fatalf("a truth of %d instances proves little", len(want))
	}
	if len(got) != len(want) {
		t.Fatalf("%d instances, want %d", len(got), len(want))
	}
	for i := range got {
		got[i].Role = ""
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Fatalf("instance %d:\n got %+v\nwant %+v", i, got[i], want[i])
		}
	}
}

// byPlace sorts instances in the order of json.
func byPlace(instances []inventory.Instance) {
	slices.SortFunc(instances, func(a, b inventory.Instance) int {
		return strings.Compare(a.AccountId+a.Region+a.InstanceId, b.AccountId+b.Region+b.InstanceId)
	})
}

// expected returns the record of a simulated instance, as the contract defines it.
func expected(in awssim.Instance, profile string) inventory.Instance {
	r := inventory.Instance{
		AccountId: in.Account, AccountName: in.AccountName, Region: in.Region, AvailabilityZone: in.Zone,
		InstanceId: in.ID, Name: in.Name, InstanceType: in.Type, State: in.State,
		PrivateIPs: []string{}, PublicIPs: []string{}, IPv6s: []string{}, NetworkInterfaces: []inventory.NetworkInterface{},
		VpcId: in.VPC, SubnetId: in.Subnet, ImageId: in.Image, KeyName: in.Key, Architecture: in.Architecture,
		Platform: in.Platform, Lifecycle: in.Lifecycle, IamInstanceProfile: in.Profile,
		LaunchTime: in.Launched.UTC().Format(time.RFC3339), ReservationId: in.Reservation,
		SecurityGroups: expectedGroups(in.Groups), Tags: map[string]string{},
		Profile: profile,
	}
	for key, value := range in.Tags {
		r.Tags[key] = value
	}
	if in.Name != "" {
		r.Tags["Name"] = in.Name
	}
	for i, eni := range in.Interfaces {
		n := inventory.NetworkInterface{
			NetworkInterfaceId: eni.ID, DeviceIndex: i, SubnetId: eni.Subnet, VpcId: eni.VPC, MacAddress: eni.MAC,
			PrivateIPs: []inventory.PrivateIP{}, IPv6s: append([]string{}, eni.IPv6s...), SecurityGroups: expectedGroups(eni.Groups),
		}
		if eni.DeviceIndex != nil {
			n.DeviceIndex = *eni.DeviceIndex
		}
		for j, a := range eni.Addresses {
			n.PrivateIPs = append(n.PrivateIPs, inventory.PrivateIP{PrivateIP: a.Private, PublicIP: a.Public, Primary: j == 0})
			r.PrivateIPs = append(r.PrivateIPs, a.Private)
			if a.Public != "" {
				r.PublicIPs = append(r.PublicIPs, a.Public)
			}
		}
		r.IPv6s = append(r.IPv6s, eni.IPv6s...)
		r.NetworkInterfaces = append(r.NetworkInterfaces, n)
	}
	return r
}

func expectedGroups(groups []awssim.Group) []inventory.SecurityGroup {
	out := []inventory.SecurityGroup{}
	for _, g := range groups {
		out = append(out, inventory.SecurityGroup{GroupId: g.ID, GroupName: g.Name})
	}
	return out
}

func TestEveryInstanceOfAnSSOSession(t *testing.T) {
	for _, proxied := range []bool{false, true} {
		t.Run(fmt.Sprintf("proxied=%t", proxied), func(t *testing.T) {
			t.Parallel()
			world := awssim.Large(awssim.LargeSpec{Accounts: 45, Regions: 5, MaxInstances: 3, Seed: 9})
			sim, environ := simulated(t, world, proxied)
			got := muster(t, environ, "instances", "--sso-session", "large", "--role", "Nope,ReadOnly", "-o", "json")
			if got.code != 0 || got.stderr != "" {
				t.Fatalf("exit code %d, stderr %s", got.code, got.stderr)
			}
			compareWithTruth(t, sim.Truth(), got.stdout, "")
			for _, problem := range sim.Problems() {
				t.Error(problem)
			}
		})
	}
}

// TestFewestCalls: muster calls nothing but the pages of the list, one AssumeRole and
// one DescribeRegions for each account, and the pages of instances.
func TestFewestCalls(t *testing.T) {
	t.Parallel()
	world := awssim.Large(awssim.LargeSpec{Accounts: 30, MaxInstances: 2, Seed: 3})
	world.Roles[0].Except = nil // the management account has the role, too
	sim, environ := simulated(t, world, false)
	got := muster(t, environ, "instances", "--organization", "--role", "OrganizationAccountAccessRole", "-o", "name")
	if got.code != 0 {
		t.Fatalf("exit code %d: %s", got.code, got.stderr)
	}
	calls := map[string]int{}
	for _, call := range sim.Calls() {
		calls[call.Operation]++
	}
	want := map[string]int{"ListAccounts": 2, "AssumeRole": 30, "DescribeRegions": 30, "DescribeInstances": 30 * 17}
	if !reflect.DeepEqual(calls, want) {
		t.Errorf("calls %v, want %v", calls, want)
	}
}
