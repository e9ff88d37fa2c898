package inventory

import (
	"strings"
	"testing"

	"muster/internal/catalog"
)

// TestBucketName: names are checked before a call, by the pattern of the AWS CLI.
func TestBucketName(t *testing.T) {
	t.Parallel()
	list := catalog.Open("s3api").Operation("list-objects-v2")
	none := func(string) (string, bool, error) { return "", false, nil }
	for name, valid := range map[string]bool{
		"logs": true, "my.Old_bucket-1": true, strings.Repeat("a", 255): true, strings.Repeat("a", 256): false,
		"s3://logs": false, "s3://logs/x": false, "a/b": false, "a b": false, "ä": false, "": false,
		"arn:aws:s3:eu-west-1:111122223333:accesspoint/logs": true,
	} {
		_, err := ReadInput(list, "", []Given{{Parameter: Parameters(list)[0], Texts: []string{name}}}, none, nil)
		if (err == nil) != valid {
			t.Errorf("%.40q: %v", name, err)
		}
	}
	if p := Parameters(list)[0]; p.Name != "bucket" {
		t.Errorf("the first parameter is --%s", p.Name)
	}
}
