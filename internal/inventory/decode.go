package inventory

import (
	"io"
	"strconv"
	"sync"
	"time"
	"unsafe"

	smithytime "github.com/aws/smithy-go/time"

	"muster/internal/sweep"
	"muster/internal/xmlscan"
)

// maxMemory bounds the memory for the records of one answer, in bytes. The largest page
// that EC2 can return, 1,000 instances with 750 addresses each, needs half of it.
const maxMemory = 128 << 20

// Approximate memory of a record or an item of a list, in bytes, beside its strings.
const (
	itemSize      = 64
	instanceSize  = int(unsafe.Sizeof(Instance{}))
	candidateSize = int(unsafe.Sizeof(candidate{}))
)

// decoder fills records straight from EC2's answer. The elements of an answer may stand
// in any order.
type decoder struct {
	xmlscan.Scanner
	strings *xmlscan.Strings
	place   sweep.Place
	tags    []tag // of the current instance or interface

	// For DescribeInstances:
	keep      func(*Instance) bool
	large     func()
	instances int // in the answer so far
	found     records
	reserved  []*Instance // of the current reservation
}

type tag struct{ key, value string }

// decoders decodes answers of DescribeInstances, and reuses the memory of earlier ones.
// The zero value is ready. It is safe for concurrent use.
type decoders struct {
	free   sync.Pool
	memory xmlscan.Memory
}

// instances decodes an answer. It returns the records for which keep is true, and the
// token of the next page. It calls large before it reads an answer of more than a few
// records any further.
func (ds *decoders) instances(body io.Reader, p sweep.Place, keep func(*Instance) bool, large func()) (records, string, error) {
	d, _ := ds.free.Get().(*decoder)
	if d == nil {
		d = newDecoder()
		d.Remember(&ds.memory)
	}
	d.Reset(body)
	d.place, d.keep, d.large, d.instances = p, keep, large, 0
	next, err := d.answer()
	if err != nil {
		return nil, "", err // without d: its memory may have grown
	}
	found := d.found
	d.forget()
	ds.free.Put(d)
	return found, next, nil
}

func newDecoder() *decoder { return &decoder{strings: xmlscan.NewStrings()} }

// forget drops every reference to the answer and its records, but keeps the memory.
func (d *decoder) forget() {
	d.Reset(nil)
	d.strings.Reset()
	clear(d.tags[:cap(d.tags)])
	clear(d.reserved[:cap(d.reserved)])
	d.place, d.keep, d.large, d.found = sweep.Place{}, nil, nil, nil
}

// item opens the next <item> of a list.
func (d *decoder) item() bool {
	for d.Child() {
		if string(d.Name()) == "item" {
			if d.strings.Size += itemSize; d.strings.Size > maxMemory {
				d.Fail(&xmlscan.LimitError{Excess: "more than a page can hold"})
			}
			return d.Err() == nil
		}
		d.Skip()
	}
	return false
}

// unique reads a value that no other record is likely to have.
func (d *decoder) unique() string { return d.strings.Copy(d.Text()) }

// common reads a value that other records are likely to have.
func (d *decoder) common() string { return d.strings.Intern(d.Text()) }

// member reads one child of the open element, and skips the others.
func (d *decoder) member(name string, to *string) {
	for d.Child() {
		if string(d.Name()) == name {
			*to = d.common()
		} else {
			d.Skip()
		}
	}
}

// integer reads a number; an empty element is 0.
func (d *decoder) integer(name string) int {
	text := d.Text()
	if len(text) == 0 {
		return 0
	}
	n, err := strconv.ParseInt(string(text), 10, 32)
	if err != nil {
		d.Failf("%s is not a number", name)
	}
	return int(n)
}

func (d *decoder) boolean(name string) bool {
	value, err := strconv.ParseBool(string(d.Text()))
	if err != nil {
		d.Failf("%s is neither true nor false", name)
	}
	return value
}

// timestamp reads a time, and returns it in RFC 3339 and UTC, without a fraction.
func (d *decoder) timestamp(name string) string {
	text := d.Text()
	if isUsualTime(text) {
		var seconds [len("2006-01-02T15:04:05Z")]byte
		copy(seconds[:], text)
		seconds[len(seconds)-1] = 'Z'
		return d.strings.Copy(seconds[:])
	}
	t, err := smithytime.ParseDateTime(string(text))
	if err != nil {
		d.Failf("%s is not a time", name)
		return ""
	}
	return d.strings.Copy(t.UTC().AppendFormat(nil, time.RFC3339))
}

// isUsualTime reports whether a time has EC2's form, in UTC with milliseconds, and is
// valid in any month.
func isUsualTime(text []byte) bool {
	const form = "0000-00-00T00:00:00.000Z"
	if len(text) != len(form) {
		return false
	}
	for i, c := range text {
		if form[i] != '0' && c != form[i] || form[i] == '0' && (c < '0' || c > '9') {
			return false
		}
	}
	field := func(from int) string { return string(text[from : from+2]) }
	month, day := field(5), field(8)
	return month >= "01" && month <= "12" && day >= "01" && day <= "28" && field(11) <= "23" && field(14) <= "59" && field(17) <= "59"
}

// tag reads a tag into d.tags.
func (d *decoder) tag() {
	var t tag
	for d.Child() {
		switch string(d.Name()) {
		case "key":
			t.key = d.common()
		case "value":
			t.value = d.common()
		default:
			d.Skip()
		}
	}
	d.tags = append(d.tags, t)
}

func (d *decoder) securityGroups(to *[]SecurityGroup) {
	for d.item() {
		var g SecurityGroup
		for d.Child() {
			switch string(d.Name()) {
			case "groupId":
				g.GroupId = d.common()
			case "groupName":
				g.GroupName = d.common()
			default:
				d.Skip()
			}
		}
		*to = append(*to, g)
	}
}

// privateIP reads an item of privateIpAddressesSet, and returns the addresses that are
// associated with it.
func (d *decoder) privateIP(to *[]PrivateIP) (a association) {
	var ip PrivateIP
	for d.Child() {
		switch string(d.Name()) {
		case "privateIpAddress":
			ip.PrivateIP = d.common()
		case "primary":
			ip.Primary = d.boolean("primary")
		case "association":
			d.association(&a)
		default:
			d.Skip()
		}
	}
	*to = a.appendTo(*to, ip)
	return a
}

func (d *decoder) association(a *association) {
	for d.Child() {
		switch string(d.Name()) {
		case "publicIp":
			a.public = d.common()
		case "carrierIp":
			a.carrier = d.common()
		case "customerOwnedIp":
			a.customerOwned = d.common()
		case "allocationId":
			a.allocationID = d.unique()
		case "associationId":
			a.associationID = d.unique()
		default:
			d.Skip()
		}
	}
}
