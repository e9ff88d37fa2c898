package inventory

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"muster/internal/names"
)

// tagMatcher is what an instance's tags have to be like.
type tagMatcher struct {
	key    string
	values []*names.Glob // any of them; none: whatever it is
	not    bool          // the opposite: also where there is no such tag
}

func (t *tagMatcher) matches(tags map[string]string) bool {
	value, has := tags[t.key]
	has = has && (len(t.values) == 0 || slices.ContainsFunc(t.values, func(g *names.Glob) bool { return g.Match(value) }))
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
	texts = names.Split(values)
	for _, value := range texts {
		g, err := names.CompileGlob(value)
		if err != nil {
			return t, nil, queryError("--tag %q: not a pattern: %v", text, err)
		}
		t.values = append(t.values, g)
	}
	return t, texts, nil
}
