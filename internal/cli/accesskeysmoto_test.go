package cli

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// motoKeys creates users with keys on the first call, and prints the states of all keys.
const motoKeys = `
import boto3, json, sys
iam = boto3.client('iam', region_name='us-east-1', endpoint_url=sys.argv[1], aws_access_key_id='AKIAMOTO', aws_secret_access_key='x')
if not iam.list_users()['Users']:
    for name in 'ann', 'ben':
        iam.create_user(UserName=name)
        for _ in range(2):
            key = iam.create_access_key(UserName=name)['AccessKey']
    iam.update_access_key(UserName='ben', AccessKeyId=key['AccessKeyId'], Status='Inactive')
print(json.dumps({k['AccessKeyId']: k['Status'] for u in iam.list_users()['Users'] for k in iam.list_access_keys(UserName=u['UserName'])['AccessKeyMetadata']}))
`

// TestKeysAgainstMoto changes keys in a simulator by other authors, and looks at them with boto3.
func TestKeysAgainstMoto(t *testing.T) {
	for _, tool := range []string{"moto_server", "python3"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not on PATH", tool)
		}
	}
	t.Parallel()
	url := startMoto(t)
	states := func() (all map[string]string) {
		t.Helper()
		command := exec.Command("python3", "-c", motoKeys, url)
		command.Env = append(os.Environ(), "AWS_CA_BUNDLE=", "HOME="+t.TempDir())
		text, err := command.Output()
		if err == nil {
			err = json.Unmarshal(text, &all)
		}
		if err != nil {
			t.Fatalf("boto3: %v", err)
		}
		return all
	}
	before := states()
	environ := []string{"HOME=" + t.TempDir(), "AWS_ENDPOINT_URL=" + url, "AWS_ACCESS_KEY_ID=AKIAMOTO", "AWS_SECRET_ACCESS_KEY=x"}
	journal := filepath.Join(t.TempDir(), "keys.jsonl")
	got := muster(t, environ, "access-keys", "deactivate", "--yes", "--max-changes", "3", "--journal", journal)
	if after := states(); got.code != exitOK || len(after) != 4 || inactive(after) != 4 || inactive(before) != 1 {
		t.Errorf("exit code %d: %s\n%v", got.code, got.stderr, after)
	}
	got = muster(t, environ, "access-keys", "activate", "--from", journal, "--yes")
	if after := states(); got.code != exitOK || !maps.Equal(after, before) {
		t.Errorf("exit code %d: %s\n%v", got.code, got.stderr, after)
	}
}
