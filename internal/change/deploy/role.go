package deploy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/goccy/go-yaml"
)

// Role is an IAM role that reads, the same one in every account. Its template is a pure
// function of it, so that two runs with the same flags deploy the same bytes.
type Role struct {
	Name       string
	Path       string        // begins and ends with a slash; "/" for none
	Trust      string        // the ARN, or the account, that may assume the role
	ExternalID string        // "": the trust policy requires none
	MaxSession time.Duration // 1h to 12h
	Managed    []string      // AWS's managed policies, by name
	Actions    []string      // of the inline policy; empty: there is none
}

var (
	roleName   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[\w+=,.@-]{1,64}$`) })
	rolePath   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^/([\x21-\x2e\x30-\x7e]+/)*$`) })
	trustedID  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9]{12}$`) })
	trustedARN = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^arn:aws[a-z-]*:iam::[0-9]{12}:(root|(user|role)/([\x21-\x2e\x30-\x7e]+/)*[\w+=,.@-]{1,64})$`)
	})
	externalID = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[\w+=,.@:/-]{2,}$`) })
	sessionARN = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^arn:(aws[a-z-]*):sts::([0-9]{12}):assumed-role/([^/]+)/`)
	})
	notStackChars = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[^a-zA-Z0-9-]`) })
)

// RoleError names the flag, in the spelling of the command line, whose value is wrong.
type RoleError struct{ Msg string }

func (e *RoleError) Error() string { return e.Msg }

// UsageError marks a mistake in the command line: exit code 2.
func (*RoleError) UsageError() {}

func roleError(format string, args ...any) error { return &RoleError{fmt.Sprintf(format, args...)} }

// ParseRoleName splits a role's path and name: Audit, or ops/Audit.
func ParseRoleName(given string) (path, name string, err error) {
	at := strings.LastIndexByte(given, '/')
	path, name = "/"+strings.TrimPrefix(given[:at+1], "/"), given[at+1:]
	if !roleName().MatchString(name) || !rolePath().MatchString(path) || len(path) > 512 {
		return "", "", roleError("--role %q: expected a name of 1 to 64 letters, digits and _+=,.@-, or a path and a name", given)
	}
	return path, name, nil
}

// Check returns an error for a value that IAM would reject.
func (r *Role) Check() error {
	seconds := int(r.MaxSession.Seconds())
	session := sessionARN().FindStringSubmatch(r.Trust)
	switch {
	case session != nil:
		return roleError("--trust %q: a session ends; name its role: arn:%s:iam::%s:role/%s", r.Trust, session[1], session[2], session[3])
	case !trustedID().MatchString(r.Trust) && !trustedARN().MatchString(r.Trust):
		return roleError("--trust %q: expected an account id, or the ARN of a role, a user or an account's root", r.Trust)
	case r.ExternalID != "" && (!externalID().MatchString(r.ExternalID) || len(r.ExternalID) > 1224):
		return roleError("--external-id: expected 2 to 1224 letters, digits and _+=,.@:/-")
	case seconds < 3600 || seconds > 43200:
		return roleError("--max-session-duration %d: expected 3600 to 43200", seconds)
	}
	return nil
}

// StackName is the name of the stack set and of the stack that deploy the role. Stacks'
// names have fewer characters than roles'; a hash keeps apart the names that lose some.
func (r *Role) StackName() string {
	name := notStackChars().ReplaceAllString(r.Name, "-")
	if name != r.Name {
		name += "-" + shortHash(r.Name)
	}
	return "muster-role-" + name
}

// TrustedPrincipal describes the principal that may assume the role.
func (r *Role) TrustedPrincipal() string {
	text := r.Trust
	if trustedID().MatchString(r.Trust) {
		text = "account " + r.Trust
	}
	if r.ExternalID != "" {
		text += " with the external id"
	}
	return text
}

// Permissions describes the role's permissions.
func (r *Role) Permissions() string {
	parts := slices.Clone(r.Managed)
	if n := len(r.Actions); n > 0 {
		parts = append(parts, strings.Join(r.Actions[:min(n, 4)], ", "))
		if n > 4 {
			parts = append(parts, fmt.Sprintf("%d more actions", n-4))
		}
	}
	return strings.Join(parts, ", ")
}

// YAML returns the CloudFormation template of the role.
func (r *Role) YAML() (string, error) {
	text, err := yaml.MarshalWithOptions(r.template(), yaml.IndentSequence(true))
	return string(text), err
}

// JSON returns the same template as YAML.
func (r *Role) JSON() (string, error) {
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(r.template())
	return text.String(), err
}
