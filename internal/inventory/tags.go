package inventory

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/gobwas/glob"
)

// tagMatcher is what an instance's tags have to be like.
type tagMatcher struct {
	key    string
	values []*glob.Pattern // any of them; none: whatever it is
	not    bool            // the opposite: also where there is no such tag
}

func (t *tagMatcher) matches(tags map[string]string) bool {
	value, has := tags[t.key]
	has = has && (len(t.values) == 0 || slices.ContainsFunc(t.values, func(g *glob.Pattern) bool { return g.Match(value) }))
	return has != t.not
}

// compileTags has EC2 narrow what it can: it has no filter for what is not there.
func (m *matcher) compileTags(q Query, base []types.Filter) ([]types.Filter, error) {
	for _, text := range q.Tags {
		t, texts, err := parseTag(text)
		if err != nil {
			return nil, err
		}
		m.tags = append(m.tags, t)
		switch {
		case t.not:
		case len(texts) == 0:
			base = narrow(base, "tag-key", []string{ec2Literal(t.key)})
		default:
			for i := range texts {
				texts[i] = ec2Pattern(texts[i])
			}
			base = narrow(base, "tag:"+t.key, texts)
		}
	}
	return base, nil
}

// parseTag reads K, K=V,V, !K or K!=V,V, and returns the values' texts, too.
func parseTag(text string) (t tagMatcher, texts []string, err error) {
	key, values, hasValues := strings.Cut(text, "=")
	rest, absent := strings.CutPrefix(key, "!")
	unlike := false
	if hasValues {
		key, unlike = strings.CutSuffix(key, "!")
	} else if absent {
		key = rest
	}
	switch {
	case key == "":
		return t, nil, queryError("--tag %q: expected KEY, KEY=VALUE, !KEY or KEY!=VALUE", text)
	case hasValues && absent:
		return t, nil, queryError("--tag %q: did you mean %s!=%s?", text, strings.TrimPrefix(key, "!"), values)
	}
	t = tagMatcher{key: key, not: unlike || absent && !hasValues}
	if !hasValues {
		return t, nil, nil
	}
	texts = splitPatterns(values)
	for _, value := range texts {
		g, err := glob.Compile(value)
		if err != nil {
			return t, nil, queryError("--tag %q: not a pattern: %v", text, err)
		}
		t.values = append(t.values, g)
	}
	return t, texts, nil
}

// splitPatterns splits at commas, but not where a pattern has them: within braces or
// brackets, or behind a backslash.
func splitPatterns(text string) []string {
	var list []string
	start, depth := 0, 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '{', '[':
			depth++
		case '}', ']':
			depth = max(depth-1, 0)
		case ',':
			if depth == 0 {
				list = append(list, text[start:i])
				start = i + 1
			}
		}
	}
	return append(list, text[start:])
}
