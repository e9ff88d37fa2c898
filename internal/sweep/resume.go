package sweep

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash/fnv"
	"slices"

	"muster/internal/account"
)

// Earlier is the ledger of an earlier run. A run that has one visits only its
// gaps, and its own ledger is the one that both make together. A nil Earlier is
// that of a first run: everything is to be visited.
type Earlier struct {
	entries  map[placeKey]Entry
	accounts map[string]*earlierAccount
	gaps     int

	listFailed bool // the list of accounts was incomplete
}

// earlierAccount is what the ledger says of an account.
type earlierAccount struct {
	whole   bool     // the account itself was a gap: not all of its regions are known
	regions []string // that were gaps
}

// placeKey names a place. An account whose id nobody could tell goes by its name.
type placeKey struct{ owner, region string }

func keyOf(e *Entry) placeKey { return placeKey{owner(e.AccountId, e.AccountName), e.Region} }

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

// Gaps is the number of places to visit again.
func (e *Earlier) Gaps() int { return e.gaps }

// CheckScope says why the ledger cannot be of a run of the same kind: over regions, or
// over accounts as a whole.
func (e *Earlier) CheckScope(regions bool) error {
	for _, entry := range e.entries {
		switch {
		case !regions && entry.Region != "":
			return errors.New("it is of a command that visits regions, this one visits accounts as a whole")
		case regions && entry.Region == "" && (entry.Status == OK || entry.Status == Empty || entry.Status == Failed):
			return errors.New("it is of a command that visits accounts as a whole, this one visits regions")
		}
	}
	return nil
}

// NeedsVisit says whether anything of the account is to be visited.
func (e *Earlier) NeedsVisit(a *account.Account) bool {
	if e == nil {
		return true
	}
	known := e.account(a)
	if known == nil {
		return e.listFailed
	}
	return known.whole || len(known.regions) > 0
}

// account returns nil for one that the earlier run did not come to know. One
// whose id it could not tell it knew by name.
func (e *Earlier) account(a *account.Account) *earlierAccount {
	if known := e.accounts[owner(a.ID, a.Name)]; known != nil {
		return known
	}
	return e.accounts[owner("", a.Name)]
}

// regions are those that were gaps, and whether they are all that the account
// lacks, so that it need not be asked for its regions.
func (e *Earlier) regions(a *account.Account) (regions []string, all bool) {
	if e == nil {
		return nil, false
	}
	known := e.account(a)
	if known == nil {
		return nil, false
	}
	return known.regions, !known.whole
}

// settled says whether a place needs no visit.
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

// owners is the number of accounts to visit again.
func (e *Earlier) owners() (n int) {
	for _, a := range e.accounts {
		if a.whole || len(a.regions) > 0 {
			n++
		}
	}
	return n
}

// Fingerprints tell records apart by 64 bits of each one's id: the ids of all
// places under way would fill the memory that a sweep must not need.
type Fingerprints []uint64

func fingerprint(id string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(id))
	return h.Sum64()
}

// MarshalText writes them as base64, eight bytes each.
func (f Fingerprints) MarshalText() ([]byte, error) {
	raw := make([]byte, 0, 8*len(f))
	for _, print := range f {
		raw = binary.BigEndian.AppendUint64(raw, print)
	}
	return base64.StdEncoding.AppendEncode(nil, raw), nil
}

// UnmarshalText reads what MarshalText writes.
func (f *Fingerprints) UnmarshalText(text []byte) error {
	raw, err := base64.StdEncoding.DecodeString(string(text))
	if err != nil || len(raw)%8 != 0 {
		return errors.New("the field Printed is damaged")
	}
	*f = make(Fingerprints, 0, len(raw)/8)
	for ; len(raw) > 0; raw = raw[8:] {
		*f = append(*f, binary.BigEndian.Uint64(raw))
	}
	slices.Sort(*f)
	return nil
}

// has looks a record up in fingerprints that have been read.
func (f Fingerprints) has(print uint64) bool {
	_, found := slices.BinarySearch(f, print)
	return found
}
