package account

import (
	"fmt"
	"slices"
	"strings"

	"muster/internal/names"
)

// EmptyError means that a selection matches no account, or that an exclusion matches
// none.
type EmptyError struct{ Msg string }

func (e *EmptyError) Error() string { return e.Msg }

// check returns an error if no account passed the filter, or if strict exclusions match
// nothing. Otherwise it warns of exclusions and globs that match nothing.
func (r *filterRun) check() error {
	excluding, including := r.unmatched(r.exclude), r.unmatched(r.include)
	switch {
	case len(r.ids) == 0 && r.noAccount != nil:
		return &EmptyError{r.noAccount()}
	case len(r.ids) == 0:
		return &EmptyError{"there is no account to select from"}
	case r.strict && len(excluding) > 0:
		return &EmptyError{r.describe(excluding)}
	case r.included > 0:
		r.warnOf(append(excluding, including...))
		return nil
	case len(r.ambiguous) > 0:
		return r.firstAmbiguous()
	case len(including) > 0:
		return &EmptyError{r.describe(append(including, excluding...))}
	}
	of := r.among
	if len(r.include) > 0 {
		of = "of " + flagText(r.include)
	}
	return &EmptyError{fmt.Sprintf("%s leaves out every account %s", flagText(r.exclude), of)}
}

// warnOf warns of patterns that match nothing. It leaves out ids and names of --account,
// which are yielded as missing accounts.
func (r *filterRun) warnOf(patterns []pattern) {
	for _, p := range patterns {
		if r.warn != nil && (p.flag == "--exclude-account" || names.IsGlob(p.text)) {
			r.warn(r.describe([]pattern{p}))
		}
	}
}

// describe says in one line that patterns match nothing.
func (r *filterRun) describe(patterns []pattern) string {
	var texts []string
	for _, p := range patterns {
		texts = append(texts, p.flag+" "+p.text+": "+notFound(p.text, r.listed, r.among))
	}
	return strings.Join(slices.Compact(texts), "; ")
}

// firstAmbiguous returns the error of the first name of --account that fits several accounts.
func (r *filterRun) firstAmbiguous() error {
	i := slices.IndexFunc(r.include, func(p pattern) bool { return r.ambiguous[p] != nil })
	return r.ambiguous[r.include[i]]
}

// whyMissing says on one line why a name of --account has no account.
func (r *filterRun) whyMissing(p pattern) string {
	if several := r.ambiguous[p]; several != nil {
		return several.summary() + ": " + strings.Join(several.lines(), ", ")
	}
	return notFound(p.text, r.listed, r.among)
}

// notFound says that no account has an id or name, and names similar ones.
func notFound(text string, listed []*Account, among string) string {
	var known []string
	for _, a := range listed {
		known = append(known, a.Name)
		if strings.ContainsAny(text, "0123456789") {
			known = append(known, a.ID)
		}
	}
	format := "no such account among the %d %s"
	if names.IsGlob(text) {
		format = "matches none of the %d accounts %s"
	}
	return fmt.Sprintf(format, len(listed), among) + names.DidYouMean(text, known)
}

// flagText writes patterns of one flag as on the command line.
func flagText(patterns []pattern) string {
	texts := make([]string, len(patterns))
	for i, p := range patterns {
		texts[i] = p.text
	}
	return patterns[0].flag + " " + strings.Join(texts, ",")
}
