package account

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"muster/internal/awsconfig"
	"muster/internal/names"
)

// picker narrows accounts down to the ones that --account and --exclude-account
// mean.
type picker struct {
	include, exclude []pattern
	strict           bool
	among            string // names the list in messages
	warn             func(string)
	empty            func() string
}

type pattern struct {
	flag, text string
	glob       *names.Glob
}

// matches also takes the text as it is, since a name may look like a glob. A glob
// with letters is for names: every id would match [^p]*.
func (p pattern) matches(a *Account) bool {
	return p.text == a.ID || p.text == a.Name || p.glob.Match(a.Name) || strings.Trim(p.text, `0123456789*?[]{}-,^!\`) == "" && p.glob.Match(a.ID)
}

func newPicker(s Selection) (*picker, error) {
	p := picker{strict: s.Strict, among: "that can be listed", warn: s.Warn}
	if narrowed := s.narrowed(); narrowed != "" {
		p.among = "of " + narrowed
	}
	for _, set := range []struct {
		flag  string
		texts []string
		into  *[]pattern
	}{{"--account", s.Accounts, &p.include}, {"--exclude-account", s.Exclude, &p.exclude}} {
		for _, text := range set.texts {
			glob, err := names.CompileGlob(text)
			if err != nil {
				return nil, usage("%s %q: not a pattern: %v", set.flag, text, err)
			}
			*set.into = append(*set.into, pattern{set.flag, text, glob})
		}
	}
	return &p, nil
}

// narrowed is the flags that leave accounts of an organization out, as they were given.
func (s Selection) narrowed() string {
	var flags []string
	if len(s.OUs) > 0 {
		flags = append(flags, "--ou "+strings.Join(s.OUs, ","))
	}
	for _, tag := range s.Tags {
		flags = append(flags, "--account-tag "+tag)
	}
	return strings.Join(flags, " and ")
}

// EmptyError says that a selection means no account, or excludes one that is not
// there.
type EmptyError struct{ Msg string }

func (e *EmptyError) Error() string { return e.Msg }

// from filters a list. If something is left, an id or name of --account that is not
// in the list follows at the end, as an account that cannot be entered: what was asked
// for by name is never left out in silence. If nothing is left, that is an error.
func (p *picker) from(accounts iter.Seq2[*Account, error]) iter.Seq2[*Account, error] {
	return func(yield func(*Account, error) bool) {
		var seen sighted
		var withheld []*Account // until the exclusions are known to match
		withhold := p.strict && len(p.exclude) > 0
		for a, err := range accounts {
			if err != nil {
				yield(nil, err)
				return
			}
			if !seen.picks(p, a) {
				continue
			}
			if withhold {
				withheld = append(withheld, a)
			} else if !yield(a, nil) {
				return
			}
		}
		if err := seen.verdict(p); err != nil {
			yield(nil, err)
			return
		}
		for _, a := range slices.Concat(withheld, seen.missing(p)) {
			if !yield(a, nil) {
				return
			}
		}
	}
}

// sighted is what a picker has seen of a list.
type sighted struct {
	ids      map[string]bool // pages may overlap where accounts come and go
	accounts []*Account      // all of the list, where somebody may ask for it
	matched  map[pattern]bool
	picked   int
}

// picks says whether an account is meant and new.
func (s *sighted) picks(p *picker, a *Account) bool {
	if s.ids == nil {
		s.ids, s.matched = map[string]bool{}, map[pattern]bool{}
	}
	if s.ids[a.ID] && a.ID != "" {
		return false
	}
	s.ids[a.ID] = true
	if len(p.include)+len(p.exclude) > 0 {
		s.accounts = append(s.accounts, a)
	}
	matches := func(patterns []pattern) (some bool) {
		for _, pat := range patterns {
			if pat.matches(a) {
				some, s.matched[pat] = true, true
			}
		}
		return some
	}
	included, excluded := matches(p.include), matches(p.exclude)
	if excluded || !included && len(p.include) > 0 {
		return false
	}
	s.picked++
	return true
}

// verdict warns of patterns that match nothing, or returns the error where that
// leaves nothing, or leaves in what was to be left out.
func (s *sighted) verdict(p *picker) error {
	excluding, including := s.unmatched(p.exclude), s.unmatched(p.include)
	switch {
	case len(s.ids) == 0 && p.empty != nil:
		return &EmptyError{p.empty()}
	case len(s.ids) == 0:
		return &EmptyError{"there is no account to select from"}
	case p.strict && len(excluding) > 0:
		return &EmptyError{s.complain(p, excluding)}
	case s.picked > 0:
		for _, pat := range append(excluding, including...) {
			if p.warn != nil && (pat.flag == "--exclude-account" || names.IsGlob(pat.text)) {
				p.warn(s.complain(p, []pattern{pat}))
			}
		}
		return nil
	case len(including) > 0:
		return &EmptyError{s.complain(p, append(including, excluding...))}
	}
	of := p.among
	if len(p.include) > 0 {
		of = "of " + flagText(p.include)
	}
	return &EmptyError{fmt.Sprintf("%s leaves out every account %s", flagText(p.exclude), of)}
}

func (s *sighted) unmatched(patterns []pattern) []pattern {
	return slices.DeleteFunc(slices.Clone(patterns), func(pat pattern) bool { return s.matched[pat] })
}

func flagText(patterns []pattern) string {
	texts := make([]string, len(patterns))
	for i, pat := range patterns {
		texts[i] = pat.text
	}
	return patterns[0].flag + " " + strings.Join(texts, ",")
}

// complain names patterns that match nothing in one line.
func (s *sighted) complain(p *picker, patterns []pattern) string {
	var lines []string
	for _, pat := range patterns {
		lines = append(lines, pat.flag+" "+pat.text+": "+s.unknown(p, pat.text))
	}
	return strings.Join(slices.Compact(lines), "; ")
}

// unknown says that no account has a name or an id, and which ones are similar.
func (s *sighted) unknown(p *picker, text string) string {
	var known []string
	for _, a := range s.accounts {
		known = append(known, a.Name)
		if strings.ContainsAny(text, "0123456789") {
			known = append(known, a.ID)
		}
	}
	what := "no such account among the %d %s"
	if names.IsGlob(text) {
		what = "matches none of the %d accounts %s"
	}
	return fmt.Sprintf(what, len(s.accounts), p.among) + names.DidYouMean(text, known)
}

// missing is an account for each id or name of --account that is not in the list.
func (s *sighted) missing(p *picker) (missing []*Account) {
	for _, pat := range s.unmatched(p.include) {
		if names.IsGlob(pat.text) {
			continue
		}
		a := &Account{Source: SourceIdentity, Name: pat.text, ways: []way{blocked(&notListedError{noWayError{s.unknown(p, pat.text)}})}}
		if awsconfig.IsAccountID(pat.text) {
			a.ID, a.Name = pat.text, ""
		}
		missing = append(missing, a)
	}
	return missing
}
