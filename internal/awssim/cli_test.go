package awssim

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestAWSCLI drives the default world with the AWS CLI, an independent client.
func TestAWSCLI(t *testing.T) {
	t.Parallel()
	cli, err := exec.LookPath("aws")
	if err != nil {
		t.Skip("the AWS CLI (aws) is not on PATH")
	}
	s := startWorld(t, DefaultWorld())
	home := t.TempDir()
	if err := s.WriteHome(home); err != nil {
		t.Fatal(err)
	}
	ca := filepath.Join(home, "ca.pem")
	if err := os.WriteFile(ca, s.CAPEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	direct := append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + home}, s.Env(home)...)
	proxied := []string{"HTTPS_PROXY=" + s.ProxyURL(), "AWS_CA_BUNDLE=" + ca}
	for _, v := range direct {
		if !strings.HasPrefix(v, "AWS_ENDPOINT_URL=") {
			proxied = append(proxied, v)
		}
	}
	for _, c := range []struct{ name, args, want string }{
		{"identity", "sts get-caller-identity --query Arn --output text", "arn:aws:iam::139769765351:user/malbert\n"},
		{"accounts", "organizations list-accounts --query Accounts[].[Id,Name,Status,State] --output text",
			"139769765351\tmihai-albert\tACTIVE\tACTIVE\n451629441155\tDevelopment\tACTIVE\tACTIVE\n264511973012\tProduction\tACTIVE\tACTIVE\n"},
		{"role profile", "ec2 describe-instances --profile development --instance-ids i-063e42032aaef6e4e --query Reservations[].Instances[].[InstanceId,PublicIpAddress] --output text",
			"i-063e42032aaef6e4e\t54.187.3.95\n"},
		{"sso profile", "ec2 describe-instances --profile sso-production --filters Name=tag:app,Values=shop --max-items 10 --page-size 5 --query Reservations[].Instances[].PrivateIpAddress --output text",
			"10.20.1.11\t10.20.1.12\t10.20.2.5\n"},
		{"regions", "ec2 describe-regions --profile development --query length(Regions)", "18\n"},
		{"assume-role", "sts assume-role --role-arn arn:aws:iam::264511973012:role/EC2ReadAccess --role-session-name cli --query AssumedRoleUser.Arn --output text",
			"arn:aws:sts::264511973012:assumed-role/EC2ReadAccess/cli\n"},
	} {
		for way, env := range map[string][]string{"endpoint": direct, "proxy": proxied} {
			if way == "proxy" && !strings.Contains(c.name, "profile") {
				continue
			}
			t.Run(c.name+" through "+way, func(t *testing.T) {
				cmd := exec.Command(cli, strings.Fields(c.args)...)
				var stderr bytes.Buffer
				cmd.Env, cmd.Stderr = env, &stderr
				out, err := cmd.Output()
				if string(out) != c.want || err != nil {
					t.Errorf("%v\n%s\n%s\nwant %s", err, out, stderr.String(), c.want)
				}
			})
		}
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
