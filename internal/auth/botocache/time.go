package botocache

import (
	"strings"
	"time"
)

// ParseTime reads a time as other tools write it: as of ISO 8601 in its extended and
// its basic form, with a space for the T, with "UTC" for the Z as in older versions of
// the AWS CLI, or as of HTTP. zoned is false where it names no time zone; UTC is then
// assumed.
func ParseTime(text string) (at time.Time, zoned, ok bool) {
	for _, layout := range []string{time.RFC1123, time.RFC1123Z} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, true, true
		}
	}
	text = plainTime(text)
	for _, date := range []string{"2006-01-02T", "20060102T"} {
		for _, clock := range []string{"15:04:05", "150405", "15:04", "1504"} {
			for _, zone := range []string{"Z07:00", "Z0700", "Z07", ""} {
				if at, err := time.Parse(date+clock+zone, text); err == nil {
					return at, zone != "", true
				}
			}
		}
	}
	return time.Time{}, false, false
}

// plainTime writes the parts of a time in the one way that layouts know.
func plainTime(text string) string {
	text = strings.ToUpper(strings.TrimSpace(text))
	for _, name := range []string{"UTC", "GMT"} {
		if rest, ok := strings.CutSuffix(text, name); ok {
			text = rest + "Z"
		}
	}
	date, clock, found := strings.Cut(text, "T")
	if !found {
		date, clock, _ = strings.Cut(text, " ")
	}
	return date + "T" + strings.ReplaceAll(clock, " ", "")
}
