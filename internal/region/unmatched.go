package region

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"muster/internal/catalog"
	"muster/internal/names"
	"muster/internal/sweep"
)

// seen counts the regions of the accounts that have been listed, so that a selection
// without any of them can be reported.
type seen struct {
	sync.Mutex
	accounts int
	selected int // regions, with the ones that are not opted in
	enabled  int // regions of the selected ones
	names    map[string]bool
}

func (s *seen) add(all []Region, selected sweep.Regions) {
	s.Lock()
	defer s.Unlock()
	if s.names == nil {
		s.names = map[string]bool{}
	}
	s.accounts++
	s.enabled += len(selected.Visit)
	s.selected += len(selected.Visit) + len(selected.NotOptedIn)
	for _, r := range all {
		s.names[r.Region] = true
	}
}

// CheckSelected returns an error if none of the accounts listed so far has a selected
// region.
func (s *Selection) CheckSelected() error {
	s.seen.Lock()
	defer s.seen.Unlock()
	if s.seen.accounts == 0 || s.seen.selected > 0 {
		return nil
	}
	accounts := fmt.Sprintf("%d accounts", s.seen.accounts)
	if s.seen.accounts == 1 {
		accounts = "the account"
	}
	include, exclude := "--region "+join(s.include), "--exclude-region "+join(s.exclude)
	switch {
	case len(s.include) == 0:
		return errors.New(exclude + " leaves out every region of " + accounts)
	case len(s.exclude) > 0 && slices.ContainsFunc(s.knownOrSeen(), func(r string) bool { return matchesAny(s.include, r) }):
		return errors.New(exclude + " leaves out every region of " + include)
	}
	return errors.New(include + ": matches no region of " + accounts + names.DidYouMean(s.include[0].String(), catalog.Regions()))
}

// NoneEnabled returns a sentence if the accounts listed so far have selected regions,
// but none of them is enabled; otherwise "".
func (s *Selection) NoneEnabled() string {
	s.seen.Lock()
	defer s.seen.Unlock()
	if s.seen.accounts == 0 || s.seen.enabled > 0 || s.seen.selected == 0 {
		return ""
	}
	text := "no region of --region " + join(s.include)
	if len(s.include) == 0 {
		text = "no region outside --exclude-region " + join(s.exclude)
	}
	if s.seen.accounts == 1 {
		return text + " is enabled in the account"
	}
	return fmt.Sprintf("%s is enabled in any of %d accounts", text, s.seen.accounts)
}

// UnmatchedIncludes returns a line for each value of --region that matches no region,
// neither a known one nor one of the accounts listed so far.
func (s *Selection) UnmatchedIncludes() []string { return s.unmatched("--region", s.include) }

// UnmatchedExcludes does the same for --exclude-region.
func (s *Selection) UnmatchedExcludes() []string { return s.unmatched("--exclude-region", s.exclude) }

func (s *Selection) unmatched(flag string, globs []*names.Glob) (lines []string) {
	s.seen.Lock()
	defer s.seen.Unlock()
	for _, g := range globs {
		if !slices.ContainsFunc(s.knownOrSeen(), g.Match) {
			lines = append(lines, flag+" "+g.String()+": matches no region"+names.DidYouMean(g.String(), catalog.Regions()))
		}
	}
	return lines
}

// knownOrSeen returns the names of all regions that muster knows or an account has.
func (s *Selection) knownOrSeen() []string {
	all := catalog.Regions()
	for name := range s.seen.names {
		all = append(all, name)
	}
	return all
}

func join(globs []*names.Glob) string {
	var texts []string
	for _, g := range globs {
		texts = append(texts, g.String())
	}
	return strings.Join(texts, ",")
}
