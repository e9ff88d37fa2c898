package sweep

import (
	"bytes"
	"cmp"
	"errors"
)

// Coverage answers which places a sweep has seen. The records of the others are unknown, and
// not gone.
type Coverage struct {
	listed bool // the list of accounts was complete
	seen   map[[2]string]bool
	missed map[[2]string]bool // by account and region
}

// CoverageOf returns the coverage of the entries of a ledger.
func CoverageOf(entries []Entry) *Coverage {
	c := &Coverage{listed: true, seen: map[[2]string]bool{}, missed: map[[2]string]bool{}}
	for _, e := range entries {
		owner := cmp.Or(e.AccountId, e.AccountName)
		switch {
		case owner == "" && e.Region == "" && e.Gap():
			c.listed = false
		case e.Gap(), e.Status == Suspended, e.Status == NotOptedIn:
			c.missed[[2]string{owner, e.Region}] = true
		default:
			c.seen[[2]string{owner, e.Region}] = true
		}
	}
	return c
}

// Missed reports whether the sweep did not see a place. An account that a complete
// list lacks was seen: nothing is selected there. A record may have a region although its
// account was visited as a whole.
func (c *Coverage) Missed(accountID, accountName, region string) bool {
	known := false
	for _, owner := range []string{accountID, accountName} {
		if owner == "" {
			continue
		}
		if c.missed[[2]string{owner, region}] || c.missed[[2]string{owner, ""}] {
			return true
		}
		known = known || c.seen[[2]string{owner, region}] || c.seen[[2]string{owner, ""}]
	}
	return !c.listed && !known
}

// errListed stands for the error of the list of accounts, which a report does not keep.
var errListed = errors.New("the list of accounts is incomplete")

// ReadLedger reads a report that WriteReport wrote, as a ledger.
func ReadLedger(report []byte) (*Ledger, error) {
	earlier, err := ParseReport(report)
	if err != nil {
		return nil, err
	}
	l := newLedger(nil)
	for key, e := range earlier.entries {
		l.add(e)
		if key.owner == "" && e.Region == "" && e.Gap() {
			l.listErr = errListed
		}
	}
	return l, nil
}

// Report returns the text of WriteReport.
func (l *Ledger) Report() ([]byte, error) {
	var b bytes.Buffer
	err := l.WriteReport(&b)
	return b.Bytes(), err
}

// Union returns a ledger with the entries of one ledger, and the gaps of another one.
func Union(gaps, all *Ledger) *Ledger {
	l := newLedger(nil)
	for _, e := range all.Entries() {
		l.add(e)
	}
	for _, e := range gaps.Gaps() {
		l.add(e)
	}
	l.listErr = cmp.Or(gaps.ListError(), all.ListError())
	return l
}
