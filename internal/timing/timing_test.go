package timing

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// TestOffCostsNothing: without --timings, a call and its place allocate nothing.
func TestOffCostsNothing(t *testing.T) {
	var r *Run
	background := t.Context()
	allocated := testing.AllocsPerRun(100, func() {
		r.Begin()
		ctx, span := r.Start(background, Places, "000000000001", "prod", "eu-west-1")
		ctx = r.StartCall(ctx)
		c := CallOf(ctx)
		c.Limited(c.Begin())
		c.GotSlot(c.Begin())
		c.GotCredentials(c.Begin())
		c.Attempted(c.Begin())
		c.End("EC2", "DescribeInstances", 1)
		span.Pause()
		span.Resume()
		span.End()
		if ctx != background {
			t.Error("another context")
		}
	})
	if allocated > 0 {
		t.Errorf("%v allocations", allocated)
	}
}

// call makes a call of two attempts, with one wait of each kind.
func call(ctx context.Context, r *Run) {
	c := CallOf(r.StartCall(ctx))
	for attempt := range 2 {
		asked := c.Begin()
		time.Sleep(3 * time.Second)
		c.Limited(asked)
		sent := c.Begin()
		time.Sleep(time.Second)
		c.GotSlot(sent)
		asked = c.Begin()
		time.Sleep(4 * time.Second)
		c.GotCredentials(asked)
		time.Sleep(5 * time.Second) // the answer
		c.Attempted(sent)
		if attempt == 0 {
			time.Sleep(7 * time.Second) // the retry
		}
	}
	c.End("EC2", "DescribeInstances", 2)
}

// TestPartsAddUp: the parts of a call's time are its waits, and add up to it; the time of
// calls at once adds up to more than the run.
func TestPartsAddUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := New()
		done := make(chan struct{})
		for i := range 3 {
			ctx, span := r.Start(t.Context(), Places, "000000000001", "prod", fmt.Sprint(i))
			go func() {
				call(ctx, r)
				span.End()
				done <- struct{}{}
			}()
		}
		for range 3 {
			<-done
		}
		report := r.Report()
		if report.Elapsed != Duration(33*time.Second) {
			t.Errorf("the run took %s", time.Duration(report.Elapsed))
		}
		second := Duration(time.Second)
		want := CallTimes{3, 3, Parts{99 * second, 18 * second, 6 * second, 21 * second, 24 * second, 30 * second}}
		p := report.Calls
		if p != want || p.AWSLimit+p.Slot+p.Retry+p.Credentials+p.Answers != p.Time {
			t.Errorf("%+v, want %+v", p, want)
		}
		if len(report.Slowest) != 3 || report.Slowest[0].Elapsed != 33*second || report.Slowest[0].Time != 33*second {
			t.Errorf("%+v", report.Slowest)
		}
	})
}

// TestSlowest: a report has the ten slowest places, the slowest first, and Begin starts
// over after it.
func TestSlowest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := New()
		for i := range 30 {
			_, span := r.Start(t.Context(), Places, "000000000001", "", fmt.Sprint(i))
			time.Sleep(time.Duration((i*7)%30) * time.Second) // in no order
			span.Pause()
			time.Sleep(time.Hour)
			span.Resume()
			span.End()
		}
		report := r.Report()
		for i, p := range report.Slowest {
			if p.Elapsed != Duration(29-i)*Duration(time.Second) {
				t.Errorf("place %d took %s", i, time.Duration(p.Elapsed))
			}
		}
		if len(report.Slowest) != 10 || len(report.Steps) != 1 || report.Steps[0].Count != 30 {
			t.Errorf("%+v", report)
		}
		time.Sleep(time.Hour) // between two rounds
		r.Begin()
		time.Sleep(time.Second)
		r.Begin() // under way
		again, err := json.Marshal(r.Report())
		if want := `{"ElapsedMs":1000,"Steps":[],"Calls":{"Calls":0,"Retries":0,"TimeMs":0,"WaitingForLimitMs":0,"WaitingForSlotMs":0,` +
			`"WaitingToRetryMs":0,"WaitingForCredentialsMs":0,"WaitingForAnswersMs":0},"Operations":[],"SlowestPlaces":[]}`; err != nil || string(again) != want {
			t.Errorf("%s, %v", again, err)
		}
	})
}
