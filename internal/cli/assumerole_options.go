package cli

import (
	"encoding/json"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/alecthomas/kong"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"muster/internal/auth"
	"muster/internal/awsconfig"
)

// words are the values of an option with several values, as in the AWS CLI:
// --tags Key=a,Value=1 Key=b,Value=2
type words []string

// Decode reads values up to the next option.
func (w *words) Decode(ctx *kong.DecodeContext) error {
	first, err := ctx.Scan.PopValue("value")
	if err != nil {
		return err
	}
	*w = append(*w, first.String())
	for {
		next := ctx.Scan.Peek()
		text, ok := next.Value.(string)
		if next.Type != kong.UntypedToken || !ok || strings.HasPrefix(text, "-") {
			return nil
		}
		*w = append(*w, ctx.Scan.Pop().String())
	}
}

// The limits of STS, which are checked before the call.
const (
	mostPolicies    = 10
	mostPolicyChars = 2048
	mostTags        = 50
	mostTagKey      = 128 // characters
	mostTagValue    = 256
	mostTokenSize   = 4096 // bytes
)

var (
	policyPattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^arn:aws[a-z-]*:iam::(aws|[0-9]{12}):policy/\S+$`) })
	serialPattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[\w+=/:,.@-]{9,256}$`) })
	tagChars      = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$`) })
	codePattern   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9]{6}$`) })
)

// options checks the flags and returns the parameters of the call.
func (c *assumeRoleCmd) options() (auth.RoleOptions, error) {
	o := auth.RoleOptions{
		RoleSettings: awsconfig.RoleSettings{
			RoleARN: c.RoleARN, ExternalID: c.ExternalID, RoleSessionName: c.RoleSessionName,
			Duration: time.Duration(c.DurationSeconds) * time.Second, MFASerial: c.SerialNumber,
		},
		SourceIdentity: c.SourceIdentity, MinTokenSize: c.MinTokenSize,
	}
	if err := c.checkWays(); err != nil {
		return o, err
	}
	for _, arn := range append([]string{c.RoleARN}, c.Via...) {
		if arn != "" && !auth.IsRoleARN(arn) {
			return o, usage("%q: expected a role's ARN, such as arn:aws:iam::123456789012:role/NAME", arn)
		}
	}
	switch {
	case c.DurationSeconds != 0 && (c.DurationSeconds < 900 || c.DurationSeconds > 43200):
		return o, usage("--duration-seconds %d: expected 900 to 43200", c.DurationSeconds)
	case c.DurationSeconds > 3600 && len(c.Via) > 0:
		return o, usage("--duration-seconds %d: at most 3600 with --via", c.DurationSeconds)
	case c.RoleSessionName != "" && !auth.IsSessionName(c.RoleSessionName):
		return o, usage("--role-session-name %q: expected 2 to 64 letters, digits and _+=,.@-", c.RoleSessionName)
	case c.SourceIdentity != "" && (!auth.IsSessionName(c.SourceIdentity) || strings.HasPrefix(c.SourceIdentity, "aws:")):
		return o, usage("--source-identity %q: expected 2 to 64 letters, digits and _+=,.@-", c.SourceIdentity)
	case c.ExternalID != "" && !auth.IsExternalID(c.ExternalID):
		return o, usage("--external-id: expected 2 to 1224 letters, digits and _+=,.@:/-")
	case c.MinTokenSize < 0 || c.MinTokenSize > mostTokenSize:
		return o, usage("--minimum-session-token-size %d: expected 0 to %d", c.MinTokenSize, mostTokenSize)
	}
	if err := checkSerial(c.SerialNumber); err != nil {
		return o, err
	}
	var err error
	if o.Policy, err = policyText(c.Policy); err != nil {
		return o, err
	}
	if o.PolicyARNs, err = c.policyARNs(); err != nil {
		return o, err
	}
	if o.Tags, err = c.tags(); err != nil {
		return o, err
	}
	if o.TransitiveTags, err = c.transitiveKeys(o.Tags); err != nil {
		return o, err
	}
	contexts, err := c.ProvidedContexts.structures("--provided-contexts", "ProviderArn", "ContextAssertion")
	for _, context := range contexts {
		provider, assertion := context["ProviderArn"], context["ContextAssertion"]
		o.Contexts = append(o.Contexts, types.ProvidedContext{ProviderArn: &provider, ContextAssertion: &assertion})
	}
	return o, err
}

// checkWays returns an error for options that cannot be used together.
func (c *assumeRoleCmd) checkWays() error {
	federated := ""
	switch {
	case c.SAMLAssertion != "" && c.WebIdentityTokenFile != "":
		return usage("--saml-assertion and --web-identity-token-file cannot be used together")
	case c.SAMLAssertion != "":
		federated = "--saml-assertion"
	case c.WebIdentityTokenFile != "":
		federated = "--web-identity-token-file"
	case c.PrincipalARN != "":
		return usage("--principal-arn needs --saml-assertion")
	}
	if c.RoleARN == "" && c.SAMLAssertion == "" {
		return usage("--role-arn is missing: the role to assume, such as arn:aws:iam::123456789012:role/NAME")
	}
	if federated == "" {
		return nil
	}
	for _, option := range []struct {
		flag  string
		given bool
	}{
		{"--via", len(c.Via) > 0},
		{"--tags", len(c.Tags) > 0},
		{"--transitive-tag-keys", len(c.TransitiveTagKeys) > 0},
		{"--external-id", c.ExternalID != ""},
		{"--serial-number", c.SerialNumber != ""},
		{"--source-identity", c.SourceIdentity != ""},
		{"--provided-contexts", len(c.ProvidedContexts) > 0},
		{"--role-session-name", c.RoleSessionName != "" && c.SAMLAssertion != ""},
	} {
		if option.given {
			return usage("%s cannot be used with %s: STS reads it from the assertion or token, or does not take it", option.flag, federated)
		}
	}
	return nil
}

func checkSerial(serial string) error {
	if serial != "" && !serialPattern().MatchString(serial) {
		return usage("--serial-number %q: expected a device's serial number or ARN, such as arn:aws:iam::123456789012:mfa/NAME", serial)
	}
	return nil
}

func policyText(text string) (string, error) {
	if path, ok := strings.CutPrefix(text, "file://"); ok {
		data, err := os.ReadFile(path)
		if err != nil {
			return "", usage("--policy: %v", err)
		}
		text = strings.TrimSpace(string(data))
	}
	var object map[string]any
	switch n := utf8.RuneCountInString(text); {
	case text == "":
		return "", nil
	case json.Unmarshal([]byte(text), &object) != nil:
		return "", usage("--policy: expected a JSON object, or file://PATH")
	case n > mostPolicyChars:
		return "", usage("--policy has %d characters: at most %d", n, mostPolicyChars)
	}
	return text, nil
}

func (c *assumeRoleCmd) policyARNs() ([]string, error) {
	var arns []string
	if c.PolicyARNs.json() {
		list, err := c.PolicyARNs.structures("--policy-arns", "arn")
		if err != nil {
			return nil, err
		}
		for _, item := range list {
			arns = append(arns, item["arn"])
		}
	} else {
		for _, word := range c.PolicyARNs {
			for _, arn := range strings.Split(word, ",") {
				arns = append(arns, strings.TrimPrefix(arn, "arn="))
			}
		}
	}
	for _, arn := range arns {
		if !policyPattern().MatchString(arn) {
			return nil, usage("--policy-arns %q: expected a policy's ARN, such as arn:aws:iam::aws:policy/ReadOnlyAccess", arn)
		}
	}
	if len(arns) > mostPolicies {
		return nil, usage("--policy-arns: %d policies; at most %d", len(arns), mostPolicies)
	}
	return arns, nil
}

func (c *assumeRoleCmd) tags() ([]types.Tag, error) {
	list, err := c.Tags.structures("--tags", "Key", "Value")
	if err != nil || len(list) == 0 {
		return nil, err
	}
	var tags []types.Tag
	folded := map[string]bool{}
	for _, tag := range list {
		key, value := tag["Key"], tag["Value"]
		switch {
		case key == "" || utf8.RuneCountInString(key) > mostTagKey:
			return nil, usage("--tags: a key of %d characters (%q); expected 1 to %d", utf8.RuneCountInString(key), key, mostTagKey)
		case utf8.RuneCountInString(value) > mostTagValue:
			return nil, usage("--tags: the value of %q has %d characters; at most %d", key, utf8.RuneCountInString(value), mostTagValue)
		case !tagChars().MatchString(key) || !tagChars().MatchString(value):
			return nil, usage("--tags: %s=%s: only letters, digits, spaces and _.:/=+@- are allowed", key, value)
		case folded[strings.ToLower(key)]:
			return nil, usage("--tags: the key %q appears twice; STS ignores case", key)
		}
		tags = append(tags, types.Tag{Key: &key, Value: &value})
		folded[strings.ToLower(key)] = true
	}
	if len(tags) > mostTags {
		return nil, usage("--tags: %d tags; at most %d", len(tags), mostTags)
	}
	return tags, nil
}

func (c *assumeRoleCmd) transitiveKeys(tags []types.Tag) ([]string, error) {
	var keys []string
	if c.TransitiveTagKeys.json() {
		if err := json.Unmarshal([]byte(c.TransitiveTagKeys[0]), &keys); err != nil {
			return nil, usage("--transitive-tag-keys: not a JSON list of strings")
		}
	} else {
		for _, word := range c.TransitiveTagKeys {
			keys = append(keys, strings.Split(word, ",")...)
		}
	}
	for _, key := range keys {
		if !slices.ContainsFunc(tags, func(tag types.Tag) bool { return *tag.Key == key }) {
			return nil, usage("--transitive-tag-keys: %q is not a key of --tags", key)
		}
	}
	return keys, nil
}

func (w words) json() bool { return len(w) == 1 && strings.HasPrefix(strings.TrimSpace(w[0]), "[") }

// structures reads the AWS CLI's shorthand (Key=K,Value=V, each word one structure), JSON, or
// a file:// with JSON.
func (w words) structures(flag string, keys ...string) ([]map[string]string, error) {
	if len(w) == 1 && strings.HasPrefix(w[0], "file://") {
		data, err := os.ReadFile(strings.TrimPrefix(w[0], "file://"))
		if err != nil {
			return nil, usage("%s: %v", flag, err)
		}
		w = words{string(data)}
	}
	form := strings.Join(keys, "=...,") + "=..."
	var list []map[string]string
	if w.json() {
		if err := json.Unmarshal([]byte(w[0]), &list); err != nil {
			return nil, usage("%s: not a JSON list of objects with %s", flag, strings.Join(keys, " and "))
		}
	}
	for _, word := range w {
		if w.json() {
			break
		}
		item := map[string]string{}
		for _, part := range splitShorthand(word) {
			key, value, ok := strings.Cut(part, "=")
			if _, twice := item[key]; !ok || twice {
				return nil, usage("%s %q: expected %s", flag, word, form)
			}
			item[key] = value
		}
		list = append(list, item)
	}
	for _, item := range list {
		for _, key := range slices.Sorted(maps.Keys(item)) {
			if !slices.Contains(keys, key) {
				return nil, usage("%s: unknown key %q; expected %s", flag, key, form)
			}
		}
		if _, ok := item[keys[0]]; !ok {
			return nil, usage("%s: %s is missing; expected %s", flag, keys[0], form)
		}
	}
	return list, nil
}

// splitShorthand splits at commas outside of quotes, and removes the quotes.
func splitShorthand(word string) []string {
	var (
		parts []string
		part  strings.Builder
		quote rune
	)
	for _, c := range word {
		switch {
		case quote != 0 && c == quote:
			quote = 0
		case quote == 0 && (c == '"' || c == '\'') && strings.HasSuffix(part.String(), "="):
			quote = c
		case quote == 0 && c == ',':
			parts = append(parts, part.String())
			part.Reset()
		default:
			part.WriteRune(c)
		}
	}
	return append(parts, part.String())
}
