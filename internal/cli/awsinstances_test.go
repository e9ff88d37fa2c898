package cli

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"testing"
)

const describeInstancesByBoto3 = `
import boto3, datetime, json, sys
ec2 = boto3.client('ec2', 'eu-west-1', endpoint_url=sys.argv[1], aws_access_key_id='AKIA', aws_secret_access_key='x')
print(json.dumps(ec2.describe_instances()['Reservations'], default=datetime.datetime.isoformat))
`

// TestInstancesThreeWays: an operation's records, the EC2 part of muster's own records and
// boto3's answer are the same over a recorded response.
func TestInstancesThreeWays(t *testing.T) {
	t.Parallel()
	reservation, err := os.ReadFile(filepath.Join("..", "inventory", "testdata", "reservation.xml"))
	if err != nil {
		t.Fatal(err)
	}
	placeholder := regexp.MustCompile(`\{[a-z0-9]+\}`)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/xml")
		if r.FormValue("Action") == "GetCallerIdentity" {
			io.WriteString(w, `<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/u</Arn><UserId>U</UserId><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`)
			return
		}
		io.WriteString(w, `<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>1</requestId><reservationSet>`)
		for _, id := range []string{"1", "2"} {
			io.WriteString(w, placeholder.ReplaceAllString(string(reservation), id))
		}
		io.WriteString(w, `</reservationSet></DescribeInstancesResponse>`)
	}))
	defer server.Close()
	environ := []string{"HOME=" + t.TempDir(), "AWS_ENDPOINT_URL=" + server.URL, "AWS_ACCESS_KEY_ID=AKIA", "AWS_SECRET_ACCESS_KEY=x"}
	read := func(args ...string) (value any) {
		got := muster(t, environ, append(args, "--region", "eu-west-1", "-o", "json")...)
		if err := json.Unmarshal([]byte(got.stdout), &value); err != nil || got.code != exitOK {
			t.Fatalf("%v: %v, exit code %d: %s", args, err, got.code, got.stderr)
		}
		return value
	}
	whole := read("aws", "ec2", "describe-instances").(map[string]any)["Reservations"].([]any)
	for i := range whole {
		whole[i] = withoutOwners(whole[i])
	}
	operation := read("aws", "ec2", "describe-instances", "--query", "Reservations[].Instances[]")
	if own := read("instances", "--full", "--query", "[].EC2"); !reflect.DeepEqual(own, operation) {
		t.Errorf("muster instances --full has\n%v\nmuster aws has\n%v", own, operation)
	}
	python, err := exec.LookPath("python3")
	if err != nil || exec.Command(python, "-c", "import boto3").Run() != nil {
		t.Skip("boto3 is not installed")
	}
	command := exec.Command(python, "-c", describeInstancesByBoto3, server.URL)
	command.Env = append(os.Environ(), "HOME="+t.TempDir())
	out, err := command.Output()
	if err != nil {
		t.Fatalf("boto3: %v: %s", err, err.(*exec.ExitError).Stderr)
	}
	var want []any
	if err := json.Unmarshal(out, &want); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(whole, want) {
		t.Errorf("muster aws has\n%v\nboto3 has\n%v", whole, want)
	}
}
