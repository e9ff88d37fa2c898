package wire

import (
	"math"
	"testing"
	"time"
)

// TestEqual: only values of the same type and content are equal, and a clone stays equal
// when the original changes.
func TestEqual(t *testing.T) {
	t.Parallel()
	now := time.Now()
	values := []any{
		nil, "", "1", int64(1), 1.0, true, false, math.Inf(1), now, now.Add(1), []byte("1"), []byte(nil), Object{}, Object{{"a", nil}},
		Object{{"a", "1"}}, Object{{"b", "1"}}, Object{{"a", "1"}, {"b", "1"}}, Object{{"b", "1"}, {"a", "1"}},
		[]any{}, []any{nil}, []any{"1"}, []any{[]byte("1")}, []any{Object{{"a", []any{"1"}}}}, []any{Object{{"a", []any{"2"}}}},
	}
	for i, a := range values {
		for j, b := range values {
			if got := (Object{{"v", a}}).Equal(Object{{"v", clone(b)}}); got != (i == j) {
				t.Errorf("%#v and %#v: %v", a, b, got)
			}
		}
	}
	original := Object{{"list", []any{Object{{"blob", []byte("abc")}}}}}
	copied := original.Clone()
	original[0].Value.([]any)[0].(Object)[0].Value.([]byte)[0] = 'x'
	if text := string(AppendJSON(nil, copied)); text != `{"list":[{"blob":"YWJj"}]}` {
		t.Errorf("the clone has changed: %s", text)
	}
}
