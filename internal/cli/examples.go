package cli

// examples are command lines that end each command's help. A test runs them all.
// They name what the simulated organization has, so that they work with --demo.
var examples = map[string][]string{
	"": {
		"muster instances --demo",
		"muster instances --organization --role EC2ReadAccess",
		"muster find 52.59.78.34 --all-profiles",
	},
	"instances": {
		"muster instances --all-profiles --region 'eu-*' --count-by AccountName,State",
		"muster instances --organization --role EC2ReadAccess --tag env=prod -o csv",
		"muster instances 18.198.43.157 10.20.0.0/16 'shop*' --sso-session freddy-sso",
		"muster instances --all-profiles --jq 'select(.PublicIPs != []) | .InstanceId'",
	},
	"find": {
		"muster find 52.59.78.34 --all-profiles",
		"muster find 10.20.0.0/16 2a05:d018::/32 --organization --role EC2ReadAccess",
		"muster find shop-1845302976.eu-west-1.elb.amazonaws.com --demo",
		"muster find eipalloc-0d6f3b81c92ae4570 'shop*' --all-profiles -o json",
	},
	"exec": {
		"muster exec --profile development -- env",
		"muster exec --all-profiles --yes --prefix -- sh -c 'echo $AWS_REGION'",
		"muster exec --profile production --per-region --region 'eu-*' --yes -- env",
		"muster exec --organization --role EC2ReadAccess --dry-run -- env",
	},
	"accounts": {
		"muster accounts --all-profiles",
		"muster accounts --organization --role EC2ReadAccess --ou Workloads",
		"muster accounts --sso-session freddy-sso -o text --columns AccountId,Role",
	},
	"regions": {
		"muster regions --all-profiles",
		"muster regions --profile development --region 'af-*' --all",
		"muster regions --profile production -o name",
	},
	"profiles": {
		"muster profiles 'prod*'",
		"muster profiles --generate --sso-session freddy-sso",
		"muster profiles --generate --sso-session freddy-sso --write",
		"muster profiles --generate --organization --role EC2ReadAccess",
	},
	"login": {
		"muster login",
		"muster login freddy-sso",
		"muster login freddy-sso --use-device-code",
	},
	"logout": {
		"muster logout freddy-sso",
		"muster logout",
	},
	"whoami": {
		"muster whoami",
		"muster whoami --all-profiles",
		"muster whoami --profile production --jq .Arn",
	},
	"credentials": {
		"muster credentials --profile production",
		"eval \"$(muster credentials --profile production -o env)\"",
		"muster credentials --organization --role EC2ReadAccess -o ini",
		"muster credentials --sso-session freddy-sso --jq .accountId",
	},
	"assume-role": {
		"muster assume-role --role-arn arn:aws:iam::264511973012:role/EC2ReadAccess",
		"R=arn:aws:iam::264511973012:role/EC2ReadAccess",
		"muster assume-role --profile malbert --role-arn $R --duration-seconds 7200",
		"eval \"$(muster assume-role --role-arn $R -o env)\"",
	},
	"session-token": {
		"muster session-token --profile malbert",
		"muster session-token --profile malbert --duration-seconds 3600 -o env",
		"muster session-token -o process",
	},
	"console": {
		"muster console --profile production",
		"muster console --profile production --destination ec2 --region eu-west-1",
		"muster console --sso-session freddy-sso --account Production",
	},
	"demo": {
		"muster demo",
		"muster demo --listen 127.0.0.1:8080",
	},
	"completion": {
		"source <(muster completion bash)",
		"muster completion zsh > ~/.zsh-muster",
		"muster completion fish > ~/.muster.fish",
	},
	"help": {
		"muster help instances",
		"muster help output",
		"muster help exit-codes",
	},
	"man": {
		"muster man | man -l -",
		"muster man instances | man -l -",
		"muster man find > ~/muster-find.1",
	},
}
