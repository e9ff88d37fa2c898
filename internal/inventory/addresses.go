package inventory

import (
	"cmp"
	"net/netip"
	"slices"
)

// otherAddresses are the addresses of an instance that EC2 gives outside of its network
// interfaces.
type otherAddresses struct {
	private, public, ipv6 string // the instance's own
	secondary             []secondaryInterface
}

// secondaryInterface is an interface in a secondary network, which is no ENI.
type secondaryInterface struct {
	deviceIndex int
	privateIPs  []string
}

// finish derives what follows from the rest of the record.
func (r *Instance) finish(a otherAddresses) {
	r.Name = r.Tags["Name"]
	sortInterfaces(r.NetworkInterfaces)
	private, public, ipv6 := distinct{list: r.PrivateIPs}, distinct{list: r.PublicIPs}, distinct{list: r.IPv6s}
	for _, eni := range r.NetworkInterfaces {
		for _, ip := range eni.PrivateIPs {
			private.add(ip.PrivateIP)
			public.add(ip.PublicIP)
		}
		for _, ip := range eni.IPv6s {
			ipv6.add(ip)
		}
	}
	slices.SortStableFunc(a.secondary, func(a, b secondaryInterface) int { return cmp.Compare(a.deviceIndex, b.deviceIndex) })
	for _, secondary := range a.secondary {
		for _, ip := range secondary.privateIPs {
			private.add(ip)
		}
	}
	private.add(a.private)
	public.add(a.public)
	if !slices.ContainsFunc(ipv6.list, func(known string) bool { return sameAddress(known, a.ipv6) }) {
		ipv6.add(a.ipv6)
	}
	r.PrivateIPs, r.PublicIPs, r.IPv6s = private.list, public.list, ipv6.list
}

// sameAddress also compares two spellings of one address.
func sameAddress(a, b string) bool {
	if a == b || a == "" || b == "" {
		return a == b
	}
	x, err := netip.ParseAddr(a)
	y, otherErr := netip.ParseAddr(b)
	return err == nil && otherErr == nil && x == y
}

// distinct is a list of texts in the order in which they were added, each once.
type distinct struct {
	list []string
	seen map[string]bool // nil while the list is short
}

func (d *distinct) add(text string) {
	const short = 16
	switch {
	case text == "":
		return
	case len(d.list) < short:
		if slices.Contains(d.list, text) {
			return
		}
	case d.seen == nil:
		d.seen = make(map[string]bool, 2*short)
		for _, known := range d.list {
			d.seen[known] = true
		}
		fallthrough
	default:
		if d.seen[text] {
			return
		}
		d.seen[text] = true
	}
	d.list = append(d.list, text)
}

// eachOnce drops texts that are empty or there already.
func eachOnce(texts []string) []string {
	d := distinct{list: []string{}}
	for _, text := range texts {
		d.add(text)
	}
	return d.list
}

// nonEmpty is a list of the text, if it is one.
func nonEmpty(text string) []string {
	if text == "" {
		return nil
	}
	return []string{text}
}

// association is what EC2 associates with a private address.
type association struct {
	public, carrier, customerOwned string // addresses: an Elastic or automatic one, that of a Wavelength Zone, that of an Outpost
	allocationID, associationID    string
}

// none says that there is no address.
func (a *association) none() bool { return a.public == "" && a.carrier == "" && a.customerOwned == "" }

// addresses adds the association's addresses to a list.
func (a *association) addresses(to []string) []string {
	for _, ip := range []string{a.public, a.carrier, a.customerOwned} {
		if ip != "" && !slices.Contains(to, ip) {
			to = append(to, ip)
		}
	}
	return to
}

// appendTo adds a private address to an interface's: once, or for each address
// that is associated with it.
func (a *association) appendTo(ips []PrivateIP, ip PrivateIP) []PrivateIP {
	if a.none() {
		return append(ips, ip)
	}
	for _, ip.PublicIP = range a.addresses(make([]string, 0, 3)) {
		ips = append(ips, ip)
	}
	return ips
}

// withPrimary completes an interface's addresses, primary first, by what EC2 gives
// of the interface itself. Nearly always that is the primary address once more.
func withPrimary(ips []PrivateIP, private string, a *association) []PrivateIP {
	if private == "" && len(ips) > 0 {
		private = ips[0].PrivateIP
	}
	at := slices.IndexFunc(ips, func(ip PrivateIP) bool { return ip.PrivateIP == private })
	if at < 0 {
		if private == "" && a.none() {
			return ips
		}
		at = 0
		primary := !slices.ContainsFunc(ips, func(ip PrivateIP) bool { return ip.Primary })
		if !primary {
			at = len(ips)
		}
		ips = slices.Insert(ips, at, PrivateIP{PrivateIP: private, Primary: primary})
	}
	if a.none() {
		return ips
	}
	for _, public := range a.addresses(make([]string, 0, 3)) {
		switch {
		case slices.ContainsFunc(ips, func(ip PrivateIP) bool { return ip.PublicIP == public }):
		case ips[at].PublicIP == "":
			ips[at].PublicIP = public
		default:
			last := at // behind the entries of the same address
			for last < len(ips) && ips[last].PrivateIP == private {
				last++
			}
			ips = slices.Insert(ips, last, PrivateIP{PrivateIP: private, PublicIP: public, Primary: ips[at].Primary})
		}
	}
	return ips
}
