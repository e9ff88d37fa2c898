package inventory

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"muster/internal/awsapi"
)

// visitKind returns the resources of a kind, given as its file, in one place.
func visitKind(t *testing.T, file, region string, handler http.HandlerFunc) ([]Resource, error) {
	t.Helper()
	k, err := parseKind("tests", []byte(file))
	if err != nil {
		t.Fatal(err)
	}
	r, err := NewResources([]*Kind{k}, ResourceQuery{})
	if err != nil {
		t.Fatal(err)
	}
	api, place := served(t, handler)
	place.Region = region
	var got []Resource
	err = r.Visit(t.Context(), api, place, func(page []Resource) { got = append(got, page...) })
	return got, err
}

const accessKeys = `
service: iam
operation: ListUsers
steps:
  - each: ListAccessKeys
    parameters: {UserName: "{UserName}"}
    items: AccessKeyMetadata
  - each: GetAccessKeyLastUsed
    parameters: {AccessKeyId: "{AccessKeyId}"}
    absent: [NeverUsed]
id: AccessKeyId
name: UserName
`

// TestEachStep: an item that has vanished is left out, and one that lacks something stays.
// After an error, the items that are known stay, and the error is returned.
func TestEachStep(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		codes  map[string]string // errors, by the operation, or the operation and its parameter
		want   string            // the keys, and ! for those with a last use
		failed awsapi.Kind
	}{
		"complete":              {nil, "k-a! k-b! k-c!", ""},
		"a user was deleted":    {map[string]string{"ListAccessKeys b": "NoSuchEntity"}, "k-a! k-c!", ""},
		"a key was never used":  {map[string]string{"GetAccessKeyLastUsed k-b": "NeverUsed"}, "k-a! k-b k-c!", ""},
		"last uses are denied":  {map[string]string{"GetAccessKeyLastUsed": "AccessDenied"}, "k-a k-b k-c", awsapi.Denied},
		"one last use is wrong": {map[string]string{"GetAccessKeyLastUsed k-b": "ValidationError"}, "k-a! k-b k-c!", awsapi.Broken},
		"users are denied":      {map[string]string{"ListUsers": "AccessDenied"}, "", awsapi.Denied},
		"some keys are denied":  {map[string]string{"ListAccessKeys a": "AccessDenied", "ListAccessKeys c": "AccessDenied"}, "k-b!", awsapi.Denied},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			resources, err := visitKind(t, accessKeys, "", func(w http.ResponseWriter, r *http.Request) {
				action := r.Form.Get("Action")
				parameter := r.Form.Get("UserName") + r.Form.Get("AccessKeyId")
				if code := cmp.Or(c.codes[action], c.codes[action+" "+parameter]); code != "" {
					w.WriteHeader(400)
					fmt.Fprintf(w, `<ErrorResponse><Error><Code>%s</Code><Message>no</Message></Error></ErrorResponse>`, code)
					return
				}
				result := map[string]string{
					"ListUsers":            "<Users><member><UserName>a</UserName></member><member><UserName>b</UserName></member><member><UserName>c</UserName></member></Users>",
					"ListAccessKeys":       "<AccessKeyMetadata><member><UserName>" + parameter + "</UserName><AccessKeyId>k-" + parameter + "</AccessKeyId></member></AccessKeyMetadata>",
					"GetAccessKeyLastUsed": "<AccessKeyLastUsed><ServiceName>ec2</ServiceName></AccessKeyLastUsed>",
				}[action]
				fmt.Fprintf(w, `<%[1]sResponse><%[1]sResult>%[2]s</%[1]sResult></%[1]sResponse>`, action, result)
			})
			var keys []string
			for _, r := range resources {
				if r.item.Get("AccessKeyLastUsed") != nil {
					r.Id += "!"
				}
				keys = append(keys, r.Id)
			}
			got := awsapi.Kind("")
			if err != nil {
				got = awsapi.Explain(err).Kind
			}
			if strings.Join(keys, " ") != c.want || got != c.failed {
				t.Errorf("%q, %v (%s); want %q, %s", keys, err, got, c.want, c.failed)
			}
		})
	}
}

// TestBatchStep: a batch has at most its size, and items of different clusters go apart.
func TestBatchStep(t *testing.T) {
	t.Parallel()
	const file = `
service: ecs
operation: ListClusters
steps:
  - each: ListServices
    parameters: {cluster: "{Value}"}
    items: serviceArns
    keep: {cluster: Value}
  - batch: DescribeServices
    size: 2
    parameters: {cluster: "{cluster}", services: "{Value}", include: [TAGS]}
    items: services
    keep: {inCluster: cluster}
id: serviceName
name: "{inCluster}/{serviceArn|base}"
`
	calls := make(chan string, 10)
	resources, err := visitKind(t, file, "eu-west-1", func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			Cluster  string
			Services []string
			Include  []string
		}
		json.NewDecoder(r.Body).Decode(&in)
		switch _, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), "."); operation {
		case "ListClusters":
			fmt.Fprint(w, `{"clusterArns": ["c1", "c2"]}`)
		case "ListServices":
			fmt.Fprintf(w, `{"serviceArns": ["%[1]s/a", "%[1]s/b", "%[1]s/c"]}`, in.Cluster)
		default:
			calls <- in.Cluster + " " + strings.Join(in.Services, ",") + " " + strings.Join(in.Include, ",")
			var services []string
			for _, arn := range in.Services {
				services = append(services, fmt.Sprintf(`{"serviceName": %q, "serviceArn": %q}`, strings.ReplaceAll(arn, "/", ""), arn))
			}
			fmt.Fprintf(w, `{"services": [%s]}`, strings.Join(services, ","))
		}
	})
	close(calls)
	var made, names []string
	for call := range calls {
		made = append(made, call)
	}
	for _, r := range resources {
		names = append(names, r.Name)
	}
	slices.Sort(made)
	if want := "c1 c1/a,c1/b TAGS; c1 c1/c TAGS; c2 c2/a,c2/b TAGS; c2 c2/c TAGS"; strings.Join(made, "; ") != want || err != nil {
		t.Errorf("calls %q, %v; want %s", made, err, want)
	}
	if want := "c1/a c1/b c1/c c2/a c2/b c2/c"; strings.Join(names, " ") != want {
		t.Errorf("services %q, want %s", names, want)
	}
}

// TestKindMistakes: a mistake in the file of a kind is named.
func TestKindMistakes(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]string{
		"service: ec2\noperation: DescribeVolume\nid: VolumeId":                                                             `ec2 has no read operation "DescribeVolume"`,
		"service: ec3\noperation: DescribeVolumes\nid: VolumeId":                                                            `no service "ec3"`,
		"service: ec2\noperation: DescribeVolumes\nid: VolumId":                                                             `id: no member "VolumId" in VolumId; did you mean "VolumeId"?`,
		"service: ec2\noperation: DescribeVolumes\nid: VolumeId\narn: 'arn:{Id}'":                                           `arn: no member "Id"`,
		"service: ec2\noperation: DescribeVolumes\nid: VolumeId\nparameters: {Owner: self}":                                 `DescribeVolumes has no parameter "Owner"`,
		"service: ec2\noperation: DescribeVolumes":                                                                          "DescribeVolumes has no id",
		"service: iam\noperation: ListUsers\nid: UserId\nfilters: {id: user-id}":                                            "filters: ListUsers has no parameter Filters",
		"service: ecs\noperation: ListClusters\nid: Value\nsteps: [{batch: DescribeClusters, size: 5, items: clusters}]":    "no parameter is a list of references",
		"service: iam\noperation: ListUsers\nid: UserId\nsteps: [{each: ListGroupsForUser, parameters: {UserName: '{U}'}}]": `ListGroupsForUser: UserName: no member "U"`,
	} {
		k, err := parseKind("tests", []byte(file))
		if err == nil {
			_, err = NewResources([]*Kind{k}, ResourceQuery{})
		}
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "kinds/tests.yaml: ") {
			t.Errorf("%s\n%v, want %s", file, err, want)
		}
	}
}
