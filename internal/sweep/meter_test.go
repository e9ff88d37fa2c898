package sweep_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"muster/internal/awsapi"
	"muster/internal/sweep"
)

// TestMeter: six places take a second each, two at a time; half of them are gaps.
func TestMeter(t *testing.T) {
	t.Parallel()
	list := directory(t, 3)
	synctest.Test(t, func(t *testing.T) {
		meter := new(sweep.Meter)
		readings := make(chan sweep.Counts, 2)
		go func() {
			time.Sleep(500 * time.Millisecond)
			readings <- meter.Counts()
			time.Sleep(time.Second)
			readings <- meter.Counts()
		}()
		_, err := sweep.Plan[string]{
			Accounts: always(list()), Regions: in("a", "b"), Width: 2, Visitors: 2, Meter: meter,
			Visit: func(_ context.Context, p sweep.Place, emit func([]string)) error {
				time.Sleep(time.Second)
				if p.Region == "b" {
					return &failure{awsapi.Denied, "no"}
				}
				emit([]string{p.Region})
				return nil
			},
		}.Run(t.Context(), collect(new([]string)))
		if err != nil {
			t.Fatal(err)
		}
		first, then := <-readings, <-readings
		if _, ok := first.Remaining(); ok {
			t.Errorf("%+v: an estimate before any place is done", first)
		}
		if left, ok := then.Remaining(); !ok || left != 2 || then.PlacesDone != 2 || then.Accounts != 3 || !then.Listed {
			t.Errorf("%+v: %v times as much left, want 2", then, left)
		}
		want := sweep.Counts{Accounts: 3, AccountsDone: 3, Opened: 3, Places: 6, PlacesDone: 6, Records: 3, Gaps: 3, Listed: true}
		if got := meter.Counts(); got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
	})
}

// TestRemaining: the estimate assumes that accounts not yet opened are like the others.
func TestRemaining(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		counts sweep.Counts
		ratio  float64
		ok     bool
	}{
		{sweep.Counts{Accounts: 10, Opened: 5, Places: 50, PlacesDone: 25}, 0, false},
		{sweep.Counts{Accounts: 10, Opened: 5, Places: 50, Listed: true}, 0, false},
		{sweep.Counts{Accounts: 10, Opened: 5, Places: 50, PlacesDone: 25, Listed: true}, 3, true},
		{sweep.Counts{Accounts: 10, Opened: 10, Places: 50, PlacesDone: 50, Listed: true}, 0, true},
	} {
		if ratio, ok := c.counts.Remaining(); ratio != c.ratio || ok != c.ok {
			t.Errorf("%+v: %v, %t, want %v, %t", c.counts, ratio, ok, c.ratio, c.ok)
		}
	}
}
