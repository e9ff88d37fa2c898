package complete

import (
	"cmp"
	"strings"

	"muster/internal/seen"
)

// seenNames are the names that sweeps have found.
type seenNames struct {
	entries []seen.Entry
	demo    bool // in the simulated organization
}

// entries are the names of a kind that the command line can mean: those found in the
// accounts that it selects. If it selects none yet, the flags that follow may select any.
func (l *line) entries(kind seen.Kind) []seen.Entry {
	if l.names == nil {
		l.names = l.readNames()
	}
	if l.names.demo {
		return seen.OfKind(l.names.entries, kind)
	}
	return l.scope().Filter(l.names.entries, kind, l.Lookup)
}

// readNames reads the names that sweeps of AWS have found. If there are none yet, it reads
// those of the demo, for a user who is trying muster out.
func (l *line) readNames() *seenNames {
	if !l.inDemo() {
		if entries := seen.Read(l.SeenFile(false), l.Now()); len(entries) > 0 {
			return &seenNames{entries: entries}
		}
	}
	return &seenNames{entries: seen.Read(l.SeenFile(true), l.Now()), demo: true}
}

func (l *line) seen(kind seen.Kind) (found []candidate) {
	for _, e := range l.entries(kind) {
		found = append(found, candidate{e.ID, e.Name})
	}
	return found
}

// accounts are offered by name, then by id.
func (l *line) accounts() (found []candidate) {
	known := l.seen(seen.Account)
	for _, a := range known {
		if a.help != "" {
			found = append(found, candidate{a.help, a.text})
		}
	}
	return append(found, known...)
}

// instances are offered by id, then by name.
func (l *line) instances(prefix string) []candidate {
	known := l.entries(seen.Instance)
	found := make([]candidate, 0, 2*len(known))
	for _, e := range known {
		if strings.HasPrefix(e.ID, prefix) {
			found = append(found, candidate{e.ID, cmp.Or(e.Name, "-") + " " + e.Place})
		}
	}
	names := make(map[string]bool, len(known))
	for _, e := range known {
		if e.Name != "" && strings.HasPrefix(e.Name, prefix) && !names[e.Name] {
			names[e.Name] = true
			found = append(found, candidate{e.Name, e.ID + " " + e.Place})
		}
	}
	return found
}

// tagKeys are offered with the = that a tag's value follows.
func (l *line) tagKeys() (found []candidate) {
	for _, e := range l.entries(seen.Tag) {
		found = append(found, candidate{text: e.ID + "="})
	}
	return found
}
