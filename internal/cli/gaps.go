package cli

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"

	"muster/internal/awsapi"
	"muster/internal/sweep"
)

// listGaps lists the places where a command failed and the places that did not
// answer, one line for each cause, and then what the user can do about them. Denials
// that the user accepts with --allow-denied and -q are only counted.
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
		a.note("%s did not answer:", count(len(silent), "place"))
		a.listCauses(silent, listErr)
	}
	if accepted > 0 {
		a.note("%s denied, as --allow-denied accepts; --report FILE lists them", count(accepted, "place"))
	}
	var hints []string
	for _, gap := range slices.Concat(failed, silent) {
		if hint := gapHint(gap); hint != "" && !slices.Contains(hints, hint) {
			hints = append(hints, hint)
		}
	}
	for _, hint := range hints {
		a.note("%s", hint)
	}
}

func (a *App) listCauses(gaps []sweep.Entry, listErr error) {
	for _, c := range causesOf(gaps) {
		a.detail("%s: %s", c.places(listErr), c.text())
	}
}

// cause is why some places did not answer.
type cause struct {
	gaps   []sweep.Entry
	differ bool // the messages name each gap's own account and region
}

// causesOf groups gaps by their cause, in the order in which the causes occur first.
func causesOf(gaps []sweep.Entry) []*cause {
	type key struct {
		status                   sweep.Status
		operation, code, message string
	}
	var causes []*cause
	byKey := map[key]*cause{}
	for _, gap := range gaps {
		k := key{gap.Status, gap.Operation, gap.Code, withoutPlace(gap)}
		c := byKey[k]
		if c == nil {
			c = &cause{}
			byKey[k] = c
			causes = append(causes, c)
		}
		c.gaps = append(c.gaps, gap)
		c.differ = c.differ || gap.Message != c.gaps[0].Message
	}
	return causes
}

var (
	accountIDs = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\b[0-9]{12}\b`) })
	// volatile finds what differs from one answer of a server to the next: request ids
	// and the ports of connections.
	volatile = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b|->\S+`)
	})
)

// withoutPlace is a gap's message without the parts that only say where it is.
func withoutPlace(gap sweep.Entry) string {
	text := shorten(gap.Message)
	if gap.Region != "" {
		text = strings.ReplaceAll(text, gap.Region, "{region}")
	}
	if gap.AccountName != "" && strings.Contains(text, fmt.Sprintf("%q", gap.AccountName)) {
		text = strings.ReplaceAll(text, fmt.Sprintf("%q", gap.AccountName), "{name}")
	}
	text = accountIDs().ReplaceAllString(text, "{account}")
	return volatile().ReplaceAllString(text, "{id}")
}

// text says what was asked and what came back.
func (c *cause) text() string {
	first := c.gaps[0]
	text := string(first.Status)
	if first.Status == sweep.Failed {
		text = ""
	}
	if first.Operation != "" {
		text += ", " + first.Operation
	}
	if first.Code != "" {
		text += ": " + first.Code
	}
	message := shorten(first.Message)
	if c.differ {
		message = withoutPlace(first)
	}
	if message != "" {
		text += ": " + message
	}
	records := 0
	for _, gap := range c.gaps {
		records += gap.Records
	}
	if records > 0 && first.Status != sweep.Failed {
		text += fmt.Sprintf(" (after %s)", count(records, "record"))
	}
	return strings.TrimPrefix(text, ": ")
}

// places names where the cause holds: all places where they are few, else some of
// them and how many there are.
func (c *cause) places(listErr error) string {
	if len(c.gaps) == 1 {
		return gapPlace(c.gaps[0], listErr)
	}
	var accounts, regions []string
	known := map[string]bool{}
	add := func(list *[]string, name string) {
		if name != "" && !known[name] {
			known[name] = true
			*list = append(*list, name)
		}
	}
	for _, gap := range c.gaps {
		add(&accounts, gapAccount(gap, listErr))
		add(&regions, gap.Region)
	}
	if len(regions) == 0 {
		return enumerate(accounts, "account")
	}
	everywhere := len(c.gaps) == len(accounts)*len(regions)
	if !everywhere && len(c.gaps) <= mostNamed {
		var places []string
		for _, gap := range c.gaps {
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
		text += fmt.Sprintf(" (%s)", count(len(c.gaps), "place"))
	}
	return text
}

// mostNamed is how many things enumerate names before it counts the rest.
const mostNamed = 3

// enumerate names all things where they are few, else two and the number of the rest.
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

// shorten leaves out what EC2 appends to a refusal for machines to decode, often
// longer than the rest; the report has it.
func shorten(message string) string {
	message, _, _ = strings.Cut(message, " Encoded authorization failure message:")
	return message
}

// gapHint says what to do about a gap, where that is known.
func gapHint(gap sweep.Entry) string {
	if hint := gap.Hint(); hint != "" {
		return string(gap.Status) + ": " + hint
	}
	if strings.HasSuffix(gap.Message, syscall.EMFILE.Error()) {
		return "too many open files: a lower --concurrency needs fewer, 'ulimit -n' shows and raises the limit"
	}
	switch gap.Status {
	case sweep.Status(awsapi.NoRole):
		if gap.Operation == "AssumeRole" {
			return "no-role: the role does not exist there, its trust policy does not admit the caller, or the caller's own policy does not allow sts:AssumeRole; --role A,B tries several, --exclude-account leaves accounts out"
		}
	case sweep.Status(awsapi.DeniedSCP):
		return "denied-scp: a service control policy forbids it; --exclude-region leaves regions out, --allow-denied accepts denials"
	case sweep.Status(awsapi.Denied):
		if gap.Region != "" && (awsapi.Failure{Code: gap.Code}).UnknownCredentials() {
			return "denied: AWS does not know the credentials there: the region may not be enabled in the account; --exclude-region leaves regions out"
		}
		if gap.Region != "" {
			return "denied: the role may not make this call there; --allow-denied accepts denials"
		}
	case sweep.Status(awsapi.Throttled):
		return "throttled: AWS asked for fewer calls for too long; try again with a lower --concurrency"
	case sweep.Status(awsapi.Expired):
		if gap.Code == "RequestExpired" {
			return "expired: AWS's clock is not this machine's, and the time of AWS's answer did not help; set the clock right"
		}
		if gap.Operation != "" {
			return "expired: the credentials have ended; sign in again or renew them"
		}
	case sweep.Status(awsapi.Unreachable):
		if gap.Code == "Timeout" {
			return "unreachable: no answer in time; --cli-read-timeout and --cli-connect-timeout allow more"
		}
	}
	return ""
}
