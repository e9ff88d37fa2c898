package awssim

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestAWSCLI drives the default world with the AWS CLI, an independent client.
func TestAWSCLI(t *testing.T) {
	t.Parallel()
	cli, err := exec.LookPath("aws")
	if err != nil {
		t.Skip("the AWS CLI (aws) is not on PATH")
	}
	s := startWorld(t, DefaultWorld())
	direct, proxied := clientHome(t, s)
	for _, c := range []struct{ name, args, want string }{
		{"identity", "sts get-caller-identity --query Arn --output text", "arn:aws:iam::139769765351:user/malbert\n"},
		{"accounts", "organizations list-accounts --query Accounts[].[Id,Name,Status,State] --output text",
			"139769765351\tmihai-albert\tACTIVE\tACTIVE\n451629441155\tDevelopment\tACTIVE\tACTIVE\n264511973012\tProduction\tACTIVE\tACTIVE\n"},
		{"role profile", "ec2 describe-instances --profile development --instance-ids i-063e42032aaef6e4e --query Reservations[].Instances[].[InstanceId,PublicIpAddress] --output text",
			"i-063e42032aaef6e4e\t54.187.3.95\n"},
		{"sso profile", "ec2 describe-instances --profile sso-production --filters Name=tag:app,Values=shop --max-items 10 --page-size 5 --query Reservations[].Instances[].PrivateIpAddress --output text",
			"10.20.1.11\t10.20.1.12\t10.20.2.5\n"},
		{"interfaces of a profile", "ec2 describe-network-interfaces --profile production --page-size 5 --filters Name=requester-managed,Values=true " +
			"--query NetworkInterfaces[].[InterfaceType,RequesterId,Attachment.InstanceOwnerId,PrivateIpAddress,Association.[PublicIp,AllocationId],Status] --output text",
			"interface\tamazon-elb\tamazon-elb\t10.20.1.201\tin-use\n54.171.20.40\tNone\ninterface\tamazon-elb\tamazon-elb\t10.20.2.201\tin-use\n54.171.20.41\tNone\n" +
				"nat_gateway\t036472198543\tamazon-aws\t10.20.0.17\tin-use\n34.250.17.92\teipalloc-07c2d94fb6e1a3058\n" +
				"interface\tamazon-rds\tamazon-rds\t10.20.2.40\tNone\tin-use\nvpc_endpoint\t727180483921\tamazon-aws\t10.20.1.77\tNone\tin-use\n" +
				"lambda\tAROAI5KWMZ2QX7PLBVNCE:lambda\tamazon-aws\t10.20.1.133\tNone\tin-use\n"},
		{"interfaces by id of a profile", "ec2 describe-network-interfaces --profile development --network-interface-ids eni-02d8b6a4f1e3c7950 " +
			"--query NetworkInterfaces[].[Description,Status,TagSet[0].Value,Attachment] --output text", "left over from the migration\tavailable\told dev web\tNone\n"},
		{"addresses of a profile", "ec2 describe-addresses --profile development --query Addresses[].[PublicIp,AllocationId,NetworkInterfaceId,Tags[0].Value] --output text",
			"54.70.13.201\teipalloc-0b1d3f5a7c9e20486\tNone\tspare\n"},
		{"addresses", "ec2 describe-addresses --public-ips 52.59.78.34 --query Addresses[].[InstanceId,PrivateIpAddress,AllocationId] --output text",
			"i-03046200b400761b0\t172.31.15.7\teipalloc-0d6f3b81c92ae4570\n"},
		{"regions", "ec2 describe-regions --profile development --query length(Regions)", "18\n"},
		{"assume-role", "sts assume-role --role-arn arn:aws:iam::264511973012:role/EC2ReadAccess --role-session-name cli --query AssumedRoleUser.Arn --output text",
			"arn:aws:sts::264511973012:assumed-role/EC2ReadAccess/cli\n"},
	} {
		for way, env := range map[string][]string{"endpoint": direct, "proxy": proxied} {
			if way == "proxy" && !strings.Contains(c.name, "profile") {
				continue
			}
			t.Run(c.name+" through "+way, func(t *testing.T) {
				if got := output(t, env, cli, strings.Fields(c.args)...); got != c.want {
					t.Errorf("got  %q\nwant %q", got, c.want)
				}
			})
		}
	}
	wantProblems(t, s)
}

// hostsWorld has identity providers, instance metadata and a container.
const hostsWorld = `{
	"accounts": [{"id": "000000000001", "name": "main", "buckets": ["logs", "code"]}, {"id": "000000000002", "name": "shop", "buckets": ["goods"]}],
	"users": [{"account": "main", "name": "ann"}],
	"saml_providers": [{"name": "okta"}],
	"oidc_providers": [{"url": "https://token.actions.githubusercontent.com", "audiences": ["sts.amazonaws.com"]}],
	"roles": [
		{"name": "Reader", "max_session": "2h"},
		{"name": "Staff", "saml": "okta"},
		{"name": "Builder", "web_identity": {"provider": "https://token.actions.githubusercontent.com", "audience": "sts.amazonaws.com", "subject": "repo:acme/*"}}],
	"metadata": {"account": "shop", "role": "Reader", "region": "eu-west-1"},
	"container": {"account": "shop", "role": "Reader"},
	"sso": [{"name": "corp", "start_url": "https://corp.awsapps.com/start", "region": "eu-west-1", "assignments": {"shop": ["ReadOnly"]}}],
	"home": {"region": "eu-west-1", "profile": "ann", "config": "[profile reader]\nrole_arn = arn:aws:iam::000000000002:role/Reader\nsource_profile = ann\nregion = eu-west-1\n[profile sso]\nsso_session = corp\nsso_account_id = 000000000002\nsso_role_name = ReadOnly\n"}}`

const (
	staffRole   = "arn:aws:iam::000000000002:role/Staff"
	builderRole = "arn:aws:iam::000000000002:role/Builder"
	oktaARN     = "arn:aws:iam::000000000002:saml-provider/okta"
	actionsURL  = "https://token.actions.githubusercontent.com"
)

// clientHome is a home for other clients of s, with their environment directly and through the proxy.
func clientHome(t *testing.T, s *Server) (direct, proxied []string) {
	t.Helper()
	home := t.TempDir()
	if err := s.WriteHome(home); err != nil {
		t.Fatal(err)
	}
	ca := filepath.Join(home, "ca.pem")
	if err := os.WriteFile(ca, s.CAPEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	direct = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + home}, s.Env(home)...)
	proxied = []string{"HTTPS_PROXY=" + s.ProxyURL(), "AWS_CA_BUNDLE=" + ca}
	for _, v := range direct {
		if !strings.HasPrefix(v, "AWS_ENDPOINT_URL=") {
			proxied = append(proxied, v)
		}
	}
	return direct, proxied
}

func output(t *testing.T, env []string, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	var stderr bytes.Buffer
	cmd.Env, cmd.Stderr = env, &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Errorf("%v\n%s", err, stderr.String())
	}
	return string(out)
}

// TestAWSCLIFederation drives the rest of STS, and S3, with the AWS CLI.
func TestAWSCLIFederation(t *testing.T) {
	t.Parallel()
	cli, err := exec.LookPath("aws")
	if err != nil {
		t.Skip("the AWS CLI (aws) is not on PATH")
	}
	s := start(t, hostsWorld)
	direct, proxied := clientHome(t, s)
	saml := s.SAMLAssertion(staffRole)
	token := s.WebIdentityToken(actionsURL, "sts.amazonaws.com", "repo:acme/site:ref:refs/heads/main", time.Hour)
	reader := "sts assume-role --role-arn arn:aws:iam::000000000002:role/Reader --role-session-name cli "
	for _, c := range []struct{ name, args, want string }{
		{"tags", reader + `--tags Key=team,Value=web Key=cost,Value=7 --transitive-tag-keys team --source-identity ann ` +
			`--policy {"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"ec2:*","Resource":"*"}} --policy-arns arn=arn:aws:iam::aws:policy/ReadOnlyAccess ` +
			"--duration-seconds 7200 --query [AssumedRoleUser.Arn,SourceIdentity,PackedPolicySize] --output text",
			"arn:aws:sts::000000000002:assumed-role/Reader/cli\tann\t4\n"},
		{"saml", "sts assume-role-with-saml --role-arn " + staffRole + " --principal-arn " + oktaARN + " --saml-assertion " + saml +
			" --query [AssumedRoleUser.Arn,Subject,SubjectType,Issuer,Audience] --output text",
			"arn:aws:sts::000000000002:assumed-role/Staff/demo@example.com\tdemo@example.com\tpersistent\thttps://idp.example.com/saml\thttps://signin.aws.amazon.com/saml\n"},
		{"web identity", "sts assume-role-with-web-identity --role-arn " + builderRole + " --role-session-name build --web-identity-token " + token +
			" --query [AssumedRoleUser.Arn,SubjectFromWebIdentityToken,Provider,Audience] --output text",
			"arn:aws:sts::000000000002:assumed-role/Builder/build\trepo:acme/site:ref:refs/heads/main\t" +
				"arn:aws:iam::000000000002:oidc-provider/token.actions.githubusercontent.com\tsts.amazonaws.com\n"},
		{"federation", "sts get-federation-token --name visitor --policy-arns arn=arn:aws:iam::aws:policy/ReadOnlyAccess " +
			"--query [FederatedUser.FederatedUserId,FederatedUser.Arn,PackedPolicySize] --output text",
			"000000000001:visitor\tarn:aws:sts::000000000001:federated-user/visitor\t1\n"},
		{"buckets", "s3api list-buckets --query Buckets[].Name --output text", "code\tlogs\n"},
		{"buckets of a role", "s3api list-buckets --profile reader --max-items 5 --query Buckets[].Name --output text", "goods\n"},
		{"pages of buckets", "s3api list-buckets --page-size 1 --query Buckets[].[Name,BucketRegion] --output text", "code\tus-east-1\nlogs\tus-east-1\n"},
	} {
		for way, env := range map[string][]string{"endpoint": direct, "proxy": proxied} {
			t.Run(c.name+" through "+way, func(t *testing.T) {
				if got := output(t, env, cli, strings.Fields(c.args)...); got != c.want {
					t.Errorf("got  %q\nwant %q", got, c.want)
				}
			})
		}
	}
	if got := output(t, proxied, cli, "s3", "ls"); !regexp.MustCompile(`^\S+ \S+ code\n\S+ \S+ logs\n$`).MatchString(got) {
		t.Errorf("aws s3 ls: %q", got)
	}
	wantProblems(t, s)
}

// TestBotocore takes credentials as botocore does on an instance and in a container, and has it refresh an SSO token.
func TestBotocore(t *testing.T) {
	t.Parallel()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is not on PATH")
	}
	if exec.Command(python, "-c", "import botocore").Run() != nil {
		t.Skip("botocore is not installed")
	}
	s := start(t, hostsWorld)
	env, _ := clientHome(t, s)
	env = append(env, "AWS_METADATA_SERVICE_TIMEOUT=60") // not the second after which a busy machine is taken for no instance
	const whoami = "import botocore.session\nc = botocore.session.Session()\nprint(c.get_credentials().method, c.create_client('sts', 'eu-west-1').get_caller_identity()['Arn'])"
	without := func(names ...string) []string {
		return slices.DeleteFunc(slices.Clone(env), func(v string) bool {
			name, _, _ := strings.Cut(v, "=")
			return slices.Contains(names, name)
		})
	}
	id := s.metadata.session
	if got, want := output(t, without("AWS_PROFILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI"), python, "-c", whoami),
		"iam-role arn:aws:sts::000000000002:assumed-role/Reader/"+id+"\n"; got != want {
		t.Errorf("on an instance: %s, want %s", got, want)
	}
	if got, want := output(t, without("AWS_PROFILE"), python, "-c", whoami),
		"container-role arn:aws:sts::000000000002:assumed-role/Reader/"+s.container.session+"\n"; got != want {
		t.Errorf("in a container: %s, want %s", got, want)
	}
	if got := output(t, env, python, "-c", "from botocore.utils import InstanceMetadataRegionFetcher as F\nimport os\n"+
		"print(F(env=os.environ, config={'ec2_metadata_service_endpoint': os.environ['AWS_EC2_METADATA_SERVICE_ENDPOINT'] + '/'}).retrieve_region())"); got != "eu-west-1\n" {
		t.Errorf("region of the instance: %s", got)
	}
	// botocore takes a token for due when it has less than 15 minutes left by its own clock: the file says so.
	cache := filepath.Join(strings.TrimPrefix(env[1], "HOME="), ".aws", "sso", "cache")
	files, err := filepath.Glob(filepath.Join(cache, "*.json"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	due := regexp.MustCompile(`"expiresAt":"[^"]*"`).ReplaceAll(text, []byte(`"expiresAt":"`+time.Now().UTC().Add(time.Minute).Format(time.RFC3339)+`"`))
	if err := os.WriteFile(files[0], due, 0o600); err != nil {
		t.Fatal(err)
	}
	const sso = "import botocore.session\nprint(botocore.session.Session(profile='sso').create_client('sts', 'eu-west-1').get_caller_identity()['Arn'])"
	if got := output(t, env, python, "-c", sso); !strings.HasPrefix(got, "arn:aws:sts::000000000002:assumed-role/AWSReservedSSO_ReadOnly_") {
		t.Error(got)
	}
	refreshed := slices.ContainsFunc(s.Calls(), func(c Call) bool { return c.Operation == "CreateToken" && c.Status == 200 })
	if now, _ := os.ReadFile(files[0]); !refreshed || bytes.Equal(now, due) {
		t.Errorf("botocore did not refresh its token: %t", refreshed)
	}
	wantProblems(t, s)
}

func TestHome(t *testing.T) {
	t.Parallel()
	s := start(t, `{"accounts": [{"id": "000000000001", "name": "one"}],
		"users": [{"account": "one", "name": "u", "access_key_id": "AKIAU", "secret_access_key": "sss", "profile": "my profile"}],
		"sso": [{"name": "corp", "start_url": "https://corp.awsapps.com/start", "region": "eu-west-1", "tokens": [{"access_token": "at", "legacy": true}]}],
		"home": {"region": "eu-west-1", "profile": "my profile", "config": "[profile x]\nrole_arn = y\n"}}`)
	home := t.TempDir()
	if err := s.WriteHome(home); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"config": "[profile \"my profile\"]\nregion = eu-west-1\n\n[sso-session corp]\nsso_start_url = https://corp.awsapps.com/start\n" +
			"sso_region = eu-west-1\nsso_registration_scopes = sso:account:access\n\n[profile x]\nrole_arn = y\n",
		"credentials": "[my profile]\naws_access_key_id = AKIAU\naws_secret_access_key = sss\n\n",
	}
	for name, text := range want {
		got, err := os.ReadFile(filepath.Join(home, ".aws", name))
		if err != nil || string(got) != text {
			t.Errorf("%s: %v\n%s", name, err, got)
		}
	}
	// sha1sum of https://corp.awsapps.com/start
	token := filepath.Join(home, ".aws", "sso", "cache", "a51746d4aa793ae07b25e90c3a5db96fc7832bd7.json")
	text, err := os.ReadFile(token)
	var file map[string]string
	if err != nil || json.Unmarshal(text, &file) != nil || file["accessToken"] != "at" || file["refreshToken"] != "" {
		t.Errorf("%v %s", err, text)
	}
	err = filepath.WalkDir(home, func(path string, d os.DirEntry, err error) error {
		if info, _ := d.Info(); path != home && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has the mode %v", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
