package inventory

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/smithy-go"

	"muster/internal/account"
	"muster/internal/awsapi"
	"muster/internal/awssim"
	"muster/internal/sweep"
)

// TestEveryInstance: a sweep finds all instances of the organization's active accounts.
func TestEveryInstance(t *testing.T) {
	t.Parallel()
	w := awssim.Large(awssim.LargeSpec{Accounts: 9, Regions: 5, MaxInstances: 7, Seed: 4})
	w.EC2 = awssim.Paging{PageSize: 3, EmptyPages: true}
	sim, r := newResolver(t, w, 32)
	got, ledger := sweepAll(t, r, account.Selection{Organization: true, Roles: []string{"OrganizationAccountAccessRole"}}, Query{}, 32)
	if gaps := ledger.Gaps(); len(gaps) != 0 {
		t.Errorf("gaps %+v", gaps)
	}
	var want []string
	for _, in := range sim.Truth() {
		want = append(want, fmt.Sprint(in.Account, in.AccountName, in.Region, in.ID, in.PrivateIPs, in.PublicIPs, in.IPv6s, in.State, in.Type))
	}
	var have []string
	for _, in := range got {
		have = append(have, fmt.Sprint(in.AccountId, in.AccountName, in.Region, in.InstanceId, in.PrivateIPs, in.PublicIPs, in.IPv6s, in.State, in.InstanceType))
	}
	slices.Sort(want)
	slices.Sort(have)
	if len(want) < 100 || !slices.Equal(have, want) {
		t.Errorf("%d instances, want %d", len(have), len(want))
	}
	sim.CheckRequests(t)
}

// TestChaos: answers fail at random. The places that are ok or empty in the ledger have
// exactly their instances, and each place has one entry.
func TestChaos(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			w := awssim.Large(awssim.LargeSpec{Accounts: 8, Regions: 6, MaxInstances: 12, PageSize: 5, Seed: seed})
			w.Roles[0].Except = append(w.Roles[0].Except, "100000000003")
			w.Accounts[6].State = "SUSPENDED"
			for _, kind := range []string{awssim.FaultThrottle, awssim.FaultReset, awssim.FaultClose, awssim.FaultTruncate, awssim.FaultCut,
				awssim.FaultHTML, awssim.FaultEmpty, awssim.FaultGarbage, awssim.FaultWrongRoot} {
				w.Faults = append(w.Faults, awssim.Fault{Kind: kind, Service: "ec2", Operation: "DescribeInstances", Chance: 0.03})
			}
			w.Faults = append(w.Faults, awssim.Fault{Kind: awssim.FaultThrottle, Service: "ec2", Operation: "DescribeRegions", Chance: 0.2})
			sim, r := newResolver(t, w, 16)
			got, ledger := sweepAll(t, r, account.Selection{Organization: true, Roles: []string{"OrganizationAccountAccessRole"}}, Query{}, 16)

			status := map[string]sweep.Status{}
			gaps := 0
			for _, e := range ledger.Entries() {
				place := e.AccountId + " " + e.Region
				if status[place] != "" {
					t.Errorf("%s has two entries", place)
				}
				status[place] = e.Status
				if e.Gap() {
					gaps++
				}
			}
			if gaps < 5 {
				t.Errorf("only %d gaps: the test needs more", gaps)
			}
			truth := map[string][]string{}
			for _, in := range sim.Truth() {
				truth[in.Account+" "+in.Region] = append(truth[in.Account+" "+in.Region], in.ID)
			}
			found := map[string][]string{}
			for _, in := range got {
				found[in.AccountId+" "+in.Region] = append(found[in.AccountId+" "+in.Region], in.InstanceId)
			}
			for _, a := range w.Accounts {
				if whole := status[a.ID+" "]; whole != "" {
					continue // suspended, without the role, or without a list of regions
				}
				for _, region := range w.Regions {
					place := a.ID + " " + region
					want, have := truth[place], found[place]
					slices.Sort(want)
					slices.Sort(have)
					switch status[place] {
					case sweep.OK, sweep.Empty:
						if !slices.Equal(have, want) || (len(want) == 0) != (status[place] == sweep.Empty) {
							t.Errorf("%s is %s with %d records, want %d", place, status[place], len(have), len(want))
						}
					case "":
						t.Errorf("%s has no entry", place)
					default: // the pages before the one that failed
						if len(have) > len(want) || slices.ContainsFunc(have, func(id string) bool { return !slices.Contains(want, id) }) || len(slices.Compact(have)) != len(have) {
							t.Errorf("%s is %s with %v, of %v", place, status[place], have, want)
						}
					}
				}
			}
			sim.CheckRequests(t)
		})
	}
}

// TestFailedPage: the pages before a failed one are emitted, and its error is returned.
func TestFailedPage(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		third http.HandlerFunc
		kind  awsapi.Kind
	}{
		"error": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprint(w, `<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>no</Message></Error></Errors></Response>`)
		}, awsapi.Denied},
		"cut off": {func(w http.ResponseWriter, _ *http.Request) {
			var whole strings.Builder
			page(&whole, "", "<instanceId>i-5</instanceId>", "<instanceId>i-6</instanceId>")
			fmt.Fprint(w, whole.String()[:whole.Len()-60]) // after both instances
		}, awsapi.Broken},
		"the same again": {func(w http.ResponseWriter, _ *http.Request) { page(w, "b") }, awsapi.Broken},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			api, place := served(t, func(w http.ResponseWriter, r *http.Request) {
				switch r.Form.Get("NextToken") {
				case "":
					page(w, "a", "<instanceId>i-1</instanceId>", "<instanceId>i-2</instanceId>")
				case "a":
					page(w, "b")
				case "b":
					c.third(w, r)
				}
			})
			got, err := visit(t, api, place, Query{})
			if want := []string{"i-1", "i-2"}; !slices.Equal(ids(got), want) {
				t.Errorf("%q, want %q", ids(got), want)
			}
			if kind := awsapi.Explain(err).Kind; err == nil || kind != c.kind {
				t.Errorf("%v, want it to be %s", err, c.kind)
			}
		})
	}
}

// TestRecord: every field is set, lists are never null, and addresses are in order: by
// device index, and primary first.
func TestRecord(t *testing.T) {
	t.Parallel()
	api, place := served(t, func(w http.ResponseWriter, r *http.Request) {
		page(w, "",
			`<instanceId>i-1</instanceId><imageId>ami-1</imageId><instanceState><code>16</code><name>running</name></instanceState><keyName>key</keyName>
			<instanceType>m5.large</instanceType><launchTime>2026-01-02T03:04:05.000Z</launchTime><placement><availabilityZone>eu-west-1a</availabilityZone></placement>
			<platform>windows</platform><subnetId>subnet-1</subnetId><vpcId>vpc-1</vpcId><architecture>x86_64</architecture><instanceLifecycle>spot</instanceLifecycle>
			<iamInstanceProfile><arn>arn:aws:iam::012345678901:instance-profile/web</arn><id>AIPA</id></iamInstanceProfile>
			<privateIpAddress>10.0.0.1</privateIpAddress><ipAddress>54.0.0.1</ipAddress>
			<groupSet><item><groupId>sg-1</groupId><groupName>default</groupName></item></groupSet>
			<tagSet><item><key>Name</key><value>a &lt;b&gt; &amp; "c"</value></item><item><key>env</key><value/></item></tagSet>
			<networkInterfaceSet>
			<item><networkInterfaceId>eni-2</networkInterfaceId><subnetId>subnet-2</subnetId><vpcId>vpc-1</vpcId><macAddress>02:02</macAddress>
			<groupSet><item><groupId>sg-2</groupId><groupName>other</groupName></item></groupSet><attachment><deviceIndex>1</deviceIndex></attachment>
			<privateIpAddressesSet><item><privateIpAddress>10.0.2.9</privateIpAddress><primary>false</primary><association><publicIp>54.0.2.9</publicIp></association></item>
			<item><privateIpAddress>10.0.2.1</privateIpAddress><primary>true</primary></item></privateIpAddressesSet>
			<ipv6AddressesSet><item><ipv6Address>2001:db8::2</ipv6Address></item></ipv6AddressesSet></item>
			<item><networkInterfaceId>eni-1</networkInterfaceId><attachment><deviceIndex>0</deviceIndex></attachment>
			<privateIpAddressesSet><item><privateIpAddress>10.0.0.1</privateIpAddress><primary>true</primary><association><publicIp>54.0.0.1</publicIp></association></item></privateIpAddressesSet>
			<ipv6AddressesSet><item><ipv6Address>2001:db8::1</ipv6Address></item></ipv6AddressesSet></item>
			</networkInterfaceSet>`,
			`<instanceId>i-2</instanceId><privateIpAddress>10.9.9.9</privateIpAddress><ipAddress>54.9.9.9</ipAddress><ipv6Address>2001:db8::9</ipv6Address>`,
			`<instanceId>i-3</instanceId><instanceState><code>48</code><name>terminated</name></instanceState>`,
		)
	})
	got, err := visit(t, api, place, Query{})
	if err != nil {
		t.Fatal(err)
	}
	blank := Instance{
		AccountId: "012345678901", AccountName: "shop", Region: "eu-west-1", ReservationId: "r-1", Profile: "p", Role: "r",
		PrivateIPs: []string{}, PublicIPs: []string{}, IPv6s: []string{}, NetworkInterfaces: []NetworkInterface{},
		SecurityGroups: []SecurityGroup{}, Tags: map[string]string{},
	}
	one, two, three := blank, blank, blank
	one.InstanceId, one.Name, one.InstanceType, one.State = "i-1", `a <b> & "c"`, "m5.large", "running"
	one.AvailabilityZone, one.VpcId, one.SubnetId, one.ImageId, one.KeyName = "eu-west-1a", "vpc-1", "subnet-1", "ami-1", "key"
	one.Architecture, one.Platform, one.Lifecycle = "x86_64", "windows", "spot"
	one.IamInstanceProfile, one.LaunchTime = "arn:aws:iam::012345678901:instance-profile/web", "2026-01-02T03:04:05Z"
	one.PrivateIPs, one.PublicIPs = []string{"10.0.0.1", "10.0.2.1", "10.0.2.9"}, []string{"54.0.0.1", "54.0.2.9"}
	one.IPv6s = []string{"2001:db8::1", "2001:db8::2"}
	one.SecurityGroups = []SecurityGroup{{"sg-1", "default"}}
	one.Tags = map[string]string{"Name": `a <b> & "c"`, "env": ""}
	one.NetworkInterfaces = []NetworkInterface{
		{NetworkInterfaceId: "eni-1", PrivateIPs: []PrivateIP{{"10.0.0.1", "54.0.0.1", true}}, IPv6s: []string{"2001:db8::1"}, SecurityGroups: []SecurityGroup{}},
		{NetworkInterfaceId: "eni-2", DeviceIndex: 1, SubnetId: "subnet-2", VpcId: "vpc-1", MacAddress: "02:02",
			PrivateIPs: []PrivateIP{{"10.0.2.1", "", true}, {"10.0.2.9", "54.0.2.9", false}}, IPv6s: []string{"2001:db8::2"},
			SecurityGroups: []SecurityGroup{{"sg-2", "other"}}},
	}
	two.InstanceId = "i-2"
	two.PrivateIPs, two.PublicIPs, two.IPv6s = []string{"10.9.9.9"}, []string{"54.9.9.9"}, []string{"2001:db8::9"}
	three.InstanceId, three.State = "i-3", "terminated"
	if len(got) != 3 {
		t.Fatalf("%d records, want 3", len(got))
	}
	for i, want := range []Instance{one, two, three} {
		if !reflect.DeepEqual(got[i], want) {
			t.Errorf("\n got %+v\nwant %+v", got[i], want)
		}
	}
}

// TestFilterRejected: if EC2 rejects the user's own filter, the sweep ends.
func TestFilterRejected(t *testing.T) {
	t.Parallel()
	w := awssim.Large(awssim.LargeSpec{Accounts: 1, Regions: 2, MinInstances: 1})
	_, r := newResolver(t, w, 4)
	_, err := visit(t, r.API, sweep.Place{Account: &account.Account{ID: "100000000001"}, Identity: current(t, r), Region: "us-east-1"},
		Query{Filters: []string{"Name=colour,Values=red"}, States: []string{"running"}})
	var stop *sweep.Stop
	if !errors.As(err, &stop) || stop.Error() != "EC2 does not accept --filter: The filter 'colour' is invalid" {
		t.Errorf("%v", err)
	}
}

// TestCustomEndpoint: a custom endpoint that rejects a filter gets the call without it, in
// that visit only. The records are the same.
func TestCustomEndpoint(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"UnknownParameter", "InvalidParameterValue", "NotImplemented", "InvalidAction", "FilterNotImplementedError"} {
		filtered, plain := 0, 0
		api, place := served(t, func(w http.ResponseWriter, r *http.Request) {
			if r.Form.Has("Filter.1.Name") {
				filtered++
				w.WriteHeader(http.StatusBadRequest)
				fmt.Fprintf(w, `<Response><Errors><Error><Code>%s</Code><Message>no</Message></Error></Errors></Response>`, code)
				return
			}
			plain++
			page(w, "", "<instanceId>i-1</instanceId><tagSet><item><key>Name</key><value>web</value></item></tagSet>", "<instanceId>i-2</instanceId>")
		})
		c, err := NewInstances(api, Query{What: []string{"w*"}})
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			var got []Instance
			if err := c.Visit(t.Context(), place, func(page []Instance) { got = append(got, page...) }); err != nil {
				t.Fatal(err)
			}
			if want := []string{"i-1"}; !slices.Equal(ids(got), want) {
				t.Errorf("%s: %q, want %q", code, ids(got), want)
			}
		}
		if want := map[bool]int{true: 6, false: 3}[code == "UnknownParameter"]; filtered != want || plain != 3 {
			t.Errorf("%s: %d calls with filters and %d without, want %d and 3", code, filtered, plain, want)
		}
	}
}

// TestFilterKept: after any other failure, and at AWS's own endpoints, no call is made
// without the filters.
func TestFilterKept(t *testing.T) {
	t.Parallel()
	for _, answer := range []struct {
		status int
		body   string
		want   awsapi.Kind
	}{
		{500, "<html>Internal Server Error</html>", awsapi.Unreachable},
		{503, `<Response><Errors><Error><Code>Unavailable</Code><Message>no</Message></Error></Errors></Response>`, awsapi.Unreachable},
		{500, `<Response><Errors><Error><Code>InternalError</Code><Message>no</Message></Error></Errors></Response>`, awsapi.Unreachable},
		{200, "<html>Sign in</html>", awsapi.Broken},
		{200, "", awsapi.Broken},
		{200, "<DescribeInstancesResponse><reservationSet><item>", awsapi.Broken},
		{403, `<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>no</Message></Error></Errors></Response>`, awsapi.Denied},
		{404, "not found", awsapi.Broken},
	} {
		plain := 0
		api, place := served(t, func(w http.ResponseWriter, r *http.Request) {
			if !r.Form.Has("Filter.1.Name") {
				plain++
			}
			w.WriteHeader(answer.status)
			io.WriteString(w, answer.body)
		})
		for _, q := range []Query{{What: []string{"web"}}, {What: []string{"10.0.0.1"}}, {States: []string{"running"}}, {Tags: []string{"env=prod"}}} {
			c, err := NewInstances(api, q)
			if err != nil {
				t.Fatal(err)
			}
			err = c.Visit(t.Context(), place, func([]Instance) { t.Error("records were emitted") })
			if err == nil || awsapi.Explain(err).Kind != answer.want {
				t.Errorf("%+v, %d %s: %v", q, answer.status, answer.body, err)
			}
		}
		if plain > 0 {
			t.Errorf("%d %s: %d calls without filters", answer.status, answer.body, plain)
		}
	}
	// AWS knows its own filters: if it rejects one, the call is not made without it.
	ownEndpoint := &server{}
	narrowed := []filter{{"instance-state-name", []string{"running"}}}
	err := ownEndpoint.try(t.Context(), call{operation: "DescribeInstances", filters: narrowed}, func(filters []filter) error {
		if len(filters) == 0 {
			t.Error("a call without filters")
		}
		return &smithy.GenericAPIError{Code: "InvalidParameterValue"}
	})
	if err == nil {
		t.Error("no error")
	}
}
