package render

import (
	"fmt"

	"muster/internal/render/caret"
	"muster/internal/safe"
)

// RecordsError reports that a template, filter or query failed on some records. The others
// have been printed.
type RecordsError struct {
	Flag  string // the flag with the expression, such as "--jq"
	Count int    // number of records that failed
	First string // names the first of them, such as "139769765351 eu-central-1 i-0f1e"; may be ""
	Err   error  // the failure on the first record
	Cut   bool   // the expression did not end in time, and nothing follows

	place string // lines that show the place in the expression; may be ""
}

func (e *RecordsError) Error() string {
	msg := caret.OneLine(e.Err.Error())
	if e.First != "" {
		msg = safe.Text(e.First) + ": " + msg
	}
	if e.Count > 1 {
		msg += fmt.Sprintf(" (%d records failed)", e.Count)
	}
	return e.Flag + ": " + msg + e.place
}

func (e *RecordsError) Unwrap() error { return e.Err }
