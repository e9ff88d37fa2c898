package awssim

import (
	"cmp"
	"fmt"
	"math/bits"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// generator makes the ids, keys and addresses that a world does not give. The same seed makes the same values
// (splitmix64).
type generator uint64

func (g *generator) next() uint64 {
	*g += 0x9e3779b97f4a7c15
	z := uint64(*g)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

func (g *generator) text(alphabet string, n int) string {
	b := make([]byte, n)
	for i := range b {
		hi, _ := bits.Mul64(g.next(), uint64(len(alphabet)))
		b[i] = alphabet[hi]
	}
	return string(b)
}

func (g *generator) hex(n int) string { return g.text("0123456789abcdef", n) }

// uuid returns a UUID of version 4.
func (g *generator) uuid() string {
	return g.hex(8) + "-" + g.hex(4) + "-4" + g.hex(3) + "-8" + g.hex(3) + "-" + g.hex(12)
}

func (g *generator) base32(n int) string { return g.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", n) }

func (g *generator) base64(n int) string {
	return g.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", n)
}

// derive returns a generator whose values depend on the seed and the parts.
func derive(seed uint64, parts ...string) *generator { return new(generator(hash(seed, parts...))) }

// hash returns the FNV-1a hash of the parts.
func hash(seed uint64, parts ...string) uint64 {
	h := seed ^ 14695981039346656037
	for _, part := range parts {
		for i := range len(part) {
			h = (h ^ uint64(part[i])) * 1099511628211
		}
		h = (h ^ 0xff) * 1099511628211
	}
	return h
}

// place is one region of an account. Its instances are made when they are needed, so that a world can have a million.
type place struct {
	world   *compiledWorld
	account *account
	region  string
	entries []*Instance
	ends    []int // the number after the last instance of each entry
}

func (w *compiledWorld) place(a *account, region string) *place {
	p := &place{world: w, account: a, region: region}
	total := 0
	add := func(entries []*Instance) {
		for _, entry := range entries {
			total += max(entry.Count, 1)
			if entry.CountMax > 0 {
				g := derive(w.world.Seed, a.ID, region, entry.Name)
				total += entry.Count - max(entry.Count, 1) + int(g.next()%uint64(max(entry.CountMax-entry.Count, 0)+1))
			}
			p.entries = append(p.entries, entry)
			p.ends = append(p.ends, total)
		}
	}
	add(a.entries[region])
	add(a.entries["*"])
	return p
}

func (p *place) len() int {
	if len(p.ends) == 0 {
		return 0
	}
	return p.ends[len(p.ends)-1]
}

// at returns the i-th instance with every field filled in.
func (p *place) at(i int) Instance {
	n, start := 0, 0
	for ; i >= p.ends[n]; n++ {
		start = p.ends[n]
	}
	entry := p.entries[n]
	number := i - start
	in := *entry
	in.Account, in.AccountName, in.Region = p.account.ID, p.account.Name, p.region
	in.Count, in.CountMax = 0, 0
	many := entry.Count > 1 || entry.CountMax > 0
	if many && in.Name != "" {
		in.Name += "-" + strconv.Itoa(number+1)
	}
	g := derive(p.world.world.Seed+uint64(number), in.Account, in.Region, strconv.Itoa(n))
	in.ID = cmp.Or(in.ID, "i-0"+g.hex(16))
	in.Reservation = cmp.Or(in.Reservation, "r-0"+g.hex(16))
	p.describe(&in, g)
	if in.State == "terminated" {
		in.PrivateIPs, in.PublicIPs, in.IPv6s, in.Interfaces, in.Secondary = nil, nil, nil, nil, nil
		in.VPC, in.Subnet, in.Groups = "", "", nil
		return in
	}
	p.connect(&in, g, i)
	return in
}

// describe fills in all fields except the network.
func (p *place) describe(in *Instance, g *generator) {
	if in.Type == auto {
		types := [...]string{"t3.micro", "t3.large", "m5.large", "m5.xlarge", "m7i.2xlarge", "c6g.xlarge", "r5.4xlarge"}
		if in.Type = types[g.next()%uint64(len(types))]; in.Type == "c6g.xlarge" {
			in.Architecture = "arm64"
		}
	}
	if in.State == auto {
		states := [...]string{"running", "running", "running", "running", "running", "running", "stopped", "terminated"}
		in.State = states[g.next()%uint64(len(states))]
	}
	if in.Tags != nil || in.Name != "" {
		tags := make(map[string]string, len(in.Tags)+1)
		for k, v := range in.Tags {
			tags[k] = v
		}
		if in.Name != "" {
			tags["Name"] = in.Name
		}
		in.Name, in.Tags = tags["Name"], tags
	}
	in.Type = cmp.Or(in.Type, "t3.micro")
	in.State = cmp.Or(in.State, "running")
	in.Zone = cmp.Or(in.Zone, p.region+string("abc"[g.next()%3]))
	in.Architecture = cmp.Or(in.Architecture, "x86_64")
	in.Image = cmp.Or(in.Image, "ami-0"+derive(0, p.region, in.Architecture, in.Platform).hex(16))
	if in.Launched.IsZero() {
		in.Launched = time.Unix(1735689600+int64(g.next()%31536000), 0) // within 2025
	}
	in.Launched = in.Launched.UTC()
	if in.Profile != "" && !strings.HasPrefix(in.Profile, "arn:") {
		in.Profile = p.world.arn("iam", p.account.ID, "instance-profile/"+in.Profile)
	}
}

func defaultVPC(account, region string) string { return "vpc-0" + derive(1, account, region).hex(16) }

func defaultSubnet(vpc, zone string) string { return "subnet-0" + derive(2, vpc, zone).hex(16) }

func defaultGroup(vpc string) Group {
	return Group{ID: "sg-0" + derive(3, vpc).hex(16), Name: "default"}
}

// connect gives the instance its interfaces and lists their addresses in EC2's order.
func (p *place) connect(in *Instance, g *generator, number int) {
	in.VPC = cmp.Or(in.VPC, defaultVPC(in.Account, p.region))
	in.Subnet = cmp.Or(in.Subnet, defaultSubnet(in.VPC, in.Zone))
	if in.Groups == nil {
		in.Groups = []Group{defaultGroup(in.VPC)}
	}
	given := in.Interfaces
	if given == nil {
		given = []Interface{in.onlyInterface()}
	}
	in.Interfaces = make([]Interface, len(given))
	for i, eni := range given {
		in.Interfaces[i] = in.connected(eni, g, i, number)
	}
	in.PrivateIPs, in.PublicIPs, in.IPv6s = nil, nil, nil
	byIndex := func(a, b Interface) int { return *a.DeviceIndex - *b.DeviceIndex }
	for _, eni := range slices.SortedStableFunc(slices.Values(in.Interfaces), byIndex) {
		for _, address := range eni.Addresses {
			in.PrivateIPs = append(in.PrivateIPs, address.Private)
			in.PublicIPs = append(in.PublicIPs, address.associated()...)
		}
		in.IPv6s = append(in.IPv6s, eni.IPv6s...)
	}
	in.connectSecondary(g)
}

// onlyInterface returns the interface of an instance for which the world gives only addresses.
func (in *Instance) onlyInterface() Interface {
	private := in.PrivateIPs
	if private == nil {
		private = []string{auto}
	}
	only := Interface{IPv6s: in.IPv6s}
	for i, ip := range private {
		address := Address{Private: ip}
		if i < len(in.PublicIPs) {
			address.Public = in.PublicIPs[i]
		}
		only.Addresses = append(only.Addresses, address)
	}
	return only
}

// connected returns the i-th interface of the instance with every field filled in. number is the instance's in its place.
func (in *Instance) connected(eni Interface, g *generator, i, number int) Interface {
	if eni.DeviceIndex == nil {
		eni.DeviceIndex = new(i)
	}
	eni.ID = cmp.Or(eni.ID, "eni-0"+g.hex(16))
	eni.VPC = cmp.Or(eni.VPC, in.VPC)
	eni.Subnet = cmp.Or(eni.Subnet, in.Subnet)
	if eni.MAC == "" {
		m := g.next()
		eni.MAC = fmt.Sprintf("06:%02x:%02x:%02x:%02x:%02x", byte(m), byte(m>>8), byte(m>>16), byte(m>>24), byte(m>>32))
	}
	if eni.Groups == nil {
		eni.Groups = in.Groups
	}
	addresses := make([]Address, len(eni.Addresses))
	for j, address := range eni.Addresses {
		if address.Private == auto {
			// Unique in the place: up to four addresses an interface and instance, 2^20 instances.
			n := uint32(number)<<4 | uint32(i&3)<<2 | uint32(j&3)
			address.Private = ipv4(10<<24 | n&0xffffff + 4)
		}
		switch {
		case address.Public == auto && in.State != "running":
			address.Public = ""
		case address.Public == auto:
			octets := [...]uint32{3, 13, 15, 18, 34, 35, 44, 50, 52, 54, 63, 98, 99, 107, 174, 184}
			r := g.next()
			address.Public = ipv4(octets[r>>60]<<24 | uint32(r)&0xffffff)
		}
		if address.AllocationID == auto && address.Public != "" {
			address.AllocationID = allocation(address.Public)
		}
		addresses[j] = address
	}
	eni.Addresses = addresses
	ipv6s := make([]string, len(eni.IPv6s))
	for j, ip := range eni.IPv6s {
		if ip == auto {
			r := g.next()
			ip = fmt.Sprintf("2600:1f18:%x:%x:%x:%x:%x:%x", uint16(hash(4, in.VPC)), 0xf00, uint16(r), uint16(r>>16), uint16(r>>32), uint16(r>>48))
		}
		if addr, err := netip.ParseAddr(ip); err == nil {
			ip = addr.String()
		}
		ipv6s[j] = ip
	}
	eni.IPv6s = ipv6s
	return eni
}

func ipv4(n uint32) string {
	return netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}).String()
}

// truth implements Server.Truth.
func (w *compiledWorld) truth() []Instance {
	var all []Instance
	for _, a := range w.accounts {
		for _, r := range w.regions {
			if !a.enabled(r) {
				continue
			}
			p := w.place(a, r.name)
			for i := range p.len() {
				all = append(all, p.at(i))
			}
		}
	}
	return all
}
