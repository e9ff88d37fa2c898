package timing

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"time"
)

// Report is the result of a run.
type Report struct {
	Elapsed Duration     `json:"ElapsedMs"` // from the start to the end of the run
	Steps   []StepTimes  // in their order
	Calls   CallTimes    // all calls, added up
	ByName  []NamedCalls `json:"Operations"` // the most time first
	Slowest []PlaceTimes `json:"SlowestPlaces"`
}

// StepTimes are the times of one step.
type StepTimes struct {
	Step       Step
	Count      int      // accounts, places, or writes of records
	EndedAfter Duration `json:"EndedAfterMs"` // when the last one ended, from the start of the run
	Time       Duration `json:"TimeMs"`       // added up
}

// Parts divide the time of calls: the others add up to Time.
type Parts struct {
	Time        Duration `json:"TimeMs"`
	AWSLimit    Duration `json:"WaitingForLimitMs"`
	Slot        Duration `json:"WaitingForSlotMs"`
	Retry       Duration `json:"WaitingToRetryMs"`
	Credentials Duration `json:"WaitingForCredentialsMs"`
	Answers     Duration `json:"WaitingForAnswersMs"`
}

// CallTimes are the times of several calls, added up.
type CallTimes struct {
	Calls, Retries int
	Parts
}

func (c *CallTimes) add(other CallTimes) {
	c.Calls += other.Calls
	c.Retries += other.Retries
	c.Time += other.Time
	c.AWSLimit += other.AWSLimit
	c.Slot += other.Slot
	c.Retry += other.Retry
	c.Credentials += other.Credentials
	c.Answers += other.Answers
}

// NamedCalls are the calls of one operation.
type NamedCalls struct {
	Service, Operation string
	CallTimes
}

// PlaceTimes are the times of one place. Its calls may run at once, so their time can
// exceed Elapsed.
type PlaceTimes struct {
	AccountId, AccountName, Region string
	Elapsed                        Duration `json:"ElapsedMs"`
	CallTimes
}

// Duration is encoded in JSON as whole milliseconds.
type Duration time.Duration

// MarshalJSON implements json.Marshaler.
func (d Duration) MarshalJSON() ([]byte, error) {
	return strconv.AppendInt(nil, time.Duration(d).Milliseconds(), 10), nil
}

// Report ends the run and returns its times.
func (r *Run) Report() *Report {
	r.mu.Lock()
	defer r.mu.Unlock()
	report := &Report{Elapsed: Duration(time.Since(r.began)), Steps: []StepTimes{}, ByName: []NamedCalls{}, Slowest: append([]PlaceTimes{}, r.places...)}
	for _, step := range steps {
		if t := r.steps[step]; t != nil {
			report.Steps = append(report.Steps, *t)
		}
	}
	for key, calls := range maps.All(r.operations) {
		report.Calls.add(*calls)
		report.ByName = append(report.ByName, NamedCalls{key.service, key.name, *calls})
	}
	slices.SortFunc(report.ByName, func(a, b NamedCalls) int {
		return cmp.Or(cmp.Compare(b.Time, a.Time), cmp.Compare(a.Service, b.Service), cmp.Compare(a.Operation, b.Operation))
	})
	r.began = time.Time{}
	return report
}
