package inventory

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	smithytime "github.com/aws/smithy-go/time"

	"muster/internal/sweep"
)

// decodeInstances reads an answer of DescribeInstances into records, those that
// keep wants, and the token of the next page.
func decodeInstances(body io.Reader, p sweep.Place, keep func(*Instance) bool) (page []Instance, next string, err error) {
	d := &decoder{scanner: newScanner(body), place: p, keep: keep}
	err = d.document("DescribeInstancesResponse", func(t tag) error {
		switch string(t.name) {
		case "reservationSet":
			return d.items(t, d.reservation)
		case "nextToken":
			return d.string(t, &next)
		}
		return d.skip(t)
	})
	if err != nil {
		return nil, "", err
	}
	return d.page, next, nil
}

// document calls f with every child of the document's root, and wants nothing
// after it.
func (d *decoder) document(name string, f func(tag) error) error {
	root, err := d.next(false)
	if err != nil {
		if err == io.EOF {
			err = errors.New("the answer is empty")
		}
		return err
	}
	if string(root.name) != name {
		return fmt.Errorf("the answer is not a %s but <%s>", name, clip(root.name))
	}
	if err := d.each(root, f); err != nil {
		return err
	}
	switch _, err := d.next(false); err {
	case io.EOF:
		return nil
	case nil:
		return d.errorf("a second document")
	default:
		return err
	}
}

// decoder fills records straight from the document, in any order of elements.
type decoder struct {
	*scanner
	place sweep.Place
	keep  func(*Instance) bool
	page  []Instance
}

// items calls f with every <item> of a list.
func (d *decoder) items(list tag, f func(tag) error) error {
	return d.each(list, func(t tag) error {
		if string(t.name) != "item" {
			return d.skip(t)
		}
		return f(t)
	})
}

// string reads a value that seldom recurs, name one that does.
func (d *decoder) string(t tag, to *string) error {
	text, err := d.value(t)
	*to = string(text)
	return err
}

func (d *decoder) name(t tag, to *string) error {
	text, err := d.value(t)
	*to = d.strs.get(text)
	return err
}

// field reads the one child of an element that is of interest.
func (d *decoder) field(t tag, name string, read func(tag, *string) error, to *string) error {
	return d.each(t, func(t tag) error {
		if string(t.name) != name {
			return d.skip(t)
		}
		return read(t, to)
	})
}

// A reservation's id may stand behind its instances.
func (d *decoder) reservation(t tag) error {
	from, id := len(d.page), ""
	err := d.each(t, func(t tag) error {
		switch string(t.name) {
		case "reservationId":
			return d.string(t, &id)
		case "instancesSet":
			return d.items(t, d.instance)
		}
		return d.skip(t)
	})
	for i := range d.page[from:] {
		d.page[from+i].ReservationId = id
	}
	return err
}

func (d *decoder) instance(t tag) error {
	r := newInstance(d.place)
	var addresses own
	err := d.each(t, func(t tag) error {
		switch string(t.name) {
		case "instanceId":
			return d.string(t, &r.InstanceId)
		case "instanceType":
			return d.name(t, &r.InstanceType)
		case "vpcId":
			return d.name(t, &r.VpcId)
		case "subnetId":
			return d.name(t, &r.SubnetId)
		case "imageId":
			return d.name(t, &r.ImageId)
		case "keyName":
			return d.name(t, &r.KeyName)
		case "architecture":
			return d.name(t, &r.Architecture)
		case "platform":
			return d.name(t, &r.Platform)
		case "instanceLifecycle":
			return d.name(t, &r.Lifecycle)
		case "privateIpAddress":
			return d.string(t, &addresses.private)
		case "ipAddress":
			return d.string(t, &addresses.public)
		case "ipv6Address":
			return d.string(t, &addresses.ipv6)
		case "placement":
			return d.field(t, "availabilityZone", d.name, &r.AvailabilityZone)
		case "instanceState":
			return d.field(t, "name", d.name, &r.State)
		case "iamInstanceProfile":
			return d.field(t, "arn", d.name, &r.IamInstanceProfile)
		case "launchTime":
			return d.time(t, &r.LaunchTime)
		case "groupSet":
			return d.groups(t, &r.SecurityGroups)
		case "tagSet":
			return d.items(t, func(t tag) error { return d.tagInto(t, r.Tags) })
		case "networkInterfaceSet":
			return d.items(t, func(t tag) error { return d.networkInterface(t, &r) })
		}
		return d.skip(t)
	})
	if err != nil {
		return err
	}
	r.finish(addresses)
	if d.keep(&r) {
		d.page = append(d.page, r)
	}
	return nil
}

func (d *decoder) time(t tag, to *string) error {
	text, err := d.value(t)
	if err != nil {
		return err
	}
	parsed, err := smithytime.ParseDateTime(string(text))
	if err != nil {
		return d.errorf("launchTime is no time")
	}
	*to = parsed.UTC().Format(time.RFC3339)
	return nil
}

func (d *decoder) bool(t tag, to *bool) error {
	text, err := d.value(t)
	if err != nil {
		return err
	}
	if *to, err = strconv.ParseBool(string(text)); err != nil {
		return d.errorf("<%s> is neither true nor false", clip(t.name))
	}
	return nil
}

func (d *decoder) tagInto(t tag, tags map[string]string) error {
	var key, value string
	err := d.each(t, func(t tag) error {
		switch string(t.name) {
		case "key":
			return d.name(t, &key)
		case "value":
			return d.name(t, &value)
		}
		return d.skip(t)
	})
	tags[key] = value
	return err
}

func (d *decoder) groups(t tag, to *[]SecurityGroup) error {
	return d.items(t, func(t tag) error {
		var g SecurityGroup
		err := d.each(t, func(t tag) error {
			switch string(t.name) {
			case "groupId":
				return d.name(t, &g.GroupId)
			case "groupName":
				return d.name(t, &g.GroupName)
			}
			return d.skip(t)
		})
		*to = append(*to, g)
		return err
	})
}

func (d *decoder) networkInterface(t tag, r *Instance) error {
	eni := NetworkInterface{PrivateIPs: []PrivateIP{}, IPv6s: []string{}, SecurityGroups: []SecurityGroup{}}
	err := d.each(t, func(t tag) error {
		switch string(t.name) {
		case "networkInterfaceId":
			return d.string(t, &eni.NetworkInterfaceId)
		case "subnetId":
			return d.name(t, &eni.SubnetId)
		case "vpcId":
			return d.name(t, &eni.VpcId)
		case "macAddress":
			return d.string(t, &eni.MacAddress)
		case "groupSet":
			return d.groups(t, &eni.SecurityGroups)
		case "attachment":
			return d.deviceIndex(t, &eni.DeviceIndex)
		case "privateIpAddressesSet":
			return d.items(t, func(t tag) error { return d.privateIP(t, &eni) })
		case "ipv6AddressesSet":
			return d.items(t, func(t tag) error {
				var address string
				err := d.field(t, "ipv6Address", d.string, &address)
				eni.IPv6s = append(eni.IPv6s, address)
				return err
			})
		}
		return d.skip(t)
	})
	primaryFirst(eni.PrivateIPs)
	r.NetworkInterfaces = append(r.NetworkInterfaces, eni)
	return err
}

func (d *decoder) deviceIndex(t tag, to *int) error {
	var text string
	if err := d.field(t, "deviceIndex", d.name, &text); err != nil || text == "" {
		return err
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		return d.errorf("deviceIndex is no number")
	}
	*to = int(n)
	return nil
}

func (d *decoder) privateIP(t tag, eni *NetworkInterface) error {
	var ip PrivateIP
	err := d.each(t, func(t tag) error {
		switch string(t.name) {
		case "privateIpAddress":
			return d.string(t, &ip.PrivateIP)
		case "primary":
			return d.bool(t, &ip.Primary)
		case "association":
			return d.field(t, "publicIp", d.string, &ip.PublicIP)
		}
		return d.skip(t)
	})
	eni.PrivateIPs = append(eni.PrivateIPs, ip)
	return err
}
