package account

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"

	"muster/internal/awsconfig"
	"muster/internal/names"
)

// filter keeps the accounts of --account and drops the accounts of --exclude-account.
type filter struct {
	include, exclude []pattern
	strict           bool
	among            string            // the list of accounts, in messages
	warn             func(text string) // may be nil
	choose           Chooser           // may be nil
	noAccount        func() string     // says why the list is empty; may be nil
}

// pattern is a value of --account or --exclude-account.
type pattern struct {
	flag, text string
	glob       *names.Glob
}

// matches reports whether the pattern is an account's id or name, or matches it. The
// exact text counts first, since a name may look like a glob. A glob with letters
// matches only names: otherwise each id would match [^p]*.
func (p pattern) matches(a *Account) bool {
	return p.text == a.ID || p.text == a.Name || p.glob.Match(a.Name) ||
		strings.Trim(p.text, `0123456789*?[]{}-,^!\`) == "" && p.glob.Match(a.ID)
}

func newFilter(s Selection, o Options) (*filter, error) {
	f := &filter{strict: o.Strict, among: "that can be listed", warn: o.Warn, choose: o.Choose}
	if flags := s.organizationFlags(); flags != "" {
		f.among = "of " + flags
	} else if !s.HasSource() && s.Named == "" {
		f.among = "of the current identity (--all-profiles, --sso-session and --organization select more)"
	}
	var err error
	if f.include, err = compilePatterns("--account", s.Accounts); err != nil {
		return nil, err
	}
	f.exclude, err = compilePatterns("--exclude-account", s.Exclude)
	return f, err
}

func compilePatterns(flag string, texts []string) ([]pattern, error) {
	var patterns []pattern
	for _, text := range texts {
		glob, err := names.CompileGlob(text)
		if err != nil {
			return nil, usage("%s %q: not a pattern: %v", flag, text, err)
		}
		patterns = append(patterns, pattern{flag, text, glob})
	}
	return patterns, nil
}

// organizationFlags returns the flags that leave out accounts of an organization.
func (s Selection) organizationFlags() string {
	var flags []string
	if len(s.OUs) > 0 {
		flags = append(flags, "--ou "+strings.Join(s.OUs, ","))
	}
	for _, tag := range s.Tags {
		flags = append(flags, "--account-tag "+tag)
	}
	return strings.Join(flags, " and ")
}

// filter yields the accounts that pass. When the list is complete, it looks for the names of
// --account that are not in it. A name that fits one account in any case or in part yields
// this account. Any other name yields an account that cannot be opened, so that no account
// that the user names is left out silently. If no account passes, filter yields an error.
func (f *filter) filter(ctx context.Context, accounts iter.Seq2[*Account, error]) iter.Seq2[*Account, error] {
	return func(yield func(*Account, error) bool) {
		run := &filterRun{filter: f, ids: map[string]bool{}, matched: map[pattern]bool{}, passed: map[*Account]bool{}, ambiguous: map[pattern]*AmbiguousError{}}
		held, more := run.pass(accounts, yield)
		if !more {
			return
		}
		similar, err := run.similar(ctx)
		if err == nil {
			err = run.check()
		}
		if err != nil {
			yield(nil, err)
			return
		}
		for _, a := range slices.Concat(held, similar, run.missing()) {
			if !yield(a, nil) {
				return
			}
		}
	}
}

// filterRun is the state of a filter over one list.
type filterRun struct {
	*filter
	ids      map[string]bool // of all accounts of the list
	listed   []*Account      // all accounts of the list; only if there are patterns
	matched  map[pattern]bool
	included int // accounts that passed

	passed    map[*Account]bool // only if there are patterns
	ambiguous map[pattern]*AmbiguousError
}

// pass yields the accounts that pass, and an error of the list; more is false when the
// list or its reader has ended early. If exclusions are strict it holds the accounts
// back, because an exclusion that matches nothing is an error.
func (r *filterRun) pass(accounts iter.Seq2[*Account, error], yield func(*Account, error) bool) (held []*Account, more bool) {
	hold := r.strict && len(r.exclude) > 0
	for a, err := range accounts {
		switch {
		case err != nil:
			yield(nil, err)
			return nil, false
		case !r.passes(a):
		case hold:
			held = append(held, a)
		case !yield(a, nil):
			return nil, false
		}
	}
	return held, true
}

// passes reports whether an account passes. An account that is listed twice, as pages
// may overlap, passes once.
func (r *filterRun) passes(a *Account) bool {
	if a.ID != "" && r.ids[a.ID] {
		return false
	}
	r.ids[a.ID] = true
	if len(r.include)+len(r.exclude) > 0 {
		r.listed = append(r.listed, a)
	}
	included, excluded := r.match(r.include, a), r.match(r.exclude, a)
	if excluded || !included && len(r.include) > 0 {
		return false
	}
	r.included++
	if len(r.include)+len(r.exclude) > 0 {
		r.passed[a] = true
	}
	return true
}

// match reports whether any pattern matches, and records each that does.
func (r *filterRun) match(patterns []pattern, a *Account) (any bool) {
	for _, p := range patterns {
		if p.matches(a) {
			any, r.matched[p] = true, true
		}
	}
	return any
}

func (r *filterRun) unmatched(patterns []pattern) []pattern {
	return slices.DeleteFunc(slices.Clone(patterns), func(p pattern) bool { return r.matched[p] })
}

// similar returns the accounts that names of --account fit in any case or in part, for names
// that are not in the list. --exclude-account takes exact names only: otherwise it could
// leave out accounts that the user does not expect.
func (r *filterRun) similar(ctx context.Context) (similar []*Account, err error) {
	var candidates []*Account
	for _, p := range r.unmatched(r.include) {
		if names.IsGlob(p.text) {
			continue
		}
		if candidates == nil {
			candidates = slices.DeleteFunc(slices.Clone(r.listed), func(a *Account) bool { return r.match(r.exclude, a) })
		}
		found := matchName(p.text, candidates)
		if len(found) == 0 {
			continue
		}
		a, err := r.one(ctx, p.text, found)
		var several *AmbiguousError
		switch {
		case errors.As(err, &several):
			r.ambiguous[p] = several
			continue
		case err != nil:
			return nil, err
		}
		if r.matched[p] = true; r.warn != nil {
			r.warn(p.text + " is " + describe(a, p.text))
		}
		if !r.passed[a] {
			r.passed[a] = true
			r.included++
			similar = append(similar, a)
		}
	}
	return similar, nil
}

// missing returns an account for each id or name of --account that is not in the list.
func (r *filterRun) missing() (missing []*Account) {
	for _, p := range r.unmatched(r.include) {
		if names.IsGlob(p.text) {
			continue
		}
		a := &Account{Source: SourceIdentity, Name: p.text, identities: none{&notListedError{noIdentityError{r.whyMissing(p)}}}}
		if awsconfig.IsAccountID(p.text) {
			a.ID, a.Name = p.text, ""
		}
		missing = append(missing, a)
	}
	return missing
}
