package cli

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// TestFullGolden: the member EC2 of --full over recorded answers, in plain and in unusual
// XML, is as aws-sdk-go-v2 (service/ec2 v1.344.0) decoded them. The order of its members
// may differ.
func TestFullGolden(t *testing.T) {
	t.Parallel()
	answers, err := filepath.Glob(filepath.Join("testdata", "full", "*.xml"))
	if err != nil || len(answers) == 0 {
		t.Fatal(answers, err)
	}
	for _, path := range answers {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/xml")
			if r.FormValue("Action") == "DescribeInstances" {
				http.ServeFile(w, r, path)
				return
			}
			w.Write([]byte(`<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/u</Arn><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`))
		}))
		defer server.Close()
		environ := []string{"HOME=" + t.TempDir(), "AWS_ENDPOINT_URL=" + server.URL, "AWS_ACCESS_KEY_ID=AKIA", "AWS_SECRET_ACCESS_KEY=x"}
		golden, err := os.ReadFile(strings.TrimSuffix(path, "xml") + "ndjson")
		if err != nil {
			t.Fatal(err)
		}
		want := strings.Split(strings.TrimSpace(string(golden)), "\n")
		got := muster(t, environ, "instances", "--full", "--region", "eu-west-1", "--jq", ".EC2")
		if got.code != exitOK {
			t.Errorf("%s: exit code %d: %s", path, got.code, got.stderr)
			continue
		}
		have := strings.Split(strings.TrimSpace(got.stdout), "\n")
		if len(have) != len(want) {
			t.Errorf("%s: %d instances, want %d", path, len(have), len(want))
			continue
		}
		for i := range want {
			var a, b any
			if err := json.Unmarshal([]byte(have[i]), &a); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal([]byte(want[i]), &b); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(a, b) {
				t.Errorf("%s: got\n%s\nwant\n%s", path, have[i], want[i])
			}
		}
	}
}
