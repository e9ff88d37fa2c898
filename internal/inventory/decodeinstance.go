package inventory

// answer decodes an answer of DescribeInstances into d.found, and returns the token of
// the next page.
func (d *decoder) answer() (next string, err error) {
	err = d.Document("DescribeInstancesResponse", "reservationSet", func() {
		switch string(d.Name()) {
		case "reservationSet":
			for d.item() {
				d.reservation()
			}
		case "nextToken":
			next = string(d.Text())
		default:
			d.Skip()
		}
	})
	return next, err
}

func (d *decoder) reservation() {
	id, complete := "", false
	d.reserved = d.reserved[:0]
	for d.Child() {
		switch string(d.Name()) {
		case "reservationId":
			id = d.unique()
		case "instancesSet":
			complete = true
			for d.item() {
				d.instance()
			}
		default:
			d.Skip()
		}
	}
	if id == "" || !complete {
		d.Failf("a reservation without an id or instances")
	}
	for _, r := range d.reserved { // the id may come after the instances
		r.ReservationId = id
	}
}

func (d *decoder) instance() {
	const few = 4
	if d.instances++; d.instances == few {
		d.large()
		d.ExpectLarge()
	}
	before := d.strings.Size
	r := d.found.next()
	*r = newInstance(d.place)
	d.tags = d.tags[:0]
	other := d.instanceMembers(r)
	if r.InstanceId == "" {
		d.Failf("an instance without an id")
	}
	if d.Err() != nil {
		return
	}
	r.Tags = make(map[string]string, len(d.tags))
	for _, t := range d.tags {
		r.Tags[t.key] = t.value
	}
	r.finish(other)
	if !d.keep(r) {
		d.strings.Size = before
		return
	}
	d.strings.Size += instanceSize
	d.found.add()
	d.reserved = append(d.reserved, r)
}

// instanceMembers reads the members of an instance, and the tags into d.tags.
func (d *decoder) instanceMembers(r *Instance) (other otherAddresses) {
	for d.Child() {
		switch string(d.Name()) {
		case "instanceId":
			r.InstanceId = d.unique()
		case "instanceType":
			r.InstanceType = d.common()
		case "vpcId":
			r.VpcId = d.common()
		case "subnetId":
			r.SubnetId = d.common()
		case "imageId":
			r.ImageId = d.common()
		case "keyName":
			r.KeyName = d.common()
		case "architecture":
			r.Architecture = d.common()
		case "platform":
			r.Platform = d.common()
		case "instanceLifecycle":
			r.Lifecycle = d.common()
		case "privateIpAddress":
			other.private = d.common() // an interface repeats it
		case "ipAddress":
			other.public = d.common()
		case "ipv6Address":
			other.ipv6 = d.common()
		case "placement":
			d.member("availabilityZone", &r.AvailabilityZone)
		case "instanceState":
			d.member("name", &r.State)
		case "iamInstanceProfile":
			d.member("arn", &r.IamInstanceProfile)
		case "launchTime":
			r.LaunchTime = d.timestamp("launchTime")
		case "groupSet":
			d.securityGroups(&r.SecurityGroups)
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
				other.secondary = append(other.secondary, d.secondaryInterface())
			}
		default:
			d.Skip()
		}
	}
	return other
}

// networkInterface reads an interface of an instance.
func (d *decoder) networkInterface(r *Instance) {
	eni := NetworkInterface{PrivateIPs: []PrivateIP{}, IPv6s: []string{}, SecurityGroups: []SecurityGroup{}}
	var private string // of the interface itself, as is the association
	var associated association
	for d.Child() {
		switch string(d.Name()) {
		case "networkInterfaceId":
			eni.NetworkInterfaceId = d.unique()
		case "subnetId":
			eni.SubnetId = d.common()
		case "vpcId":
			eni.VpcId = d.common()
		case "macAddress":
			eni.MacAddress = d.unique()
		case "groupSet":
			d.securityGroups(&eni.SecurityGroups)
		case "attachment":
			d.deviceIndex(&eni.DeviceIndex)
		case "privateIpAddress":
			private = d.common() // the set repeats it
		case "association":
			d.association(&associated)
		case "privateIpAddressesSet":
			for d.item() {
				d.privateIP(&eni.PrivateIPs)
			}
		case "ipv6AddressesSet":
			for d.item() {
				var address string
				d.member("ipv6Address", &address)
				eni.IPv6s = append(eni.IPv6s, address)
			}
		default:
			d.Skip()
		}
	}
	primaryFirst(eni.PrivateIPs)
	eni.PrivateIPs = withPrimary(eni.PrivateIPs, private, &associated)
	r.NetworkInterfaces = append(r.NetworkInterfaces, eni)
}

func (d *decoder) secondaryInterface() (s secondaryInterface) {
	for d.Child() {
		switch string(d.Name()) {
		case "attachment":
			d.deviceIndex(&s.deviceIndex)
		case "privateIpAddressSet":
			for d.item() {
				var address string
				d.member("privateIpAddress", &address)
				s.privateIPs = append(s.privateIPs, address)
			}
		default:
			d.Skip()
		}
	}
	return s
}

func (d *decoder) deviceIndex(to *int) {
	for d.Child() {
		if string(d.Name()) == "deviceIndex" {
			*to = d.integer("deviceIndex")
		} else {
			d.Skip()
		}
	}
}
