package auth

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"muster/internal/awsconfig"
)

// askMetadata prints the access key that botocore gets from the metadata service in
// each of the cases: "none" where it finds no credentials, "error" where it objects.
const askMetadata = `
import json, os, sys
import botocore.session
answers = []
for case in json.load(open(sys.argv[1])):
    before = dict(os.environ)
    os.environ.update(case['Variables'] or {}, AWS_CONFIG_FILE=case['Config'])
    try:
        c = botocore.session.Session().get_credentials()
        answers.append(c.get_frozen_credentials().access_key if c else 'none')
    except Exception:
        answers.append('error')
    os.environ.clear(); os.environ.update(before)
json.dump(answers, sys.stdout)
`

// metadataCase is a metadata service and its settings. URL stands for its URL.
type metadataCase struct {
	name      string
	Variables map[string]string
	config    string
	fails     int // of every request, how many fail first
	status    int // with this HTTP status; 0: 500
	token     int // the HTTP status for tokens; 0: they are given

	Config string // the path of a file with config
}

func metadataCases() []metadataCase {
	const endpoint, mode, v1 = "AWS_EC2_METADATA_SERVICE_ENDPOINT", "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "AWS_EC2_METADATA_V1_DISABLED"
	const timeout, attempts = "AWS_METADATA_SERVICE_TIMEOUT", "AWS_METADATA_SERVICE_NUM_ATTEMPTS"
	type vars = map[string]string
	cases := []metadataCase{
		{name: "endpoint of the environment", Variables: vars{endpoint: "URL"}},
		{name: "endpoint with a slash", Variables: vars{endpoint: "URL/"}},
		{name: "endpoint of the config", config: "ec2_metadata_service_endpoint = URL"},
		{name: "environment before config", Variables: vars{endpoint: "URL"}, config: "ec2_metadata_service_endpoint = http://127.0.0.1:9"},
		{name: "endpoint without a host", Variables: vars{endpoint: "nohost"}},
		{name: "endpoint without a host, config", config: "ec2_metadata_service_endpoint = nohost"},
		{name: "one attempt", Variables: vars{endpoint: "URL"}, fails: 1},
		{name: "three attempts", Variables: vars{endpoint: "URL", attempts: "3"}, fails: 2},
		{name: "three attempts, config", config: "ec2_metadata_service_endpoint = URL\nmetadata_service_num_attempts = 3", fails: 2},
		{name: "too few attempts", Variables: vars{endpoint: "URL", attempts: "2"}, fails: 2},
		{name: "attempts at a 404", Variables: vars{endpoint: "URL", attempts: "3"}, fails: 2, status: 404},
		{name: "no attempt", Variables: vars{endpoint: "URL", attempts: "0"}},
		{name: "less than no attempt", config: "ec2_metadata_service_endpoint = URL\nmetadata_service_num_attempts = -1"},
		{name: "attempts are no number", Variables: vars{endpoint: "URL", attempts: "many"}},
		{name: "attempts are no number, config", config: "ec2_metadata_service_endpoint = URL\nmetadata_service_num_attempts = 1.5"},
		{name: "timeout", Variables: vars{endpoint: "URL", timeout: "30"}},
		{name: "timeout of the config", config: "ec2_metadata_service_endpoint = URL\nmetadata_service_timeout = 30"},
		{name: "timeout is no number", Variables: vars{endpoint: "URL", timeout: "1s"}},
		{name: "timeout is no number, config", config: "ec2_metadata_service_endpoint = URL\nmetadata_service_timeout = soon"},
		{name: "timeout of 0", Variables: vars{endpoint: "URL", timeout: "0"}},
		{name: "timeout below 0", config: "ec2_metadata_service_endpoint = URL\nmetadata_service_timeout = -3"},
		{name: "version 1", Variables: vars{endpoint: "URL"}, token: 404},
		{name: "version 1 after a failure", Variables: vars{endpoint: "URL"}, token: 403},
		{name: "version 1 disabled", Variables: vars{endpoint: "URL", v1: "True"}, token: 404},
		{name: "version 1 disabled, config", config: "ec2_metadata_service_endpoint = URL\nec2_metadata_v1_disabled = true", token: 405},
		{name: "version 1 disabled, and tokens", Variables: vars{endpoint: "URL", v1: "true"}},
		{name: "version 1 enabled again", Variables: vars{endpoint: "URL", v1: "no"}, config: "ec2_metadata_v1_disabled = true", token: 404},
		{name: "mode beside an endpoint", Variables: vars{endpoint: "URL", mode: "IPv6"}},
		{name: "bad mode", Variables: vars{endpoint: "URL", mode: "ipv5"}},
		{name: "bad mode, config", config: "ec2_metadata_service_endpoint = URL\nec2_metadata_service_endpoint_mode = both"},
		{name: "disabled", Variables: vars{endpoint: "URL", "AWS_EC2_METADATA_DISABLED": "TRUE"}},
		{name: "disabled by another word", Variables: vars{endpoint: "URL", "AWS_EC2_METADATA_DISABLED": "1"}},
	}
	for i := range cases { // not the second after which a busy machine is taken for no instance
		c := &cases[i]
		if c.Variables == nil {
			c.Variables = vars{}
		}
		if _, set := c.Variables[timeout]; !set && !strings.Contains(c.config, "metadata_service_timeout") {
			c.Variables[timeout] = "60"
		}
	}
	return cases
}

// TestMetadataAsBotocore: the requests to the metadata service are those of botocore
// with the same settings, and both reject the same values.
func TestMetadataAsBotocore(t *testing.T) {
	t.Parallel()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is not on PATH")
	}
	if err := exec.Command(python, "-c", "import botocore.session").Run(); err != nil {
		t.Skip("botocore is not installed")
	}
	cases := metadataCases()
	service := &fakeMetadata{asked: map[string]int{}, cases: cases}
	server := httptest.NewServer(service)
	defer server.Close()
	h := newHome(t, testWorld())
	for i := range cases {
		c := &cases[i]
		url := fmt.Sprintf("%s/%d", server.URL, i)
		for name, value := range c.Variables {
			c.Variables[name] = strings.ReplaceAll(value, "URL", url)
		}
		c.Config = h.Write(t, fmt.Sprint("config", i), "[default]\n"+strings.ReplaceAll(c.config, "URL", url)+"\n")
	}
	list, _ := json.Marshal(cases)
	ask := exec.Command(python, "-c", askMetadata, h.Write(t, "cases.json", string(list)))
	ask.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + h.Dir, "AWS_SHARED_CREDENTIALS_FILE=/dev/null", "NO_PROXY=*"}
	ask.Stderr = os.Stderr
	printed, err := ask.Output()
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	if err := json.Unmarshal(printed, &want); err != nil {
		t.Fatal(err)
	}
	service.forget()
	for i, c := range cases {
		variables := []string{"AWS_CONFIG_FILE=" + c.Config, "AWS_SHARED_CREDENTIALS_FILE=/dev/null", "AWS_PROFILE=", "AWS_EC2_METADATA_DISABLED=", "AWS_ENDPOINT_URL="}
		got, text := "", ""
		for name, value := range c.Variables {
			variables = append(variables, name+"="+value)
		}
		for _, key := range awsconfig.MetadataSettings { // as the command line's own check
			if value := c.Variables[awsconfig.MetadataVariable(key)]; value != "" && awsconfig.MetadataExpects(key, value) != "" {
				got = "error"
			}
		}
		if got == "" {
			got, text = metadataKey(t, h.resolver(t, variables...))
		}
		if got != want[i] {
			t.Errorf("%s: %s (%s), for botocore %s", c.name, got, text, want[i])
		}
	}
}

// metadataKey returns the access key of the machine, as askMetadata prints it.
func metadataKey(t *testing.T, r *Resolver) (key, text string) {
	id, err := r.Current()
	if err == nil {
		creds, failed := id.Credentials.Retrieve(t.Context())
		key, err = creds.AccessKeyID, failed
	}
	switch {
	case err == nil:
		return key, ""
	case strings.HasPrefix(err.Error(), "no credentials: "):
		return "none", err.Error()
	}
	return "error", err.Error()
}

// fakeMetadata serves each case below its own path.
type fakeMetadata struct {
	mu    sync.Mutex
	asked map[string]int
	cases []metadataCase
}

func (f *fakeMetadata) forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	clear(f.asked)
}

func (f *fakeMetadata) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var i int
	fmt.Sscanf(r.URL.Path, "/%d/", &i)
	c := f.cases[i]
	f.mu.Lock()
	f.asked[r.Method+r.URL.Path]++
	n := f.asked[r.Method+r.URL.Path]
	f.mu.Unlock()
	switch base := filepath.Base(r.URL.Path); {
	case n <= c.fails:
		w.WriteHeader(cmp.Or(c.status, http.StatusInternalServerError))
	case r.Method == http.MethodPut && c.token != 0:
		w.WriteHeader(c.token)
	case r.Method == http.MethodPut:
		w.Header().Set("X-Aws-Ec2-Metadata-Token-Ttl-Seconds", "21600")
		fmt.Fprint(w, "token")
	case base == "security-credentials":
		fmt.Fprint(w, "Web")
	default:
		fmt.Fprint(w, `{"Code": "Success", "AccessKeyId": "AKIAMACHINE", "SecretAccessKey": "s", "Token": "t", "Expiration": "2099-01-01T00:00:00Z"}`)
	}
}
