package expr

import (
	"fmt"
	"time"
)

func parseTime(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return t, fmt.Errorf("%q is not a time such as 2006-01-02T15:04:05Z", s)
	}
	return t, nil
}

// ago words a duration in its largest unit, such as "3 days ago".
func ago(d time.Duration) string {
	format := "%d %s ago"
	if d < 0 {
		d, format = -d, "in %d %s"
	}
	const day = 24 * time.Hour
	for _, unit := range []struct {
		name string
		span time.Duration
	}{{"year", 365 * day}, {"month", 30 * day}, {"day", day}, {"hour", time.Hour}, {"minute", time.Minute}} {
		if n := int(d / unit.span); n > 0 {
			if n > 1 {
				unit.name += "s"
			}
			return fmt.Sprintf(format, n, unit.name)
		}
	}
	return "just now"
}
