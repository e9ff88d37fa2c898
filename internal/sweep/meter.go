package sweep

import "sync/atomic"

// Counts is the progress of a sweep.
type Counts struct {
	Accounts, AccountsDone int // listed so far; of these done
	Opened                 int // accounts whose places are known
	Places, PlacesDone     int // known so far; of these visited
	Records, Gaps          int
	Listed                 bool // the list of accounts is complete
}

// Meter counts the progress of a sweep, for others to read meanwhile.
type Meter struct {
	accounts, accountsDone, opened, places, placesDone, records, gaps atomic.Int64
	listed                                                            atomic.Bool
}

// Counts may be called at any time, from any goroutine.
func (m *Meter) Counts() Counts {
	// Read the done counters first, so that they never exceed the totals.
	c := Counts{AccountsDone: int(m.accountsDone.Load()), PlacesDone: int(m.placesDone.Load()), Opened: int(m.opened.Load())}
	c.Listed = m.listed.Load()
	c.Accounts, c.Places = int(m.accounts.Load()), int(m.places.Load())
	c.Records, c.Gaps = int(m.records.Load()), int(m.gaps.Load())
	return c
}

// Remaining estimates the ratio of the places still to be visited to those visited. It
// assumes that accounts not yet opened have as many places as the others. ok is false as
// long as there is nothing to estimate from.
func (c Counts) Remaining() (ratio float64, ok bool) {
	if !c.Listed || c.PlacesDone == 0 {
		return 0, false
	}
	places := float64(c.Places) * float64(c.Accounts) / float64(c.Opened)
	return (places - float64(c.PlacesDone)) / float64(c.PlacesDone), true
}
