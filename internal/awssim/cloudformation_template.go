package awssim

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// cfnTemplate is a template whose resources are IAM roles, the only ones that this CloudFormation can create.
type cfnTemplate struct {
	description string
	roles       map[string]cfnProperties // by logical id
	named       bool                     // a role has a name, which needs CAPABILITY_NAMED_IAM
}

type cfnProperties = map[string]any

// awsMessage is an error that has the text of AWS itself.
type awsMessage string

func (m awsMessage) Error() string { return string(m) }

func awsError(format string, args ...any) error { return awsMessage(fmt.Sprintf(format, args...)) }

// readTemplate reads a template in YAML or JSON. Its errors are those of ValidateTemplate.
func readTemplate(text string) (*cfnTemplate, error) {
	if len(text) == 0 || len(text) > 51200 {
		return nil, awsError("1 validation error detected: Value at 'templateBody' failed to satisfy constraint: Member must have length between 1 and 51200")
	}
	file, err := parser.ParseBytes([]byte(text), 0)
	if err != nil || len(file.Docs) != 1 {
		return nil, awsError("Template format error: YAML not well-formed.")
	}
	document, ok := plainValue(file.Docs[0].Body).(map[string]any)
	if !ok {
		return nil, awsError("Template format error: unsupported structure.")
	}
	for _, key := range slices.Sorted(maps.Keys(document)) {
		if !slices.Contains([]string{"AWSTemplateFormatVersion", "Description", "Resources", "Outputs", "Metadata"}, key) {
			return nil, awsError("Invalid template property or properties [%s]", key)
		}
	}
	if version, given := document["AWSTemplateFormatVersion"]; given && version != "2010-09-09" {
		return nil, awsError("Template format error: %v is not a supported value for AWSTemplateFormatVersion.", version)
	}
	resources, _ := document["Resources"].(map[string]any)
	if len(resources) == 0 {
		return nil, awsError("Template format error: At least one Resources member must be defined.")
	}
	t := &cfnTemplate{roles: map[string]cfnProperties{}}
	t.description, _ = document["Description"].(string)
	for id, value := range resources {
		resource, _ := value.(map[string]any)
		properties, _ := resource["Properties"].(map[string]any)
		if resource["Type"] != "AWS::IAM::Role" {
			return nil, awsError("Template format error: Unrecognized resource types: [%v]", resource["Type"])
		}
		t.roles[id] = properties
		t.named = t.named || properties["RoleName"] != nil
	}
	return t, nil
}

// plainValue converts a node to the values of JSON. The short forms of functions become long ones: !Sub is Fn::Sub.
func plainValue(node ast.Node) any {
	switch n := node.(type) {
	case *ast.TagNode:
		switch name := strings.TrimPrefix(n.Start.Value, "!"); {
		case strings.HasPrefix(name, "!"): // of YAML itself
			return plainValue(n.Value)
		case name == "Ref":
			return map[string]any{"Ref": plainValue(n.Value)}
		default:
			return map[string]any{"Fn::" + name: plainValue(n.Value)}
		}
	case *ast.MappingNode:
		m := map[string]any{}
		for _, pair := range n.Values {
			m[keyOf(pair)] = plainValue(pair.Value)
		}
		return m
	case *ast.MappingValueNode:
		return map[string]any{keyOf(n): plainValue(n.Value)}
	case *ast.SequenceNode:
		list := make([]any, len(n.Values))
		for i, value := range n.Values {
			list[i] = plainValue(value)
		}
		return list
	case *ast.LiteralNode:
		return n.Value.Value
	case ast.ScalarNode:
		return n.GetValue()
	}
	return nil
}

func keyOf(pair *ast.MappingValueNode) string { return pair.Key.GetToken().Value }

var pseudoParameter = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\$\{([^}]*)\}`) })

// resolveFunctions replaces Ref and Fn::Sub of pseudo parameters by their values.
func resolveFunctions(value any, pseudo map[string]string) (any, error) {
	switch v := value.(type) {
	case []any:
		list := make([]any, len(v))
		for i := range v {
			var err error
			if list[i], err = resolveFunctions(v[i], pseudo); err != nil {
				return nil, err
			}
		}
		return list, nil
	case map[string]any:
		if len(v) == 1 {
			for name, argument := range v {
				if text, ok := argument.(string); ok && (name == "Ref" || name == "Fn::Sub") {
					return resolveText(name, text, pseudo)
				}
				if strings.HasPrefix(name, "Fn::") {
					return nil, awsError("Template error: %s is not supported here", name)
				}
			}
		}
		m := map[string]any{}
		for name := range v {
			var err error
			if m[name], err = resolveFunctions(v[name], pseudo); err != nil {
				return nil, err
			}
		}
		return m, nil
	}
	return value, nil
}

func resolveText(function, text string, pseudo map[string]string) (string, error) {
	if function == "Ref" {
		text = "${" + text + "}"
	}
	unresolved := ""
	text = pseudoParameter().ReplaceAllStringFunc(text, func(name string) string {
		known, ok := pseudo[name[2:len(name)-1]]
		if !ok {
			unresolved = name
		}
		return known
	})
	if unresolved != "" {
		return "", awsError("Template format error: Unresolved resource dependencies [%s] in the Resources block of the template", unresolved)
	}
	return text, nil
}

// roleProperties are the properties of AWS::IAM::Role, after all functions are resolved.
type roleProperties struct {
	RoleName, Path, Description string
	MaxSessionDuration          *int
	AssumeRolePolicyDocument    json.RawMessage
	ManagedPolicyArns           []string
	Policies                    []struct {
		PolicyName     string
		PolicyDocument json.RawMessage
	}
}

// cfnRole returns the role that the properties of a resource describe in an account. The error has the text of IAM.
func (s *Server) cfnRole(a *account, region, stackName, logicalID string, properties cfnProperties) (*role, error) {
	resolved, err := resolveFunctions(properties, map[string]string{
		"AWS::Partition": s.name, "AWS::AccountId": a.ID, "AWS::Region": region, "AWS::StackName": stackName,
	})
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(resolved)
	if err != nil {
		return nil, err
	}
	var p roleProperties
	if err := decodeStrictly(text, &p); err != nil {
		return nil, awsError("Properties validation failed for resource %s with message: %v", logicalID, err)
	}
	r := &role{account: a, Role: Role{Name: p.RoleName, Path: p.Path, MaxSession: Duration(time.Hour)}}
	if r.Path == "" {
		r.Path = "/"
	}
	if r.Name == "" {
		r.Name = stackName + "-" + logicalID + "-" + derive(0, a.ID, stackName, logicalID).base32(12)
	}
	if p.MaxSessionDuration != nil {
		r.MaxSession = Duration(time.Duration(*p.MaxSessionDuration) * time.Second)
	}
	r.arn = s.arn("iam", a.ID, "role"+r.Path+r.Name)
	switch {
	case !iamName().MatchString(r.Name):
		return nil, awsError("The specified value for roleName is invalid.")
	case time.Duration(r.MaxSession) < time.Hour || time.Duration(r.MaxSession) > 12*time.Hour:
		return nil, awsError("1 validation error detected: Value at 'maxSessionDuration' failed to satisfy constraint: Member must have value between 3600 and 43200")
	case len(p.ManagedPolicyArns) > 10:
		return nil, awsError("Cannot exceed quota for PoliciesPerRole: 10")
	}
	if err := s.readTrust(r, p.AssumeRolePolicyDocument); err != nil {
		return nil, err
	}
	return r, s.readPermissions(r, &p)
}

// readPermissions sets the actions that the role's policies allow.
func (s *Server) readPermissions(r *role, p *roleProperties) error {
	for _, arn := range p.ManagedPolicyArns {
		match := policyARN().FindStringSubmatch(arn)
		if match == nil || !strings.HasPrefix(arn, "arn:"+s.name+":") || managedPolicies[match[2]] == nil {
			return awsError("Policy %s does not exist or is not attachable.", arn)
		}
		r.Allow = append(r.Allow, managedPolicies[match[2]]...)
	}
	size := 0
	for _, inline := range p.Policies {
		var permitted policy
		if size += len(inline.PolicyDocument); size > 10240 {
			return awsError("Maximum policy size of 10240 bytes exceeded for role %s", r.Name)
		}
		if inline.PolicyName == "" || !permitted.add(string(inline.PolicyDocument)) {
			return awsError("Syntax errors in policy.")
		}
		for _, st := range permitted {
			if st.Effect != "Allow" || len(st.NotAction) > 0 || !slices.Equal(st.Resource, oneOrMany{"*"}) {
				return fmt.Errorf("this simulator knows only policies that allow actions on all resources")
			}
			r.Allow = append(r.Allow, st.Action...)
		}
	}
	if len(r.Allow) == 0 {
		r.Allow = []string{"none:None"} // an empty list would mean all
	}
	return nil
}
