package names

import (
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"testing"
)

func TestGlob(t *testing.T) {
	t.Parallel()
	candidates := []string{
		"", "a", "b", "c", "x", "ab", "ax", "bx", "é", "-", "]", "[", "^", "!", "\\", "{", "}", "{a", "a}", ",", "a,b", "a/b", "a\nb", "/", "d",
		"Production", "productio", "production", "productiox",
	}
	for pattern, want := range map[string][]string{
		"a":             {"a"},
		"?":             {"a", "b", "c", "x", "é", "-", "]", "[", "^", "!", "\\", "{", "}", ",", "/", "d"},
		"a*b":           {"ab", "a,b", "a/b", "a\nb"},
		"a?b":           {"a,b", "a/b", "a\nb"},
		"[a-c]":         {"a", "b", "c"},
		"[c-a]":         nil,
		"[^c-a]":        {"a", "b", "c", "x", "é", "-", "]", "[", "^", "!", "\\", "{", "}", ",", "/", "d"},
		"[!a-xé]":       {"-", "]", "[", "^", "!", "\\", "{", "}", ",", "/"},
		"[^a-xé]":       {"-", "]", "[", "^", "!", "\\", "{", "}", ",", "/"},
		"[a^!]":         {"a", "^", "!"},
		"[[]":           {"["},
		`[\-x]`:         {"x", "-"},
		`[\-]`:          {"-"},
		`[\]\\]`:        {"]", "\\"},
		`[^\]]x`:        {"ax", "bx"},
		`\*`:            nil,
		`a\b`:           {"ab"},
		`\{a`:           {"{a"},
		"a}":            {"a}"},
		"{a,b}x":        {"ax", "bx"},
		"{a,{b,c}}":     {"a", "b", "c"},
		"{a}":           {"a"},
		"{a,}":          {"", "a"},
		"{}":            {""},
		`{a\,b,x}`:      {"x", "a,b"},
		"{[a,],x}":      {"a", "x", ","},
		"{a*,b}x":       {"ax", "bx"},
		"a,b":           {"a,b"},
		"productio[^x]": {"production"},
		"productio[!x]": {"production"},
		"productio[x]":  {"productiox"},
		"[Pp]rod*ion":   {"Production", "production"},
	} {
		g, err := CompileGlob(pattern)
		if err != nil {
			t.Errorf("%s: %v", pattern, err)
			continue
		}
		var got []string
		for _, name := range candidates {
			if g.Match(name) {
				got = append(got, name)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s matches %q, want %q", pattern, got, want)
		}
	}
	for pattern, want := range map[string]string{
		"a[":       "[ without a ] that closes it at character 3",
		"éa[bc":    "[ without a ] that closes it at character 6",
		"[]a]":     `expected a character in [ ]; ], - and \ need a \ in front there at character 2`,
		"[^]":      `expected a character in [ ]; ], - and \ need a \ in front there at character 3`,
		"[a-]":     `expected a character in [ ]; ], - and \ need a \ in front there at character 4`,
		"[-a]":     `expected a character in [ ]; ], - and \ need a \ in front there at character 2`,
		`a\`:       `nothing follows the \ at character 3`,
		"{a":       "{ without a } that closes it at character 3",
		"{a,{b}":   "{ without a } that closes it at character 7",
		"[\xff]":   "not UTF-8 at character 2",
		"*\xff":    "not UTF-8 at character 2",
		"{[}]":     "{ without a } that closes it at character 5",
		"prod[a-b": "[ without a ] that closes it at character 9",
	} {
		if _, err := CompileGlob(pattern); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", pattern, err, want)
		}
	}
}

func TestSplit(t *testing.T) {
	t.Parallel()
	for list, want := range map[string][]string{
		"":                    {""},
		",a":                  {"", "a"},
		"a":                   {"a"},
		"a,b,":                {"a", "b", ""},
		"shop-{dev,prod},lab": {"shop-{dev,prod}", "lab"},
		"{a,{b,c}},d":         {"{a,{b,c}}", "d"},
		"[,;]x,[]{],y":        {"[,;]x", "[]{],y"},
		`a\,b,c`:              {`a\,b`, "c"},
		`{a\},b},c`:           {`{a\},b}`, "c"},
		"{a,b":                {"{a,b"},
		"a},b":                {"a}", "b"},
		"Sales, EMEA":         {"Sales", " EMEA"},
	} {
		if got := Split(list); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", list, got, want)
		}
	}
}

// pattern makes a random glob, as this package and as path.Match write it: the
// braces become several, of which one has to match.
func pattern(r *rand.Rand, deep bool) (own string, of []string) {
	of = []string{""}
	both := func(text string) {
		own += text
		for i := range of {
			of[i] += text
		}
	}
	for range r.IntN(5) {
		switch n := r.IntN(12); {
		case n < 2:
			both("*")
		case n == 2:
			both("?")
		case n == 3:
			both(`\` + pick(r, `*?[]\-{}!^,ab`))
		case n < 7:
			if slices.ContainsFunc(of, malformed) { // within a class it would be a member
				both("[^")
				continue
			}
			own += "[" + pick(r, "!^")
			for i := range of {
				of[i] += "[^"
			}
			fallthrough
		case n < 8:
			if n == 7 {
				both("[" + pick(r, "ab-"))
			}
			for range r.IntN(4) {
				both([]string{"a", "b", "c", "a-c", "b-", `\-`, `\]`, `\\`, "-", "^", "!", "[", "*", "{", ",", "c-a"}[r.IntN(16)])
			}
			if r.IntN(8) > 0 {
				both("]")
			}
		case n == 8 && deep && !slices.ContainsFunc(of, malformed):
			first, firsts := pattern(r, false)
			second, seconds := pattern(r, false)
			if slices.ContainsFunc([]string{first, second}, func(p string) bool { return malformed(p) || strings.ContainsAny(p, ",{}") }) {
				continue // it would end the braces, or reach beyond them
			}
			own += "{" + first + "," + second + "}"
			var grown []string
			for _, before := range of {
				for _, after := range slices.Concat(firsts, seconds) {
					grown = append(grown, before+after)
				}
			}
			of = grown
		default:
			both(pick(r, "abc-]^!}"))
		}
	}
	if deep && r.IntN(20) == 0 {
		both(`\`)
	}
	return own, of
}

func malformed(text string) bool {
	_, err := path.Match(text, "")
	return err != nil
}

func pick(r *rand.Rand, of string) string {
	runes := []rune(of)
	return string(runes[r.IntN(len(runes))])
}

// TestGlobAsPathMatch lets Go's own globs be the judge, over random patterns. All is
// ASCII, since the star of path.Match can end within a character.
func TestGlobAsPathMatch(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(9, 2))
	matches, mistakes := 0, 0
	for range 30_000 {
		own, of := pattern(r, true)
		name := ""
		for range r.IntN(5) {
			name += pick(r, "abc-]^!}[*{,\\")
		}
		want := false
		var bad error
		for _, p := range of {
			ok, err := path.Match(p, name)
			want = want || ok
			if err != nil {
				bad = err
			}
		}
		g, err := CompileGlob(own)
		switch {
		case (err != nil) != (bad != nil):
			t.Fatalf("%q: %v; path.Match of %q: %v", own, err, of, bad)
		case err != nil:
			mistakes++
		case g.Match(name) != want:
			t.Fatalf("%q matches %q: %t; path.Match of %q: %t", own, name, !want, of, want)
		case want:
			matches++
		}
	}
	if matches < 2_500 || mistakes < 2_500 {
		t.Errorf("%d matched and %d were malformed: the patterns are not worth much", matches, mistakes)
	}
}
