package inventory

import "time"

// period is the time from since to until. A zero limit is none.
type period struct{ since, until time.Time }

func (p period) unlimited() bool { return p.since.IsZero() && p.until.IsZero() }

// contains reports whether a time is within the limits. An unknown time is within none.
func (p period) contains(t time.Time) bool {
	return p.unlimited() || !t.IsZero() && !t.Before(p.since) && (p.until.IsZero() || t.Before(p.until))
}

// containsText is contains for a time in RFC 3339. Other text is an unknown time.
func (p period) containsText(text string) bool {
	if p.unlimited() {
		return true
	}
	t, err := time.Parse(time.RFC3339, text)
	return err == nil && p.contains(t)
}
