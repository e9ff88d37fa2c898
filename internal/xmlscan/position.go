package xmlscan

import "sync/atomic"

// Answers of a web service repeat the same few elements in the same order: behind
// </instanceId> there is nearly always the same blank space and <imageId>. The scanner
// remembers such markup by its place in the tree of elements. Where the same bytes follow
// in the same place again, it reads them with one comparison. What nextPlain makes of
// bytes depends on them and on the open elements only, so the result is the same.

const (
	// maxPlaces bounds the places of a Memory. The instances of EC2 have about 200.
	maxPlaces = 1000

	// maxContent bounds the content of an element that is remembered, in bytes. Once it has
	// changed maxChanges times, the content is not worth remembering.
	maxContent, maxChanges = 1 << 10, 200
)

// Memory is the markup of documents of one kind that scanners remember. The zero value is
// empty. It is
// safe for concurrent use: what it holds of a place never changes, and is replaced as a
// whole.
type Memory struct {
	root   place
	places atomic.Int32
}

// A place is a path of elements from the root of a document.
type place struct {
	parent *place
	depth  int
	name   []byte
	beside *place                // the next place in the same parent
	inside atomic.Pointer[place] // the first place in it
	begin  markup                // behind the start tag
	end    markup                // behind the end tag
	number int                   // among the places of the memory

	skipped [2]atomic.Pointer[string] // the last contents that were skipped, with the end tag
	changes atomic.Int32              // of skipped
}

// markup is the last two tags that followed in a place, the latest first: two, since a list
// goes on or ends.
type markup [2]atomic.Pointer[knownTag]

// knownTag is a tag with blank space before it. Behind the end of an element, it holds the
// end tag, too, so that one comparison finds both.
type knownTag struct {
	bytes string // with the end tag before it
	end   int    // bytes of the end tag
	blank int    // bytes before the tag
	kind  tag
	to    *place // the place of a start tag
	empty bool   // the tag is <name/>
}

// position is where the scanner stands. Below the places that it remembers, it keeps
// only the names of the open elements.
type position struct {
	memory *Memory // nil: nothing is remembered
	open   *place  // the element opened last
	closed *place  // the element in it that was closed last; nil: none

	below []byte // the names of the open elements below, one after the other
	ends  []int  // the end of each name
}

// Remember makes the scanner use a memory from the next Reset on. Without one, it
// remembers nothing.
func (s *Scanner) Remember(m *Memory) { s.at.memory = m }

// nowhere is the root of a scanner without a memory.
var nowhere place

func (p *position) reset() {
	p.open, p.closed, p.below, p.ends = &nowhere, nil, p.below[:0], p.ends[:0]
	if p.memory != nil {
		p.open = &p.memory.root
	}
}

// depth returns the number of open elements.
func (p *position) depth() int { return p.open.depth + len(p.ends) }

// name returns the name of the open element.
func (p *position) name() []byte {
	switch n := len(p.ends); n {
	case 0:
		return p.open.name
	case 1:
		return p.below
	default:
		return p.below[p.ends[n-2]:]
	}
}

// expected returns the markup of the position; nil if the scanner does not remember it.
func (p *position) expected() *markup {
	switch {
	case len(p.ends) > 0:
		return nil
	case p.closed != nil:
		return &p.closed.end
	}
	return &p.open.begin
}

// begun returns the place of the open element if nothing in it has been read; nil if the
// scanner does not remember it.
func (p *position) begun() *place {
	if len(p.ends) > 0 || p.closed != nil || p.open.parent == nil {
		return nil
	}
	return p.open
}

// enter opens an element. An empty one is closed at once. It returns the place; nil
// if the scanner does not remember it.
func (p *position) enter(name []byte, empty bool) (to *place) {
	if len(p.ends) == 0 {
		to = p.child(name)
	}
	switch {
	case to == nil && !empty:
		p.below = append(p.below, name...)
		p.ends = append(p.ends, len(p.below))
	case to != nil && !empty:
		p.open, p.closed = to, nil
	case to != nil:
		p.closed = to
	}
	return to
}

// leave closes the open element.
func (p *position) leave() {
	if n := len(p.ends); n > 0 {
		p.below = p.below[:len(p.below)-len(p.name())]
		p.ends = p.ends[:n-1]
		return
	}
	p.open, p.closed = p.open.parent, p.open
}

// child returns the place of an element in the open one; nil if the scanner cannot
// remember it: there is no room, or another scanner is adding a place.
func (p *position) child(name []byte) *place {
	if p.memory == nil {
		return nil
	}
	first := p.open.inside.Load()
	for c := first; c != nil; c = c.beside {
		if string(c.name) == string(name) {
			return c
		}
	}
	number := p.memory.places.Add(1)
	if number > maxPlaces {
		p.memory.places.Add(-1)
		return nil
	}
	c := &place{parent: p.open, depth: p.open.depth + 1, number: int(number), beside: first, name: append([]byte(nil), name...)}
	if !p.open.inside.CompareAndSwap(first, c) {
		p.memory.places.Add(-1)
		return nil
	}
	return c
}

// nextKnown does the work of next where a known tag follows. In any other case it returns
// noTag and has changed nothing.
func (s *Scanner) nextKnown() tag {
	if s.err != nil {
		return noTag
	}
	k := s.ahead
	if k != nil {
		s.ahead = nil
	} else if k = s.known(); k == nil {
		return noTag
	}
	s.text = s.buf[s.pos:][:k.blank]
	s.pos += len(k.bytes) - k.end
	if k.kind == endTag {
		s.at.open, s.at.closed = s.at.open.parent, s.at.open
		return endTag
	}
	s.name, s.attributes, s.empty = k.to.name, nil, k.empty
	if k.empty {
		s.at.closed = k.to
	} else {
		s.at.open, s.at.closed = k.to, nil
	}
	return startTag
}

// known returns the known tag that follows; nil if another does.
func (s *Scanner) known() *knownTag {
	expected := s.at.expected()
	if expected == nil {
		return nil
	}
	rest := s.buf[s.pos:]
	for i := range expected {
		k := expected[i].Load()
		if k == nil {
			break
		}
		if bytes := k.bytes[k.end:]; len(bytes) <= len(rest) && string(rest[:len(bytes)]) == bytes {
			return k
		}
	}
	return nil
}

// endKnown reads the end tag at index i of the buffer if a known tag follows it.
func (s *Scanner) endKnown(i int) bool {
	if len(s.at.ends) > 0 {
		return false
	}
	rest := s.buf[i:]
	k := s.at.open.end[0].Load()
	if k == nil || len(k.bytes) > len(rest) || string(rest[:len(k.bytes)]) != k.bytes {
		return false
	}
	s.pos = i + k.end
	s.at.open, s.at.closed = s.at.open.parent, s.at.open
	s.ahead = k
	return true
}

// remember keeps the tag that nextPlain has read, with the text before it. closed is the
// element that ends before that text, if any.
func (m *markup) remember(closed *place, text, upTo []byte, k knownTag) {
	if m == nil {
		return
	}
	for _, c := range text {
		if c > ' ' {
			return
		}
	}
	known := k // on the heap, unlike k
	known.bytes, known.blank = string(upTo), len(text)
	if closed != nil {
		end := "</" + string(closed.name) + ">"
		known.bytes, known.end = end+known.bytes, len(end)
	}
	m[1].Store(m[0].Swap(&known))
}

// skipKnown skips the content of an element that begins here, if it is the same as in an
// earlier element of the place. In any other case it has changed nothing.
func (s *Scanner) skipKnown(p *place) bool {
	if s.err != nil {
		return false
	}
	rest := s.buf[s.pos:]
	for i := range p.skipped {
		if content := p.skipped[i].Load(); content != nil && len(*content) <= len(rest) && string(rest[:len(*content)]) == *content {
			s.pos += len(*content)
			s.at.leave()
			return true
		}
	}
	return false
}

// rememberContent keeps a content that has been skipped.
func (p *place) rememberContent(content []byte) {
	if len(content) > maxContent || p.changes.Load() >= maxChanges {
		return
	}
	p.changes.Add(1)
	kept := string(content)
	p.skipped[1].Store(p.skipped[0].Swap(&kept))
}
