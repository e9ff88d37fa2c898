package awssim

import (
	"encoding/json"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"testing"
)

const addedWorld = `{"regions": ["us-east-1", "eu-west-1", "af-south-1"],
	"accounts": [{"id": "000000000001", "name": "one"}],
	"users": [{"account": "one", "name": "u"}],
	"deny": [{"kind": "iam", "regions": ["us-east-1"], "actions": ["kms:*", "eks:*", "sns:*", "ec2:*"]}],
	"faults": [
		{"service": "kms", "operation": "DescribeKey", "kind": "throttle"}, {"service": "eks", "operation": "ListClusters", "kind": "throttle"},
		{"service": "sns", "operation": "ListSubscriptions", "kind": "throttle"}, {"service": "ec2", "operation": "DescribeNatGateways", "kind": "throttle"}],
	"home": {"profile": "u", "region": "eu-west-1"}}`

// addedTo returns operations of every protocol, each with a fixed answer, and the last
// question that they got.
func addedTo() (all []*Operation, last *Question) {
	last = new(Question)
	add := func(o Operation, contentType, body string) {
		o.Answer = func(q Question) (*http.Response, error) {
			*last = q
			return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {contentType}}, Body: io.NopCloser(strings.NewReader(body))}, nil
		}
		all = append(all, &o)
	}
	for _, name := range []string{"ListKeys", "DescribeKey"} {
		add(Operation{Service: "kms", Name: name, SigningName: "kms", Protocol: "json", JSONVersion: "1.1", Key: "TrentService." + name},
			"application/x-amz-json-1.1", `{"Keys": [{"KeyId": "k"}]}`)
	}
	add(Operation{Service: "eks", Name: "ListClusters", SigningName: "eks", Protocol: "rest-json", Key: "GET /clusters"}, "application/json", `{"clusters": ["c"]}`)
	add(Operation{Service: "eks", Name: "DescribeCluster", SigningName: "eks", Protocol: "rest-json", Key: "GET /clusters/{name}"}, "application/json", `{"cluster": {"name": "c"}}`)
	for _, name := range []string{"ListTopics", "ListSubscriptions"} {
		add(Operation{Service: "sns", Name: name, SigningName: "sns", Protocol: "query", Key: "2010-03-31:" + name}, "text/xml",
			`<ListTopicsResponse><ListTopicsResult><Topics><member><TopicArn>t</TopicArn></member></Topics></ListTopicsResult></ListTopicsResponse>`)
	}
	for _, name := range []string{"DescribeRouteTables", "DescribeNatGateways"} {
		add(Operation{Service: "ec2", Name: name, SigningName: "ec2", Protocol: "ec2", Key: versionEC2 + ":" + name}, "text/xml",
			`<DescribeRouteTablesResponse><routeTableSet><item><routeTableId>r</routeTableId></item></routeTableSet></DescribeRouteTablesResponse>`)
	}
	add(Operation{Service: "route53", Name: "ListHostedZones", SigningName: "route53", Protocol: "rest-xml", Key: "GET /2013-04-01/hostedzone", OneRegion: true}, "text/xml",
		`<ListHostedZonesResponse><HostedZones><HostedZone><Id>z</Id></HostedZone></HostedZones></ListHostedZonesResponse>`)
	return all, last
}

// TestAddedOperations calls operations that the world does not have with botocore. The
// server must treat them as its own.
func TestAddedOperations(t *testing.T) {
	t.Parallel()
	python, err := exec.LookPath("python3")
	if err != nil || exec.Command(python, "-c", "import botocore").Run() != nil {
		t.Skip("botocore is not installed")
	}
	type given = map[string]any
	cases := []struct {
		service, operation, region string
		parameters                 given
		expression, want           string
	}{
		{"kms", "list_keys", "eu-west-1", given{}, "Keys[].KeyId", `["k"]`},
		{"kms", "list_keys", "us-east-1", given{}, "@", `"AccessDeniedException"`},
		{"kms", "list_keys", "af-south-1", given{}, "@", `"UnrecognizedClientException"`},
		{"kms", "describe_key", "eu-west-1", given{"KeyId": "k"}, "@", `"ThrottlingException"`},
		{"kms", "list_aliases", "eu-west-1", given{}, "@", `"UnknownOperationException"`},
		{"eks", "describe_cluster", "eu-west-1", given{"name": "a b"}, "cluster.name", `"c"`},
		{"eks", "describe_cluster", "us-east-1", given{"name": "c"}, "@", `"AccessDeniedException"`},
		{"eks", "list_clusters", "eu-west-1", given{}, "@", `"ThrottlingException"`},
		{"sns", "list_topics", "eu-west-1", given{}, "Topics[].TopicArn", `["t"]`},
		{"sns", "list_topics", "us-east-1", given{}, "@", `"AccessDenied"`},
		{"sns", "list_topics", "af-south-1", given{}, "@", `"InvalidClientTokenId"`},
		{"sns", "list_subscriptions", "eu-west-1", given{}, "@", `"Throttling"`},
		{"ec2", "describe_route_tables", "us-east-1", given{}, "@", `"UnauthorizedOperation"`},
		{"ec2", "describe_nat_gateways", "eu-west-1", given{}, "@", `"RequestLimitExceeded"`},
		{"route53", "list_hosted_zones", "eu-west-1", given{}, "HostedZones[].Id", `["z"]`},
		{"ec2", "describe_route_tables", "eu-west-1", given{"RouteTableIds": []string{"r", "s"}}, "RouteTables[].RouteTableId", `["r"]`},
	}
	var input strings.Builder
	for _, c := range cases {
		json.NewEncoder(&input).Encode([]any{c.service, c.operation, c.region, "", c.parameters, c.expression})
	}
	all, last := addedTo()
	loads := 0
	s := start(t, addedWorld, WithOperations(func() []*Operation { loads++; return all }))
	direct, _ := clientHome(t, s)
	command := exec.Command(python, "-c", reads)
	command.Env, command.Stdin = direct, strings.NewReader(input.String())
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, err.(*exec.ExitError).Stderr)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	for i, c := range cases {
		if i >= len(lines) || lines[i] != c.want {
			t.Errorf("%s %s in %s: got %s, want %s", c.service, c.operation, c.region, lines[i], c.want)
		}
	}
	if loads != 1 {
		t.Errorf("the operations were loaded %d times", loads)
	}
	if last.AccountName != "one" || last.Region != "eu-west-1" || strings.Join(last.Parameters["RouteTableId"], ",") != "r,s" && strings.Join(last.Parameters["RouteTableId"], ",") != "s,r" {
		t.Errorf("the last question is %+v", last)
	}
	call := s.Calls()[len(s.Calls())-2]
	if call.Service != "route53" || call.Operation != "ListHostedZones" || call.Account != "000000000001" || call.Region != "us-east-1" || call.Status != 200 {
		t.Errorf("call %+v", call)
	}
	wantProblems(t, s, "X-Amz-Target TrentService.ListAliases")
}

func TestParametersOfAddedOperations(t *testing.T) {
	t.Parallel()
	all, _ := addedTo()
	added := compileOperations(all)
	for _, c := range []struct{ key, label string }{
		{"GET /clusters/a%2Fb", "a/b"}, {"GET /clusters/c/", "c"}, {"GET /clusters", ""}, {"GET /clusters/c/d", ""}, {"POST /clusters/c", ""},
	} {
		labels, _ := added.templates[0].match(c.key)
		if labels["name"] != c.label {
			t.Errorf("%s: labels %q, want %q", c.key, labels, c.label)
		}
	}
}
