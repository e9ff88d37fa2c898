package cli

import (
	"fmt"
	"slices"
	"strings"

	"muster/internal/sweep"
)

// listGaps lists the places where a command failed and the places that did not answer,
// one line for each cause, and then the hints. With --allow-denied and -q it only counts
// denials.
func (a *App) listGaps(flags *SweepFlags, gaps []sweep.Entry, listErr error) {
	var failed, silent []sweep.Entry
	accepted := 0
	for _, gap := range gaps {
		switch {
		case gap.Status == sweep.Failed:
			failed = append(failed, gap)
		case flags.Quiet && flags.AllowDenied && gap.Denied():
			accepted++
		default:
			silent = append(silent, gap)
		}
	}
	if len(failed) > 0 {
		a.note("the command failed in %s:", count(len(failed), "place"))
		a.listCauses(failed, nil)
	}
	if len(silent) > 0 {
		a.note("%s did not answer%s:", count(len(silent), "place"), a.ofContext())
		a.listCauses(silent, listErr)
	}
	if accepted > 0 {
		a.note("%s denied access, accepted by --allow-denied; --report FILE lists them", count(accepted, "place"))
	}
	for _, hint := range gapHints(slices.Concat(failed, silent)) {
		a.note("%s", hint)
	}
}

func (a *App) listCauses(gaps []sweep.Entry, listErr error) {
	for _, c := range sweep.Causes(gaps) {
		a.detail("%s: %s", gapPlaces(c.Gaps, listErr), causeText(c))
	}
}

// causeText returns the status, the operation, and AWS's error code and message.
func causeText(c *sweep.Cause) string {
	var parts []string
	failed := c.Status == sweep.Failed
	if !failed {
		status := string(c.Status)
		if c.Operation != "" {
			status += ", " + c.Operation
		}
		parts = append(parts, status)
	}
	for _, part := range []string{c.Code, c.Message} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	text := strings.Join(parts, ": ")
	if records := c.Records(); records > 0 && !failed {
		text += fmt.Sprintf(" (after %s)", count(records, "record"))
	}
	return text
}

// gapPlaces names the places of gaps: all of them if they are few, else some of them
// and their number.
func gapPlaces(gaps []sweep.Entry, listErr error) string {
	if len(gaps) == 1 {
		return gapPlace(gaps[0], listErr)
	}
	var accounts, regions []string
	known := map[string]bool{}
	add := func(list *[]string, name string) {
		if name != "" && !known[name] {
			known[name] = true
			*list = append(*list, name)
		}
	}
	for _, gap := range gaps {
		add(&accounts, gapAccount(gap, listErr))
		add(&regions, gap.Region)
	}
	if len(regions) == 0 {
		return enumerate(accounts, "account")
	}
	everywhere := len(gaps) == len(accounts)*len(regions)
	if !everywhere && len(gaps) <= mostNamed {
		var places []string
		for _, gap := range gaps {
			places = append(places, gapPlace(gap, listErr))
		}
		return enumerate(places, "place")
	}
	text := enumerate(regions, "region") + " in "
	if len(accounts) <= 2 {
		text += enumerate(accounts, "account")
	} else {
		text += count(len(accounts), "account")
	}
	if !everywhere {
		text += fmt.Sprintf(" (%s)", count(len(gaps), "place"))
	}
	return text
}

// mostNamed is how many names enumerate lists before it counts the rest.
const mostNamed = 3

// enumerate lists all names if they are few, else two names and the number of the rest.
func enumerate(names []string, noun string) string {
	switch n := len(names); {
	case n == 1:
		return names[0]
	case n <= mostNamed:
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
	return fmt.Sprintf("%s, %s and %s more %s", names[0], names[1], thousands(len(names)-2), noun+"s")
}

func gapAccount(gap sweep.Entry, listErr error) string {
	account := strings.TrimSpace(gap.AccountId + " " + gap.AccountName)
	switch {
	case account == "" && listErr != nil:
		return "(the list of accounts)"
	case account == "":
		return "(current identity)"
	}
	return account
}

func gapPlace(gap sweep.Entry, listErr error) string {
	return strings.TrimSpace(gapAccount(gap, listErr) + " " + gap.Region)
}
