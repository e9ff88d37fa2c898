package sweep

import (
	"errors"

	"muster/internal/account"
)

// Earlier is the report of an earlier run. A run with an Earlier visits only its gaps, and
// its own ledger covers both runs. A nil Earlier restricts nothing.
type Earlier struct {
	entries  map[placeKey]Entry
	accounts map[string]*earlierAccount // by owner
	gaps     int

	listFailed bool // the list of accounts was incomplete
}

// earlierAccount holds the gaps of one account.
type earlierAccount struct {
	whole   bool     // the account itself is a gap, so its list of regions may be incomplete
	regions []string // the regions that are gaps
}

// needsVisit reports whether the account has a gap.
func (a *earlierAccount) needsVisit() bool { return a.whole || len(a.regions) > 0 }

// placeKey identifies a place by its owner and region.
type placeKey struct{ owner, region string }

func keyOf(e *Entry) placeKey { return placeKey{owner(e.AccountId, e.AccountName), e.Region} }

// owner identifies an account by its id, or by its name where the id is unknown.
func owner(id, name string) string {
	switch {
	case id != "":
		return id
	case name != "":
		return "name " + name
	}
	return ""
}

// add adds an entry of the report.
func (e *Earlier) add(entry Entry) {
	key := keyOf(&entry)
	e.entries[key] = entry
	if entry.Gap() {
		e.gaps++
	}
	if key.owner == "" {
		e.listFailed = entry.Gap()
		return
	}
	a := e.accounts[key.owner]
	if a == nil {
		a = &earlierAccount{}
		e.accounts[key.owner] = a
	}
	switch {
	case !entry.Gap():
	case entry.Region == "":
		a.whole = true
	default:
		a.regions = append(a.regions, entry.Region)
	}
}

// Gaps returns the number of gaps.
func (e *Earlier) Gaps() int { return e.gaps }

// CheckScope returns an error if the report has places that the caller does not visit:
// accounts as a whole, or regions.
func (e *Earlier) CheckScope(accounts, regions bool) error {
	for _, entry := range e.entries {
		switch {
		case !regions && entry.Region != "":
			return errors.New("a command that visits regions wrote it; this command visits whole accounts")
		case !accounts && entry.Region == "" && (entry.Status == OK || entry.Status == Empty || entry.Status == Failed):
			return errors.New("a command that visits whole accounts wrote it; this command visits regions")
		}
	}
	return nil
}

// NeedsVisit reports whether the account, or any of its regions, is a gap.
func (e *Earlier) NeedsVisit(a *account.Account) bool {
	if e == nil {
		return true
	}
	known := e.account(a)
	if known == nil {
		return e.listFailed
	}
	return known.needsVisit()
}

// account returns nil for an account that the report does not contain. The report has
// only the name of an account whose id was unknown.
func (e *Earlier) account(a *account.Account) *earlierAccount {
	if known := e.accounts[owner(a.ID, a.Name)]; known != nil {
		return known
	}
	return e.accounts[owner("", a.Name)]
}

// gapRegions returns the regions of an account that are gaps. complete is true if no other
// region needs a visit.
func (e *Earlier) gapRegions(a *account.Account) (regions []string, complete bool) {
	if e == nil {
		return nil, false
	}
	known := e.account(a)
	if known == nil {
		return nil, false
	}
	return known.regions, !known.whole
}

// settled reports whether a place needs no visit.
func (e *Earlier) settled(a *account.Account, region string) bool {
	if e == nil {
		return false
	}
	entry, known := e.entries[placeKey{owner(a.ID, a.Name), region}]
	return known && !entry.Gap()
}

// printed returns the records that a place gave before it failed.
func (e *Earlier) printed(p Place) Fingerprints {
	if e == nil {
		return nil
	}
	return e.entries[placeKey{owner(p.Account.ID, p.Account.Name), p.Region}].Printed
}

// accountsToVisit returns the number of accounts that have gaps.
func (e *Earlier) accountsToVisit() (n int) {
	for _, a := range e.accounts {
		if a.needsVisit() {
			n++
		}
	}
	return n
}
