package inventory

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"muster/internal/awsapi"
	"muster/internal/names"
	"muster/internal/sweep"
)

// regionsMet is what a RegionFinder has found in the accounts so far.
type regionsMet struct {
	sync.Mutex
	accounts int // that said which regions they have
	selected int // regions of theirs, also where not opted in
	enabled  int // of these
	names    map[string]bool
}

// meet notes down the regions of an account, and which of them are selected.
func (f *RegionFinder) meet(all []Region, selected sweep.Regions) {
	f.met.Lock()
	defer f.met.Unlock()
	if f.met.names == nil {
		f.met.names = map[string]bool{}
	}
	f.met.accounts++
	f.met.enabled += len(selected.Visit)
	f.met.selected += len(selected.Visit) + len(selected.NotOptedIn)
	for _, r := range all {
		f.met.names[r.Region] = true
	}
}

// Empty is the error that the accounts have no region of the selection; nil if one
// has, or none was asked.
func (f *RegionFinder) Empty() error {
	f.met.Lock()
	defer f.met.Unlock()
	if f.met.accounts == 0 || f.met.selected > 0 {
		return nil
	}
	of := fmt.Sprintf("of %d accounts", f.met.accounts)
	if f.met.accounts == 1 {
		of = "of the account"
	}
	include, exclude := "--region "+strings.Join(f.Include, ","), "--exclude-region "+strings.Join(f.Exclude, ",")
	included := func(region string) bool {
		return slices.ContainsFunc(f.include, func(g *names.Glob) bool { return g.Match(region) })
	}
	switch {
	case len(f.Include) == 0:
		return &EmptyRegionsError{exclude + " leaves out every region " + of}
	case len(f.Exclude) > 0 && slices.ContainsFunc(f.regions(), included):
		return &EmptyRegionsError{exclude + " leaves out every region of " + include}
	}
	return &EmptyRegionsError{include + ": matches no region " + of + names.DidYouMean(f.Include[0], awsapi.KnownRegions())}
}

// EmptyRegionsError says that a selection means no region, or excludes one that is
// not there.
type EmptyRegionsError struct{ Msg string }

func (e *EmptyRegionsError) Error() string { return e.Msg }

// NotEnabled says that the selection has regions, but that no account has switched one
// of them on; "" if it is not so.
func (f *RegionFinder) NotEnabled() string {
	f.met.Lock()
	defer f.met.Unlock()
	if f.met.accounts == 0 || f.met.enabled > 0 || f.met.selected == 0 {
		return ""
	}
	text := "no region of --region " + strings.Join(f.Include, ",")
	if len(f.Include) == 0 {
		text = "no region beside --exclude-region " + strings.Join(f.Exclude, ",")
	}
	if f.met.accounts == 1 {
		return text + " is enabled in the account"
	}
	return fmt.Sprintf("%s is enabled in any of %d accounts", text, f.met.accounts)
}

// Unmatched words the patterns of --exclude-region, or else of --region, that match no
// region that is known or was met.
func (f *RegionFinder) Unmatched(excluding bool) (lines []string) {
	f.met.Lock()
	defer f.met.Unlock()
	flag, globs := "--region", f.include
	if excluding {
		flag, globs = "--exclude-region", f.exclude
	}
	for _, g := range globs {
		if !slices.ContainsFunc(f.regions(), g.Match) {
			lines = append(lines, flag+" "+g.String()+": matches no region"+names.DidYouMean(g.String(), awsapi.KnownRegions()))
		}
	}
	return lines
}

// regions are the names of those that are known or were met.
func (f *RegionFinder) regions() []string {
	all := awsapi.KnownRegions()
	for name := range f.met.names {
		all = append(all, name)
	}
	return all
}
