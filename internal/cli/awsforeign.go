package cli

import (
	"slices"
	"strings"

	"muster/internal/inventory"
)

// People put muster in front of whole lines of the AWS CLI. These have more than
// operations and parameters: commands of the AWS CLI's own, and flags for its prompt and
// its pager.

// clientCommands are the commands that the AWS CLI adds to each service; "" has those of
// the AWS CLI itself. An operation with the same name comes first.
var clientCommands = map[string][]string{
	"":               {"s3", "configure", "history", "ddb", "cli-dev"},
	"cloudformation": {"deploy", "package"},
	"cloudtrail":     {"create-subscription", "update-subscription", "validate-logs"},
	"codeartifact":   {"login"},
	"codecommit":     {"credential-helper"},
	"configservice":  {"subscribe", "get-status"},
	"datapipeline":   {"list-runs", "create-default-roles"},
	"deploy":         {"push", "register", "deregister", "install", "uninstall"},
	"dlm":            {"create-default-role"},
	"ecr":            {"get-login", "get-login-password"},
	"ecr-public":     {"get-login-password"},
	"ecs":            {"deploy", "execute-command"},
	"eks":            {"get-token", "update-kubeconfig"},
	"emr": {"add-instance-groups", "add-steps", "create-cluster", "create-default-roles", "create-hbase-backup", "disable-hbase-backups", "get",
		"install-applications", "modify-cluster-attributes", "put", "restore-from-hbase-backup", "schedule-hbase-backup", "socks", "ssh", "terminate-clusters"},
	"emr-containers":       {"update-role-trust-policy"},
	"ec2-instance-connect": {"open-tunnel", "ssh"},
	"gamelift":             {"get-game-session-log", "upload-build"},
	"logs":                 {"start-live-tail", "tail"},
	"rds":                  {"generate-db-auth-token"},
	"dsql":                 {"generate-db-connect-admin-auth-token", "generate-db-connect-auth-token"},
	"servicecatalog":       {"generate"},
	"ssm":                  {"start-session"},
}

// clientCommand returns a usage error where the first words name a command of the AWS
// CLI that is no operation of AWS.
func (l *awsLine) clientCommand(words []string) error {
	service, operation := words[0], ""
	if len(words) > 1 {
		operation = words[1]
	}
	switch {
	case slices.Contains([]string{"login", "logout"}, service), service == "sso" && (operation == "login" || operation == "logout"):
		return usage("%s is a command of the AWS CLI; muster's is: %s %s", strings.Join(words, " "), l.program, words[len(words)-1])
	case service == "configure":
		return usage("configure is a command of the AWS CLI, for one file on this computer: run it without muster; '%s profiles' lists the profiles", l.program)
	case slices.Contains(clientCommands[""], service):
	case operation == "wait" || slices.Contains(clientCommands[service], operation):
	default:
		return nil
	}
	more := ""
	if service == "s3" {
		more = "; '" + l.program + " aws s3api' lists the operations of S3 that read"
	}
	return usage("%s is a command of the AWS CLI, not an operation of AWS; to run it: %s%s",
		strings.Join(words, " "), l.execLine(words...), more)
}

// clientFlag is a flag of the AWS CLI for which muster has no use.
type clientFlag struct {
	name    string
	value   bool              // it takes a value
	refused map[string]string // why the flag, or one of its values, cannot be used; "" is for all others
}

var clientFlags = []clientFlag{
	{name: "--no-cli-pager"},
	{name: "--no-cli-auto-prompt"},
	{name: "--cli-error-format", value: true},
	{name: "--cli-binary-format", value: true, refused: map[string]string{
		"base64": "muster reads the content itself, as with raw-in-base64-out; fileb://PATH reads a file"}},
	{name: "--cli-auto-prompt", refused: map[string]string{"": "muster has no prompt; the shell completes names, and --help lists the parameters"}},
	{name: "--generate-cli-skeleton", refused: map[string]string{"": "the AWS CLI prints it without an account, so run the line without muster; --help lists the parameters"}},
	{name: "--cli-input-yaml", refused: map[string]string{"": "write the parameters as JSON, for --cli-input-json"}},
}

// ignored returns how many words at i are a flag of the AWS CLI that makes no difference
// to muster; 0 if there is none.
func (l *awsLine) ignored(i int) (int, error) {
	name, value, hasValue := strings.Cut(l.args[i], "=")
	at := slices.IndexFunc(clientFlags, func(f clientFlag) bool { return f.name == name })
	if at < 0 {
		return 0, nil
	}
	flag, n := clientFlags[at], 1
	if flag.value && !hasValue {
		if i+1 == len(l.args) {
			return 0, usage("%s needs a value", name)
		}
		value, n = l.args[i+1], 2
	}
	if !flag.value {
		value = ""
	}
	if reason := flag.refused[value]; reason != "" {
		return 0, usage("%s: %s", strings.TrimSpace(name+" "+value), reason)
	}
	return n, nil
}

// extraArgument returns the usage error for a word behind the operation that is neither a
// flag nor the value of one.
func (l *awsLine) extraArgument(word string) error {
	op := l.command.op
	if m := op.StreamOutput(); m != nil {
		return usage("%s writes no file: leave %q out, and the record has the content as %s, in base64", op.CLIName, word, m.Name)
	}
	if parameters := inventory.Parameters(op); len(parameters) > 0 {
		return usage("%s takes no argument %q: parameters have names, such as --%s; '%s' lists them", op.CLIName, word, parameters[0].Name, l.helpLine())
	}
	return usage("%s takes no argument %q", op.CLIName, word)
}

// helpLine is the command line that lists the operation's parameters.
func (l *awsLine) helpLine() string {
	return l.program + " aws " + l.command.op.Service.Name + " " + l.command.op.CLIName + " --help"
}
