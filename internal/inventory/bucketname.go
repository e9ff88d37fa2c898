package inventory

import (
	"fmt"
	"strings"

	"muster/internal/catalog"
	"muster/internal/wire"
)

// maxBucketName is the length that botocore allows: old buckets have longer names than new
// ones may have.
const maxBucketName = 255

// checkBucket checks the name of a bucket as the AWS CLI does before a call. An ARN names an
// access point.
func checkBucket(op *catalog.Operation, in wire.Object) error {
	if !ReadsBucket(op) || in.Get("Bucket") == nil {
		return nil
	}
	name := in.Text("Bucket")
	if strings.HasPrefix(name, "arn:") || isBucketName(name) {
		return nil
	}
	if path, ok := strings.CutPrefix(name, "s3://"); ok {
		if bucket, _, _ := strings.Cut(path, "/"); isBucketName(bucket) {
			return &parameterError{"bucket", fmt.Errorf("%q is a URL; the name of the bucket is %s", name, bucket)}
		}
	}
	return &parameterError{"bucket", fmt.Errorf("%q is not a name of a bucket: letters, digits, dots, dashes and underscores", name)}
}

func isBucketName(name string) bool {
	return name != "" && len(name) <= maxBucketName && !strings.ContainsFunc(name, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.ContainsRune(".-_", c)
	})
}
