package cli

import (
	"strconv"
	"strings"
	"time"
)

// parsePast parses a time in the past: RFC 3339, a date (UTC), or an age. "" is no time.
func parsePast(flag, text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	if age, ok := parseAge(text); ok {
		return now.Add(-age), nil
	}
	return time.Time{}, usage("%s %q: expected a time such as 2026-01-31 or 2026-01-31T15:04:05Z, or an age such as 12h or 90d", flag, text)
}

// parsePeriod parses the values of --since, --until and --older-than; "" is no limit.
func parsePeriod(since, until, olderThan string, now time.Time) (from, to time.Time, err error) {
	if from, err = parsePast("--since", since, now); err != nil {
		return from, to, err
	}
	if to, err = parsePast("--until", until, now); err != nil {
		return from, to, err
	}
	if olderThan != "" {
		age, ok := parseAge(olderThan)
		switch {
		case !ok:
			return from, to, usage("--older-than %q: expected an age, such as 12h, 90d or 2w; --until takes a date", olderThan)
		case until != "":
			return from, to, usage("--older-than and --until cannot be used together")
		}
		to = now.Add(-age)
	}
	if !to.IsZero() && from.After(to) {
		return from, to, usage("--since is later than --until or --older-than allow: no time lies between")
	}
	return from, to, nil
}

// parseAge parses a duration of Go, or a number of days (d) or weeks (w).
func parseAge(text string) (age time.Duration, ok bool) {
	for unit, length := range map[string]time.Duration{"d": 24 * time.Hour, "w": 7 * 24 * time.Hour} {
		if number, found := strings.CutSuffix(text, unit); found {
			n, err := strconv.ParseFloat(number, 64)
			return time.Duration(n * float64(length)), err == nil && n >= 0 && n < 100_000
		}
	}
	age, err := time.ParseDuration(text)
	return age, err == nil && age >= 0
}
