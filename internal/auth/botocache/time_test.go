package botocache

import (
	"encoding/json"
	"testing"
	"time"
)

// TestTokenTimes: the forms of times of several versions of the AWS CLI.
func TestTokenTimes(t *testing.T) {
	t.Parallel()
	want := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	for _, text := range []string{"2026-03-04T05:06:07Z", "2026-03-04T05:06:07UTC", "2026-03-04T05:06:07", "2026-03-04T07:06:07+02:00"} {
		var got Time
		if err := json.Unmarshal([]byte(`"`+text+`"`), &got); err != nil || !got.Equal(want) {
			t.Errorf("%s is read as %v, %v", text, got, err)
		}
	}
	if text, err := json.Marshal(Time{Time: want.Add(900 * time.Millisecond).In(time.FixedZone("", 3600))}); string(text) != `"2026-03-04T05:06:07Z"` {
		t.Errorf("written as %s, %v", text, err)
	}
}
