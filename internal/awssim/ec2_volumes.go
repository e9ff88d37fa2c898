package awssim

import "slices"

// describeVolumes lists the root volumes of instances. No other volumes exist.
func (s *Server) describeVolumes(r *request) (*answer, *apiError) {
	if err := r.checkParameters("Filter", "VolumeId", "MaxResults", "NextToken", "IncludeManagedResources"); err != nil {
		return nil, err
	}
	wanted, err := compileFilters(r, instanceTags, volumeFilters)
	if err != nil {
		return nil, err
	}
	ids := list(r.form, "VolumeId")
	size, err := r.pageSize(len(ids) > 0, "volumeId")
	if err != nil {
		return nil, err
	}
	p := s.place(r.principal.account, r.region)
	var chosen []Instance
	missing := slices.Clone(ids)
	for i := range p.len() {
		in := p.at(i)
		if in.State == "terminated" || len(ids) > 0 && !slices.Contains(ids, volume(&in)) || r.hides(in.Operator) {
			continue
		}
		missing = slices.DeleteFunc(missing, func(id string) bool { return id == volume(&in) })
		if wanted(&in) {
			chosen = append(chosen, in)
		}
	}
	if len(missing) > 0 {
		return nil, fail(400, "InvalidVolume.NotFound", "The volume '%s' does not exist.", missing[0])
	}
	part, ok := s.paged(r, s.world.EC2, len(chosen), size, r.form.Get("NextToken"), listKey(r.form))
	if !ok {
		return nil, fail(400, "InvalidNextToken", "The specified NextToken is not valid.")
	}
	x := newXML().open("DescribeVolumesResponse", "xmlns", namespaceEC2).elem("requestId", requestID)
	x.list("volumeSet", part.to-part.from, func(i int) { x.volume(&chosen[part.from+i]) })
	return xmlAnswer(x.opt("nextToken", part.next).close("DescribeVolumesResponse")), nil
}

// volumeFilters are documented filters of DescribeVolumes, on the instance of a volume.
var volumeFilters = map[string]func(*Instance) []string{
	"attachment.instance-id": func(in *Instance) []string { return []string{in.ID} },
	"availability-zone":      func(in *Instance) []string { return []string{in.Zone} },
	"status":                 func(*Instance) []string { return []string{"in-use"} },
	"volume-id":              func(in *Instance) []string { return []string{volume(in)} },
	"volume-type":            func(*Instance) []string { return []string{"gp3"} },
}

// volume writes the item of an instance's root volume, which has the instance's tags.
func (x *xmlWriter) volume(in *Instance) {
	created := stamp(in.Launched)
	x.elem("volumeId", volume(in)).elem("size", "8").elem("snapshotId", snapshotOf(in.Image))
	x.elem("availabilityZone", in.Zone).elem("status", "in-use").elem("createTime", created)
	x.open("attachmentSet").open("item").elem("volumeId", volume(in)).elem("instanceId", in.ID).elem("device", "/dev/xvda")
	x.elem("status", "attached").elem("attachTime", created).elem("deleteOnTermination", "true").close("item").close("attachmentSet")
	x.tags(in.Tags)
	x.elem("volumeType", "gp3").elem("iops", "3000").elem("throughput", "125").elem("encrypted", "false").elem("multiAttachEnabled", "false")
	x.operator(in.Operator)
}
