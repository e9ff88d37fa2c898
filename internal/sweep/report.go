package sweep

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"muster/internal/awsapi"
)

// WriteReport writes all entries as a JSON array. It encodes one entry at a time: the
// text of a large organization would take more memory than the whole sweep.
func (l *Ledger) WriteReport(w io.Writer) error {
	out := bufio.NewWriterSize(w, 64<<10)
	entries := l.Entries()
	separator := "[\n  "
	for i := range entries {
		text, err := json.MarshalIndent(&entries[i], "  ", "  ")
		if err != nil {
			return err
		}
		out.WriteString(separator)
		out.Write(text)
		separator = ",\n  "
	}
	if len(entries) == 0 {
		out.WriteString("[")
	} else {
		out.WriteString("\n")
	}
	out.WriteString("]\n")
	return out.Flush()
}

// ParseReport reads a report that WriteReport wrote.
func ParseReport(data []byte) (*Earlier, error) {
	var entries []Entry
	var mismatch *json.UnmarshalTypeError
	switch err := json.Unmarshal(data, &entries); {
	case errors.As(err, &mismatch):
		return nil, fmt.Errorf("not a report: expected a list of entries, %s is a JSON %s", cmp.Or(mismatch.Field, "the whole"), mismatch.Value)
	case err != nil:
		return nil, fmt.Errorf("not a complete report: %w", err)
	case entries == nil:
		return nil, errors.New("not a report: expected a list of entries")
	}
	earlier := &Earlier{entries: map[placeKey]Entry{}, accounts: map[string]*earlierAccount{}}
	for i, e := range entries {
		if !slices.Contains(statuses, e.Status) {
			return nil, fmt.Errorf("entry %d: unknown Status %q; written by another version of muster?", i+1, e.Status)
		}
		if _, twice := earlier.entries[keyOf(&e)]; twice {
			return nil, fmt.Errorf("entry %d repeats account %q, region %q", i+1, e.AccountId, e.Region)
		}
		e.denied = awsapi.Failure{Kind: awsapi.Kind(e.Status), Code: e.Code}.Denied()
		earlier.add(e)
	}
	return earlier, nil
}

// statuses are all statuses that a report can contain.
var statuses = []Status{
	OK, Empty, Suspended, Failed, NotOptedIn, NotOffered, NotSubscribed,
	Status(awsapi.NoRole), Status(awsapi.DeniedSCP), Status(awsapi.Denied), Status(awsapi.Throttled), Status(awsapi.Expired),
	Status(awsapi.Unreachable), Status(awsapi.Broken), Status(awsapi.Cancelled),
}
