package auth

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
)

// The parts of an ARN: arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE.
const (
	arnPartition = 1
	arnAccount   = 4
	arnResource  = 5
)

// arnPart returns a part of an ARN, or "" if the text is no ARN.
func arnPart(arn string, part int) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 {
		return ""
	}
	return parts[part]
}

var rolePattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^arn:aws[a-z-]*:iam::[0-9]{12}:role/\S+$`) })

// IsRoleARN reports whether a text is the ARN of a role.
func IsRoleARN(text string) bool { return rolePattern().MatchString(text) }

// roleName returns the name of a role from its ARN, without the role's path.
func roleName(arn string) string {
	return arn[strings.LastIndexByte(arn, '/')+1:]
}

// RoleARN returns the ARN of a role from a value of --role: a name, a path and a
// name, or an ARN that contains {account}.
func RoleARN(role, partition, accountID string) string {
	if strings.HasPrefix(role, "arn:") {
		return strings.ReplaceAll(role, "{account}", accountID)
	}
	return fmt.Sprintf("arn:%s:iam::%s:role/%s", partition, accountID, strings.TrimPrefix(role, "/"))
}

// assumedRole returns the name of the role in the ARN of its session,
// arn:aws:sts::ID:assumed-role/NAME/SESSION, or "".
func assumedRole(arn string) string {
	rest, ok := strings.CutPrefix(arnPart(arn, arnResource), "assumed-role/")
	if !ok {
		return ""
	}
	name, _, _ := strings.Cut(rest, "/")
	return name
}
