package auth

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"muster/internal/catalog"
)

// TaskPolicies are the managed policies of AWS for sessions of a root user. AssumeRoot accepts
// no others.
var TaskPolicies = []string{
	"IAMAuditRootUserCredentials", "IAMCreateRootUserPassword", "IAMDeleteRootUserCredentials", "S3UnlockBucketPolicy", "SQSUnlockQueuePolicy",
}

// MaxRootSession is the longest session of a root user.
const MaxRootSession = 15 * time.Minute

// taskPolicyPath is the path of task policies in their ARNs.
const taskPolicyPath = "policy/root-task/"

// IsTaskPolicy reports whether a text is the name of a task policy, or the ARN of one: AWS may
// add policies.
func IsTaskPolicy(text string) bool {
	return slices.Contains(TaskPolicies, text) ||
		arnPart(text, arnAccount) == "aws" && strings.HasPrefix(arnPart(text, arnResource), taskPolicyPath) && !strings.HasSuffix(text, "/")
}

// Root returns the root user of a member account of base's organization, limited to a task
// policy. d is at most MaxRootSession; 0 means the same.
func (r *Resolver) Root(base *Identity, accountID, taskPolicy string, d time.Duration) *Identity {
	arn := taskPolicy
	if !strings.HasPrefix(arn, "arn:") {
		arn = fmt.Sprintf("arn:%s:iam::aws:%s%s", catalog.PartitionOf(base.Target.Region).ID, taskPolicyPath, taskPolicy)
	}
	return &Identity{
		Profile: base.Profile, Role: "root", AccountID: accountID, Target: base.Target,
		Credentials: r.newCredentials(&rootProvider{r: r, base: base, accountID: accountID, policyARN: arn, duration: d}),
		Hops:        base.appendHop(Hop{hopRoot, arn[strings.LastIndexByte(arn, '/')+1:]}),
	}
}

// rootProvider starts sessions of a member account's root user.
type rootProvider struct {
	r         *Resolver
	base      *Identity
	accountID string
	policyARN string
	duration  time.Duration
}

// Retrieve calls AssumeRoot, with credentials that it retrieves before, as AssumeRole does.
func (p *rootProvider) Retrieve(ctx context.Context) (aws.Credentials, error) {
	source, err := p.base.Credentials.Retrieve(ctx)
	if err != nil {
		return aws.Credentials{}, err
	}
	out, err := p.r.API.STS(p.base.Target).AssumeRoot(ctx, &sts.AssumeRootInput{
		TargetPrincipal: &p.accountID, TaskPolicyArn: &types.PolicyDescriptorType{Arn: &p.policyARN}, DurationSeconds: seconds(p.duration),
	}, func(o *sts.Options) { o.Credentials = credentials.StaticCredentialsProvider{Value: source} })
	if err != nil {
		return aws.Credentials{}, p.base.refused(err, true)
	}
	creds := stsCredentials(out.Credentials)
	creds.AccountID = p.accountID
	return creds, nil
}
