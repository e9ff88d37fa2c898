package inventory

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"muster/internal/awsapi"
	"muster/internal/wire"
)

// TestDeniedStepKeepsTheIDs: tables whose description is denied still have their names.
func TestDeniedStepKeepsTheIDs(t *testing.T) {
	t.Parallel()
	file, err := kindFiles.ReadFile("kinds/tables.yaml")
	if err != nil {
		t.Fatal(err)
	}
	got, err := visitKind(t, string(file), "eu-west-1", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		if strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".ListTables") {
			fmt.Fprint(w, `{"TableNames": ["carts", "customers"]}`)
			return
		}
		w.WriteHeader(400)
		fmt.Fprint(w, `{"__type": "com.amazon.coral.service#AccessDeniedException", "message": "no"}`)
	})
	if err == nil || awsapi.Explain(err).Kind != awsapi.Denied {
		t.Errorf("error %v, want a denial", err)
	}
	if len(got) != 2 || got[0].Id != "carts" || got[1].Id != "customers" {
		t.Errorf("%+v", got)
	}
}

// TestKindWithoutTags: the lists of IAM leave tags out, so a query for tags is an error
// instead of an empty answer.
func TestKindWithoutTags(t *testing.T) {
	t.Parallel()
	k, err := FindKind("users")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := NewResources([]*Kind{k}, ResourceQuery{Tags: []string{"team=web"}}); err == nil {
		t.Error("users are searched by tags")
	}
	record := resourcesOf(t, ResourceQuery{}, "users").RecordType()
	for _, name := range []string{"Tags", "OwnTags"} {
		if _, found := record.FieldByName(name); found {
			t.Errorf("records of users have %s", name)
		}
	}
}

// TestRegionOfBuckets: a bucket outside the selected regions is left out; one whose region
// the server does not tell stays.
func TestRegionOfBuckets(t *testing.T) {
	t.Parallel()
	r := resourcesOf(t, ResourceQuery{}, "buckets")
	r.InRegion = func(region string) bool { return region == "eu-west-1" }
	api, place := served(t, func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `<ListAllMyBucketsResult><Buckets>`+
			`<Bucket><Name>inside</Name><BucketRegion>eu-west-1</BucketRegion></Bucket>`+
			`<Bucket><Name>outside</Name><BucketRegion>us-east-1</BucketRegion></Bucket>`+
			`<Bucket><Name>unknown</Name></Bucket></Buckets></ListAllMyBucketsResult>`)
	})
	place.Region = ""
	var got []string
	if err := r.Visit(t.Context(), api, place, func(page []Resource) {
		for _, r := range page {
			got = append(got, r.Id+" "+r.Region)
		}
	}); err != nil {
		t.Fatal(err)
	}
	if text := strings.Join(got, ", "); text != "inside eu-west-1, unknown " {
		t.Errorf("%q", text)
	}
}

func TestTimeOf(t *testing.T) {
	t.Parallel()
	second := time.Date(2025, 9, 3, 8, 30, 0, 0, time.UTC)
	for _, c := range []struct {
		value any
		want  time.Time
	}{
		{second, second},
		{"2025-09-03T08:30:00Z", second},
		{"2025-09-03T10:30:00.000+0200", second},
		{"1756888200", second}, // an attribute of a queue
		{"1756888200.25", second.Add(time.Second / 4)},
		{int64(1756888200), second},
		{int64(1756888200250), second.Add(time.Second / 4)},
		{1756888200.25, second.Add(time.Second / 4)},
		{"yesterday", time.Time{}},
		{"", time.Time{}},
		{wire.Object{}, time.Time{}},
		{nil, time.Time{}},
	} {
		if got := timeOf(c.value); !got.Equal(c.want) {
			t.Errorf("%v: %v, want %v", c.value, got, c.want)
		}
	}
}
