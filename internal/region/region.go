// Package region finds the regions that an account has enabled, within the user's
// selection.
//
// The regions of an account come from DescribeRegions. The regions that muster itself knows
// (catalog.Regions) only serve to check names before any call, and to visit some regions
// of an account that denies every call that lists them.
package region

import (
	"fmt"
	"slices"

	"muster/internal/awsapi"
	"muster/internal/catalog"
	"muster/internal/names"
)

// Region is the record of a region of an account. Its field names are the keys of every
// output format.
type Region struct {
	AccountId   string
	AccountName string
	Region      string
	OptInStatus string // opt-in-not-required, opted-in or not-opted-in
	Profile     string
	Role        string
}

const notOptedIn = "not-opted-in"

// Selection is the user's choice of regions. It is safe for concurrent use.
type Selection struct {
	api     *awsapi.API
	include []*names.Glob // empty: all
	exclude []*names.Glob
	named   []string // the entries of include that are names, not globs
	seen    seen
}

// Select compiles a selection of names and globs; an empty include means all regions.
// It also returns the names that muster does not know. They may be regions newer than
// muster; the caller decides.
func Select(api *awsapi.API, include, exclude []string) (s *Selection, unknown []string, err error) {
	s = &Selection{api: api}
	if s.include, err = compile("--region", include); err != nil {
		return nil, nil, err
	}
	if s.exclude, err = compile("--exclude-region", exclude); err != nil {
		return nil, nil, err
	}
	known := catalog.Regions()
	for _, g := range slices.Concat(s.include, s.exclude) {
		if name := g.String(); !names.IsGlob(name) && !slices.Contains(known, name) {
			unknown = append(unknown, name)
		}
	}
	for _, g := range s.include {
		if name := g.String(); !names.IsGlob(name) {
			s.named = append(s.named, name)
		}
	}
	return s, unknown, nil
}

// compile compiles the values of a flag, each once.
func compile(flag string, texts []string) (globs []*names.Glob, err error) {
	for i, text := range texts {
		if slices.Contains(texts[:i], text) {
			continue
		}
		g, err := names.CompileGlob(text)
		if err != nil {
			return nil, fmt.Errorf("%s %q: not a pattern: %w", flag, text, err)
		}
		globs = append(globs, g)
	}
	return globs, nil
}

// Contains reports whether a region is selected.
func (s *Selection) Contains(region string) bool {
	return (len(s.include) == 0 || matchesAny(s.include, region)) && !matchesAny(s.exclude, region)
}

func matchesAny(globs []*names.Glob, region string) bool {
	return slices.ContainsFunc(globs, func(g *names.Glob) bool { return g.Match(region) })
}
