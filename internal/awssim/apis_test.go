package awssim

import (
	"encoding/json"
	"os/exec"
	"reflect"
	"strings"
	"testing"
)

// reads runs operations through botocore. Each line of its input names a service (or SERVICE:PROTOCOL), an operation, a region, the page size
// of the paginator ("" where the operation is called once), the parameters and an expression of the answer. Each line of
// its output has the expression's value, or the code of the error.
const reads = `
import botocore.session, botocore.config, jmespath, json, sys
from botocore.exceptions import ClientError
for line in sys.stdin:
    service, operation, region, pages, parameters, expression = json.loads(line)
    service, _, protocol = service.partition(":")
    session = botocore.session.get_session()
    if protocol:
        model = session.get_component("data_loader").load_service_model(service, "service-2")
        model["metadata"].update(protocol=protocol, protocols=[protocol])
    client = session.create_client(service, region, config=botocore.config.Config(parameter_validation=False, retries={"total_max_attempts": 1}))
    try:
        if pages:
            answer = client.get_paginator(operation).paginate(PaginationConfig={"PageSize": int(pages)}, **parameters).build_full_result()
        else:
            answer = getattr(client, operation)(**parameters)
        print(json.dumps(jmespath.search(expression, answer), default=str), flush=True)
    except ClientError as e:
        print(json.dumps(e.response["Error"]["Code"]), flush=True)
`

// apiWorld has two pages and more of each list.
const apiWorld = `{"regions": ["us-east-1", "eu-west-1", "af-south-1"], "lists": {"page_size": 2},
	"accounts": [{"id": "000000000001", "name": "one", "buckets": ["one", "two", "three"]}],
	"users": [{"account": "one", "name": "u", "access_key_id": "AKIAU"}, {"account": "one", "name": "v", "access_key_id": "AKIAV", "profile": "-"}, {"account": "one", "name": "w"}],
	"roles": [{"name": "B"}, {"name": "A", "path": "/x/"}],
	"deny": [{"kind": "iam", "regions": ["us-east-1"], "actions": ["lambda:*", "sqs:*", "dynamodb:*", "rds:*", "ecs:*", "elasticloadbalancing:*", "cloudwatch:*"]}],
	"resources": [
		{"account": "one", "region": "eu-west-1", "kind": "function", "name": "f", "type": "python3.8", "count": 3},
		{"account": "one", "region": "eu-west-1", "kind": "queue", "name": "q", "count": 3},
		{"account": "one", "region": "eu-west-1", "kind": "table", "name": "table", "count": 3},
		{"account": "one", "region": "eu-west-1", "kind": "database", "name": "db", "count": 3},
		{"account": "one", "region": "eu-west-1", "kind": "cluster", "name": "c", "count": 3},
		{"account": "one", "region": "eu-west-1", "kind": "load-balancer", "name": "lb", "count": 3},
		{"account": "one", "region": "eu-west-1", "kind": "alarm", "name": "a", "count": 3},
		{"account": "one", "region": "eu-west-1", "kind": "alarm", "name": "high", "state": "ALARM"}],
	"instances": [{"account": "one", "region": "eu-west-1", "id": "i-00000001", "image": "ami-00000001", "zone": "eu-west-1a", "vpc": "vpc-1", "subnet": "subnet-1",
		"private_ips": ["10.1.2.3"], "groups": [{"id": "sg-1", "name": "web"}, {"id": "sg-2", "name": "ssh"}]}],
	"home": {"profile": "u", "region": "eu-west-1"}}`

// TestAPIs reads the lists of the other services with botocore: each page, each kind of mistake, and a denial.
func TestAPIs(t *testing.T) {
	t.Parallel()
	python, err := exec.LookPath("python3")
	if err != nil || exec.Command(python, "-c", "import botocore").Run() != nil {
		t.Skip("botocore is not installed")
	}
	none := given{}
	cases := []apiCase{
		{"iam", "list_users", "eu-west-1", "1000", none, "Users[].[UserName,Arn,Path]",
			`[["u","arn:aws:iam::000000000001:user/u","/"],["v","arn:aws:iam::000000000001:user/v","/"],["w","arn:aws:iam::000000000001:user/w","/"]]`},
		{"iam", "list_users", "us-east-1", "", given{"MaxItems": 1}, "[IsTruncated,length(Users),Marker!=null]", `[true,1,true]`},
		{"iam", "list_users", "us-east-1", "", given{"MaxItems": 1001}, "@", `"ValidationError"`},
		{"iam", "list_roles", "us-east-1", "1", none, "Roles[].[RoleName,MaxSessionDuration,AssumeRolePolicyDocument.Statement[0].Principal.AWS[0]]",
			`[["A",3600,"000000000001"],["B",3600,"000000000001"]]`},
		{"iam", "list_roles", "us-east-1", "", given{"PathPrefix": "/x"}, "Roles[].Path", `["/x/"]`},
		{"iam", "list_access_keys", "us-east-1", "", none, "AccessKeyMetadata[].[UserName,AccessKeyId,Status]", `[["u","AKIAU","Active"]]`},
		{"iam", "list_access_keys", "us-east-1", "", given{"UserName": "nobody"}, "@", `"NoSuchEntity"`},
		{"iam", "get_access_key_last_used", "us-east-1", "", given{"AccessKeyId": "AKIAU"}, "[UserName,AccessKeyLastUsed.ServiceName,AccessKeyLastUsed.LastUsedDate!=null]", `["u","ec2",true]`},
		{"iam", "get_access_key_last_used", "us-east-1", "", given{"AccessKeyId": "AKIAV"}, "AccessKeyLastUsed", `{"Region":"N/A","ServiceName":"N/A"}`},
		{"s3", "list_buckets", "us-east-1", "1", none, "Buckets[].Name", `["one","three","two"]`},
		{"lambda", "list_functions", "eu-west-1", "1", none, "Functions[].[FunctionName,Runtime,MemorySize,Architectures[0]]",
			`[["f-1","python3.8",256,"arm64"],["f-2","python3.8",256,"arm64"],["f-3","python3.8",256,"arm64"]]`},
		{"lambda", "list_functions", "eu-west-1", "", none, "[length(Functions),NextMarker!=null]", `[2,true]`},
		{"lambda", "list_functions", "eu-west-1", "", given{"Marker": "AAAA"}, "@", `"InvalidParameterValueException"`},
		{"lambda", "list_functions", "us-east-1", "", none, "@", `"AccessDeniedException"`},
		{"lambda", "list_functions", "af-south-1", "", none, "@", `"UnrecognizedClientException"`},
		{"sqs", "list_queues", "eu-west-1", "1", none, "QueueUrls",
			`["https://sqs.eu-west-1.amazonaws.com/000000000001/q-1","https://sqs.eu-west-1.amazonaws.com/000000000001/q-2","https://sqs.eu-west-1.amazonaws.com/000000000001/q-3"]`},
		{"sqs", "list_queues", "eu-west-1", "", given{"QueueNamePrefix": "r"}, "QueueUrls", `null`},
		{"sqs", "list_queues", "us-east-1", "", none, "@", `"AccessDeniedException"`},
		{"dynamodb", "list_tables", "eu-west-1", "1", none, "TableNames", `["table-1","table-2","table-3"]`},
		{"dynamodb", "list_tables", "eu-west-1", "", given{"ExclusiveStartTableName": "table-1"}, "[TableNames,LastEvaluatedTableName]", `[["table-2","table-3"],null]`},
		{"dynamodb", "list_tables", "us-east-1", "", none, "@", `"AccessDeniedException"`},
		{"rds", "describe_db_instances", "eu-west-1", "20", none, "DBInstances[].[DBInstanceIdentifier,Engine,Endpoint.Port,MultiAZ,VpcSecurityGroups[0].Status]",
			`[["db-1","postgres",5432,false,"active"],["db-2","postgres",5432,false,"active"],["db-3","postgres",5432,false,"active"]]`},
		{"rds", "describe_db_instances", "eu-west-1", "", given{"DBInstanceIdentifier": "db-9"}, "@", `"DBInstanceNotFound"`},
		{"rds", "describe_db_instances", "us-east-1", "", none, "@", `"AccessDenied"`},
		{"ecs", "list_clusters", "eu-west-1", "1", none, "clusterArns",
			`["arn:aws:ecs:eu-west-1:000000000001:cluster/c-1","arn:aws:ecs:eu-west-1:000000000001:cluster/c-2","arn:aws:ecs:eu-west-1:000000000001:cluster/c-3"]`},
		{"ecs", "describe_clusters", "eu-west-1", "", given{"clusters": []string{"c-2", "d"}}, "[clusters[].clusterName,failures[].reason]", `[["c-2"],["MISSING"]]`},
		{"ecs", "list_clusters", "us-east-1", "", none, "@", `"AccessDeniedException"`},
		{"elbv2", "describe_load_balancers", "eu-west-1", "1", none, "LoadBalancers[].[LoadBalancerName,Type,State.Code,length(AvailabilityZones)]",
			`[["lb-1","application","active",2],["lb-2","application","active",2],["lb-3","application","active",2]]`},
		{"elbv2", "describe_load_balancers", "eu-west-1", "", given{"Names": []string{"lb-3"}}, "LoadBalancers[].LoadBalancerName", `["lb-3"]`},
		{"elbv2", "describe_load_balancers", "us-east-1", "", none, "@", `"AccessDenied"`},
		{"cloudwatch", "describe_alarms", "eu-west-1", "1", none, "MetricAlarms[].[AlarmName,StateValue,Threshold,Period,Dimensions[0].Name]",
			`[["a-1","OK",92.5,300,"InstanceId"],["a-2","OK",92.5,300,"InstanceId"],["a-3","OK",92.5,300,"InstanceId"],["high","ALARM",92.5,300,"InstanceId"]]`},
		{"cloudwatch", "describe_alarms", "eu-west-1", "", given{"AlarmNames": []string{"a-2"}, "MaxRecords": 100}, "MetricAlarms[].AlarmName", `["a-2"]`},
		{"cloudwatch:query", "describe_alarms", "eu-west-1", "1", given{"StateValue": "ALARM"}, "MetricAlarms[].[AlarmName,Threshold,ActionsEnabled]", `[["high",92.5,true]]`},
		{"cloudwatch:json", "describe_alarms", "eu-west-1", "1", given{"AlarmNamePrefix": "h"}, "MetricAlarms[].[AlarmName,Threshold]", `[["high",92.5]]`},
		{"cloudwatch:query", "describe_alarms", "us-east-1", "", none, "@", `"AccessDenied"`},
		{"cloudwatch", "describe_alarms", "us-east-1", "", none, "@", `"AccessDeniedException"`},
		{"ec2", "describe_security_groups", "eu-west-1", "5", none, "SecurityGroups[].[GroupId,GroupName,VpcId,IpPermissionsEgress[0].IpRanges[0].CidrIp]",
			`[["sg-1","web","vpc-1","0.0.0.0/0"],["sg-2","ssh","vpc-1","0.0.0.0/0"]]`},
		{"ec2", "describe_security_groups", "eu-west-1", "", given{"GroupIds": []string{"sg-3"}}, "@", `"InvalidGroup.NotFound"`},
		{"ec2", "describe_vpcs", "eu-west-1", "5", none, "Vpcs[].[VpcId,CidrBlock,IsDefault]", `[["vpc-1","10.1.0.0/16",false]]`},
		{"ec2", "describe_subnets", "eu-west-1", "5", given{"Filters": []given{{"Name": "vpc-id", "Values": []string{"vpc-1"}}}},
			"Subnets[].[SubnetId,VpcId,CidrBlock,AvailabilityZone]", `[["subnet-1","vpc-1","10.1.2.0/24","eu-west-1a"]]`},
		{"ec2", "describe_images", "eu-west-1", "5", given{"Owners": []string{"self"}}, "Images[].[ImageId,Architecture,State]", `[["ami-00000001","x86_64","available"]]`},
		{"ec2", "describe_images", "eu-west-1", "", given{"Owners": []string{"amazon"}}, "Images", `[]`},
		{"ec2", "describe_snapshots", "eu-west-1", "5", given{"OwnerIds": []string{"self"}}, "Snapshots[].[State,VolumeSize,Description]", `[["completed",8,"Created for ami-00000001"]]`},
		{"dynamodb", "list_backups", "eu-west-1", "", none, "@", `"UnknownOperationException"`},
	}
	for way, env := range map[string]func(direct, proxied []string) []string{
		"endpoint": func(direct, _ []string) []string { return direct },
		"proxy":    func(_, proxied []string) []string { return proxied },
	} {
		t.Run(way, func(t *testing.T) {
			s := start(t, apiWorld)
			compareReads(t, python, env(clientHome(t, s)), cases)
			wantProblems(t, s, "MaxItems is 1001", "a NextToken that is not of this list", "X-Amz-Target DynamoDB_20120810.ListBackups")
		})
	}
}

type given = map[string]any

// apiCase is a call of botocore.
type apiCase struct {
	service, operation, region, pages string
	parameters                        given
	expression                        string
	want                              string // JSON
}

// compareReads makes calls with botocore, one after the other.
func compareReads(t *testing.T, python string, environ []string, cases []apiCase) {
	t.Helper()
	var input strings.Builder
	enc := json.NewEncoder(&input)
	for _, c := range cases {
		if err := enc.Encode([]any{c.service, c.operation, c.region, c.pages, c.parameters, c.expression}); err != nil {
			t.Fatal(err)
		}
	}
	command := exec.Command(python, "-c", reads)
	command.Env, command.Stdin = environ, strings.NewReader(input.String())
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, err.(*exec.ExitError).Stderr)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(lines) != len(cases) {
		t.Fatalf("%d answers to %d requests", len(lines), len(cases))
	}
	for i, c := range cases {
		var got, want any
		if json.Unmarshal([]byte(lines[i]), &got) != nil || json.Unmarshal([]byte(c.want), &want) != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s %s in %s %v:\n got %s\nwant %s", c.service, c.operation, c.region, c.parameters, lines[i], c.want)
		}
	}
}
