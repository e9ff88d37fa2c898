package inventory

import (
	"context"
	"testing"
)

// TestLargeSlot: a large answer waits until another is released, or its call is given up.
func TestLargeSlot(t *testing.T) {
	t.Parallel()
	slots := make(chan struct{}, 1)
	first, second, third := largeSlot{slots: slots}, largeSlot{slots: slots}, largeSlot{slots: slots}
	first.take(t.Context())
	first.take(t.Context()) // as in a retry of the same call
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	second.take(cancelled)
	second.release()
	if !first.taken || second.taken || len(slots) != 1 {
		t.Fatalf("first %t, second %t, %d slots taken", first.taken, second.taken, len(slots))
	}
	first.release()
	first.release()
	third.take(t.Context())
	if !third.taken {
		t.Error("a released slot is not free")
	}
}
