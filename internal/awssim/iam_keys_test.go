package awssim

import (
	"os/exec"
	"testing"
)

const keysWorld = `{"regions": ["us-east-1", "eu-west-1"],
	"accounts": [{"id": "000000000001", "name": "one"}, {"id": "000000000002", "name": "two"}],
	"users": [{"account": "one", "name": "u", "access_key_id": "AKIAUUUUUUUUUUUUUUUU",
		"second_key": {"id": "AKIA2222222222222222", "created": "2024-05-06T07:08:09Z", "last_used": "2025-01-02T03:04:05Z"}},
		{"account": "one", "name": "w", "access_key_id": "AKIAWWWWWWWWWWWWWWWW"},
		{"account": "two", "name": "v", "access_key_id": "AKIAVVVVVVVVVVVVVVVV", "allow": ["iam:List*"]}],
	"home": {"profile": "u"}}`

// TestUpdateAccessKey deactivates and activates keys with botocore. An inactive key signs nothing.
func TestUpdateAccessKey(t *testing.T) {
	t.Parallel()
	python, err := exec.LookPath("python3")
	if err != nil || exec.Command(python, "-c", "import botocore").Run() != nil {
		t.Skip("botocore is not installed")
	}
	s := start(t, keysWorld)
	environ, _ := clientHome(t, s)
	update := func(user, id, status, want string) apiCase {
		in := given{"UserName": user, "AccessKeyId": id, "Status": status}
		if user == "" {
			delete(in, "UserName")
		}
		return apiCase{"iam", "update_access_key", "us-east-1", "", in, "ResponseMetadata.HTTPStatusCode", want}
	}
	list := func(user, want string) apiCase {
		return apiCase{"iam", "list_access_keys", "us-east-1", "1", given{"UserName": user}, "AccessKeyMetadata[].[AccessKeyId,Status]", want}
	}
	compareReads(t, python, environ, []apiCase{
		list("u", `[["AKIAUUUUUUUUUUUUUUUU","Active"],["AKIA2222222222222222","Active"]]`),
		update("u", "AKIA2222222222222222", "Inactive", "200"),
		update("", "AKIA2222222222222222", "Inactive", "200"), // again
		list("u", `[["AKIAUUUUUUUUUUUUUUUU","Active"],["AKIA2222222222222222","Inactive"]]`),
		{"iam", "get_access_key_last_used", "us-east-1", "", given{"AccessKeyId": "AKIA2222222222222222"}, "AccessKeyLastUsed.LastUsedDate", `"2025-01-02 03:04:05+00:00"`},
		update("w", "AKIA2222222222222222", "Active", `"NoSuchEntity"`), // of another user
		update("nobody", "AKIA2222222222222222", "Active", `"NoSuchEntity"`),
		update("v", "AKIAVVVVVVVVVVVVVVVV", "Inactive", `"NoSuchEntity"`), // of another account
		update("u", "AKIA2222222222222222", "Off", `"ValidationError"`),
		update("u", "AKIA", "Active", `"ValidationError"`),
		update("u", "AKIA2222222222222222", "Active", "200"),
		update("w", "AKIAWWWWWWWWWWWWWWWW", "Inactive", "200"),
	})
	wantProblems(t, s, "Value 'Off' at 'status'", "Value 'AKIA' at 'accessKeyId'")
	as := func(profile string) []string { return append(environ, "AWS_PROFILE="+profile) }
	compareReads(t, python, as("w"), []apiCase{
		{"sts", "get_caller_identity", "us-east-1", "", given{}, "Arn", `"InvalidClientTokenId"`},
	})
	compareReads(t, python, as("v"), []apiCase{update("v", "AKIAVVVVVVVVVVVVVVVV", "Inactive", `"AccessDenied"`)})
	if got := s.KeyStates(); got["AKIA2222222222222222"] != keyActive || got["AKIAWWWWWWWWWWWWWWWW"] != keyInactive || len(got) != 4 {
		t.Errorf("%v", got)
	}
}
