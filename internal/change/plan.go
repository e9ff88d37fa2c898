package change

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"sync"
	"time"
)

// Plan is a file with changes that a later run carries out.
type Plan struct {
	Header
	Time    time.Time
	Changes []Change
}

const planFormat = "muster plan 1"

// WriteTo writes the plan as JSON.
func (p *Plan) WriteTo(w io.Writer) (int64, error) {
	p.Format = planFormat
	if p.Changes == nil {
		p.Changes = []Change{}
	}
	text, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return 0, err
	}
	n, err := w.Write(append(text, '\n'))
	return int64(n), err
}

// ParsePlan reads a plan that WriteTo wrote.
func ParsePlan(data []byte) (*Plan, error) {
	p := new(Plan)
	if err := json.Unmarshal(data, p); err != nil {
		return nil, fmt.Errorf("not a complete plan: %w", err)
	}
	if p.Format != planFormat {
		return nil, fmt.Errorf("not a plan: its Format is %q, and not %q", p.Format, planFormat)
	}
	// A member that is misspelled would switch off a check.
	strict := json.NewDecoder(bytes.NewReader(data))
	strict.DisallowUnknownFields()
	if err := strict.Decode(new(Plan)); err != nil {
		return nil, err
	}
	type key struct {
		account string
		thing   Thing
	}
	seen := map[key]bool{}
	for i, c := range p.Changes {
		if err := c.check(); err != nil {
			return nil, fmt.Errorf("change %d: %w", i+1, err)
		}
		k := key{c.AccountID, c.Thing}
		if seen[k] {
			return nil, fmt.Errorf("change %d: %s is there twice", i+1, c.Thing)
		}
		seen[k] = true
	}
	return p, nil
}

// What IAM accepts.
var (
	accountID = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9]{12}$`) })
	userName  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[\w+=,.@-]{1,128}$`) })
	keyID     = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\w{1,128}$`) })
)

// check returns an error for a change that muster has not written.
func (c *Change) check() error {
	switch {
	case !accountID().MatchString(c.AccountID):
		return fmt.Errorf("the AccountId is %q; expected 12 digits", c.AccountID)
	case !userName().MatchString(c.Owner):
		return fmt.Errorf("the Owner is %q; expected the name of a user", c.Owner)
	case !keyID().MatchString(c.ID):
		return fmt.Errorf("the Id is %q; expected that of an access key", c.ID)
	case c.Kind != KeyKind:
		return fmt.Errorf("the kind is %q; expected %s", c.Kind, KeyKind)
	case c.Before == c.After || !isKeyStatus(c.Before) || !isKeyStatus(c.After):
		return fmt.Errorf("a change from %q to %q; expected one from %s to %s, or the reverse", c.Before, c.After, KeyActive, KeyInactive)
	}
	return nil
}
