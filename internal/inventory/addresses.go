package inventory

import (
	"cmp"
	"net/netip"
	"slices"
)

// otherAddresses are the addresses of an instance that EC2 lists outside its network
// interfaces.
type otherAddresses struct {
	private, public, ipv6 string // of the instance itself
	secondary             []secondaryInterface
}

// secondaryInterface is an interface in a secondary network. It is not an ENI.
type secondaryInterface struct {
	deviceIndex int
	privateIPs  []string
}

// finish derives the name and the lists of addresses from the rest of the record.
func (r *Instance) finish(other otherAddresses) {
	r.Name = r.Tags["Name"]
	sortInterfaces(r.NetworkInterfaces)
	private, public, ipv6 := uniqueList{list: r.PrivateIPs}, uniqueList{list: r.PublicIPs}, uniqueList{list: r.IPv6s}
	for _, eni := range r.NetworkInterfaces {
		for _, ip := range eni.PrivateIPs {
			private.add(ip.PrivateIP)
			public.add(ip.PublicIP)
		}
		for _, ip := range eni.IPv6s {
			ipv6.add(ip)
		}
	}
	slices.SortStableFunc(other.secondary, func(a, b secondaryInterface) int { return cmp.Compare(a.deviceIndex, b.deviceIndex) })
	for _, secondary := range other.secondary {
		for _, ip := range secondary.privateIPs {
			private.add(ip)
		}
	}
	private.add(other.private)
	public.add(other.public)
	if !slices.ContainsFunc(ipv6.list, func(listed string) bool { return sameAddress(listed, other.ipv6) }) {
		ipv6.add(other.ipv6)
	}
	r.PrivateIPs, r.PublicIPs, r.IPv6s = private.list, public.list, ipv6.list
}

// sameAddress also recognizes two spellings of one address.
func sameAddress(a, b string) bool {
	if a == b || a == "" || b == "" {
		return a == b
	}
	x, err := netip.ParseAddr(a)
	y, otherErr := netip.ParseAddr(b)
	return err == nil && otherErr == nil && x == y
}

// uniqueList is a list of texts in the order in which they were added, each once.
type uniqueList struct {
	list []string
	set  map[string]bool // nil while the list is short
}

// add ignores empty texts.
func (u *uniqueList) add(text string) {
	const short = 16
	switch {
	case text == "":
		return
	case len(u.list) < short:
		if slices.Contains(u.list, text) {
			return
		}
	case u.set == nil:
		u.set = make(map[string]bool, 2*short)
		for _, listed := range u.list {
			u.set[listed] = true
		}
		fallthrough
	default:
		if u.set[text] {
			return
		}
		u.set[text] = true
	}
	u.list = append(u.list, text)
}

// unique returns the texts without empty and repeated ones.
func unique(texts []string) []string {
	u := uniqueList{list: []string{}}
	for _, text := range texts {
		u.add(text)
	}
	return u.list
}

// association holds the addresses that EC2 associates with a private address.
type association struct {
	public        string // an Elastic IP or an automatic address
	carrier       string // of a Wavelength Zone
	customerOwned string // of an Outpost
	allocationID  string // of an Elastic IP, as is the next
	associationID string
}

func (a *association) empty() bool { return a.public == "" && a.carrier == "" && a.customerOwned == "" }

// addresses returns the addresses of all kinds, each once.
func (a *association) addresses() []string {
	list := make([]string, 0, 3)
	for _, ip := range []string{a.public, a.carrier, a.customerOwned} {
		if ip != "" && !slices.Contains(list, ip) {
			list = append(list, ip)
		}
	}
	return list
}

// appendTo adds an entry for a private address to an interface's list; or several, if
// several addresses are associated with it.
func (a *association) appendTo(ips []PrivateIP, ip PrivateIP) []PrivateIP {
	if a.empty() {
		return append(ips, ip)
	}
	for _, ip.PublicIP = range a.addresses() {
		ips = append(ips, ip)
	}
	return ips
}

// withPrimary adds to an interface's list, primary first, the private address and the
// association that EC2 gives for the interface as a whole. Nearly always the list has them
// already, in its primary address.
func withPrimary(ips []PrivateIP, private string, a *association) []PrivateIP {
	if private == "" && len(ips) > 0 {
		private = ips[0].PrivateIP
	}
	at := slices.IndexFunc(ips, func(ip PrivateIP) bool { return ip.PrivateIP == private })
	if at < 0 {
		if private == "" && a.empty() {
			return ips
		}
		at = 0
		primary := !slices.ContainsFunc(ips, func(ip PrivateIP) bool { return ip.Primary })
		if !primary {
			at = len(ips)
		}
		ips = slices.Insert(ips, at, PrivateIP{PrivateIP: private, Primary: primary})
	}
	if a.empty() {
		return ips
	}
	for _, public := range a.addresses() {
		switch {
		case slices.ContainsFunc(ips, func(ip PrivateIP) bool { return ip.PublicIP == public }):
		case ips[at].PublicIP == "":
			ips[at].PublicIP = public
		default:
			end := at // of the entries of the same private address
			for end < len(ips) && ips[end].PrivateIP == private {
				end++
			}
			ips = slices.Insert(ips, end, PrivateIP{PrivateIP: private, PublicIP: public, Primary: ips[at].Primary})
		}
	}
	return ips
}
