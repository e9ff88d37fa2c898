package awssim

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

// policy is a session policy. It permits actions; resources and conditions are not looked at.
type policy []statement

type statement struct {
	Effect                string
	Action, NotAction     oneOrMany
	Resource, NotResource oneOrMany
	Principal             json.RawMessage // of resource policies only
}

func (p policy) permits(action string) bool {
	allowed := false
	for _, st := range p {
		if st.covers(action) {
			if st.Effect == "Deny" {
				return false
			}
			allowed = true
		}
	}
	return allowed
}

func (st *statement) covers(action string) bool {
	if len(st.NotAction) > 0 {
		return !matchesAny(st.NotAction, action)
	}
	return matchesAny(st.Action, action)
}

func (st *statement) wellFormed() bool {
	oneOf := func(a, b oneOrMany) bool { return len(a) > 0 != (len(b) > 0) }
	return (st.Effect == "Allow" || st.Effect == "Deny") && oneOf(st.Action, st.NotAction) && oneOf(st.Resource, st.NotResource) && st.Principal == nil
}

// managedPolicies are those of AWS that PolicyArns may name.
var managedPolicies = map[string][]string{
	"AdministratorAccess": {"*"}, "PowerUserAccess": {"ec2:*", "s3:*", "account:*", "organizations:Describe*"},
	"ReadOnlyAccess": readOnly, "job-function/ViewOnlyAccess": readOnly, "SecurityAudit": readOnly,
	"AmazonEC2ReadOnlyAccess": {"ec2:Describe*"}, "AmazonS3ReadOnlyAccess": {"s3:Get*", "s3:List*"},
}

// oneOrMany is a JSON string or list of strings.
type oneOrMany []string

func (m *oneOrMany) UnmarshalJSON(data []byte) error {
	var one string
	if json.Unmarshal(data, &one) == nil {
		*m = oneOrMany{one}
		return nil
	}
	return json.Unmarshal(data, (*[]string)(m))
}

// add reads a policy document, and reports whether it is one.
func (p *policy) add(document string) bool {
	var raw struct{ Statement json.RawMessage }
	if json.Unmarshal([]byte(document), &raw) != nil {
		return false
	}
	var statements []statement
	if json.Unmarshal(raw.Statement, &statements) != nil {
		statements = make([]statement, 1)
		if json.Unmarshal(raw.Statement, &statements[0]) != nil {
			return false
		}
	}
	*p = append(*p, statements...)
	return len(statements) > 0 && !slices.ContainsFunc(statements, func(st statement) bool { return !st.wellFormed() })
}

// terms are the conditions under which a request to STS begins a session.
type terms struct {
	limit      *policy
	tags       []string // keys
	transitive []string
	source     string
	packed     int // per cent of what policies and tags may take up; 0 without
}

var (
	policyARN  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^arn:aws[a-z-]*:iam::(aws|[0-9]{12}):policy/(.+)$`) })
	policyText = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[\t\n\r\x20-\x{ff}]+$`) })
	sessionTag = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+@-]*$`) })
)

// packedSize is what policies and tags may take up together, in characters. AWS packs them by rules that it keeps to
// itself, and answers only how much of the room is taken.
const packedSize = 4096

// terms reads Policy, PolicyArns, Tags, TransitiveTagKeys and SourceIdentity.
func (r *request) terms() (*terms, *apiError) {
	t, size := new(terms), 0
	if r.form.Has("Policy") {
		text := r.form.Get("Policy")
		if n := utf8.RuneCountInString(text); n < 1 || n > 2048 || !policyText().MatchString(text) {
			return nil, r.invalid("1 validation error detected: Value at 'policy' failed to satisfy constraint: Member must have length between 1 and 2048 and satisfy the pattern of policies")
		}
		t.limit = new(policy)
		if !t.limit.add(text) {
			return nil, fail(400, "MalformedPolicyDocument", "Syntax errors in policy.")
		}
		size += utf8.RuneCountInString(text)
	}
	arns := r.members("PolicyArns", "arn")
	if len(arns) > 10 {
		return nil, r.invalid("1 validation error detected: Value at 'policyArns' failed to satisfy constraint: Member must have length less than or equal to 10")
	}
	for _, arn := range arns {
		match := policyARN().FindStringSubmatch(arn[0])
		if match == nil {
			return nil, r.invalid("ARN %s is not valid.", arn[0])
		}
		actions, known := managedPolicies[match[2]]
		if match[1] != "aws" || !known {
			return nil, fail(400, "MalformedPolicyDocument", "Policy %s does not exist or is not attachable.", arn[0])
		}
		if t.limit == nil {
			t.limit = new(policy)
		}
		*t.limit = append(*t.limit, statement{Effect: "Allow", Action: actions})
		size += len(arn[0])
	}
	if size > 2048 { // of both together
		return nil, tooLarge(size, 2048)
	}
	tags := r.members("Tags", "Key", "Value")
	if len(tags) > 50 {
		return nil, r.invalid("1 validation error detected: Value at 'tags' failed to satisfy constraint: Member must have length less than or equal to 50")
	}
	for _, tag := range tags {
		key, value := tag[0], tag[1]
		switch {
		case key == "" || utf8.RuneCountInString(key) > 128 || !sessionTag().MatchString(key):
			return nil, r.invalid("1 validation error detected: Value at 'tags.member.key' failed to satisfy constraint: Member must have length between 1 and 128 and satisfy the pattern of tags")
		case utf8.RuneCountInString(value) > 256 || !sessionTag().MatchString(value):
			return nil, r.invalid("1 validation error detected: Value at 'tags.member.value' failed to satisfy constraint: Member must have length less than or equal to 256 and satisfy the pattern of tags")
		case strings.HasPrefix(strings.ToLower(key), "aws:"):
			return nil, r.invalid("Tag keys that start with aws: are reserved")
		case containsFold(t.tags, key):
			return nil, r.invalid("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
		}
		t.tags = append(t.tags, key)
		size += len(key) + len(value)
	}
	for _, key := range r.members("TransitiveTagKeys") {
		if !containsFold(t.tags, key[0]) {
			return nil, r.invalid("The specified transitive tag key must be included in the requested tags: %s", key[0])
		}
		t.transitive = append(t.transitive, key[0])
	}
	if t.source = r.form.Get("SourceIdentity"); r.form.Has("SourceIdentity") &&
		(!sessionName().MatchString(t.source) || strings.HasPrefix(t.source, "aws:")) {
		return nil, r.invalid(`1 validation error detected: Value '%s' at 'sourceIdentity' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w+=,.@-]*`, t.source)
	}
	if size > packedSize {
		return nil, tooLarge(size, packedSize)
	}
	t.packed = (100*size + packedSize - 1) / packedSize
	return t, nil
}

func tooLarge(size, room int) *apiError {
	return fail(400, "PackedPolicyTooLarge", "Packed size of session policies and tags consumes %d%% of allotted space.", 100*size/room)
}

// members reads the list NAME.member.N of the form, of structures with these fields, or without any of strings.
func (r *request) members(name string, fields ...string) [][]string {
	var all [][]string
	for i := 1; ; i++ {
		prefix := name + ".member." + strconv.Itoa(i)
		values, there := make([]string, max(1, len(fields))), false
		if len(fields) == 0 {
			values[0], there = r.form.Get(prefix), r.form.Has(prefix)
		}
		for j, field := range fields {
			values[j] = r.form.Get(prefix + "." + field)
			there = there || r.form.Has(prefix+"."+field)
		}
		if !there {
			return all
		}
		all = append(all, values)
	}
}

func containsFold(list []string, s string) bool {
	return slices.ContainsFunc(list, func(one string) bool { return strings.EqualFold(one, s) })
}
