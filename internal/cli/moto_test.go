package cli

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"testing"

	"muster/internal/inventory"
)

// seed creates an organization of three accounts in moto, with instances that have
// several interfaces and addresses, and prints the instances that boto3 finds.
const seed = `
import boto3, json, sys
url = sys.argv[1]
base = dict(endpoint_url=url, aws_access_key_id='AKIAMOTO', aws_secret_access_key='x')
boto3.client('organizations', region_name='us-east-1', **base).create_organization(FeatureSet='ALL')
org = boto3.client('organizations', region_name='us-east-1', **base)
for name in 'Development', 'Production "eu", old':
    org.create_account(AccountName=name, Email=name.split()[0].lower() + '@example.com')
found = []
for account in org.list_accounts()['Accounts']:
    sts = boto3.client('sts', region_name='us-east-1', **base)
    role = 'arn:aws:iam::%s:role/Reader' % account['Id']
    c = sts.assume_role(RoleArn=role, RoleSessionName='seed')['Credentials']
    mine = dict(endpoint_url=url, aws_access_key_id=c['AccessKeyId'], aws_secret_access_key=c['SecretAccessKey'], aws_session_token=c['SessionToken'])
    for i, region in enumerate(['us-east-1', 'eu-central-1']):
        ec2 = boto3.client('ec2', region_name=region, **mine)
        image = ec2.describe_images()['Images'][0]['ImageId']
        made = ec2.run_instances(ImageId=image, MinCount=i + 1, MaxCount=i + 1, InstanceType='t3.small', TagSpecifications=[
            {'ResourceType': 'instance', 'Tags': [{'Key': 'Name', 'Value': 'web, "%s"' % region}, {'Key': 'env', 'Value': 'test'}]}])['Instances']
        eni = ec2.create_network_interface(SubnetId=made[0]['SubnetId'])['NetworkInterface']
        ec2.attach_network_interface(NetworkInterfaceId=eni['NetworkInterfaceId'], InstanceId=made[0]['InstanceId'], DeviceIndex=1)
        eip = ec2.allocate_address(Domain='vpc')
        ec2.associate_address(AllocationId=eip['AllocationId'], NetworkInterfaceId=eni['NetworkInterfaceId'])
        for page in ec2.get_paginator('describe_instances').paginate():
            for reservation in page['Reservations']:
                for x in reservation['Instances']:
                    addresses = [a for n in sorted(x['NetworkInterfaces'], key=lambda n: n['Attachment']['DeviceIndex'])
                                 for a in sorted(n['PrivateIpAddresses'], key=lambda a: not a['Primary'])]
                    found.append(dict(
                        AccountId=account['Id'], AccountName=account['Name'], Region=region, InstanceId=x['InstanceId'],
                        InstanceType=x['InstanceType'], State=x['State']['Name'], ImageId=x['ImageId'],
                        LaunchTime=x['LaunchTime'].strftime('%Y-%m-%dT%H:%M:%SZ'), ReservationId=reservation['ReservationId'],
                        Tags={t['Key']: t['Value'] for t in x['Tags']},
                        PrivateIPs=[a['PrivateIpAddress'] for a in addresses],
                        PublicIPs=[a['Association']['PublicIp'] for a in addresses if 'Association' in a]))
print(json.dumps(found))
`

// TestAgainstMoto compares muster's records with those of boto3 on a simulator by other
// authors.
func TestAgainstMoto(t *testing.T) {
	for _, tool := range []string{"moto_server", "python3"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not on PATH", tool)
		}
	}
	t.Parallel()
	url := startMoto(t)
	command := exec.Command("python3", "-c", seed, url)
	command.Env = append(os.Environ(), "AWS_CA_BUNDLE=", "HOME="+t.TempDir())
	truth, err := command.Output()
	if err != nil {
		t.Fatalf("boto3: %v: %s", err, err.(*exec.ExitError).Stderr)
	}
	var want []inventory.Instance
	if err := json.Unmarshal(truth, &want); err != nil {
		t.Fatal(err)
	}
	if len(want) != 9 {
		t.Fatalf("boto3 finds %d instances, want 9", len(want))
	}

	environ := []string{
		"HOME=" + t.TempDir(), "AWS_ENDPOINT_URL=" + url, "AWS_ACCESS_KEY_ID=AKIAMOTO", "AWS_SECRET_ACCESS_KEY=x",
	}
	result := muster(t, environ, "instances", "--organization", "--role", "Reader", "-o", "json")
	if result.code != 0 || result.stderr != "" {
		t.Fatalf("exit code %d: %s", result.code, result.stderr)
	}
	var got []inventory.Instance
	if err := json.Unmarshal([]byte(result.stdout), &got); err != nil {
		t.Fatal(err)
	}
	byID := map[string]inventory.Instance{}
	for _, i := range got {
		byID[i.InstanceId] = inventory.Instance{ // the fields that the seed prints
			AccountId: i.AccountId, AccountName: i.AccountName, Region: i.Region, InstanceId: i.InstanceId, InstanceType: i.InstanceType,
			State: i.State, ImageId: i.ImageId, LaunchTime: i.LaunchTime, ReservationId: i.ReservationId, Tags: i.Tags,
			PrivateIPs: i.PrivateIPs, PublicIPs: i.PublicIPs,
		}
	}
	for _, w := range want {
		if !reflect.DeepEqual(byID[w.InstanceId], w) {
			t.Errorf("got  %+v\nwant %+v", byID[w.InstanceId], w)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d instances, want %d", len(got), len(want))
	}

	// moto knows fewer filters than EC2; what is asked for is found all the same.
	last := want[len(want)-1]
	for _, what := range []string{last.PrivateIPs[0], last.InstanceId} {
		found := muster(t, environ, "instances", "--organization", "--role", "Reader", "--region", last.Region, "-o", "name", what)
		if found.code != 0 || found.stdout != last.InstanceId+"\n" {
			t.Errorf("%s: exit code %d, %q %s", what, found.code, found.stdout, found.stderr)
		}
	}
}

// motoAddress is where moto_server says that it listens.
var motoAddress = regexp.MustCompile(`http://127\.0\.0\.1:[1-9]\d*`)

// startMoto starts a server for the test, on a port that the system chooses, and returns its
// URL. It has one image in each region: moto takes 10 s to list its own.
func startMoto(t *testing.T) (url string) {
	t.Helper()
	command := exec.Command("moto_server", "-H", "127.0.0.1", "-p", "0")
	command.Env = append(os.Environ(), "HOME="+t.TempDir(), "MOTO_AMIS_PATH="+filepath.Join("testdata", "moto_images.json"),
		"MOTO_ACM_VALIDATION_WAIT=86400") // after a minute, certificates would change between two looks at them
	log, err := os.Create(filepath.Join(t.TempDir(), "moto.log"))
	if err != nil {
		t.Fatal(err)
	}
	command.Stdout, command.Stderr = log, log
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		command.Process.Kill()
		command.Wait()
		log.Close()
	})
	if !eventually(func() bool {
		text, _ := os.ReadFile(log.Name())
		url = motoAddress.FindString(string(text))
		return url != ""
	}) {
		text, _ := os.ReadFile(log.Name())
		t.Fatalf("moto_server does not listen: %s", text)
	}
	return url
}

// seedFind creates the resources that find looks for, and prints them as boto3 returns
// them.
const seedFind = `
import boto3, json, sys
base = dict(endpoint_url=sys.argv[1], aws_access_key_id='AKIAMOTO', aws_secret_access_key='x', region_name='eu-west-1')
ec2 = boto3.client('ec2', **base)
image = ec2.describe_images()['Images'][0]['ImageId']
made = ec2.run_instances(ImageId=image, MinCount=2, MaxCount=2, TagSpecifications=[
    {'ResourceType': 'instance', 'Tags': [{'Key': 'Name', 'Value': 'web'}]}])['Instances']
subnet = made[0]['SubnetId']
free = ec2.create_network_interface(SubnetId=subnet, Description='left over', TagSpecifications=[
    {'ResourceType': 'network-interface', 'Tags': [{'Key': 'Name', 'Value': 'spare'}]}])['NetworkInterface']
used = ec2.allocate_address(Domain='vpc')
ec2.associate_address(AllocationId=used['AllocationId'], NetworkInterfaceId=free['NetworkInterfaceId'])
ec2.allocate_address(Domain='vpc')
nat = ec2.create_nat_gateway(SubnetId=subnet, AllocationId=ec2.allocate_address(Domain='vpc')['AllocationId'])
interfaces = [n for page in ec2.get_paginator('describe_network_interfaces').paginate() for n in page['NetworkInterfaces']]
print(json.dumps(dict(interfaces=interfaces, addresses=ec2.describe_addresses()['Addresses']), default=str))
`

// TestFindAgainstMoto compares find with boto3 for every interface and Elastic IP.
func TestFindAgainstMoto(t *testing.T) {
	for _, tool := range []string{"moto_server", "python3"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not on PATH", tool)
		}
	}
	t.Parallel()
	url := startMoto(t)
	command := exec.Command("python3", "-c", seedFind, url)
	command.Env = append(os.Environ(), "AWS_CA_BUNDLE=", "HOME="+t.TempDir())
	text, err := command.Output()
	if err != nil {
		t.Fatalf("boto3: %v: %s", err, err.(*exec.ExitError).Stderr)
	}
	var truth struct {
		Interfaces []struct {
			NetworkInterfaceId, Description, Status, SubnetId, VpcId string
			Attachment                                               struct{ InstanceId string }
			PrivateIpAddresses                                       []struct {
				PrivateIpAddress string
				Association      struct{ PublicIp string }
			}
		}
		Addresses []struct{ PublicIp, AllocationId, NetworkInterfaceId string }
	}
	if err := json.Unmarshal(text, &truth); err != nil {
		t.Fatal(err)
	}
	if len(truth.Interfaces) < 4 || len(truth.Addresses) != 3 {
		t.Fatalf("%d interfaces and %d addresses: %s", len(truth.Interfaces), len(truth.Addresses), text)
	}
	environ := []string{
		"HOME=" + t.TempDir(), "AWS_ENDPOINT_URL=" + url, "AWS_ACCESS_KEY_ID=AKIAMOTO", "AWS_SECRET_ACCESS_KEY=x",
	}
	find := func(what string) []inventory.Finding {
		result := muster(t, environ, "find", what, "--region", "eu-west-1", "-o", "json")
		if result.code != 0 {
			t.Fatalf("%s: exit code %d: %s", what, result.code, result.stderr)
		}
		var got []inventory.Finding
		if err := json.Unmarshal([]byte(result.stdout), &got); err != nil {
			t.Fatal(err)
		}
		return got
	}
	for _, n := range truth.Interfaces {
		var private, public []string
		for _, a := range n.PrivateIpAddresses {
			private = append(private, a.PrivateIpAddress)
			if a.Association.PublicIp != "" {
				public = append(public, a.Association.PublicIp)
			}
		}
		for _, what := range append(append([]string{n.NetworkInterfaceId}, private...), public...) {
			got := find(what)
			if len(got) != 1 {
				t.Errorf("%s: %d findings: %+v", what, len(got), got)
				continue
			}
			g := got[0]
			if g.Id != n.NetworkInterfaceId || g.Description != n.Description || g.Status != n.Status || g.InstanceId != n.Attachment.InstanceId ||
				g.SubnetId != n.SubnetId || g.VpcId != n.VpcId || !reflect.DeepEqual(g.PrivateIPs, private) ||
				len(public) > 0 && !reflect.DeepEqual(g.PublicIPs, public) || g.InstanceId != "" && g.Name != "web" {
				t.Errorf("%s:\n got %+v\nwant %+v", what, g, n)
			}
		}
	}
	for _, a := range truth.Addresses {
		for _, what := range []string{a.PublicIp, a.AllocationId} {
			if got := find(what); len(got) != 1 || got[0].NetworkInterfaceId != a.NetworkInterfaceId || !reflect.DeepEqual(got[0].PublicIPs, []string{a.PublicIp}) {
				t.Errorf("%s: %+v, want %+v", what, got, a)
			}
		}
	}
	if got := find("web"); len(got) != 2 || got[0].OwnerType != "instance" {
		t.Errorf("%+v", got)
	}
	if got := find("spare"); len(got) != 1 || got[0].OwnerType != "unattached" {
		t.Errorf("%+v", got)
	}
}
