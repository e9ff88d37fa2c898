package cli

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
)

// comparedReads are reads of all protocols. Their whole answers are compared.
var comparedReads = strings.Split(strings.TrimSpace(`
ec2 describe-volumes
ec2 describe-volumes --filters Name=status,Values=error
ec2 describe-volumes --max-items 1
ec2 describe-security-groups
ec2 describe-vpcs
ec2 describe-subnets
ec2 describe-route-tables
ec2 describe-instances
ec2 describe-addresses
ec2 describe-network-interfaces
ec2 describe-key-pairs
ec2 describe-tags
ec2 describe-availability-zones
ec2 describe-snapshots --owner-ids self
ec2 describe-internet-gateways
ec2 describe-images --owners self
ec2 describe-instance-status
iam list-users
iam list-roles
iam list-groups
iam list-access-keys --user-name user0
iam list-account-aliases
iam list-instance-profiles
iam get-role --role-name worker
sts get-caller-identity
sns list-topics
sns list-subscriptions
elbv2 describe-load-balancers
cloudformation list-stacks
autoscaling describe-auto-scaling-groups
dynamodb list-tables
dynamodb scan --table-name t
logs describe-log-groups
ssm describe-parameters
ssm get-parameters --names /p/0 /p/none
secretsmanager list-secrets
ecs list-clusters
ecs describe-clusters --clusters c0 none
sqs list-queues
kms list-aliases
kinesis list-streams
events list-rules
cloudwatch describe-alarms
cloudwatch list-metrics
lambda list-functions
apigateway get-rest-apis
s3api list-buckets
s3api list-objects-v2 --bucket bucket-one
route53 list-hosted-zones
`), "\n")

// comparedQueries are expressions over the answers of the reads in front of them.
var comparedQueries = map[string][]string{
	"ec2 describe-volumes": {
		"Volumes[].VolumeId", "Volumes[].[VolumeId,Size,Encrypted,KmsKeyId]", "Volumes[].{id:VolumeId,s:Size,n:KmsKeyId,t:Tags}", "Volumes[].Tags[]",
		"Volumes[].Tags", "length(Volumes)", "sum(Volumes[].Size)", "avg(Volumes[].Size)", "max_by(Volumes, &Size).VolumeId",
		"sort_by(Volumes, &Size)[].Size", "join(',', Volumes[].VolumeId)", "Volumes[?Size==`100`].VolumeId | [0]", "Volumes[?Size==`1`].VolumeId | [0]",
		"Volumes[?Size==`1`].VolumeId", "Volumes[].CreateTime", "Volumes[0].Encrypted", "Volumes[].Attachments[].[InstanceId,[Device,State]]",
		"Volumes[*].Attachments[*].InstanceId", "[Volumes[0].Size, `null`, `[]`, `1.0`]", "keys(@)", "Volumes[].KmsKeyId", "type(Volumes)",
		"Volumes[-1].Tags[?Key=='Name'].Value | [0]", "reverse(Volumes)[].[Size]", "to_string(Volumes[0].Size)", "{n: length(Volumes), e: Volumes[?Size > `10`].Size}",
	},
	"ec2 describe-volumes --filters Name=status,Values=error": {"Volumes", "Volumes[].VolumeId", "Volumes[0].VolumeId", "length(Volumes)", "max_by(Volumes, &Size)"},
	"ec2 describe-instances": {
		"Reservations[].Instances[].[InstanceId,State.Name,Placement.AvailabilityZone,Tags[?Key=='Name'].Value|[0]]",
		"Reservations[*].Instances[*].InstanceId", "Reservations[*].Instances[*].[InstanceId,LaunchTime]", "Reservations[].Instances[].SecurityGroups",
		"Reservations[].Instances[].BlockDeviceMappings", "Reservations[0].Instances[0]", "Reservations[].Instances[] | [?State.Name!='running']",
	},
	"ec2 describe-security-groups": {"SecurityGroups[].[GroupName,IpPermissions[].IpRanges[].CidrIp]", "SecurityGroups[].IpPermissions[]", "SecurityGroups[].IpPermissions[].[FromPort,IpRanges]"},
	"iam list-users":               {"Users[].[UserName,CreateDate]", "reverse(Users)[].UserName", "Users[?ends_with(UserName, '1')].Path"},
	"iam list-roles":               {"Roles[].AssumeRolePolicyDocument", "Roles[].AssumeRolePolicyDocument.Statement[].Action", "Roles[].MaxSessionDuration", "Roles[].Tags"},
	"iam list-account-aliases":     {"AccountAliases", "AccountAliases[0]", "AccountAliases[?contains(@, 'li')]"},
	"s3api list-buckets":           {"Buckets[].Name", "Buckets[].[Name,CreationDate]"},
	"lambda list-functions":        {"Functions[].[FunctionName,Timeout,MemorySize,Environment.Variables.A]", "Functions[].Environment.Variables", "max(Functions[].CodeSize)", "Functions[].Layers"},
	"dynamodb list-tables":         {"TableNames", "TableNames[?@ > `1`]", "TableNames[?contains(@, `1`)]"},
	"dynamodb scan --table-name t": {"Items[].b.B", "Items[].n.N", "Items[].l.L[].[S,NULL]", "Items[].l.L", "Items[0].m.M", "Items[0].ss.SS", "Items"},
	"cloudwatch describe-alarms": {
		"MetricAlarms[].Threshold", "MetricAlarms[].[AlarmName,Threshold,Period]", "sum(MetricAlarms[].Threshold)", "MetricAlarms[?Threshold>`1`].AlarmName",
		"MetricAlarms[].to_string(Threshold)", "MetricAlarms[].AlarmConfigurationUpdatedTimestamp", "CompositeAlarms", "MetricAlarms[?Threshold==`80`].Threshold",
	},
	"cloudwatch list-metrics":                  {"OwningAccounts", "Metrics[].Dimensions[].Name"},
	"secretsmanager list-secrets":              {"SecretList[].[Name,CreatedDate]"},
	"ecs describe-clusters --clusters c0 none": {"failures[].reason", "[clusters[].clusterName,failures[].arn]"},
	"logs describe-log-groups":                 {"logGroups[].[logGroupName,creationTime,storedBytes]", "logGroups[].creationTime"},
	"kinesis list-streams":                     {"StreamNames", "StreamSummaries[].StreamCreationTimestamp"},
	"apigateway get-rest-apis":                 {"items[].[name,createdDate]"},
	"route53 list-hosted-zones":                {"HostedZones[].[Id,Config.PrivateZone,ResourceRecordSetCount]"},
}

// comparison is a command line for both tools. Each output is compared with the AWS CLI's:
// YAML, which it has only since version 2, with its JSON.
type comparison struct{ read, query string }

func (c comparison) words(output string) []string {
	words := append(strings.Fields(c.read), "--output", output)
	if c.query != "" {
		words = append(words, "--query", c.query)
	}
	return words
}

// TestAnswersAgainstAWSCLI: over one account and region, muster prints what the AWS CLI
// prints, apart from the three members that say where a record is from.
func TestAnswersAgainstAWSCLI(t *testing.T) {
	for _, tool := range []string{"moto_server", "python3", "aws"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not on PATH", tool)
		}
	}
	if testing.Short() {
		t.Skip("it takes long")
	}
	t.Parallel()
	var all []comparison
	var lines [][]string
	for _, read := range comparedReads {
		for _, query := range append([]string{""}, comparedQueries[read]...) {
			c := comparison{read, query}
			all, lines = append(all, c), append(lines, c.words("json"))
			if query != "" {
				lines = append(lines, c.words("text"))
			}
		}
	}
	home, moto := t.TempDir(), startMoto(t)
	url := remembered(t, moto)
	config := filepath.Join(home, "config")
	if err := os.WriteFile(config, []byte("[default]\ncli_timestamp_format = iso8601\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	environ := []string{"HOME=" + home, "AWS_ENDPOINT_URL=" + url, "AWS_ACCESS_KEY_ID=AKIAMOTO", "AWS_SECRET_ACCESS_KEY=x", "AWS_CONFIG_FILE=" + config}
	theirs := answersOfAWSCLI(t, moto, url, environ, lines)
	yaml, inJSON := make([]string, len(all)), make([]cliAnswer, len(all))
	for i, c := range all {
		inJSON[i], theirs = theirs[0], theirs[1:]
		ours := map[string]string{}
		for _, output := range []string{"json", "text", "yaml"} {
			got := muster(t, environ, append([]string{"aws", "--region", "us-east-1"}, c.words(output)...)...)
			if (got.code == exitOK) != (inJSON[i].Code == 0) {
				t.Errorf("%q: exit code %d, the AWS CLI's is %d\n%s%s", c, got.code, inJSON[i].Code, got.stderr, inJSON[i].Stderr)
			}
			ours[output] = got.stdout
		}
		yaml[i] = ours["yaml"]
		if inJSON[i].Code == 0 {
			c.compare(t, "json", ours["json"], inJSON[i].Stdout)
		}
		if c.query != "" {
			if theirs[0].Code == 0 && ours["text"] != theirs[0].Stdout {
				t.Errorf("%q in text:\n%s\nthe AWS CLI prints\n%s", c, ours["text"], theirs[0].Stdout)
			}
			theirs = theirs[1:]
		}
	}
	for i, document := range loadYAML(t, yaml) {
		if inJSON[i].Code == 0 {
			all[i].compare(t, "yaml", document, inJSON[i].Stdout)
		}
	}
}

// remembered returns the URL of a proxy for moto. It keeps moto's answers, since moto is slow
// and has other times in some answers each time. Reads of the same thing have the same
// request; what they read is written before.
func remembered(t *testing.T, url string) string {
	var answers sync.Map
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		_, scope, _ := strings.Cut(r.Header.Get("Authorization"), "/")
		scope, _, _ = strings.Cut(scope, ",")
		key := strings.Join([]string{r.Method, r.URL.String(), scope, r.Header.Get("X-Amz-Target"), string(body)}, " ")
		answer, ok := answers.Load(key)
		if !ok {
			answer = askMoto(t, url, r, body)
			answers.Store(key, answer)
		}
		recorded := answer.(*httptest.ResponseRecorder)
		maps.Copy(w.Header(), recorded.Header())
		w.WriteHeader(recorded.Code)
		w.Write(recorded.Body.Bytes())
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// askMoto returns moto's answer to a request.
func askMoto(t *testing.T, url string, r *http.Request, body []byte) *httptest.ResponseRecorder {
	ahead, err := http.NewRequest(r.Method, url+r.URL.String(), bytes.NewReader(body))
	if err != nil {
		t.Error(err)
	}
	ahead.Header = r.Header
	answer := httptest.NewRecorder()
	response, err := http.DefaultClient.Do(ahead)
	if err != nil {
		t.Error(err)
		answer.Code = http.StatusBadGateway
		return answer
	}
	defer response.Body.Close()
	maps.Copy(answer.Header(), response.Header)
	answer.Code = response.StatusCode
	if _, err := io.Copy(answer.Body, response.Body); err != nil {
		t.Error(err)
	}
	return answer
}

// compare compares two results as JSON, with the digits of their numbers.
func (c comparison) compare(t *testing.T, output, ours, theirs string) {
	t.Helper()
	got, want := decodeExactly(t, ours), decodeExactly(t, theirs)
	if c.query == "" {
		if list, ok := got.([]any); ok && len(list) == 1 { // an answer without a list
			got = withoutOwners(list[0])
		} else {
			got, want = withoutPlaces(got), listsOf(want, got)
		}
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%q in %s:\n%v\nthe AWS CLI prints\n%v", c, output, got, want)
	}
}

func decodeExactly(t *testing.T, text string) (value any) {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&value); err != nil {
		t.Errorf("%v: %s", err, text)
	}
	return value
}

// withoutPlaces removes the members that muster adds to the items of an answer's lists.
func withoutPlaces(answer any) any {
	switch answer := answer.(type) {
	case map[string]any:
		for name := range answer {
			answer[name] = withoutPlaces(answer[name])
		}
	case []any:
		for i := range answer {
			answer[i] = withoutOwners(answer[i])
		}
	}
	return answer
}

// listsOf returns the lists of the AWS CLI's answer, since answers of many places in one
// have no others: no tokens, no numbers of items. It keeps the structures that are also in
// got, around lists.
func listsOf(answer, got any) any {
	object, ok := answer.(map[string]any)
	if !ok {
		return answer
	}
	lists := map[string]any{}
	inner, _ := got.(map[string]any)
	for name, value := range object {
		switch value.(type) {
		case []any:
			lists[name] = value
		case map[string]any:
			if inner[name] != nil {
				lists[name] = listsOf(value, inner[name])
			}
		}
	}
	return lists
}

// cliAnswer is the result of a run of the AWS CLI.
type cliAnswer struct {
	Code           int
	Stdout, Stderr string
}

// answersOfAWSCLI fills moto, and runs command lines of the AWS CLI over it.
func answersOfAWSCLI(t *testing.T, moto, url string, environ []string, lines [][]string) (results []cliAnswer) {
	t.Helper()
	python(t, environ, lines, &results, filepath.Join("testdata", "awsanswers.py"), moto, url, "us-east-1")
	if len(results) != len(lines) {
		t.Fatalf("%d results of %d lines", len(results), len(lines))
	}
	return results
}

// loadYAML returns documents as PyYAML reads them, in JSON.
func loadYAML(t *testing.T, documents []string) (asJSON []string) {
	t.Helper()
	const load = `import json, sys, yaml; json.dump([json.dumps(yaml.safe_load(d), default=repr) for d in json.load(sys.stdin)], sys.stdout)`
	python(t, nil, documents, &asJSON, "-c", load)
	return asJSON
}

// python runs a program that reads and prints JSON.
func python(t *testing.T, environ []string, in, out any, args ...string) {
	t.Helper()
	input, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command("python3", args...)
	command.Env, command.Stdin = append(append(os.Environ(), "AWS_CA_BUNDLE="), environ...), bytes.NewReader(input)
	output, err := command.Output()
	if err != nil {
		t.Fatalf("python3: %v: %s", err, err.(*exec.ExitError).Stderr)
	}
	if err := json.Unmarshal(output, out); err != nil {
		t.Fatalf("%v: %.500s", err, output)
	}
}
