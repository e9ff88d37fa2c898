package botocache

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Time is a time that is encoded as the AWS CLI does: in UTC, by the second.
type Time struct{ time.Time }

// MarshalJSON encodes the time.
func (t Time) MarshalJSON() ([]byte, error) {
	return json.Marshal(t.UTC().Format("2006-01-02T15:04:05Z"))
}

// UnmarshalJSON accepts every form of ParseTime; null and "" are the zero time.
func (t *Time) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err != nil || text == "" {
		return err
	}
	at, _, ok := ParseTime(text)
	if !ok {
		return fmt.Errorf("%q is not a time", text)
	}
	t.Time = at
	return nil
}

// ParseTime parses a time in any form that other tools write: ISO 8601 in its extended
// and its basic form, also with a space for the T or with "UTC" for the Z (as older
// versions of the AWS CLI do), and the dates of HTTP. zoned reports whether the text
// names a time zone; ParseTime assumes UTC otherwise.
func ParseTime(text string) (at time.Time, zoned, ok bool) {
	for _, layout := range []string{time.RFC1123, time.RFC1123Z} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, true, true
		}
	}
	text = normalizeTime(text)
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

// normalizeTime writes T between date and time, and Z for UTC.
func normalizeTime(text string) string {
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
