package sweep

import (
	"cmp"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"

	"muster/internal/account"
	"muster/internal/awsapi"
)

// Earlier is the ledger of an earlier run. A run that has one visits only its
// gaps, and its own ledger is the one that both make together. A nil Earlier is
// that of a first run: everything is to be visited.
type Earlier struct {
	entries  map[placeKey]Entry
	accounts map[string]*earlierAccount
	list     bool // the list of accounts was a gap
	gaps     int
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

// ParseLedger reads the ledger of an earlier run from its JSON.
func ParseLedger(data []byte) (*Earlier, error) {
	var entries []Entry
	var mismatch *json.UnmarshalTypeError
	switch err := json.Unmarshal(data, &entries); {
	case errors.As(err, &mismatch):
		return nil, fmt.Errorf("not a report: expected a list of entries, %s is a JSON %s", cmp.Or(mismatch.Field, "the whole"), mismatch.Value)
	case err != nil:
		return nil, fmt.Errorf("not a report, or not all of it: %w", err)
	case entries == nil:
		return nil, errors.New("not a report: expected a list of entries")
	}
	earlier := &Earlier{entries: map[placeKey]Entry{}, accounts: map[string]*earlierAccount{}}
	for i, e := range entries {
		if !slices.Contains(statuses, e.Status) {
			return nil, fmt.Errorf("entry %d: unknown Status %q; written by another version of muster?", i+1, e.Status)
		}
		key := keyOf(&e)
		if _, twice := earlier.entries[key]; twice {
			return nil, fmt.Errorf("entry %d: a second one for account %q, region %q", i+1, e.AccountId, e.Region)
		}
		f := awsapi.Failure{Kind: awsapi.Kind(e.Status), Code: e.Code}
		e.denial = f.Denied()
		earlier.entries[key] = e
		if key.owner == "" {
			earlier.list = e.Gap()
			if e.Gap() {
				earlier.gaps++
			}
			continue
		}
		a := earlier.accounts[key.owner]
		if a == nil {
			a = &earlierAccount{}
			earlier.accounts[key.owner] = a
		}
		if !e.Gap() {
			continue
		}
		earlier.gaps++
		if e.Region == "" {
			a.whole = true
		} else {
			a.regions = append(a.regions, e.Region)
		}
	}
	return earlier, nil
}

var statuses = []Status{OK, Empty, Suspended, Failed, NotOptedIn,
	Status(awsapi.NoRole), Status(awsapi.DeniedSCP), Status(awsapi.Denied), Status(awsapi.Throttled), Status(awsapi.Expired),
	Status(awsapi.Unreachable), Status(awsapi.Broken), Status(awsapi.Cancelled)}

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
		return e.list
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
