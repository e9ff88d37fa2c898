package sweep

import "sync/atomic"

// Counts is how far a sweep has come.
type Counts struct {
	Accounts, AccountsDone int // found so far, and of these done with
	Opened                 int // accounts whose places are known, or that have none
	Places, PlacesDone     int // known so far, and of these visited
	Records, Gaps          int
	Listed                 bool // no more accounts will be found
}

// Meter counts along with a sweep, for others to look at meanwhile.
type Meter struct {
	accounts, accountsDone, opened, places, placesDone, records, gaps atomic.Int64
	listed                                                            atomic.Bool
}

// Counts may be called at any time.
func (m *Meter) Counts() Counts {
	// What is done is read before what there is, and so never more.
	c := Counts{AccountsDone: int(m.accountsDone.Load()), PlacesDone: int(m.placesDone.Load()), Opened: int(m.opened.Load())}
	c.Listed = m.listed.Load()
	c.Accounts, c.Places = int(m.accounts.Load()), int(m.places.Load())
	c.Records, c.Gaps = int(m.records.Load()), int(m.gaps.Load())
	return c
}

// Remaining is how many times as much as was done is still to be done, as far as can be
// guessed: accounts that are not opened yet are taken to be like the others. ok is
// false as long as there is nothing to go by.
func (c Counts) Remaining() (ratio float64, ok bool) {
	if !c.Listed || c.PlacesDone == 0 {
		return 0, false
	}
	places := float64(c.Places) * float64(c.Accounts) / float64(c.Opened)
	return (places - float64(c.PlacesDone)) / float64(c.PlacesDone), true
}
