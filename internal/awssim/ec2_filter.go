package awssim

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// ec2Filter is one Filter.N of a request.
type ec2Filter struct {
	name   string
	values []string
}

// filters reads Filter.N.Name and Filter.N.Value.M.
func (r *request) filters() ([]ec2Filter, *apiError) {
	var filters []ec2Filter
	total := 0
	for i := 1; r.form.Has("Filter." + strconv.Itoa(i) + ".Name"); i++ {
		prefix := "Filter." + strconv.Itoa(i)
		f := ec2Filter{r.form.Get(prefix + ".Name"), list(r.form, prefix+".Value")}
		if len(f.values) == 0 {
			r.problem("the filter %s has no value", f.name)
			return nil, fail(400, "InvalidParameterValue", "The filter '%s' has no value", f.name)
		}
		total += len(f.values)
		filters = append(filters, f)
	}
	if total > 200 {
		r.problem("%d filter values", total)
		return nil, fail(400, "FilterLimitExceeded", "The maximum number of filter values specified on a single call is 200")
	}
	return filters, nil
}

// compileFilters compiles a request's filters into one function. read has the filters of the operation: each reads
// values, of which one must match.
func compileFilters[T any](r *request, tags func(T) map[string]string, read map[string]func(T) []string) (func(T) bool, *apiError) {
	filters, err := r.filters()
	if err != nil {
		return nil, err
	}
	var all []func(T) bool
	for _, f := range filters {
		values, known := read[f.name]
		if key, ok := strings.CutPrefix(f.name, "tag:"); ok {
			values = func(v T) []string {
				if value, has := tags(v)[key]; has {
					return []string{value}
				}
				return nil
			}
		} else if f.name == "tag-key" {
			values = func(v T) []string { return slices.Collect(maps.Keys(tags(v))) }
		} else if !known {
			return nil, fail(400, "InvalidParameterValue", "The filter '%s' is invalid", f.name)
		}
		all = append(all, func(v T) bool { return f.matches(values(v)) })
	}
	return func(v T) bool { return !slices.ContainsFunc(all, func(match func(T) bool) bool { return !match(v) }) }, nil
}

// matches reports whether one of the values matches the filter.
func (f *ec2Filter) matches(values []string) bool {
	return slices.ContainsFunc(values, func(value string) bool {
		return slices.ContainsFunc(f.values, func(pattern string) bool { return wildcard(pattern, value) })
	})
}

// wildcard matches as EC2's filters do: * is any text, ? any character, and a backslash quotes the next character.
func wildcard(pattern, text string) bool {
	p, t := []rune(pattern), []rune(text)
	star, mark := -1, 0
	i, j := 0, 0
	for j < len(t) {
		switch {
		case i < len(p) && p[i] == '*':
			star, mark = i, j
			i++
			continue
		case i < len(p) && p[i] == '?':
			i, j = i+1, j+1
			continue
		case i+1 < len(p) && p[i] == '\\' && p[i+1] == t[j]:
			i, j = i+2, j+1
			continue
		case i < len(p) && p[i] == t[j] && p[i] != '\\':
			i, j = i+1, j+1
			continue
		}
		if star < 0 {
			return false
		}
		mark++
		i, j = star+1, mark
	}
	for i < len(p) && p[i] == '*' {
		i++
	}
	return i == len(p)
}
