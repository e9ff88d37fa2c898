package xmlscan

import "sync/atomic"

// Answers of a web service repeat the same few elements in the same order: behind
// </instanceId> there is nearly always the same blank space and <imageId>. The scanner
// remembers such markup by its place in the tree of elements. Where the same bytes follow
// in the same place again, it reads them with one comparison. What nextPlain makes of
// bytes depends on them and on the open elements only, so the result is the same.

// maxPlaces bounds the places of a Memory. The instances of EC2 have about 200.
const maxPlaces = 1000

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
}

// markup is the last two tags that followed in a place, the latest first: two, since a list
// goes on or ends.
type markup [2]atomic.Pointer[knownTag]

// knownTag is a tag with blank space before it.
type knownTag struct {
	bytes string
	blank int // bytes before the tag
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
	if p.memory.places.Add(1) > maxPlaces {
		p.memory.places.Add(-1)
		return nil
	}
	c := &place{parent: p.open, depth: p.open.depth + 1, beside: first, name: append([]byte(nil), name...)}
	if !p.open.inside.CompareAndSwap(first, c) {
		p.memory.places.Add(-1)
		return nil
	}
	return c
}

// nextKnown does the work of next where a known tag follows. In any other case it returns
// noTag and has changed nothing.
func (s *Scanner) nextKnown() tag {
	expected := s.at.expected()
	if expected == nil || s.err != nil {
		return noTag
	}
	rest := s.buf[s.pos:]
	k := expected[0].Load()
	if !k.begins(rest) {
		if k = expected[1].Load(); !k.begins(rest) {
			return noTag
		}
	}
	s.text = rest[:k.blank]
	s.pos += len(k.bytes)
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

func (k *knownTag) begins(text []byte) bool {
	if k == nil {
		return false
	}
	n := len(k.bytes)
	return n <= len(text) && string(text[:n]) == k.bytes
}

// remember keeps the tag that nextPlain has read, with the text before it.
func (m *markup) remember(text, upTo []byte, k knownTag) {
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
	m[1].Store(m[0].Swap(&known))
}
