package inventory

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"
	"time"
	"unsafe"

	smithytime "github.com/aws/smithy-go/time"

	"muster/internal/sweep"
)

// decoders read answers of DescribeInstances, each with the memory that an earlier
// one was read with. The zero value is ready; it is safe for concurrent use.
type decoders struct{ free sync.Pool }

// instances reads an answer into records, those that keep wants, and the token of
// the next page. It calls large before it goes on with an answer of more than a
// few records.
func (ds *decoders) instances(body io.Reader, p sweep.Place, keep func(*Instance) bool, large func()) (records, string, error) {
	d, _ := ds.free.Get().(*decoder)
	if d == nil {
		d = &decoder{texts: newTexts()}
	}
	d.reset(body)
	d.place, d.keep, d.large, d.seen = p, keep, large, 0
	next := d.answer()
	found, err := d.found, d.err
	d.reset(nil) // what is handed on must not be held here
	d.texts.forget()
	clear(d.tags[:cap(d.tags)])
	clear(d.reserved[:cap(d.reserved)])
	d.place, d.keep, d.large, d.found = sweep.Place{}, nil, nil, nil
	if err != io.EOF { // nor is the memory needed that it took
		return nil, "", err
	}
	ds.free.Put(d)
	return found, next, nil
}

// maxMade bounds the memory that is taken for an answer's records. The largest page
// that EC2 can give, of 1,000 instances with 750 addresses each, takes half of it.
const maxMade = 128 << 20

// What is made of an item takes about so much besides its texts.
const (
	itemSize     = 64
	instanceSize = int(unsafe.Sizeof(Instance{}))
)

// decoder fills records straight from the document, in any order of elements.
type decoder struct {
	scanner
	texts texts
	place sweep.Place
	keep  func(*Instance) bool
	large func()
	seen  int // instances so far
	found records

	tags     []tag       // of the instance at hand
	reserved []*Instance // of the reservation at hand
}

type tag struct{ key, value string }

// answer reads an answer of DescribeInstances.
func (d *decoder) answer() (next string) {
	d.document("DescribeInstancesResponse", "reservationSet", func() {
		switch string(d.name) {
		case "reservationSet":
			for d.item() {
				d.reservation()
			}
		case "nextToken":
			next = string(d.value())
		default:
			d.skip()
		}
	})
	return next
}

// document reads the children of an answer's root, which has a list. It ends with
// io.EOF in err where the document is whole, and else with what is wrong.
func (d *decoder) document(name, list string, element func()) {
	listed := false
	switch {
	case !d.child():
		if d.err == io.EOF {
			d.err = errors.New("the answer is empty")
		}
		return
	case string(d.name) != name:
		d.failf("not a %s but <%s>", name, clip(d.name))
		return
	}
	for d.child() {
		listed = listed || string(d.name) == list
		element()
	}
	if d.child() {
		d.failf("a second document")
	}
	if d.err == io.EOF && !listed {
		d.err = fmt.Errorf("the %s lacks its %s", name, list)
	}
}

// item opens the next <item> of a list.
func (d *decoder) item() bool {
	for d.child() {
		if string(d.name) == "item" {
			if d.texts.made += itemSize; d.texts.made > maxMade {
				d.fail(tooMuch("more than a page can hold"))
			}
			return d.err == nil
		}
		d.skip()
	}
	return false
}

// A reservation's id may stand behind its instances.
func (d *decoder) reservation() {
	id, held := "", false
	d.reserved = d.reserved[:0]
	for d.child() {
		switch string(d.name) {
		case "reservationId":
			id = d.single()
		case "instancesSet":
			held = true
			for d.item() {
				d.instance()
			}
		default:
			d.skip()
		}
	}
	if d.err == nil && (id == "" || !held) {
		d.failf("a reservation without an id or instances")
	}
	for _, r := range d.reserved {
		r.ReservationId = id
	}
}

func (d *decoder) instance() {
	const few = 4
	if d.seen++; d.seen == few {
		d.large()
		d.much = true
	}
	made := d.texts.made
	r := d.found.next()
	*r = newInstance(d.place)
	d.tags = d.tags[:0]
	var outside apart
	for d.child() {
		switch string(d.name) {
		case "instanceId":
			r.InstanceId = d.single()
		case "instanceType":
			r.InstanceType = d.recurring()
		case "vpcId":
			r.VpcId = d.recurring()
		case "subnetId":
			r.SubnetId = d.recurring()
		case "imageId":
			r.ImageId = d.recurring()
		case "keyName":
			r.KeyName = d.recurring()
		case "architecture":
			r.Architecture = d.recurring()
		case "platform":
			r.Platform = d.recurring()
		case "instanceLifecycle":
			r.Lifecycle = d.recurring()
		case "privateIpAddress":
			outside.private = d.recurring() // an interface has it again
		case "ipAddress":
			outside.public = d.recurring()
		case "ipv6Address":
			outside.ipv6 = d.recurring()
		case "placement":
			d.field("availabilityZone", &r.AvailabilityZone)
		case "instanceState":
			d.field("name", &r.State)
		case "iamInstanceProfile":
			d.field("arn", &r.IamInstanceProfile)
		case "launchTime":
			r.LaunchTime = d.time()
		case "groupSet":
			d.groups(&r.SecurityGroups)
		case "tagSet":
			for d.item() {
				d.tag()
			}
		case "networkInterfaceSet":
			for d.item() {
				d.networkInterface(r)
			}
		case "secondaryInterfaceSet":
			for d.item() {
				outside.secondary = append(outside.secondary, d.secondaryInterface())
			}
		default:
			d.skip()
		}
	}
	if d.err == nil && r.InstanceId == "" {
		d.failf("an instance without an id")
	}
	if d.err != nil {
		return
	}
	r.Tags = make(map[string]string, len(d.tags))
	for _, t := range d.tags {
		r.Tags[t.key] = t.value
	}
	r.finish(outside)
	if !d.keep(r) {
		d.texts.made = made
		return
	}
	d.texts.made += instanceSize
	d.found.add()
	d.reserved = append(d.reserved, r)
}

func (d *decoder) tag() {
	var t tag
	for d.child() {
		switch string(d.name) {
		case "key":
			t.key = d.recurring()
		case "value":
			t.value = d.recurring()
		default:
			d.skip()
		}
	}
	d.tags = append(d.tags, t)
}

func (d *decoder) groups(to *[]SecurityGroup) {
	for d.item() {
		var g SecurityGroup
		for d.child() {
			switch string(d.name) {
			case "groupId":
				g.GroupId = d.recurring()
			case "groupName":
				g.GroupName = d.recurring()
			default:
				d.skip()
			}
		}
		*to = append(*to, g)
	}
}

func (d *decoder) networkInterface(r *Instance) {
	eni := NetworkInterface{PrivateIPs: []PrivateIP{}, IPv6s: []string{}, SecurityGroups: []SecurityGroup{}}
	var private string // of the interface itself, as is what it is associated with
	var associated association
	for d.child() {
		switch string(d.name) {
		case "networkInterfaceId":
			eni.NetworkInterfaceId = d.single()
		case "subnetId":
			eni.SubnetId = d.recurring()
		case "vpcId":
			eni.VpcId = d.recurring()
		case "macAddress":
			eni.MacAddress = d.single()
		case "groupSet":
			d.groups(&eni.SecurityGroups)
		case "attachment":
			d.deviceIndex(&eni.DeviceIndex)
		case "privateIpAddress":
			private = d.recurring() // the set has it again
		case "association":
			d.association(&associated)
		case "privateIpAddressesSet":
			for d.item() {
				d.privateIP(&eni.PrivateIPs)
			}
		case "ipv6AddressesSet":
			for d.item() {
				var address string
				d.field("ipv6Address", &address)
				eni.IPv6s = append(eni.IPv6s, address)
			}
		default:
			d.skip()
		}
	}
	primaryFirst(eni.PrivateIPs)
	eni.PrivateIPs = withPrimary(eni.PrivateIPs, private, &associated)
	r.NetworkInterfaces = append(r.NetworkInterfaces, eni)
}

// privateIP also returns what is associated with the address.
func (d *decoder) privateIP(to *[]PrivateIP) (a association) {
	var ip PrivateIP
	for d.child() {
		switch string(d.name) {
		case "privateIpAddress":
			ip.PrivateIP = d.recurring()
		case "primary":
			ip.Primary = d.bool()
		case "association":
			d.association(&a)
		default:
			d.skip()
		}
	}
	*to = a.appendTo(*to, ip)
	return a
}

func (d *decoder) association(a *association) {
	for d.child() {
		switch string(d.name) {
		case "publicIp":
			a.public = d.recurring()
		case "carrierIp":
			a.carrier = d.recurring()
		case "customerOwnedIp":
			a.customer = d.recurring()
		case "allocationId":
			a.allocation = d.single()
		case "associationId":
			a.id = d.single()
		default:
			d.skip()
		}
	}
}

func (d *decoder) secondaryInterface() (s secondaryInterface) {
	for d.child() {
		switch string(d.name) {
		case "attachment":
			d.deviceIndex(&s.deviceIndex)
		case "privateIpAddressSet":
			for d.item() {
				var address string
				d.field("privateIpAddress", &address)
				s.privateIPs = append(s.privateIPs, address)
			}
		default:
			d.skip()
		}
	}
	return s
}

func (d *decoder) deviceIndex(to *int) {
	for d.child() {
		if string(d.name) == "deviceIndex" {
			*to = d.number("deviceIndex")
		} else {
			d.skip()
		}
	}
}

// number reads an element's number, 0 where it has none.
func (d *decoder) number(name string) int {
	text := d.value()
	if len(text) == 0 {
		return 0
	}
	n, err := strconv.ParseInt(string(text), 10, 32)
	if err != nil {
		d.failf("%s is no number", name)
	}
	return int(n)
}

func (d *decoder) single() string    { return d.texts.single(d.value()) }
func (d *decoder) recurring() string { return d.texts.recurring(d.value()) }

// field reads the one child of an element that is of interest.
func (d *decoder) field(name string, to *string) {
	for d.child() {
		if string(d.name) == name {
			*to = d.recurring()
		} else {
			d.skip()
		}
	}
}

func (d *decoder) bool() bool {
	name := string(clip(d.name))
	value, err := strconv.ParseBool(string(d.value()))
	if err != nil {
		d.failf("<%s> is neither true nor false", name)
	}
	return value
}

func (d *decoder) time() string {
	text := d.value()
	parsed, err := smithytime.ParseDateTime(string(text))
	if err != nil {
		d.failf("launchTime is no time")
		return ""
	}
	return d.texts.single(parsed.UTC().AppendFormat(nil, time.RFC3339))
}
