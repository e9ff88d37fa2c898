package awssim

import (
	"slices"
	"strconv"
	"strings"
)

const namespaceS3 = "http://s3.amazonaws.com/doc/2006-03-01/"

// listBuckets lists every bucket of the account, in any region's endpoint.
func (s *Server) listBuckets(r *request) (*answer, *apiError) {
	q := r.URL.Query()
	size := 10000
	if text := q.Get("max-buckets"); text != "" {
		var err error
		if size, err = strconv.Atoi(text); err != nil || size < 1 || size > 10000 {
			return nil, fail(400, "InvalidArgument", "Argument max-buckets must be an integer between 1 and 10000").blame("max-buckets is %s", text)
		}
	}
	prefix, region := q.Get("prefix"), q.Get("bucket-region")
	var names []string
	for _, name := range r.principal.account.Buckets {
		if strings.HasPrefix(name, prefix) && (region == "" || region == s.organizations) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	p, ok := s.paged(r, s.world.Lists, len(names), size, q.Get("continuation-token"), prefix, region)
	if !ok {
		return nil, fail(400, "InvalidArgument", "The continuation token provided is incorrect")
	}
	x := newXML()
	x.open("ListAllMyBucketsResult", "xmlns", namespaceS3)
	x.open("Owner").elem("ID", derive(0, "canonical", r.principal.account.ID).hex(64)).close("Owner")
	x.open("Buckets")
	for _, name := range names[p.from:p.to] {
		x.open("Bucket").elem("Name", name).elem("CreationDate", stamp(created(name)))
		if len(q) > 0 && !(len(q) == 1 && q.Has("x-id")) {
			x.elem("BucketRegion", s.organizations) // S3 adds it only if the request has a parameter
		}
		x.close("Bucket")
	}
	x.close("Buckets").opt("Prefix", prefix).opt("ContinuationToken", p.next).close("ListAllMyBucketsResult")
	a := xmlAnswer(x)
	a.contentType = contentS3
	return a, nil
}
