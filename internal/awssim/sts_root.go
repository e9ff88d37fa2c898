package awssim

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// taskPolicies are the managed policies of AWS that AssumeRoot accepts, with their actions.
var taskPolicies = map[string][]string{
	"IAMAuditRootUserCredentials": {"iam:ListAccessKeys", "iam:ListSigningCertificates", "iam:GetLoginProfile", "iam:ListMFADevices", "iam:GetAccountSummary",
		"iam:GetUser", "iam:GetAccessKeyLastUsed"},
	"IAMCreateRootUserPassword": {"iam:CreateLoginProfile", "iam:GetLoginProfile"},
	"IAMDeleteRootUserCredentials": {"iam:DeleteAccessKey", "iam:DeleteSigningCertificate", "iam:DeleteLoginProfile", "iam:DeactivateMFADevice", "iam:DeleteVirtualMFADevice",
		"iam:ListAccessKeys", "iam:ListSigningCertificates", "iam:GetLoginProfile", "iam:ListMFADevices", "iam:GetUser", "iam:GetAccessKeyLastUsed"},
	"S3UnlockBucketPolicy": {"s3:DeleteBucketPolicy", "s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:ListAllMyBuckets"},
	"SQSUnlockQueuePolicy": {"sqs:SetQueueAttributes", "sqs:GetQueueAttributes", "sqs:ListQueues", "sqs:GetQueueUrl"},
}

// assumeRoot gives a session of a member account's root user, with the actions of a task policy. The caller is in the
// management account or a delegated administrator's.
func (s *Server) assumeRoot(r *request) (*answer, *apiError) {
	if r.global {
		return nil, r.invalid("AssumeRoot is not supported at the global endpoint")
	}
	target := r.form.Get("TargetPrincipal")
	id := accountOfRoot(target)
	policy, isTask := strings.CutPrefix(r.form.Get("TaskPolicyArn.arn"), s.arn("iam", "aws", "policy/root-task/"))
	actions, known := taskPolicies[policy]
	switch {
	case id == "":
		return nil, r.invalid("%s is not the id of an account or the ARN of its root user", target)
	case !isTask || !known:
		return nil, r.invalid("%s is no task policy", r.form.Get("TaskPolicyArn.arn"))
	}
	lifetime, err := r.duration(15*time.Minute, 0, 15*time.Minute)
	if err != nil {
		return nil, err
	}
	caller, member := r.principal, s.byID[id]
	if org := s.world.Organization; org == nil || org.NoRootSessions || caller.federated ||
		caller.account != s.management && !slices.Contains(s.delegated, caller.account) ||
		member == nil || member == s.management || !member.active() {
		return nil, fail(http.StatusForbidden, "AccessDenied", "User: %s is not authorized to perform: sts:AssumeRoot on resource: %s", caller.arn, s.arn("iam", id, "root"))
	}
	p := principal{account: member, arn: s.arn("iam", id, "root"), userID: id, allow: actions, source: caller.source}
	c, err := s.issueSession(r, p, lifetime)
	if err != nil {
		return nil, err
	}
	return stsAnswer("AssumeRoot", func(x *xmlWriter) {
		x.credentials(c)
		x.sizes(c, &sessionOptions{})
		x.opt("SourceIdentity", p.source)
	}), nil
}

// accountOfRoot returns the account of a TargetPrincipal, "" for a text that is none.
func accountOfRoot(target string) string {
	if id := accountOfARN(target); id != "" && strings.HasSuffix(target, ":iam::"+id+":root") {
		return id
	}
	if accountID().MatchString(target) {
		return target
	}
	return ""
}
