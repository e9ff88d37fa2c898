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

// policy is a session policy. It permits actions; its resources and conditions are ignored.
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

// managedPolicies are the managed policies of AWS that PolicyArns can name.
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

// add adds the statements of a policy document. It returns false for any other text.
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

// sessionOptions are the policies, the tags and the source identity of a new session.
type sessionOptions struct {
	limit      *policy
	tags       []string // keys
	transitive []string
	source     string
	packed     int // size of policies and tags, in per cent of the limit; 0 without any
}

var (
	policyARN  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^arn:aws[a-z-]*:iam::(aws|[0-9]{12}):policy/(.+)$`) })
	policyText = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[\t\n\r\x20-\x{ff}]+$`) })
	sessionTag = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+@-]*$`) })
)

// packedSize is the limit of policies and tags together, in characters. AWS packs them in a secret format and answers
// only the share of the limit.
const packedSize = 4096

// sessionOptions reads Policy, PolicyArns, Tags, TransitiveTagKeys and SourceIdentity.
func (r *request) sessionOptions() (*sessionOptions, *apiError) {
	o := new(sessionOptions)
	policies, err := o.readPolicies(r)
	if err != nil {
		return nil, err
	}
	tags, err := o.readTags(r)
	if err != nil {
		return nil, err
	}
	if o.source = r.form.Get("SourceIdentity"); r.form.Has("SourceIdentity") &&
		(!sessionName().MatchString(o.source) || strings.HasPrefix(o.source, "aws:")) {
		return nil, r.invalid(`1 validation error detected: Value '%s' at 'sourceIdentity' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w+=,.@-]*`, o.source)
	}
	size := policies + tags
	if size > packedSize {
		return nil, tooLarge(size, packedSize)
	}
	o.packed = (100*size + packedSize - 1) / packedSize
	return o, nil
}

// readPolicies reads Policy and PolicyArns. size is the number of their characters.
func (o *sessionOptions) readPolicies(r *request) (size int, err *apiError) {
	if r.form.Has("Policy") {
		text := r.form.Get("Policy")
		if n := utf8.RuneCountInString(text); n < 1 || n > 2048 || !policyText().MatchString(text) {
			return 0, r.invalid("1 validation error detected: Value at 'policy' failed to satisfy constraint: Member must have length between 1 and 2048 and satisfy the pattern of policies")
		}
		o.limit = new(policy)
		if !o.limit.add(text) {
			return 0, fail(400, "MalformedPolicyDocument", "Syntax errors in policy.")
		}
		size += utf8.RuneCountInString(text)
	}
	arns := r.members("PolicyArns", "arn")
	if len(arns) > 10 {
		return 0, r.invalid("1 validation error detected: Value at 'policyArns' failed to satisfy constraint: Member must have length less than or equal to 10")
	}
	for _, arn := range arns {
		match := policyARN().FindStringSubmatch(arn[0])
		if match == nil {
			return 0, r.invalid("ARN %s is not valid.", arn[0])
		}
		actions, known := managedPolicies[match[2]]
		if match[1] != "aws" || !known {
			return 0, fail(400, "MalformedPolicyDocument", "Policy %s does not exist or is not attachable.", arn[0])
		}
		if o.limit == nil {
			o.limit = new(policy)
		}
		*o.limit = append(*o.limit, statement{Effect: "Allow", Action: actions})
		size += len(arn[0])
	}
	if size > 2048 { // of both together
		return 0, tooLarge(size, 2048)
	}
	return size, nil
}

// readTags reads Tags and TransitiveTagKeys. size is the number of the tags' bytes.
func (o *sessionOptions) readTags(r *request) (size int, err *apiError) {
	tags := r.members("Tags", "Key", "Value")
	if len(tags) > 50 {
		return 0, r.invalid("1 validation error detected: Value at 'tags' failed to satisfy constraint: Member must have length less than or equal to 50")
	}
	for _, tag := range tags {
		key, value := tag[0], tag[1]
		switch {
		case key == "" || utf8.RuneCountInString(key) > 128 || !sessionTag().MatchString(key):
			return 0, r.invalid("1 validation error detected: Value at 'tags.member.key' failed to satisfy constraint: Member must have length between 1 and 128 and satisfy the pattern of tags")
		case utf8.RuneCountInString(value) > 256 || !sessionTag().MatchString(value):
			return 0, r.invalid("1 validation error detected: Value at 'tags.member.value' failed to satisfy constraint: Member must have length less than or equal to 256 and satisfy the pattern of tags")
		case strings.HasPrefix(strings.ToLower(key), "aws:"):
			return 0, r.invalid("Tag keys that start with aws: are reserved")
		case containsFold(o.tags, key):
			return 0, r.invalid("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
		}
		o.tags = append(o.tags, key)
		size += len(key) + len(value)
	}
	for _, key := range r.members("TransitiveTagKeys") {
		if !containsFold(o.tags, key[0]) {
			return 0, r.invalid("The specified transitive tag key must be included in the requested tags: %s", key[0])
		}
		o.transitive = append(o.transitive, key[0])
	}
	return size, nil
}

func tooLarge(size, limit int) *apiError {
	return fail(400, "PackedPolicyTooLarge", "Packed size of session policies and tags consumes %d%% of allotted space.", 100*size/limit)
}

// members reads the list NAME.member.N of the form: of structures with these fields, or without fields of strings.
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
