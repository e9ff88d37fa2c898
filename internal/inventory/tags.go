package inventory

import (
	"slices"
	"strings"

	"muster/internal/names"
)

// tagMatcher is a compiled --tag.
type tagMatcher struct {
	key     string
	values  []*names.Glob // any of them; empty: any value
	negated bool          // also matches if the tag is absent
}

func (t *tagMatcher) matches(tags map[string]string) bool {
	value, present := tags[t.key]
	match := present && (len(t.values) == 0 || slices.ContainsFunc(t.values, func(g *names.Glob) bool { return g.Match(value) }))
	return match != t.negated
}

// parseTag parses K, K=V,V, !K or K!=V,V. It also returns the texts of the values.
func parseTag(text string) (t tagMatcher, values []string, err error) {
	key, list, hasValues := strings.Cut(text, "=")
	rest, absent := strings.CutPrefix(key, "!")
	differs := false
	if hasValues {
		key, differs = strings.CutSuffix(key, "!")
	} else if absent {
		key = rest
	}
	switch {
	case key == "":
		return t, nil, queryError("--tag %q: expected KEY, KEY=VALUE, !KEY or KEY!=VALUE", text)
	case hasValues && absent:
		return t, nil, queryError("--tag %q: did you mean %s!=%s?", text, strings.TrimPrefix(key, "!"), list)
	}
	t = tagMatcher{key: key, negated: differs || absent && !hasValues}
	if !hasValues {
		return t, nil, nil
	}
	values = names.Split(list)
	for _, value := range values {
		g, err := names.CompileGlob(value)
		if err != nil {
			return t, nil, queryError("--tag %q: not a pattern: %v", text, err)
		}
		t.values = append(t.values, g)
	}
	return t, values, nil
}
