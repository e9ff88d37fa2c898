package awssim

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"
)

// TestAssumeRoot gives AssumeRoot callers, targets and policies that it accepts, and others.
func TestAssumeRoot(t *testing.T) {
	t.Parallel()
	s := start(t, `{"organization": {"delegated": ["keys"]},
		"accounts": [{"id": "000000000001", "name": "main"}, {"id": "000000000002", "name": "keys"}, {"id": "000000000003", "name": "shop"},
			{"id": "000000000004", "name": "old", "state": "SUSPENDED"}],
		"users": [{"account": "main", "name": "ann"}, {"account": "keys", "name": "bob"}, {"account": "shop", "name": "cid"}, {"account": "main", "name": "dan", "allow": ["sts:AssumeRole"]}]}`)
	const task = "arn:aws:iam::aws:policy/root-task/"
	for _, c := range []struct {
		caller         int
		target, policy string
		duration       int32
		code           string // "" for credentials
		problems       int
	}{
		{0, "000000000003", task + "S3UnlockBucketPolicy", 900, "", 0},
		{0, "arn:aws:iam::000000000003:root", task + "SQSUnlockQueuePolicy", 300, "", 0},
		{1, "000000000003", task + "IAMAuditRootUserCredentials", 60, "", 0},
		{2, "000000000002", task + "IAMAuditRootUserCredentials", 60, "AccessDenied", 0},
		{3, "000000000003", task + "IAMAuditRootUserCredentials", 60, "AccessDenied", 0},
		{0, "000000000001", task + "IAMAuditRootUserCredentials", 60, "AccessDenied", 0},
		{0, "000000000004", task + "IAMAuditRootUserCredentials", 60, "AccessDenied", 0},
		{0, "000000000009", task + "IAMAuditRootUserCredentials", 60, "AccessDenied", 0},
		{0, "shop", task + "IAMAuditRootUserCredentials", 60, "ValidationError", 1},
		{0, "000000000003", "arn:aws:iam::aws:policy/AdministratorAccess", 60, "ValidationError", 1},
		{0, "000000000003", task + "AdministratorAccess", 60, "ValidationError", 1},
		{0, "000000000003", task + "S3UnlockBucketPolicy", 901, "ValidationError", 0},
	} {
		u, before := s.users[c.caller], len(s.Problems())
		out, err := sts.NewFromConfig(client(s, "eu-west-1", u.AccessKeyID, u.SecretAccessKey, "")).AssumeRoot(t.Context(), &sts.AssumeRootInput{
			TargetPrincipal: &c.target, TaskPolicyArn: &ststypes.PolicyDescriptorType{Arn: &c.policy}, DurationSeconds: &c.duration,
		})
		if got := len(s.Problems()) - before; got != c.problems {
			t.Errorf("%+v: %d problems", c, got)
		}
		if c.code != "" {
			wantCode(t, err, c.code)
			continue
		}
		if err != nil {
			t.Errorf("%+v: %v", c, err)
			continue
		}
		who, err := sts.NewFromConfig(withCredentials(s, "eu-west-1", out.Credentials)).GetCallerIdentity(t.Context(), nil)
		if err != nil || aws.ToString(who.Arn) != "arn:aws:iam::000000000003:root" {
			t.Errorf("%+v: %v, %v", c, who, err)
		}
	}
}
