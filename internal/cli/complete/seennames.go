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

// resources are records of the kinds that the command lists.
func (l *line) resources(prefix string) (found []candidate) {
	listing, ok := l.record(l.command).(interface{ SeenKinds() []string })
	if !ok {
		return nil
	}
	for _, name := range listing.SeenKinds() {
		found = append(found, byName(l.resourceEntries(seen.Kind(name)), prefix)...)
	}
	return found
}

// resourceEntries is entries for a kind that has a file of its own.
func (l *line) resourceEntries(kind seen.Kind) []seen.Entry {
	if l.names == nil {
		l.names = l.readNames()
	}
	entries := seen.Read(seen.FileOf(l.SeenFile(l.names.demo), kind), l.Now())
	if l.names.demo {
		return seen.OfKind(entries, kind)
	}
	return l.scope().Filter(entries, kind, l.Lookup)
}

// byName offers entries by id, then by name.
func byName(known []seen.Entry, prefix string) []candidate {
	found := make([]candidate, 0, 2*len(known))
	for _, e := range known {
		if strings.HasPrefix(e.ID, prefix) {
			found = append(found, candidate{e.ID, strings.TrimSpace(otherName(e) + " " + e.Place)})
		}
	}
	names := make(map[string]bool, len(known))
	for _, e := range known {
		if e.Name != "" && e.Name != e.ID && strings.HasPrefix(e.Name, prefix) && !names[e.Name] {
			names[e.Name] = true
			found = append(found, candidate{e.Name, strings.TrimSpace(e.ID + " " + e.Place)})
		}
	}
	return found
}

// otherName is an entry's name beside its id, which may be its only name.
func otherName(e seen.Entry) string {
	if e.Name == e.ID {
		return ""
	}
	return cmp.Or(e.Name, "-")
}

// tagKeys are offered with the = that a tag's value follows.
func (l *line) tagKeys() (found []candidate) {
	for _, e := range l.entries(seen.Tag) {
		found = append(found, candidate{text: e.ID + "="})
	}
	return found
}
