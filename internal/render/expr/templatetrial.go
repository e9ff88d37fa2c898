package expr

import (
	"errors"
	"strings"

	"muster/internal/render/caret"
	"muster/internal/render/shape"
)

var templatePaths = shape.Paths{
	Each:  "go through it with range, or take one with index",
	ByKey: `write <<range LIST>><<if eq .%s %q>><<.%s>><<end>><<end>>`,
}

// reachedFault returns the first fault that a trial of the template runs into.
func (e *templateEnv) reachedFault(flag, text string, record *shape.Schema, faults []templateFault) error {
	if len(faults) == 0 {
		return nil
	}
	failed := e.failedActions(text, record, faults)
	for i, fault := range faults {
		switch {
		case !failed[fault.action]:
		case fault.misuse != nil:
			fault.misuse.Flag, fault.misuse.Text = flag, text
			return fault.misuse
		default:
			return noFieldError(fault.access, flag, text, templatePaths, func(text string) *shape.NoField {
				t, err := parseTemplate(text, e.funcs())
				if err != nil {
					return nil
				}
				if again := checkTemplate(t, text, record).faults; i < len(again) {
					return again[i].access
				}
				return nil
			})
		}
	}
	return nil
}

// failedActions runs the template over trial records and returns the numbers of the
// actions that fail.
func (e *templateEnv) failedActions(text string, record *shape.Schema, faults []templateFault) map[int]bool {
	failed := map[int]bool{}
	own := *e
	own.Width = func() int { return 0 }
	own.table = &templateTable{env: &own}
	t, err := parseTemplate(text, own.funcs())
	if err != nil {
		return failed
	}
	own.rewrite(t)
	limit := newStepLimit(trialSteps)
	execute := executor(t, text, &Output{Context: limit, Write: func([]byte) error { return nil }})
	for record := range trialRecords(record, text) {
		_, err := execute(nil, record)
		if limit.Err() != nil {
			break
		}
		if at := (*caret.TextError)(nil); errors.As(err, &at) {
			failed[actionAt(text, at.Offset)] = true
		}
		if failed[faults[0].action] { // no other fault is reported before it
			break
		}
	}
	return failed
}

// actionAt returns the number of the action at offset, counted from 1.
func actionAt(text string, offset int) int {
	return strings.Count(text[:min(offset, len(text))], leftDelim)
}
