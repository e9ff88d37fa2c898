package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/smithy-go/encoding/cbor"
)

// parameterFiles are the files that the command lines of parameterCases name.
var parameterFiles = map[string]string{
	"filters.json": `[{"Name": "instance-type", "Values": ["t3.micro", "m5.*"]}]`,
	"costs.json":   `{"And": [{"Dimensions": {"Key": "REGION", "Values": ["eu-west-1"]}}, {"Not": {"Tags": {"Key": "env", "Values": ["prod"]}}}]}`,
	"input.json":   `{"Filters": [{"Name": "status", "Values": ["in-use"]}], "MaxResults": 7}`,
	"metrics.json": `[{"Id": "m1", "MetricStat": {"Metric": {"Namespace": "AWS/EC2", "MetricName": "CPUUtilization"}, "Period": 300, "Stat": "Average"}}]`,
	"policy.json":  `{"Version": "2012-10-17", "Statement": []}`,
	"query.txt":    "SELECT resourceId\nWHERE a = 'b c'",
	"image.bin":    "\x89PNG\x00\xff",
	"key.json":     `{"id": {"S": "a"}}`,
}

// parameterCases are command lines of the AWS CLI. Words are separated by spaces, and
// quoted by '.
var parameterCases = []string{
	// ec2
	`ec2 describe-volumes --filters Name=status,Values=available,in-use Name=tag:Name,Values='a b'`,
	`ec2 DescribeVolumes --max-items 3 --filters '{"Name":"size","Values":["8"]}'`,
	`ec2 describe-volumes --filters '[{"Name":"size","Values":["8"]}]' --volume-ids vol-1 vol-2`,
	`ec2 describe-volumes --cli-input-json file://{dir}/input.json`,
	`ec2 describe-volumes --cli-input-json '{"VolumeIds":["vol-3"],"DryRun":true}' --no-dry-run`,
	`ec2 describe-instances --filters file://{dir}/filters.json --page-size 50`,
	`ec2 describe-instances --instance-ids i-1 i-2 --dry-run`,
	`ec2 describe-images --owners self 099720109477 --no-include-deprecated --executable-users all`,
	`ec2 describe-snapshots --owner-ids self --max-items 10 --page-size 5`,
	`ec2 describe-spot-price-history --start-time 2026-01-02T03:04:05Z --end-time 1767409445 --instance-types m5.large c5.large`,
	`ec2 describe-instance-types --filters=Name=vcpu-info.default-vcpus,Values=2 --no-paginate`,
	`ec2 get-instance-types-from-instance-requirements --architecture-types x86_64 --virtualization-types hvm --instance-requirements VCpuCount={Min=2,Max=4},MemoryMiB={Min=1024},CpuManufacturers=intel,amd`,
	// query
	`iam list-users --path-prefix=/team/ --max-items 5`,
	`iam simulate-custom-policy --policy-input-list file://{dir}/policy.json {} --action-names s3:GetObject ec2:Describe* --context-entries ContextKeyName=aws:x,ContextKeyValues=a,b,ContextKeyType=stringList`,
	`iam get-account-authorization-details --filter User Role --page-size 100`,
	`rds describe-db-instances --filters Name=engine,Values=mysql,postgres --page-size 20`,
	`rds describe-db-snapshots --include-shared --no-include-public --snapshot-type manual`,
	`elbv2 describe-load-balancers --names a b --page-size 3`,
	`autoscaling describe-auto-scaling-groups --auto-scaling-group-names 'web servers' db --filters Name=tag-key,Values=env`,
	`cloudformation list-stacks --stack-status-filter CREATE_COMPLETE UPDATE_COMPLETE`,
	`redshift describe-clusters --tag-keys env team --max-items 1`,
	`elasticache describe-cache-clusters --show-cache-node-info --page-size 25`,
	`sts get-access-key-info --access-key-id AKIAIOSFODNN7EXAMPLE`,
	`cloudwatch get-metric-statistics --namespace AWS/EC2 --metric-name CPUUtilization --dimensions Name=InstanceId,Value=i-1 Name=x,Value=y --start-time 2026-01-01 --end-time 2026-01-02T00:00:00+01:00 --period 300 --statistics Average Maximum`,
	`cloudwatch get-metric-data --metric-data-queries file://{dir}/metrics.json --start-time 1767225600 --end-time 2026-01-02T00:00:00Z`,
	`cloudwatch describe-alarms --alarm-names a b --state-value ALARM --alarm-types CompositeAlarm MetricAlarm`,
	// json 1.0 and 1.1
	`dynamodb batch-get-item --request-items '{"t":{"Keys":[{"id":{"S":"1"}},{"id":{"S":"2"}}],"ConsistentRead":true}}'`,
	`dynamodb query --table-name t --key-condition-expression 'id = :v' --expression-attribute-values '{":v":{"N":"1"},":b":{"BOOL":false}}' --no-scan-index-forward --page-size 10`,
	`dynamodb get-item --table-name t --key id={S=1},range={N=2} --consistent-read --expression-attribute-names '#a=name,#b=other'`,
	`dynamodb list-tables --page-size 5 --max-items 20`,
	`sqs list-queues --queue-name-prefix a`,
	`sqs get-queue-attributes --queue-url http://127.0.0.1/1/q --attribute-names All ApproximateNumberOfMessages`,
	`ecs describe-clusters --clusters a b --include TAGS STATISTICS`,
	`ecs list-tasks --cluster c --desired-status RUNNING --page-size 9`,
	`ssm describe-instance-information --filters Key=PingStatus,Values=Online --max-items 2`,
	`ssm get-parameters-by-path --path /app --recursive --with-decryption --parameter-filters Key=Type,Option=Equals,Values=String,SecureString`,
	`ssm get-parameters --names a b --no-with-decryption`,
	`ce get-cost-and-usage --time-period Start=2026-01-01,End=2026-02-01 --granularity MONTHLY --metrics UnblendedCost UsageQuantity --group-by Type=DIMENSION,Key=SERVICE Type=TAG,Key=env --filter file://{dir}/costs.json`,
	`cloudtrail lookup-events --lookup-attributes AttributeKey=EventName,AttributeValue=ConsoleLogin --start-time '2026-01-01 10:00:00' --page-size 10`,
	`logs get-log-events --log-group-name /aws/lambda/f --log-stream-name 'a [$LATEST] b' --start-time 1767225600000 --no-start-from-head`,
	`logs describe-log-groups --log-group-name-prefix=/aws/ --limit 3`,
	`configservice select-resource-config --expression file://{dir}/query.txt --limit 10`,
	`organizations list-accounts --page-size 20`,
	`kms list-grants --key-id alias/a --limit 3`,
	`secretsmanager list-secrets --include-planned-deletion --filters Key=tag-key,Values=a,b --sort-order asc`,
	`dynamodb scan --table-name t --exclusive-start-key file://{dir}/key.json --total-segments 4 --segment 0`,
	`rekognition search-faces-by-image --collection-id c --image Bytes@=fileb://{dir}/image.bin --face-match-threshold 80.5`,
	`acm-pca list-certificate-authorities --resource-owner SELF --max-items 2`,
	`resourcegroupstaggingapi get-resources --tag-filters Key=env,Values=prod,dev Key=team --resource-type-filters ec2:instance s3 --no-include-compliance-details`,
	// rest-json
	`lambda list-functions --master-region ALL --function-version ALL --page-size 50`,
	`lambda get-function --function-name 'arn:aws:lambda:eu-west-1:123456789012:function:f' --qualifier '$LATEST'`,
	`eks list-clusters --include all --max-items 3`,
	`apigateway get-rest-apis --page-size 25`,
	`batch list-jobs --job-queue q --filters name=JOB_NAME,values=a,b`,
	`efs describe-file-systems --page-size 3`,
	`guardduty list-findings --detector-id d --finding-criteria '{"Criterion":{"severity":{"GreaterThanOrEqual":4}}}' --sort-criteria AttributeName=severity,OrderBy=DESC`,
	`securityhub get-findings --filters '{"SeverityLabel":[{"Value":"HIGH","Comparison":"EQUALS"}]}' --page-size 7`,
	`iot list-things --attribute-name a --attribute-value 'b c' --use-prefix-attribute-value`,
	`backup list-backup-jobs --by-created-after 2026-01-01T00:00:00Z --by-state COMPLETED`,
	`xray get-trace-summaries --start-time 1767225600 --end-time 1767229200 --sampling --no-sampling --sampling-strategy Name=PartialScan,Value=0.5`,
	// rest-xml
	`s3api list-objects-v2 --bucket my-bucket --prefix 'a b/ü' --delimiter / --fetch-owner --page-size 10`,
	`s3api head-object --bucket my-bucket --key 'dir/a b+c.txt' --if-modified-since 2026-01-02T03:04:05Z --range bytes=0-9 --checksum-mode ENABLED`,
	`s3api list-object-versions --bucket my-bucket --max-items 4`,
	`s3api get-bucket-policy --bucket my-bucket --expected-bucket-owner 123456789012`,
	`s3api get-object-attributes --bucket my-bucket --key k --object-attributes ETag ObjectSize`,
	`route53 list-resource-record-sets --hosted-zone-id /hostedzone/Z123 --max-items 3`,
	`route53 list-hosted-zones --page-size 3`,
	`cloudfront list-distributions --page-size 2`,
}

// TestAWSParametersAgainstTheAWSCLI expects that muster sends each command line's
// parameters as the AWS CLI does.
func TestAWSParametersAgainstTheAWSCLI(t *testing.T) {
	for _, tool := range []string{"aws", "python3"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not on PATH", tool)
		}
	}
	if exec.Command("python3", "-c", "import awscli.clidriver").Run() != nil {
		t.Skip("python3 has no awscli.clidriver")
	}
	t.Parallel()
	dir := t.TempDir()
	for name, content := range parameterFiles {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	environ := []string{"HOME=" + dir, "AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY=x", "AWS_REGION=eu-west-1", "AWS_DEFAULT_REGION=eu-west-1", "AWS_MAX_ATTEMPTS=1"}
	theirs := make([]*recorder, len(parameterCases))
	lines := make([][]string, len(parameterCases))
	for i, line := range parameterCases {
		theirs[i] = newRecorder(t)
		lines[i] = append(splitWords(strings.NewReplacer("{dir}", dir, "DescribeVolumes", "describe-volumes").Replace(line)), "--endpoint-url", theirs[i].URL)
	}
	results := runAWSCLI(t, environ, lines)
	for i, line := range parameterCases {
		want := theirs[i].requests()
		if results[i].Code != 0 || len(want) == 0 {
			t.Errorf("aws %s: exit code %d after %d requests: %s", line, results[i].Code, len(want), results[i].Stderr)
			continue
		}
		ours := newRecorder(t)
		words := splitWords(strings.ReplaceAll(line, "{dir}", dir))
		args := slices.Concat([]string{"aws"}, words, []string{"--endpoint-url", ours.URL, "--region", "eu-west-1", "-o", "json"})
		if got := muster(t, environ, args...); got.code != exitOK {
			t.Errorf("muster aws %s: exit code %d: %s", line, got.code, got.stderr)
			continue
		}
		if got := ours.requests(); !reflect.DeepEqual(got, want) {
			t.Errorf("muster aws %s sends\n%+v, the AWS CLI\n%+v", line, got, want)
		}
	}
}

// splitWords splits a command line at spaces outside of '.
func splitWords(line string) (words []string) {
	for _, word := range regexp.MustCompile(`(?:'[^']*'|[^' ])+`).FindAllString(line, -1) {
		words = append(words, strings.ReplaceAll(word, "'", ""))
	}
	return words
}

type cliResult struct {
	Code   int
	Stderr string
}

// runAWSCLI runs command lines of the AWS CLI one after the other.
func runAWSCLI(t *testing.T, environ []string, lines [][]string) (results []cliResult) {
	t.Helper()
	input, err := json.Marshal(lines)
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command("python3", filepath.Join("testdata", "awslines.py"))
	command.Stdin = bytes.NewReader(input)
	command.Env = slices.Concat(os.Environ(), environ, []string{"TZ=UTC", "AWS_CA_BUNDLE=", "AWS_EC2_METADATA_DISABLED=true"})
	var stderr bytes.Buffer
	command.Stderr = &stderr
	output, err := command.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, &stderr)
	}
	if err := json.Unmarshal(output, &results); err != nil {
		t.Fatal(err)
	}
	return results
}

// recordedRequest is the part of a request that parameters decide.
type recordedRequest struct {
	Method, Path string
	Query        url.Values
	Target       string // X-Amz-Target
	Headers      http.Header
	Body         any
}

// parameterHeaders are headers that parameters of parameterCases set.
var parameterHeaders = []string{"If-Modified-Since", "Range", "X-Amz-Checksum-Mode", "X-Amz-Expected-Bucket-Owner", "X-Amz-Object-Attributes", "X-Amz-Account-Id"}

// recorder is a server that keeps requests, and gives the emptiest answer that each
// protocol allows.
type recorder struct {
	*httptest.Server
	mu  sync.Mutex
	all []recordedRequest
}

// answersForMuster are the answers to the calls that find the account and its regions.
var answersForMuster = map[string]string{
	"GetCallerIdentity": `<GetCallerIdentityResponse><GetCallerIdentityResult><Account>123456789012</Account><Arn>arn:aws:iam::123456789012:user/u</Arn><UserId>U</UserId></GetCallerIdentityResult></GetCallerIdentityResponse>`,
	"DescribeRegions":   `<DescribeRegionsResponse><regionInfo><item><regionName>eu-west-1</regionName><optInStatus>opt-in-not-required</optInStatus></item></regionInfo></DescribeRegionsResponse>`,
}

func newRecorder(t *testing.T) *recorder {
	r := &recorder{}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

// restXML matches the signatures of the services whose answers are XML without an envelope.
var restXML = regexp.MustCompile(`/(s3|route53|cloudfront)/aws4_request`)

// requests returns the requests so far, without those in answersForMuster.
func (r *recorder) requests() []recordedRequest {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.all
}

func (r *recorder) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	content, err := io.ReadAll(req.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	form, _ := url.ParseQuery(string(content))
	action := form.Get("Action")
	if answer := answersForMuster[action]; answer != "" {
		io.WriteString(w, answer)
		return
	}
	recorded := recordedRequest{Method: req.Method, Path: req.URL.EscapedPath(), Query: req.URL.Query(), Target: req.Header.Get("X-Amz-Target"), Headers: http.Header{}}
	for _, name := range parameterHeaders {
		if values := req.Header.Values(name); len(values) > 0 {
			recorded.Headers[name] = []string{strings.Join(values, ",")}
		}
	}
	switch {
	case req.Header.Get("Smithy-Protocol") != "":
		recorded.Body, err = cbor.Decode(content)
		w.Header().Set("Smithy-Protocol", req.Header.Get("Smithy-Protocol"))
		w.Header().Set("Content-Type", "application/cbor")
		w.Write([]byte{0xa0})
	case action != "":
		recorded.Body = form
		fmt.Fprintf(w, "<%sResponse><%sResult/></%sResponse>", action, action, action)
	case len(content) > 0 && content[0] == '{':
		err = json.Unmarshal(content, &recorded.Body)
		answer := "{}"
		if strings.HasSuffix(recorded.Target, ".ListAccounts") { // Organizations never leaves this list out
			answer = `{"Accounts": []}`
		}
		io.WriteString(w, answer)
	default:
		recorded.Body = string(content)
		answer := "{}"
		if restXML.MatchString(req.Header.Get("Authorization")) {
			answer = "<EmptyResult/>"
		}
		io.WriteString(w, answer)
	}
	if err != nil {
		recorded.Body = err.Error()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, recorded)
}
