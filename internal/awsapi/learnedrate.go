package awsapi

import "time"

// overallRate measures a limit from the first throttled call of a run to the last one. AWS's
// bucket was empty at both times.
type overallRate struct {
	emptied time.Time // when the first call was throttled
	allowed int       // calls since then
	rate    float64   // calls per second; 0: not known
}

func (o *overallRate) allow(sent time.Time) {
	if !o.emptied.IsZero() && sent.After(o.emptied) {
		o.allowed++
	}
}

func (o *overallRate) throttled(now time.Time) {
	switch {
	case o.emptied.IsZero():
		o.emptied = now
	case o.allowed >= 2*enoughToTell:
		o.rate = float64(o.allowed) / now.Sub(o.emptied).Seconds()
	}
}

// beginAt begins with the rate that an earlier run has measured; 0 for none. The first
// calls may still start at once: AWS's bucket is usually full, and a run may have no more
// than these.
func (l *rateLimiter) beginAt(rate float64) {
	if rate < firstRate {
		return
	}
	now := time.Now()
	l.rate, l.measured, l.free = rate, true, initialWindow
	l.begun, l.emptied, l.lowered = now, now, now
}

// MeasuredRates returns the rates that this run has measured of limits that accounts share,
// in calls per second, for Settings.EarlierRates of a later run.
func (a *API) MeasuredRates() map[string]float64 {
	rates := map[string]float64{}
	a.limiters.mu.Lock()
	defer a.limiters.mu.Unlock()
	for name, l := range a.limiters.byName {
		l.mu.Lock()
		if l.overall.rate >= firstRate {
			rates[name] = l.overall.rate
		}
		l.mu.Unlock()
	}
	return rates
}
