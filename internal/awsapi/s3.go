package awsapi

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"muster/internal/catalog"
	"muster/internal/wire"
)

// keepExpiry keeps the header Expires as text, for the member ExpiresString, and removes a
// date that is not one: whoever stores an object in S3 sets that header freely.
func keepExpiry(resp *http.Response) {
	text := resp.Header.Get("Expires")
	if text == "" {
		return
	}
	resp.Header.Set("ExpiresString", text)
	if _, err := http.ParseTime(text); err != nil {
		resp.Header.Del("Expires")
	}
}

// withoutBucket removes the first part of a path: the bucket, which the endpoint's rules
// put into the host or in front of the path.
func withoutBucket(path string) string {
	if i := strings.IndexByte(path[1:], '/'); i >= 0 {
		return path[1+i:]
	}
	return ""
}

// hasBucketInPath reports whether the bucket has to be in the path: a host of the user's
// may have no names below it, and a bucket's own host asks for its region, for which
// GetBucketLocation is called.
func hasBucketInPath(op *catalog.Operation, custom bool, parameters catalog.Parameters) bool {
	bucket, _ := parameters["Bucket"].(string)
	return (custom || op.Name == "GetBucketLocation") && !strings.HasPrefix(bucket, "arn:")
}

// bucketOf returns the bucket whose region decides where a call goes; "" if none. The
// name of an access point says where it is.
func (o *Operation) bucketOf(in wire.Object) string {
	if o.op.Service.ID != "S3" {
		return ""
	}
	bucket, _ := in.Get("Bucket").(string)
	if strings.HasPrefix(bucket, "arn:") {
		return ""
	}
	return bucket
}

// regionOf returns the region of a call's bucket where S3 has named it, else region.
func (o *Operation) regionOf(in wire.Object, region string) string {
	if bucket := o.bucketOf(in); bucket != "" {
		if known, ok := o.api.buckets.Load(bucket); ok {
			return known.(string)
		}
	}
	return region
}

const bucketRegion = "X-Amz-Bucket-Region"

// findBucket reports whether a call failed because its bucket is in another region, and
// keeps that region for the next call. S3 names it in a header of most answers, and in
// that of HeadBucket for the others.
func (o *Operation) findBucket(ctx context.Context, t Target, region string, credentials aws.CredentialsProvider, in wire.Object, failed error) bool {
	bucket := o.bucketOf(in)
	if bucket == "" || !isElsewhere(failed, o.op.Method == http.MethodHead) {
		return false
	}
	found := headerOf(failed, bucketRegion)
	if found == "" && o.op.Name != "HeadBucket" {
		head, err := o.api.Operation(o.op.Service.Operation("HeadBucket"))
		if err != nil {
			return false
		}
		_, _, err = head.retried(ctx, t, region, credentials, wire.Object{{Name: "Bucket", Value: bucket}}, nil)
		if err == nil { // the call has found the region, or it was right
			return head.regionOf(in, region) != region
		}
		found = headerOf(err, bucketRegion)
	}
	if found == "" || found == region {
		return false
	}
	o.api.buckets.Store(bucket, found)
	return true
}

// isElsewhere reports whether S3 answered that another region has the bucket. Answers to
// HEAD requests have no document that says so.
func isElsewhere(err error, head bool) bool {
	switch status := statusOf(err); {
	case status == 301 || status == 302 || status == 307:
		return true
	case status == 400 && head:
		return true
	}
	api := (*smithy.GenericAPIError)(nil)
	if !errors.As(err, &api) {
		return false
	}
	switch api.Code {
	case "AuthorizationHeaderMalformed", "PermanentRedirect", "IllegalLocationConstraintException":
		return true
	}
	return false
}

func statusOf(err error) int {
	if resp := (*smithyhttp.ResponseError)(nil); errors.As(err, &resp) {
		return resp.HTTPStatusCode()
	}
	return 0
}

func headerOf(err error, name string) string {
	if resp := (*smithyhttp.ResponseError)(nil); errors.As(err, &resp) {
		return resp.Response.Header.Get(name)
	}
	return ""
}
