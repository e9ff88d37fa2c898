package catalog

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// scope holds the values that endpoint rules can refer to: string, bool, float64,
// []any, map[string]any; nil where a value is not set.
type scope map[string]any

// call is a function of the rules with its arguments.
type call struct {
	Fn     string
	Argv   []argument
	Assign string // the name that the result gets
}

// argument is a call, a reference to a value, or a value; text can have {NAME} and
// {NAME#ATTRIBUTE} in it.
type argument struct {
	call  *call
	value any // a ref's {"ref": NAME} too
}

func (a *argument) UnmarshalJSON(text []byte) error {
	if strings.HasPrefix(string(text), `{"fn"`) {
		a.call = new(call)
		return json.Unmarshal(text, a.call)
	}
	return json.Unmarshal(text, &a.value)
}

// value resolves a value of the rules: a reference, or a text with references.
func (s scope) value(v any) (any, error) {
	switch v := v.(type) {
	case string:
		return s.expand(v)
	case map[string]any:
		if name, ok := v["ref"].(string); ok {
			return s[name], nil
		}
		return nil, fmt.Errorf("endpoint rules: unexpected value %v", v)
	}
	return v, nil
}

// expand replaces {NAME} and {NAME#ATTRIBUTE} in text.
func (s scope) expand(text string) (string, error) {
	var out strings.Builder
	for {
		literal, rest, found := strings.Cut(text, "{")
		out.WriteString(literal)
		if !found {
			return out.String(), nil
		}
		reference, after, found := strings.Cut(rest, "}")
		if !found {
			return "", fmt.Errorf("endpoint rules: %q has no closing brace", text)
		}
		name, attribute, nested := strings.Cut(reference, "#")
		value := s[name]
		if nested {
			value = getAttr(value, attribute)
		}
		if value == nil {
			return "", fmt.Errorf("endpoint rules: %s is not set", reference)
		}
		fmt.Fprint(&out, value)
		text = after
	}
}

// call evaluates a function.
func (s scope) call(c *call) (any, error) {
	args := make([]any, len(c.Argv))
	for i := range c.Argv {
		var err error
		if inner := c.Argv[i].call; inner != nil {
			args[i], err = s.call(inner)
		} else {
			args[i], err = s.value(c.Argv[i].value)
		}
		if err != nil {
			return nil, err
		}
	}
	f := functions()[c.Fn]
	if f.call == nil || len(args) != f.arity {
		return nil, fmt.Errorf("endpoint rules: no function %s of %d arguments", c.Fn, len(args))
	}
	return f.call(args), nil
}

type function struct {
	arity int
	call  func(args []any) any
}

// functions lists the functions of AWS's endpoint rules. They return nil where an argument is not
// set, or is not of their type.
var functions = sync.OnceValue(func() map[string]function {
	return map[string]function{
		"isSet":                         {1, func(a []any) any { return a[0] != nil }},
		"not":                           {1, func(a []any) any { return a[0] == nil || a[0] == false }},
		"booleanEquals":                 {2, func(a []any) any { x, ok := a[0].(bool); return ok && a[1] == x }},
		"stringEquals":                  {2, func(a []any) any { x, ok := a[0].(string); return ok && a[1] == x }},
		"getAttr":                       {2, func(a []any) any { return getAttr(a[0], text(a[1])) }},
		"substring":                     {4, substring},
		"uriEncode":                     {1, uriEncode},
		"parseURL":                      {1, func(a []any) any { return parseURL(text(a[0])) }},
		"isValidHostLabel":              {2, func(a []any) any { return isHostLabel(text(a[0]), a[1] == true) }},
		"aws.partition":                 {1, func(a []any) any { return PartitionOf(text(a[0])).outputs }},
		"aws.parseArn":                  {1, func(a []any) any { return parseARN(text(a[0])) }},
		"aws.isVirtualHostableS3Bucket": {2, func(a []any) any { return isBucketHost(text(a[0]), a[1] == true) }},
	}
})

func text(v any) string { s, _ := v.(string); return s }

// getAttr follows a path such as resourceId[1] or authority.
func getAttr(value any, path string) any {
	for part := range strings.SplitSeq(path, ".") {
		name, index, indexed := strings.Cut(part, "[")
		if name != "" {
			object, _ := value.(map[string]any)
			value = object[name]
		}
		if indexed {
			items, _ := value.([]any)
			i, err := strconv.Atoi(strings.TrimSuffix(index, "]"))
			if err != nil || i >= len(items) {
				return nil
			}
			return items[i]
		}
	}
	return value
}

func substring(args []any) any {
	s, ok := args[0].(string)
	start, _ := args[1].(float64)
	stop, _ := args[2].(float64)
	from, to := int(start), int(stop)
	if !ok || from >= to || len(s) < to || strings.IndexFunc(s, func(r rune) bool { return r > 127 }) >= 0 {
		return nil
	}
	if args[3] == true { // from the end
		from, to = len(s)-to, len(s)-from
	}
	return s[from:to]
}

func uriEncode(args []any) any {
	s, ok := args[0].(string)
	if !ok {
		return nil
	}
	return strings.ReplaceAll(url.QueryEscape(s), "+", "%20")
}

func parseURL(s string) any {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.RawQuery != "" {
		return nil
	}
	normal := u.EscapedPath()
	if !strings.HasSuffix(normal, "/") {
		normal += "/"
	}
	_, ipErr := netip.ParseAddr(u.Hostname())
	return map[string]any{
		"scheme": u.Scheme, "authority": u.Host, "path": u.EscapedPath(), "normalizedPath": normal, "isIp": ipErr == nil,
	}
}

func parseARN(s string) any {
	parts := strings.SplitN(s, ":", 6)
	if len(parts) < 6 || parts[0] != "arn" || parts[1] == "" || parts[2] == "" || parts[5] == "" {
		return nil
	}
	var resource []any
	for part := range strings.SplitSeq(strings.ReplaceAll(parts[5], ":", "/"), "/") {
		resource = append(resource, part)
	}
	return map[string]any{
		"partition": parts[1], "service": parts[2], "region": parts[3], "accountId": parts[4], "resourceId": resource,
	}
}

// lazyRegexp compiles an expression when it is first used.
func lazyRegexp(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}

var hostLabel = lazyRegexp(`^[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$`)

func isHostLabel(s string, dots bool) bool {
	if !dots {
		return hostLabel().MatchString(s)
	}
	for label := range strings.SplitSeq(s, ".") {
		if !hostLabel().MatchString(label) {
			return false
		}
	}
	return true
}

var ipv4 = lazyRegexp(`^(\d{1,3}\.){3}\d{1,3}$`)

func isBucketHost(s string, dots bool) bool {
	return len(s) >= 3 && strings.ToLower(s) == s && !ipv4().MatchString(s) && isHostLabel(s, dots)
}
