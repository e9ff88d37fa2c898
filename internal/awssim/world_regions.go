package awssim

import (
	"slices"
	"strings"
)

// partition is one of AWS's separate clouds.
type partition struct {
	name          string
	suffix        string // of host names
	dualSuffix    string // of dual-stack host names
	web           string // of the host names of the console and of its sign-in
	organizations string // the region for which calls of Organizations and Account are signed
	iam           string // the same of IAM
	regions       []region
}

// region is a region of a partition. Accounts must opt in to some regions.
type region struct {
	name  string
	optIn bool
}

// partitions is the table of AWS's regions, as botocore's partitions.json and the Account guide have them.
var partitions = map[string]*partition{
	"aws": {"aws", "amazonaws.com", "api.aws", "aws.amazon.com", "us-east-1", "us-east-1", regionList(
		`ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-southeast-1 ap-southeast-2 ca-central-1 eu-central-1
		eu-north-1 eu-west-1 eu-west-2 eu-west-3 sa-east-1 us-east-1 us-east-2 us-west-1 us-west-2`,
		`af-south-1 ap-east-1 ap-east-2 ap-south-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6
		ap-southeast-7 ca-west-1 eu-central-2 eu-south-1 eu-south-2 il-central-1 me-central-1 me-south-1 mx-central-1`)},
	"aws-cn": {"aws-cn", "amazonaws.com.cn", "api.amazonwebservices.com.cn", "amazonaws.cn", "cn-northwest-1", "cn-north-1",
		regionList("cn-north-1 cn-northwest-1", "")},
	"aws-us-gov": {"aws-us-gov", "amazonaws.com", "api.aws", "amazonaws-us-gov.com", "us-gov-west-1", "us-gov-west-1",
		regionList("us-gov-east-1 us-gov-west-1", "")},
}

func regionList(always, optIn string) []region {
	var list []region
	for _, name := range strings.Fields(always) {
		list = append(list, region{name: name})
	}
	for _, name := range strings.Fields(optIn) {
		list = append(list, region{name: name, optIn: true})
	}
	slices.SortFunc(list, byName)
	return list
}

func byName(a, b region) int { return strings.Compare(a.name, b.name) }

// endpoint is the service and the region of a host name of AWS.
type endpoint struct {
	service string
	region  string
	global  bool // sts.amazonaws.com, which issues tokens of version 1
}

// hostServices maps the first labels of host names to services, FIPS endpoints included.
var hostServices = map[string]string{
	"sts": "sts", "ec2": "ec2", "organizations": "organizations", "account": "account", "portal.sso": "sso", "oidc": "oidc",
	"s3": "s3", "s3.dualstack": "s3", "s3-fips": "s3", "s3-fips.dualstack": "s3", "sts-fips": "sts", "ec2-fips": "ec2", "organizations-fips": "organizations", "account-fips": "account",
	"lambda": "lambda", "lambda-fips": "lambda", "sqs": "sqs", "sqs-fips": "sqs", "dynamodb": "dynamodb", "dynamodb-fips": "dynamodb",
	"rds": "rds", "rds-fips": "rds", "ecs": "ecs", "ecs-fips": "ecs", "elasticloadbalancing": "elbv2", "elasticloadbalancing-fips": "elbv2",
	"monitoring": "cloudwatch", "monitoring-fips": "cloudwatch",
}

// iamHosts are the host names of IAM, which has one endpoint in a partition.
var iamHosts = map[string][]string{
	"aws":        {"iam.amazonaws.com", "iam-fips.amazonaws.com", "iam.global.api.aws"},
	"aws-cn":     {"iam.cn-north-1.amazonaws.com.cn"},
	"aws-us-gov": {"iam.us-gov.amazonaws.com"},
}

// resolveHost finds the service and the region of one of AWS's host names in the partition.
func (p *partition) resolveHost(host string) (endpoint, bool) {
	if p.name == "aws" && host == "sts.amazonaws.com" {
		return endpoint{"sts", "us-east-1", true}, true
	}
	if host == "signin."+p.web {
		return endpoint{"signin", p.organizations, false}, true
	}
	if region, ok := strings.CutSuffix(host, ".signin."+p.web); ok && p.has(region) {
		return endpoint{"signin", region, false}, true
	}
	if p.name == "aws" && host == "s3.amazonaws.com" {
		return endpoint{"s3", "us-east-1", false}, true
	}
	if slices.Contains(iamHosts[p.name], host) {
		return endpoint{"iam", p.iam, false}, true
	}
	rest, ok := strings.CutSuffix(host, "."+p.dualSuffix)
	if !ok {
		if rest, ok = strings.CutSuffix(host, "."+p.suffix); !ok {
			return endpoint{}, false
		}
	}
	i := strings.LastIndexByte(rest, '.')
	if i < 0 {
		// The global host names of services that have one region in a partition.
		if service := hostServices[rest]; service == "organizations" || service == "account" {
			return endpoint{service, p.organizations, false}, true
		}
		return endpoint{}, false
	}
	service, ok := hostServices[rest[:i]]
	if !ok || !p.has(rest[i+1:]) {
		return endpoint{}, false
	}
	return endpoint{service, rest[i+1:], false}, true
}

func (p *partition) has(name string) bool {
	return slices.ContainsFunc(p.regions, func(r region) bool { return r.name == name })
}
