package awsconfig

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
)

// Block is a set of profiles that muster keeps in the config file, between two marker
// lines with the block's name. There may be several blocks. muster changes nothing
// outside of them.
type Block struct {
	Name     string // one line, such as "sso-session corp"
	Profiles []Section
}

const (
	beginMarker = "# BEGIN muster "
	endMarker   = "# END muster "
	blockAdvice = "# Written by 'muster profiles --generate --write', which replaces what is changed here.\n"
)

// Text returns the block's lines in the file, with the profiles sorted by name.
func (b Block) Text() string {
	var text strings.Builder
	text.WriteString(beginMarker + b.Name + "\n" + blockAdvice)
	for _, p := range b.sorted() {
		text.WriteString(p.Text() + "\n")
	}
	text.WriteString(endMarker + b.Name + "\n")
	return text.String()
}

func (b Block) sorted() []Section {
	return slices.SortedFunc(slices.Values(b.Profiles), func(a, b Section) int { return cmp.Compare(a.Name, b.Name) })
}

// Change describes how a block changes the config file.
type Change struct {
	// Block has the profiles that can be written.
	Block Block
	// Taken are profiles outside of the block with the name of a profile of the block,
	// which is therefore left out: the AWS CLI rejects a file with two profiles of the
	// same name.
	Taken []*Profile
	// Added, Changed and Removed count profiles, compared with the old block.
	Added, Changed, Removed int
	// Written reports that the file has changed. Backup is the path of a copy of the old
	// file, "" if there was none.
	Written bool
	Backup  string
}

// Compare returns the change that Write would make. Marker lines without their
// counterparts are a *SyntaxError.
func (b Block) Compare(f Files) (*Change, error) {
	before, err := readFile(f.Config)
	if err != nil {
		return nil, err
	}
	_, change, err := b.fit(f, before)
	return change, err
}

// Write replaces the block of the same name in the config file, or appends the block.
// Every byte outside of the block stays.
func (b Block) Write(ctx context.Context, f Files) (*Change, error) {
	var change *Change
	backup, err := edit(ctx, f, func(before []byte) (after []byte, err error) {
		after, change, err = b.fit(f, before)
		if err == nil {
			change.Written = !bytes.Equal(before, after)
		}
		return after, err
	})
	if err != nil {
		return nil, err
	}
	change.Backup = backup
	return change, nil
}

// fit returns the text of the config file with the block.
func (b Block) fit(f Files, before []byte) (after []byte, c *Change, err error) {
	spans, err := findBlocks(f.Config, before)
	if err != nil {
		return nil, nil, err
	}
	place, exists := spans[b.Name]
	inside := before[place.start:place.end]
	c = &Change{Block: Block{Name: b.Name}}
	outside, err := b.outside(f, before, place)
	if err != nil {
		return nil, nil, err
	}
	for _, p := range b.sorted() {
		if err := p.check(); err != nil {
			return nil, nil, err
		}
		if other, err := outside.Profile(p.Name); err == nil {
			c.Taken = append(c.Taken, other)
		} else {
			c.Block.Profiles = append(c.Block.Profiles, p)
		}
	}
	if err := c.count(f.Config, inside); err != nil {
		return nil, nil, err
	}
	text := c.Block.Text()
	switch {
	case !exists && len(c.Block.Profiles) == 0:
		return before, c, nil
	case !exists:
		return appendText(before, text), c, nil
	}
	text = strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", place.eol)
	return slices.Concat(before[:place.start], []byte(text), before[place.end:]), c, nil
}

// outside returns the config without the block. Empty lines take the block's place, so
// that the lines below keep their numbers.
func (b Block) outside(f Files, text []byte, place span) (*Config, error) {
	credentials, err := readFile(f.Credentials)
	if err != nil {
		return nil, err
	}
	blank := bytes.Repeat([]byte("\n"), max(place.last-place.first, 0))
	return build(f, slices.Concat(text[:place.start], blank, text[place.end:]), credentials)
}

// count compares the profiles with the old block.
func (c *Change) count(file string, inside []byte) error {
	read := func(text []byte) (map[string]map[string]string, error) {
		sections, err := parse(file, text)
		profiles := map[string]map[string]string{}
		for _, s := range sections {
			profiles[s.header] = map[string]string{}
			for key := range s.keys {
				profiles[s.header][key] = s.keys.verbatim(key)
			}
		}
		return profiles, err
	}
	before, err := read(inside)
	if err != nil {
		return err
	}
	after, err := read([]byte(c.Block.Text()))
	if err != nil {
		return err
	}
	for header, keys := range after {
		if old, ok := before[header]; !ok {
			c.Added++
		} else if !maps.Equal(old, keys) {
			c.Changed++
		}
		delete(before, header)
	}
	c.Removed = len(before)
	return nil
}

// span is the position of a block: from the start of its first marker to the end of its
// last marker, without that line's end.
type span struct {
	start, end  int
	first, last int // line numbers
	eol         string
}

// findBlocks returns the blocks of a config file by their names.
func findBlocks(file string, text []byte) (map[string]span, error) {
	spans := map[string]span{}
	var name string // of the open block
	var open span
	var after string // the block that has just been closed
	fail := func(line int, format string, args ...any) (map[string]span, error) {
		return nil, &SyntaxError{file, line, oneLine(fmt.Sprintf(format, args...))}
	}
	for number, l := range linesOf(text) {
		body := strings.TrimSpace(string(text[l.start:l.end]))
		begins, isBegin := strings.CutPrefix(body, beginMarker)
		ends, isEnd := strings.CutPrefix(body, endMarker)
		switch {
		case isBegin && name != "":
			return fail(number, "found %q within the block that begins in line %d, expected %q first: remove the one that is too many",
				body, open.first, endMarker+name)
		case isBegin && spans[begins].eol != "":
			return fail(number, "found %q a second time, the first is in line %d: remove one of the two blocks", body, spans[begins].first)
		case isBegin:
			name, open = begins, span{start: l.start, first: number, eol: l.eol(text, "\n")}
		case isEnd && ends != name:
			return fail(number, "found %q without %q above it: remove the line, or put the other back", body, beginMarker+ends)
		case isEnd:
			open.end, open.last = l.end, number
			spans[name] = open
			name, after = "", name
		case body == "" || body[0] == '#' || body[0] == ';':
		case body[0] == '[':
			after = ""
		case name == "" && after != "":
			return fail(number, "found a setting below the block %q, whose last profile it belongs to: move it above the block or below a section of your own", after)
		}
	}
	if name != "" {
		return fail(open.first, "found %q without %q below it: put that line back where the block ends, or remove this one", beginMarker+name, endMarker+name)
	}
	return spans, nil
}

// lineAt is a line of a text: its contents from start to end, and its line end up to next.
type lineAt struct{ start, end, next int }

// eol returns the line's end, or the fallback for a last line without one.
func (l lineAt) eol(text []byte, fallback string) string {
	return cmp.Or(string(text[l.end:l.next]), fallback)
}

// linesOf yields the lines of a text by their numbers, from 1.
func linesOf(text []byte) iter.Seq2[int, lineAt] {
	return func(yield func(int, lineAt) bool) {
		at := 0
		if bytes.HasPrefix(text, []byte(byteOrderMark)) {
			at = len(byteOrderMark)
		}
		for number := 1; at < len(text); number++ {
			l := lineAt{start: at, end: len(text), next: len(text)}
			if i := bytes.IndexAny(text[at:], "\r\n"); i >= 0 {
				l.end, l.next = at+i, at+i+1
				if bytes.HasPrefix(text[l.end:], []byte("\r\n")) {
					l.next++
				}
			}
			if !yield(number, l) {
				return
			}
			at = l.next
		}
	}
}
