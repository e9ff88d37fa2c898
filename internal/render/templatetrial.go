package render

import (
	"errors"
	"muster/internal/render/shape"
	"strings"
)

// templateFault is the first fault that a trial meets.
func (c *compiler) templateFault(flag, text string, faults []templateFault, env *templateEnv) error {
	if len(faults) == 0 {
		return nil
	}
	met := env.faultsMet(text, c.record, faults)
	for i, fault := range faults {
		switch {
		case !met[fault.action]:
		case fault.misuse != nil:
			fault.misuse.Flag, fault.misuse.Text = flag, text
			return fault.misuse
		default:
			return noFieldError(fault.mistake, flag, text, "go through it with range, or take one with index", func(text string) *shape.NoField {
				t, err := parseTemplate(text, env.funcs())
				if err != nil {
					return nil
				}
				if again := checkTemplate(t, text, c.record).faults; i < len(again) {
					return again[i].mistake
				}
				return nil
			})
		}
	}
	return nil
}

// faultsMet runs the template over trial records and tells in which of the actions that
// faults were found in it fails.
func (e *templateEnv) faultsMet(text string, record *shape.Schema, faults []templateFault) map[int]bool {
	met := map[int]bool{}
	own := *e
	own.table = &templateTable{env: e, width: func() int { return 0 }}
	t, err := parseTemplate(text, own.funcs())
	if err != nil {
		return met
	}
	own.rewrite(t)
	budget := newSteps(trialSteps)
	execute := executor(t, text, &run{ctx: &patience{Context: budget}, write: func([]byte) error { return nil }})
	for made := range trials(record.GoType(), text) {
		_, err := execute(nil, shape.ValueOf(record, made.Elem()))
		if budget.Err() != nil {
			break
		}
		if at := (*placedError)(nil); errors.As(err, &at) {
			met[actionAt(text, at.offset)] = true
		}
		if met[faults[0].action] {
			break // none comes before it
		}
	}
	return met
}

// actionAt counts the actions of a text up to the one at offset.
func actionAt(text string, offset int) int {
	return strings.Count(text[:min(offset, len(text))], leftDelim)
}
