package awssim

import (
	"slices"
	"strings"
)

// image is an AMI that instances of the place were launched from, and its snapshot.
type image struct {
	id, architecture, platform string
}

func (im *image) snapshot() string { return snapshotOf(im.id) }

func snapshotOf(image string) string { return "snap-0" + derive(0, "snapshot", image).hex(16) }

// images returns the images of the caller's instances. The simulation has no other, and gives each to its account.
func (s *Server) images(r *request) []*image {
	byID := map[string]*image{}
	p := s.place(r.principal.account, r.region)
	for i := range p.len() {
		in := p.at(i)
		byID[in.Image] = &image{in.Image, in.Architecture, in.Platform}
	}
	return byIdentifier(byID)
}

// ownedBy reports whether the caller's own things are among those of the owners in the request.
func (r *request) ownedBy() bool {
	owners := list(r.form, "Owner")
	return len(owners) == 0 || slices.Contains(owners, "self") || slices.Contains(owners, r.principal.account.ID)
}

func (s *Server) describeImages(r *request) (*answer, *apiError) {
	all := s.images(r)
	if !r.ownedBy() {
		all = nil
	}
	id := func(im *image) string { return im.id }
	return ec2List[*image]{ids: "ImageId", set: "imagesSet", notFound: "InvalidAMIID.NotFound", id: id,
		filters: map[string]func(*image) []string{
			"image-id":     func(im *image) []string { return []string{im.id} },
			"architecture": func(im *image) []string { return []string{im.architecture} },
			"state":        func(*image) []string { return []string{"available"} },
		},
		show: func(x *xmlWriter, im *image) {
			x.elem("imageId", im.id).elem("imageLocation", r.principal.account.ID+"/"+im.id).elem("imageState", "available")
			x.elem("imageOwnerId", r.principal.account.ID).elem("isPublic", "false").elem("architecture", im.architecture).elem("imageType", "machine")
			x.opt("platform", im.platform).elem("name", "image-"+strings.TrimPrefix(im.id, "ami-")).elem("rootDeviceType", "ebs").elem("rootDeviceName", "/dev/xvda")
			x.open("blockDeviceMapping").open("item").elem("deviceName", "/dev/xvda").open("ebs").elem("snapshotId", im.snapshot()).elem("volumeSize", "8")
			x.elem("deleteOnTermination", "true").elem("volumeType", "gp3").elem("encrypted", "false").close("ebs").close("item").close("blockDeviceMapping")
			x.elem("virtualizationType", "hvm").elem("creationDate", stamp(created(im.id))).tags(nil)
		}}.answer(s, r, all, "Owner", "ExecutableBy", "IncludeDeprecated", "IncludeDisabled")
}

func (s *Server) describeSnapshots(r *request) (*answer, *apiError) {
	all := s.images(r)
	if !r.ownedBy() {
		all = nil
	}
	return ec2List[*image]{ids: "SnapshotId", set: "snapshotSet", notFound: "InvalidSnapshot.NotFound", id: (*image).snapshot,
		filters: map[string]func(*image) []string{
			"snapshot-id": func(im *image) []string { return []string{im.snapshot()} },
			"status":      func(*image) []string { return []string{"completed"} },
			"volume-size": func(*image) []string { return []string{"8"} },
		},
		show: func(x *xmlWriter, im *image) {
			x.elem("snapshotId", im.snapshot()).elem("volumeId", "vol-ffffffff").elem("status", "completed").elem("startTime", stamp(created(im.id)))
			x.elem("progress", "100%").elem("ownerId", r.principal.account.ID).elem("volumeSize", "8").elem("description", "Created for "+im.id)
			x.elem("encrypted", "false").tags(nil).elem("storageTier", "standard")
		}}.answer(s, r, all, "Owner", "RestorableBy")
}
