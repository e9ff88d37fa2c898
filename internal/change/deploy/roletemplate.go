package deploy

import (
	"crypto/sha256"
	"encoding/hex"
)

// template is a CloudFormation template with one role. Its order is the one in the output.
type template struct {
	Version     string         `yaml:"AWSTemplateFormatVersion" json:"AWSTemplateFormatVersion"`
	Description string         `yaml:"Description"`
	Resources   roleResources  `yaml:"Resources"`
	Outputs     map[string]any `yaml:"Outputs"`
}

type roleResources struct {
	Role roleResource `yaml:"Role"`
}

type roleResource struct {
	Type       string         `yaml:"Type"`
	Properties roleProperties `yaml:"Properties"`
}

type roleProperties struct {
	RoleName                 string         `yaml:"RoleName"`
	Path                     string         `yaml:"Path,omitempty" json:",omitempty"`
	Description              string         `yaml:"Description"`
	MaxSessionDuration       int            `yaml:"MaxSessionDuration"`
	AssumeRolePolicyDocument policyDocument `yaml:"AssumeRolePolicyDocument"`
	ManagedPolicyArns        []any          `yaml:"ManagedPolicyArns,omitempty" json:",omitempty"`
	Policies                 []inlinePolicy `yaml:"Policies,omitempty" json:",omitempty"`
}

type inlinePolicy struct {
	PolicyName     string         `yaml:"PolicyName"`
	PolicyDocument policyDocument `yaml:"PolicyDocument"`
}

type policyDocument struct {
	Version   string      `yaml:"Version"`
	Statement []statement `yaml:"Statement"`
}

type statement struct {
	Effect    string                       `yaml:"Effect"`
	Principal map[string]any               `yaml:"Principal,omitempty" json:",omitempty"`
	Action    any                          `yaml:"Action"` // a string or a list
	Resource  string                       `yaml:"Resource,omitempty" json:",omitempty"`
	Condition map[string]map[string]string `yaml:"Condition,omitempty" json:",omitempty"`
}

// policyVersion is the version of the language of policies.
const policyVersion = "2012-10-17"

// inPartition is text with ${AWS::Partition}, for templates that hold in China and GovCloud,
// too. The long form of !Sub can be read by every YAML parser.
func inPartition(text string) any { return map[string]string{"Fn::Sub": text} }

// TemplateDescription is the description of the role's templates, by which muster knows them.
func (r *Role) TemplateDescription() string {
	return "The role " + r.Name + ", with which muster reads an account."
}

func (r *Role) template() template {
	role := roleProperties{
		RoleName: r.Name, Description: "Reads this account for muster.", MaxSessionDuration: int(r.MaxSession.Seconds()),
		AssumeRolePolicyDocument: policyDocument{policyVersion, []statement{r.trustStatement()}},
	}
	if r.Path != "/" {
		role.Path = r.Path
	}
	for _, name := range r.Managed {
		role.ManagedPolicyArns = append(role.ManagedPolicyArns, inPartition("arn:${AWS::Partition}:iam::aws:policy/"+name))
	}
	if len(r.Actions) > 0 {
		role.Policies = []inlinePolicy{{"muster", policyDocument{policyVersion, []statement{{Effect: "Allow", Action: r.Actions, Resource: "*"}}}}}
	}
	return template{
		Version: "2010-09-09", Description: r.TemplateDescription(),
		Resources: roleResources{roleResource{"AWS::IAM::Role", role}},
		Outputs:   map[string]any{"RoleArn": map[string]any{"Value": map[string]any{"Fn::GetAtt": []string{"Role", "Arn"}}}},
	}
}

func (r *Role) trustStatement() statement {
	var principal any = r.Trust
	if trustedID().MatchString(r.Trust) {
		principal = inPartition("arn:${AWS::Partition}:iam::" + r.Trust + ":root")
	}
	st := statement{Effect: "Allow", Principal: map[string]any{"AWS": principal}, Action: "sts:AssumeRole"}
	if r.ExternalID != "" {
		st.Condition = map[string]map[string]string{"StringEquals": {"sts:ExternalId": r.ExternalID}}
	}
	return st
}

// shortHash returns eight hexadecimal digits that stand for a text.
func shortHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:4])
}
