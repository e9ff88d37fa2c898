package cli

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"muster/internal/catalog"
	"muster/internal/names"
)

// consolePages are the pages of services in the console. The page of any other service is
// its name in the AWS CLI, with /home.
var consolePages = map[string]string{
	"accessanalyzer":           "access-analyzer/home",
	"amp":                      "prometheus/home",
	"apigatewaymanagementapi":  "apigateway/home",
	"apigatewayv2":             "apigateway/home",
	"appconfig":                "systems-manager/appconfig",
	"appconfigdata":            "systems-manager/appconfig",
	"appmesh":                  "appmesh/meshes",
	"application-autoscaling":  "ec2/home#AutoScalingGroups:",
	"application-signals":      "cloudwatch/home#application-signals:services",
	"appstream":                "appstream2/home",
	"autoscaling":              "ec2/home#AutoScalingGroups:",
	"autoscaling-plans":        "awsautoscaling/home",
	"bedrock-agent":            "bedrock/home#/agents",
	"bedrock-agent-runtime":    "bedrock/home#/agents",
	"bedrock-runtime":          "bedrock/home",
	"budgets":                  "billing/home#/budgets",
	"ce":                       "cost-management/home#/cost-explorer",
	"chime":                    "https://console.chime.aws.amazon.com/",
	"cloudhsmv2":               "cloudhsm/home",
	"cloudshell":               "cloudshell/home",
	"cloudtrail-data":          "cloudtrail/home",
	"codeartifact":             "codesuite/codeartifact/domains",
	"codebuild":                "codesuite/codebuild/projects",
	"codecommit":               "codesuite/codecommit/repositories",
	"codeconnections":          "codesuite/settings/connections",
	"codedeploy":               "codesuite/codedeploy/applications",
	"codeguru-reviewer":        "codeguru/reviewer",
	"codeguruprofiler":         "codeguru/profiler",
	"codepipeline":             "codesuite/codepipeline/pipelines",
	"codestar-connections":     "codesuite/settings/connections",
	"codestar-notifications":   "codesuite/settings/notifications",
	"cognito":                  "cognito/home",
	"cognito-identity":         "cognito/v2/identity/identity-pools",
	"cognito-idp":              "cognito/v2/idp/user-pools",
	"configservice":            "config/home",
	"cost-optimization-hub":    "cost-management/home#/cost-optimization-hub",
	"dax":                      "dynamodbv2/home#dax-clusters",
	"deploy":                   "codesuite/codedeploy/applications",
	"directconnect":            "directconnect/v2/home",
	"discovery":                "migrationhub/home",
	"dlm":                      "ec2/home#Lifecycle:",
	"dms":                      "dms/v2/home",
	"ds":                       "directoryservicev2/home",
	"ds-data":                  "directoryservicev2/home",
	"dynamodb":                 "dynamodbv2/home",
	"dynamodbstreams":          "dynamodbv2/home",
	"ebs":                      "ec2/home#Volumes:",
	"ec2-instance-connect":     "ec2/home#Instances:",
	"ecr":                      "ecr/private-registry/repositories",
	"ecr-public":               "ecr/public-registry/repositories",
	"ecs":                      "ecs/v2/clusters",
	"eks-auth":                 "eks/home",
	"elb":                      "ec2/home#LoadBalancers:",
	"elbv2":                    "ec2/home#LoadBalancers:",
	"emr-containers":           "emr/home",
	"emr-serverless":           "emr/home#/serverless",
	"es":                       "aos/home",
	"eventbridge":              "events/home",
	"freetier":                 "billing/home#/freetier",
	"greengrass":               "iot/home",
	"greengrassv2":             "iot/home",
	"identity-center":          "singlesignon/home",
	"identitystore":            "singlesignon/home",
	"inspector2":               "inspector/v2/home",
	"internetmonitor":          "cloudwatch/home#internet-monitor/",
	"iot-data":                 "iot/home",
	"iot-jobs-data":            "iot/home",
	"iotthingsgraph":           "thingsgraph/home",
	"kafka":                    "msk/home",
	"kafkaconnect":             "msk/home#/connectors",
	"kinesisanalytics":         "flink/home",
	"kinesisanalyticsv2":       "flink/home",
	"lex-models":               "lex/home",
	"lex-runtime":              "lex/home",
	"lexv2-models":             "lexv2/home",
	"lexv2-runtime":            "lexv2/home",
	"lightsail":                "https://lightsail.aws.amazon.com/ls/webapp/home",
	"logs":                     "cloudwatch/home#logsV2:log-groups",
	"macie2":                   "macie/home",
	"marketplace-catalog":      "marketplace/home",
	"marketplace-entitlement":  "marketplace/home",
	"mediapackage-vod":         "mediapackage/home",
	"mediapackagev2":           "mediapackage/home",
	"meteringmarketplace":      "marketplace/home",
	"mgh":                      "migrationhub/home",
	"mq":                       "amazon-mq/home",
	"network-firewall":         "vpcconsole/home#NetworkFirewalls:",
	"opensearch":               "aos/home",
	"opensearchserverless":     "aos/home#opensearch/collections",
	"organizations":            "organizations/v2/home",
	"osis":                     "aos/home#opensearch/ingestion-pipelines",
	"pi":                       "rds/home#performance-insights:",
	"pipes":                    "events/home#/pipes",
	"quicksight":               "https://quicksight.aws.amazon.com/",
	"rds-data":                 "rds/home#query-editor:",
	"redshift":                 "redshiftv2/home",
	"redshift-data":            "redshiftv2/home",
	"redshift-serverless":      "redshiftv2/home#serverless-dashboard",
	"resource-explorer-2":      "resource-explorer/home",
	"resourcegroupstaggingapi": "resource-groups/tag-editor/find-resources",
	"route53":                  "route53/v2/home",
	"route53domains":           "route53/domains/home",
	"rum":                      "cloudwatch/home#rum:dashboard",
	"runtime.sagemaker":        "sagemaker/home",
	"s3":                       "s3/home",
	"s3api":                    "s3/home",
	"s3control":                "s3/home",
	"s3outposts":               "s3/home",
	"s3tables":                 "s3/table-buckets",
	"s3vectors":                "s3/vector-buckets",
	"sagemaker-runtime":        "sagemaker/home",
	"savingsplans":             "cost-management/home#/savings-plans/overview",
	"schemas":                  "events/home#/schemas",
	"service-quotas":           "servicequotas/home",
	"servicediscovery":         "cloudmap/home",
	"sesv2":                    "ses/home",
	"shield":                   "wafv2/shieldv2",
	"snowball":                 "snowfamily/home",
	"sns":                      "sns/v3/home",
	"sqs":                      "sqs/v3/home",
	"ssm":                      "systems-manager/home",
	"ssm-contacts":             "systems-manager/incidents/home",
	"ssm-incidents":            "systems-manager/incidents/home",
	"sso":                      "singlesignon/home",
	"sso-admin":                "singlesignon/home",
	"sso-oidc":                 "singlesignon/home",
	"stepfunctions":            "states/home",
	"sts":                      "iam/home",
	"synthetics":               "cloudwatch/home#synthetics:canary/list",
	"timestream-influxdb":      "timestream/home",
	"timestream-query":         "timestream/home",
	"timestream-write":         "timestream/home",
	"vpc":                      "vpc/home",
	"vpc-lattice":              "vpcconsole/home#Services:",
	"waf":                      "wafv2/homev2",
	"waf-regional":             "wafv2/homev2",
	"wafv2":                    "wafv2/homev2",
	"workdocs":                 "zocalo/home",
	"workmail":                 "workmail/v2/home",
	"workspaces":               "workspaces/v2/home",
}

// consoleServices are the services of --destination, for completion and for suggestions: the
// names of the AWS CLI, and those of the console.
var consoleServices = sync.OnceValue(func() []string {
	known := map[string]bool{}
	for _, name := range serviceNames() {
		known[name] = true
	}
	for name, page := range consolePages {
		known[name] = true
		if !isWebURL(page) {
			own, _, _ := strings.Cut(page, "/")
			known[own] = true
		}
	}
	return slices.Sorted(maps.Keys(known))
})

// consolePage returns the URL of a page of the console: of a service, of a path, or of "", the
// console's home.
func consolePage(destination string, p *catalog.Partition, region string) (string, error) {
	switch {
	case isWebURL(destination):
		return destination, nil
	case destination == "":
		destination = "console/home"
	case !regexp.MustCompile(`^[a-z0-9][a-z0-9.-]*(/[\w/.-]*)?$`).MatchString(destination):
		return "", usage("--destination %q: expected a service such as ec2, or a URL of the console", destination)
	case strings.Contains(destination, "/"):
	case consolePages[destination] != "":
		destination = consolePages[destination]
	case !slices.Contains(consoleServices(), destination):
		return "", usage("--destination %s: unknown service%s (for a page of the console, add its path, as in %s/home)",
			destination, names.DidYouMean(destination, consoleServices()), destination)
	default:
		destination += "/home"
	}
	if isWebURL(destination) {
		return destination, nil
	}
	path, place, _ := strings.Cut(destination, "#")
	page := fmt.Sprintf("https://%s/%s?region=%s", p.Console, path, region)
	if place != "" {
		page += "#" + place
	}
	return page, nil
}
