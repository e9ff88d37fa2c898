package inventory

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"muster/internal/account"
	"muster/internal/auth"
	"muster/internal/sweep"
)

var here = sweep.Place{
	Account:  &account.Account{ID: "012345678901", Name: "root"},
	Identity: &auth.Identity{Profile: "admin", Role: "Ops"},
	Region:   "eu-west-1",
}

// shared is one for all tests: nothing of an answer may show in the next.
var shared decoders

// decode reads an answer at once, and again a few bytes at a time, so that every
// token meets the end of what has been read. It comes to the same.
func decode(t testing.TB, body string) ([]Instance, string, error) {
	t.Helper()
	all := func(*Instance) bool { return true }
	found, next, err := shared.instances(strings.NewReader(body), here, all, func() {})
	again, nextAgain, errAgain := shared.instances(&fewBytes{strings.NewReader(body)}, here, all, func() {})
	if (err == nil) != (errAgain == nil) || next != nextAgain || !reflect.DeepEqual(found, again) {
		t.Fatalf("at once: %+v %q %v\nin pieces: %+v %q %v\nof %s", found, next, err, again, nextAgain, errAgain, body)
	}
	return slices.Concat(found...), next, err
}

type fewBytes struct{ r io.Reader }

func (f *fewBytes) Read(p []byte) (int, error) { return f.r.Read(p[:min(len(p), 7)]) }

// answers is an HTTP client to which everything is answered with one body.
type answers string

func (a answers) Do(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(string(a)))}, nil
}

// oracle reads an answer with the SDK.
func oracle(body string) ([]Instance, string, error) {
	client := ec2.New(ec2.Options{
		Region: "eu-west-1", HTTPClient: answers(body), Retryer: aws.NopRetryer{},
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

// fromSDK is the record of what the SDK has read.
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

// sdkAddresses are the addresses that the SDK has read, wherever in an instance:
// interface by interface, in each that of the interface itself first unless
// another is primary, and then what no interface has.
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
		itself.public = slices.DeleteFunc(itself.public, func(ip string) bool { // what is said already
			return ip == "" || slices.ContainsFunc(pairs, func(p pair) bool { return slices.Contains(p.public, ip) })
		})
		switch at := slices.IndexFunc(pairs, func(p pair) bool { return p.private == itself.private }); {
		case at >= 0:
			for _, ip := range itself.public {
				if strings.Join(pairs[at].public, "") != "" { // behind what else the address has, if it is there twice
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

// malformed is why encoding/xml does not read a text as one document to its end,
// or nil.
func malformed(body string) error {
	d, roots, depth := xml.NewDecoder(strings.NewReader(body)), 0, 0
	for {
		token, err := d.Token()
		if err != nil {
			if err == io.EOF && roots != 1 {
				err = fmt.Errorf("%d documents", roots)
			}
			if err == io.EOF {
				err = nil
			}
			return err
		}
		switch t := token.(type) {
		case xml.StartElement:
			if depth == 0 {
				roots++
			}
			depth++
		case xml.EndElement:
			depth--
		case xml.CharData:
			if depth == 0 && len(bytes.TrimSpace(t)) > 0 {
				return errors.New("text outside of the document")
			}
		case xml.Directive:
			return errors.New("a directive") // no answer of EC2 has one
		}
	}
}

// compare holds the decoder against the SDK's: the same records, and an error for
// whatever is not well-formed.
func compare(t *testing.T, body string) {
	t.Helper()
	got, next, err := decode(t, body)
	if wrong := malformed(body); wrong != nil {
		if err == nil {
			t.Fatalf("no error for a text that is not well-formed (%v):\n%s", wrong, body)
		}
		return
	}
	want, wantNext, sdkErr := oracle(body)
	if sdkErr != nil || !strings.Contains(body, "DescribeInstancesResponse") {
		return // the SDK is stricter about where comments may stand
	}
	if err != nil {
		if strings.Contains(err.Error(), "not a DescribeInstancesResponse") {
			return // which the SDK does not look at
		}
		if !whole(body) {
			return
		}
		t.Fatalf("%v, where the SDK reads on:\n%s", err, body)
	}
	if next != wantNext || !reflect.DeepEqual(got, want) {
		t.Fatalf("got  %+v %q\nwant %+v %q\nof %s", got, next, want, wantNext, body)
	}
}

// whole says whether an answer has what EC2 always gives: the list, and the ids in it.
func whole(body string) bool {
	client := ec2.New(ec2.Options{
		Region: "eu-west-1", HTTPClient: answers(body), Retryer: aws.NopRetryer{},
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

// generator writes answers as odd as XML allows.
type generator struct {
	*rand.Rand
	b strings.Builder
}

func (g *generator) element(name string, inner ...func()) {
	prefix := ""
	if g.IntN(40) == 0 {
		prefix = "p:"
	}
	if len(inner) == 0 && g.IntN(2) == 0 {
		fmt.Fprintf(&g.b, "<%s%s />", prefix, name)
		return
	}
	fmt.Fprintf(&g.b, "<%s%s%s>", prefix, name, []string{"", "", "", ` a="1 > 0"`, " b='&lt;'"}[g.IntN(5)])
	g.Shuffle(len(inner), func(i, j int) { inner[i], inner[j] = inner[j], inner[i] })
	for _, f := range inner {
		f()
		if len(inner) > 1 {
			g.b.WriteString([]string{"", "", "\n  ", "<!-- -x- -->", "<?pi x?>", "<unknown><item><instanceId>i-no</instanceId></item></unknown>"}[g.IntN(6)])
		}
	}
	fmt.Fprintf(&g.b, "</%s%s>", prefix, name)
}

// value writes an element with text, now and then none at all.
func (g *generator) value(name, text string) func() {
	return func() {
		if g.IntN(12) > 0 {
			g.sure(name, text)()
		}
	}
}

// sure always writes it.
func (g *generator) sure(name, text string) func() {
	return func() {
		g.element(name, func() {
			if g.IntN(6) == 0 && text != "" && !strings.Contains(text, "]]>") {
				g.b.WriteString("<![CDATA[" + text + "]]>")
				return
			}
			for _, r := range text {
				switch {
				case strings.ContainsRune("<>&\"'", r):
					g.b.WriteString(map[rune]string{'<': "&lt;", '>': "&gt;", '&': "&amp;", '"': "&quot;", '\'': "&apos;"}[r])
				case g.IntN(15) == 0:
					fmt.Fprintf(&g.b, []string{"&#%d;", "&#x%X;"}[g.IntN(2)], r)
				default:
					g.b.WriteRune(r)
				}
			}
		})
	}
}

func (g *generator) list(name string, item func()) func() {
	return func() {
		var items []func()
		for range g.IntN(4) {
			items = append(items, func() { item() })
		}
		g.element(name, items...)
	}
}

func (g *generator) word() string {
	return []string{"", "a", "web 1", "<b>&\"'", "日本語 ]]", " x\ty ", "line\nbreak", "é", strings.Repeat("long ", 20)}[g.IntN(9)]
}

func (g *generator) number() string { return fmt.Sprint(g.IntN(5)) }

// few is one of few addresses, so that some are the same.
func (g *generator) few(prefix string) string { return prefix + g.number() }

func (g *generator) association() func() {
	return func() {
		if g.IntN(3) == 0 {
			return
		}
		g.element("association", g.value("publicIp", g.few("54.0.0.")), g.value("ipOwnerId", "amazon"), g.some("carrierIp", "155.146.0."), g.some("customerOwnedIp", "198.51.100."))
	}
}

// some is an element that is mostly not there.
func (g *generator) some(name, prefix string) func() {
	if g.IntN(4) > 0 {
		return func() {}
	}
	return g.value(name, g.few(prefix))
}

func (g *generator) groups() func() {
	return g.list("groupSet", func() {
		g.element("item", g.value("groupId", "sg-"+g.number()), g.value("groupName", g.word()))
	})
}

func (g *generator) instance() {
	launched := func() {
		if g.IntN(3) > 0 {
			g.element("launchTime", func() {
				g.b.WriteString([]string{"2024-02-29T23:59:59.000Z", "2025-01-01T00:00:00Z", "2025-06-01T12:00:00+02:00"}[g.IntN(3)])
			})
		}
	}
	primary := func() {
		if g.IntN(3) > 0 {
			g.element("primary", func() { g.b.WriteString([]string{"true", "false"}[g.IntN(2)]) })
		}
	}
	index := func() {
		g.element("attachment", func() {
			g.element("deviceIndex", func() { g.b.WriteString(g.number()) })
		}, g.value("status", "attached"))
	}
	g.element("item",
		g.sure("instanceId", "i-"+g.number()), g.value("instanceType", "t3.micro"), g.value("vpcId", "vpc-1"), g.value("subnetId", "subnet-1"),
		g.value("imageId", "ami-1"), g.value("keyName", g.word()), g.value("architecture", "x86_64"), g.value("platform", "windows"),
		g.value("instanceLifecycle", "spot"), g.value("privateIpAddress", g.few("10.0.0.")), g.value("ipAddress", g.few("54.0.0.")), g.value("ipv6Address", g.few("fd00::")),
		func() {
			g.element("placement", g.value("availabilityZone", "eu-west-1a"), g.value("tenancy", "default"))
		},
		func() { g.element("instanceState", g.value("code", "16"), g.value("name", "running")) },
		func() {
			g.element("iamInstanceProfile", g.value("arn", "arn:aws:iam::1:instance-profile/x"), g.value("id", "A"))
		},
		launched, g.groups(),
		g.list("tagSet", func() {
			g.element("item", g.value("key", []string{"Name", "env", "é"}[g.IntN(3)]), g.value("value", g.word()))
		}),
		g.list("networkInterfaceSet", func() {
			g.element("item",
				g.value("networkInterfaceId", "eni-"+g.number()), g.value("subnetId", "subnet-1"), g.value("vpcId", "vpc-1"),
				g.value("macAddress", "02:00:00:00:00:01"), g.groups(), index,
				g.some("privateIpAddress", "10.0.0."), g.association(),
				g.list("privateIpAddressesSet", func() {
					g.element("item", g.value("privateIpAddress", g.few("10.0.0.")), primary, g.association())
				}),
				g.list("ipv6AddressesSet", func() { g.element("item", g.value("ipv6Address", g.few("fd00::"))) }),
			)
		}),
		g.list("secondaryInterfaceSet", func() {
			g.element("item", g.value("secondaryInterfaceId", "sni-"+g.number()), index, g.value("macAddress", "02:00:00:00:00:02"),
				g.list("privateIpAddressSet", func() { g.element("item", g.value("privateIpAddress", g.few("10.9.0."))) }))
		}),
	)
}

func (g *generator) answer() string {
	g.b.Reset()
	g.b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n")
	g.b.WriteString(`<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/" xmlns:p="x">`)
	parts := []func(){
		g.value("requestId", "1"), g.value("nextToken", g.word()),
		g.list("reservationSet", func() {
			g.element("item", g.sure("reservationId", "r-"+g.number()), g.value("ownerId", "1"), g.groups(), g.list("instancesSet", g.instance))
		}),
	}
	g.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
	for _, part := range parts {
		part()
	}
	g.b.WriteString("</DescribeInstancesResponse>")
	return g.b.String()
}

func TestDecoderAgreesWithTheSDK(t *testing.T) {
	t.Parallel()
	records := 0
	for seed := range uint64(400) {
		g := &generator{Rand: rand.New(rand.NewPCG(seed, 1))}
		body := g.answer()
		if err := malformed(body); err != nil {
			t.Fatalf("the generator wrote what is not well-formed: %v\n%s", err, body)
		}
		if _, _, err := oracle(body); err != nil {
			t.Fatalf("the SDK does not read what the generator wrote: %v\n%s", err, body)
		}
		compare(t, body)
		page, _, _ := decode(t, body)
		records += len(page)

		// Cut anywhere, it is an error; with a byte changed, it is what the SDK makes of it.
		at := g.IntN(len(body))
		if _, _, err := decode(t, body[:at]); err == nil {
			t.Fatalf("no error for an answer cut after %d bytes:\n%s", at, body[:at])
		}
		changed := []byte(body)
		changed[at] = "<>&/;]!-'\"= aX\x00\xff"[g.IntN(16)]
		compare(t, string(changed))
	}
	if records < 300 {
		t.Errorf("only %d records compared", records)
	}
}

func FuzzDecode(f *testing.F) {
	for seed := range uint64(20) {
		f.Add((&generator{Rand: rand.New(rand.NewPCG(seed, 2))}).answer())
	}
	for _, odd := range []string{
		"", "<", "<?A\x80?><DescribeInstancesResponse></DescribeInstancesResponse>", "<a", "<a/>", "<DescribeInstancesResponse/>", "<DescribeInstancesResponse><!-- -- --></DescribeInstancesResponse>",
		"<DescribeInstancesResponse>]]></DescribeInstancesResponse>", "<html><body>x</body></html>", "<!DOCTYPE html><html></html>",
		"<DescribeInstancesResponse><a b=1/></DescribeInstancesResponse>", "<DescribeInstancesResponse/><DescribeInstancesResponse/>",
	} {
		f.Add(odd)
	}
	f.Fuzz(compare)
}

// realisticPage is an answer of n instances as EC2 lays it out, of 9 KB each.
func realisticPage(t testing.TB, n int) []byte {
	t.Helper()
	reservation, err := os.ReadFile("testdata/reservation.xml")
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">` + "\n    <reservationSet>\n")
	for i := range n {
		strings.NewReplacer(
			"{id}", fmt.Sprintf("%016x", i), "{x}", fmt.Sprint(i>>16), "{y}", fmt.Sprint(i>>8&255), "{z}", fmt.Sprint(i&255), "{s}", fmt.Sprint(i%10),
		).WriteString(&b, string(reservation))
	}
	b.WriteString("    </reservationSet>\n</DescribeInstancesResponse>\n")
	return b.Bytes()
}

// BenchmarkDecode holds the decoder against the SDK's on the same page of 1,000
// instances.
func BenchmarkDecode(b *testing.B) {
	const instances = 1000
	body := realisticPage(b, instances)
	b.Logf("%d bytes an instance", len(body)/instances)
	var own, sdk time.Duration
	var decoders decoders
	var before, after runtime.MemStats
	allocated := uint64(0)
	for b.Loop() {
		start := time.Now()
		runtime.ReadMemStats(&before)
		_, _, err := decoders.instances(bytes.NewReader(body), here, func(*Instance) bool { return true }, func() {})
		if err != nil {
			b.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		own += time.Since(start)
		allocated += after.TotalAlloc - before.TotalAlloc
		start = time.Now()
		if page, _, err := oracle(string(body)); err != nil || len(page) != instances {
			b.Fatalf("%d instances, %v", len(page), err)
		}
		sdk += time.Since(start)
	}
	b.ReportMetric(float64(own.Nanoseconds())/1000/float64(instances*b.N), "us/instance")
	b.ReportMetric(float64(allocated)/float64(instances*b.N), "B/instance")
	b.ReportMetric(float64(sdk)/float64(own), "times-faster")
	if sdk < 5*own {
		b.Errorf("%s a page, the SDK's decoder %s: expected to be at least 5 times faster", own, sdk)
	}
}

// BenchmarkDecodeAlone is for profiles.
func BenchmarkDecodeAlone(b *testing.B) {
	body := realisticPage(b, 1000)
	var decoders decoders
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := decoders.instances(bytes.NewReader(body), here, func(*Instance) bool { return true }, func() {}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/1000/float64(b.N), "us/instance")
}
