package deploy

import (
	"strings"

	"muster/internal/awsapi"
)

// remedied is an error with its remedy.
type remedied struct {
	error
	hint string
}

func (e *remedied) Unwrap() error { return e.error }

// Hint returns the remedy.
func (e *remedied) Hint() string { return e.hint }

// remedies are the remedies for errors of CloudFormation, by the error's code or a part of
// its message. The first that fits counts.
var remedies = []struct{ code, text, remedy string }{
	{"", "enable organizations access", "in the management account, enable trusted access for StackSets: aws cloudformation activate-organizations-access"},
	{"", "delegated admin", "use a profile of the management account, or of a delegated administrator for StackSets, with --profile"},
	{"OperationInProgressException", "", "wait until the operation has ended, and run the command again; 'muster role status' shows it"},
	{"StackSetNotEmptyException", "", "some accounts still have their stack; 'muster role status' names them"},
	{"InsufficientCapabilitiesException", "", "CloudFormation asks for a capability besides CAPABILITY_NAMED_IAM; it may have changed its rules"},
	{"NameAlreadyExistsException", "", "another run has just created the stack set; run the command again to see its state"},
	{"AlreadyExistsException", "", "another run has just created the stack; run the command again to see its state"},
	{"LimitExceededException", "", "ask AWS for a higher quota of stacks or stack sets, or delete some"},
	{"AccessDenied", "", "the caller needs the permissions that 'muster role deploy --help' lists"},
}

// withRemedy adds the remedy to an error of CloudFormation, if one is known.
func withRemedy(err error) error {
	if err == nil {
		return nil
	}
	f := awsapi.Explain(err)
	for _, r := range remedies {
		if (r.code == "" || r.code == f.Code) && strings.Contains(f.Message, r.text) {
			return &remedied{err, r.remedy}
		}
	}
	return err
}

// reasons are the remedies for failures in an account, by a part of CloudFormation's reason.
var reasons = []struct{ text, remedy string }{
	{"Requires capabilities", "CloudFormation asks for a capability besides CAPABILITY_NAMED_IAM; it may have changed its rules"},
	{"already exists", "the account has a role of this name that muster did not create: delete it there, or deploy a role with another name"},
	{"is suspended", "stack sets cannot reach a suspended account; keep its stack with 'aws cloudformation delete-stack-instances --retain-stacks'"},
	{"Invalid principal", "--trust names a role, a user or an account that does not exist"},
	{"service control policy", "a service control policy denies it; StackSets acts through the account's role AWSServiceRoleForCloudFormationStackSetsOrgMember"},
	{"explicit deny", "a policy denies it; StackSets acts through the account's role AWSServiceRoleForCloudFormationStackSetsOrgMember"},
	{"does not exist or is not attachable", "the partition has no such managed policy; use --for KIND"},
	{"failure tolerance", "another account failed first; run the command again"},
}

func remedyOfReason(reason string) string {
	for _, r := range reasons {
		if strings.Contains(reason, r.text) {
			return r.remedy
		}
	}
	return ""
}
