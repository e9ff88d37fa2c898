package catalog

import (
	"strconv"
	"strings"
	"sync"
)

// Kind is the type of a shape, by its letter in the archive.
type Kind byte

const (
	String    Kind = 's'
	Integer   Kind = 'i' // 32 bits
	Long      Kind = 'l' // 64 bits
	Float     Kind = 'f' // 32 bits
	Double    Kind = 'd' // 64 bits
	Boolean   Kind = 'b'
	Blob      Kind = 'x'
	Timestamp Kind = 't'
	List      Kind = 'L'
	Map       Kind = 'M'
	Structure Kind = 'S'
)

// Shape is the type of a value. Its parts are read when they are first asked for: a
// service has thousands, and they can contain themselves.
type Shape struct {
	Number int // identifies the shape within its service

	service *Service
	line    string

	once   sync.Once
	traits Traits
	parts  []*Member
	enum   []string
}

// Traits are facts about a shape, or about a member, where they hold in that place alone.
type Traits struct {
	Name         string // on the wire; "" where it is the member's own
	QueryName    string // likewise, in requests of the ec2 protocol
	XMLNamespace string
	XMLPrefix    string // of the namespace
	Payload      string // the member that is the body
	Time         string // iso8601, rfc822 or unixTimestamp; "" is the protocol's own

	Flat      bool // a list without an element around its items
	Union     bool // exactly one member is set
	Document  bool // any JSON
	Stream    bool // a body without a known length
	Secret    bool
	Sparse    bool // null is a value of the list or map
	Attribute bool // an attribute of the XML element
	JSONValue bool // JSON as base64 in a header
	URLJSON   bool // JSON, percent-encoded, that a client decodes
	JSONText  bool // JSON or other text; a client decodes JSON
}

// HasJSON reports whether a text is JSON, which a client decodes.
func (t *Traits) HasJSON() bool { return t.URLJSON || t.JSONText }

// Location is the place of a member in an HTTP message.
type Location byte

const (
	Body    Location = 0
	Header  Location = 'h'
	Headers Location = 'H' // all that begin with a prefix
	Label   Location = 'u' // in the URI
	Query   Location = 'q'
	Status  Location = 'c' // the code of the response
)

// Member is a member of a structure, the member of a list, or the key or value of a map.
type Member struct {
	Name       string // "" in lists and maps
	Shape      *Shape
	Traits     Traits
	Location   Location
	Required   bool
	Token      bool   // an idempotency token: a caller that has none sends a random one
	Context    string // the endpoint parameter that the member is
	HostLabel  bool   // part of the host
	Deprecated bool
}

func (s *Service) shape(number string) *Shape {
	if number == "" {
		return nil
	}
	n, err := strconv.Atoi(number)
	if err != nil || n >= len(s.shapes) {
		panic("catalog.zip: " + s.Name + ": no shape " + number)
	}
	return s.shapes[n]
}

// Kind returns the shape's type.
func (s *Shape) Kind() Kind { return Kind(s.line[0]) }

// Traits returns the shape's own traits.
func (s *Shape) Traits() *Traits { s.read(); return &s.traits }

// Members returns a structure's members in the order of AWS's model.
func (s *Shape) Members() []*Member {
	if s.Kind() != Structure {
		return nil
	}
	s.read()
	return s.parts
}

// Member returns a structure's member by name; nil if there is none.
func (s *Shape) Member(name string) *Member {
	for _, m := range s.Members() {
		if m.Name == name {
			return m
		}
	}
	return nil
}

// At returns the shape at the end of a path of members with dots between them; nil if there
// is none.
func (s *Shape) At(path string) *Shape {
	for name := range strings.SplitSeq(path, ".") {
		m := s.Member(name)
		if m == nil {
			return nil
		}
		s = m.Shape
	}
	return s
}

// Element returns a list's member or a map's value; nil for other shapes.
func (s *Shape) Element() *Member {
	s.read()
	switch s.Kind() {
	case List:
		return s.parts[0]
	case Map:
		return s.parts[1]
	}
	return nil
}

// Key returns a map's key; nil for other shapes.
func (s *Shape) Key() *Member {
	if s.Kind() != Map {
		return nil
	}
	s.read()
	return s.parts[0]
}

// Enum returns the values that AWS knows of a string; nil where any is allowed.
func (s *Shape) Enum() []string { s.read(); return s.enum }

func (s *Shape) read() { s.once.Do(s.parse) }

func (s *Shape) parse() {
	head, rest, more := strings.Cut(s.line, "\t")
	for trait := range strings.SplitSeq(head[1:], " ") {
		s.traits.set(trait)
	}
	if !more {
		return
	}
	switch s.Kind() {
	case Structure, List, Map:
		all := make([]Member, strings.Count(rest, "\t")+1)
		s.parts = make([]*Member, len(all))
		i := 0
		for text := range strings.SplitSeq(rest, "\t") {
			s.parts[i] = &all[i]
			all[i].parse(s.service, text)
			i++
		}
	default:
		s.enum = strings.Split(rest, "\t")
	}
}

func (m *Member) parse(s *Service, text string) {
	name, text, _ := strings.Cut(text, " ")
	number, text, _ := strings.Cut(text, " ")
	m.Name, m.Shape = name, s.shape(number)
	for trait := range strings.SplitSeq(text, " ") {
		key, value, _ := strings.Cut(trait, "=")
		switch key {
		case "!":
			m.Required = true
		case "^":
			m.Traits.Name = strings.ToLower(name[:1]) + name[1:]
		case "at":
			m.Location = Location(value[0])
			m.Traits.Name = value[1:]
		case "token":
			m.Token = true
		case "context":
			m.Context = value
		case "label":
			m.HostLabel = true
		case "deprecated":
			m.Deprecated = true
		default:
			m.Traits.set(trait)
		}
	}
}

func (t *Traits) set(trait string) {
	key, value, _ := strings.Cut(trait, "=")
	switch key {
	case "name":
		t.Name = value
	case "query":
		t.QueryName = value
	case "xmlns":
		t.XMLNamespace = value
	case "xmlprefix":
		t.XMLPrefix = value
	case "payload":
		t.Payload = value
	case "time":
		t.Time = value
	case "flat":
		t.Flat = true
	case "union":
		t.Union = true
	case "document":
		t.Document = true
	case "stream":
		t.Stream = true
	case "secret":
		t.Secret = true
	case "sparse":
		t.Sparse = true
	case "attribute":
		t.Attribute = true
	case "jsonvalue":
		t.JSONValue = true
	case "json":
		t.JSONText = true
	case "urljson":
		t.URLJSON = true
	}
}
