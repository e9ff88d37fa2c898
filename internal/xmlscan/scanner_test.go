package xmlscan

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
)

// twoBytes delivers a stream in pieces of two bytes, so that every token meets the end
// of the buffer.
type twoBytes struct{ r io.Reader }

func (b twoBytes) Read(p []byte) (int, error) { return b.r.Read(p[:min(len(p), 2)]) }

func scan(body string) *Scanner {
	s := new(Scanner)
	s.Reset(strings.NewReader(body))
	return s
}

func TestDocument(t *testing.T) {
	t.Parallel()
	const whole = `<?xml version="1.0"?><Answer xmlns="urn:a"><Name>a &amp; b</Name><List><item>1</item><x/><item>2</item></List></Answer>`
	for _, c := range []struct{ body, name, items, err string }{
		{body: whole, name: "a & b", items: "1 2"},
		{body: "\ufeff <Answer><p:Name><![CDATA[<]]>&#65;</p:Name><!-- x --><List/></Answer> <?pi?>", name: "<A"},
		{body: "", err: "the answer is empty"},
		{body: " <!-- --> ", err: "the answer is empty"},
		{body: "<html></html>", err: "malformed answer at byte 6: not a Answer but <html>"},
		{body: "<Answer/>", err: "the Answer lacks its List"},
		{body: "<Answer><List/></Answer><Answer/>", err: "malformed answer at byte 33: a second document"},
		{body: "<Answer><List/></Answer>x", err: "the answer breaks off in the middle"},
		{body: "<Answer><List><item>1</item></Answer>", err: "malformed answer at byte 37: </Answer> closes no open element"},
		{body: "<Answer><Name><b/></Name></Answer>", err: "malformed answer at byte 18: <b> where text was expected"},
		{body: "<!DOCTYPE Answer><Answer/>", err: "malformed answer at byte 1: a document type declaration"},
		{body: "<Answer><List/>&nbsp;</Answer>", err: "malformed answer at byte 22: unknown entity &nbsp;"},
		{body: "<Answer><List/>\x01</Answer>", err: "malformed answer at byte 17: character U+0001, which XML does not allow"},
	} {
		for _, r := range []io.Reader{strings.NewReader(c.body), twoBytes{strings.NewReader(c.body)}} {
			var s Scanner
			s.Reset(r)
			var name string
			var items []string
			err := s.Document("Answer", "List", func() {
				switch string(s.Name()) {
				case "Name":
					name = string(s.Text())
				case "List":
					for s.Child() {
						if string(s.Name()) != "item" {
							s.Skip()
							continue
						}
						items = append(items, string(s.Text()))
					}
				default:
					s.Skip()
				}
			})
			text := ""
			if err != nil {
				text = err.Error()
			}
			if text != c.err || err == nil && (name != c.name || strings.Join(items, " ") != c.items) {
				t.Errorf("%q: %q %q, %q; want %q %q, %q", c.body, name, items, text, c.name, c.items, c.err)
			}
			if s.Child() || s.Text() != nil || (err == nil) != (s.Err() == nil) {
				t.Errorf("%q: the scanner reads on after the end", c.body)
			}
		}
	}
}

// TestCutOff: every document that ends too early is an error.
func TestCutOff(t *testing.T) {
	t.Parallel()
	const whole = `<?xml version="1.0"?><a b="c>"><![CDATA[x]]><!-- y --><d>&lt;</d><e/></a>`
	for end := range len(whole) {
		if err := scan(whole[:end]).Document("a", "d", func() {}); err == nil {
			t.Errorf("no error for %q", whole[:end])
		}
	}
}

func TestAttribute(t *testing.T) {
	t.Parallel()
	s := scan(`<Grants xmlns:type='urn:x' a = "1 &gt; 0"><Grantee xmlns:xsi="urn:y" xsi:type="Canonical&#85;ser"/><plain>x</plain></Grants>`)
	want := func(name, value string, present bool) {
		t.Helper()
		if got, ok := s.Attribute(name); got != value || ok != present {
			t.Errorf("<%s %s>: %q, %t; want %q, %t", s.Name(), name, got, ok, value, present)
		}
	}
	s.Child()
	want("a", "1 > 0", true)
	want("type", "", false)
	s.Child()
	want("type", "CanonicalUser", true)
	want("xsi", "", false)
	s.Skip()
	s.Child()
	want("type", "", false)
	if text := string(s.Text()); text != "x" || s.Err() != nil {
		t.Errorf("%q, %v", text, s.Err())
	}
}

// TestFirstErrorStays: a caller may read a whole structure before it looks at the error.
func TestFirstErrorStays(t *testing.T) {
	t.Parallel()
	s := scan("<a><b>1</b></a>")
	s.Child()
	first := errors.New("first")
	s.Fail(first)
	s.Failf("second")
	if s.Child() || s.Text() != nil || s.Err() != first {
		t.Errorf("%v, want only the first error", s.Err())
	}
}

// TestLimits: text and depth without end are errors, and take little memory.
func TestLimits(t *testing.T) {
	t.Parallel()
	for name, repeated := range map[string]string{
		"text": "x", "CDATA": "<![CDATA[x]]>", "depth": "<b>", "depth with attributes": "<b c='d'>",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := new(Scanner)
			s.Reset(io.MultiReader(strings.NewReader("<a><b>"), &endless{repeated, 0}))
			s.Child()
			s.Child()
			for s.Err() == nil {
				if name == "text" || name == "CDATA" {
					s.Text()
				} else {
					s.Skip()
				}
			}
			if !errors.As(s.Err(), new(*LimitError)) {
				t.Errorf("%v, want a *LimitError", s.Err())
			}
			if cap(s.buf)+cap(s.scratch) > 4*maxText {
				t.Errorf("%d and %d bytes of memory", cap(s.buf), cap(s.scratch))
			}
		})
	}
}

type endless struct {
	text string
	n    int
}

func (e *endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = e.text[e.n%len(e.text)]
		e.n++
	}
	return len(p), nil
}

func TestStrings(t *testing.T) {
	t.Parallel()
	table := NewStrings()
	kept := map[string]string{} // by the text at the time
	for round := range 3 {
		for i := range 2000 {
			text := strings.Repeat(string(rune('a'+i%26)), i%300) + string(rune('0'+round))
			kept[text] = table.Intern([]byte(text))
			kept[text+"copy"] = table.Copy([]byte(text + "copy"))
		}
		table.Reset()
		if table.Size != 0 {
			t.Errorf("size %d after Reset", table.Size)
		}
	}
	for want, got := range kept {
		if got != want {
			t.Fatalf("%q has become %q", want, got)
		}
	}
	table.Intern([]byte("eu-west-1"))
	table.Intern([]byte("eu-west-1"))
	if table.Size != len("eu-west-1") {
		t.Errorf("size %d, want that of one string", table.Size)
	}
}

func TestFindAndFinish(t *testing.T) {
	t.Parallel()
	is := func(want string) func([]byte) bool {
		return func(name []byte) bool { return string(name) == want }
	}
	for _, c := range []struct {
		body, name, text string
		finished         bool
	}{
		{"<a><b><c/></b><d>text</d><e>more</e></a>", "d", "text", true},
		{"<d>text</d>", "d", "text", true},
		{"<a/>", "d", "", true},
		{"<a><d>text</d>", "d", "text", false},
		{"<a><d>text</d></a><a/>", "d", "text", false},
	} {
		var s Scanner
		s.Reset(strings.NewReader(c.body))
		text := ""
		if s.Find(is(c.name)) {
			text = string(s.Text())
		}
		if err := s.Finish(); text != c.text || (err == nil) != c.finished {
			t.Errorf("%s: text %q, error %v", c.body, text, err)
		}
	}
}

func TestAllowText(t *testing.T) {
	t.Parallel()
	body := "<a>" + strings.Repeat("x", maxText+1) + "</a>"
	for _, limit := range []int{maxText, 4 * maxText} {
		var s Scanner
		s.Reset(strings.NewReader(body))
		s.AllowText(limit)
		s.Child()
		if n := len(s.Text()); n > 0 != (limit > maxText) {
			t.Errorf("with a limit of %d bytes the text has %d: %v", limit, n, s.Err())
		}
	}
}

// TestKnownMarkup: a scanner that has read other documents reads one like a new scanner,
// whatever stands where known markup was expected.
func TestKnownMarkup(t *testing.T) {
	t.Parallel()
	const usual = "<a>\n <b>\n  <c>1</c>\n  <d/>\n </b>\n <b>\n  <c>2</c>\n  <e>\n  </e>\n </b>\n</a>"
	scan := func(s *Scanner, document string) (events []string) {
		s.Reset(strings.NewReader(document))
		for s.Err() == nil {
			kind := s.next()
			if kind == noTag {
				break
			}
			event := fmt.Sprintf("%d %q %d", kind, s.text, s.position())
			if kind == startTag {
				event += fmt.Sprintf(" %s %v", s.name, s.empty)
			}
			events = append(events, event)
			s.empty = false
		}
		return append(events, fmt.Sprint(s.err))
	}
	trained, memory := new(Scanner), new(Memory)
	trained.Remember(memory)
	for i := range usual {
		for _, c := range []byte("</>b \n&]:\xc3") {
			changed := []byte(usual)
			changed[i] = c
			for _, document := range []string{usual, string(changed), usual[:i], usual[:i] + usual[i+1:]} {
				if got, want := scan(trained, document), scan(new(Scanner), document); !slices.Equal(got, want) {
					t.Fatalf("%q:\n%s\nand by a new scanner:\n%s", document, strings.Join(got, "\n"), strings.Join(want, "\n"))
				}
			}
		}
	}
	if memory.places.Load() < 5 {
		t.Errorf("the scanner remembers only %d places", memory.places.Load())
	}
	var many strings.Builder
	for i := range 2 * maxPlaces {
		fmt.Fprintf(&many, "<x%d><y> <z/></y></x%d>", i, i)
	}
	for range 2 {
		document := "<r>" + many.String() + "</r>"
		if got, want := scan(trained, document), scan(new(Scanner), document); !slices.Equal(got, want) {
			t.Error("a document with many names is read differently by a new scanner")
		}
	}
	if memory.places.Load() > maxPlaces {
		t.Errorf("%d places", memory.places.Load())
	}
}

// TestKnownContent: a scanner that has skipped other elements skips one like a new scanner.
func TestKnownContent(t *testing.T) {
	t.Parallel()
	const usual = "<a>\n <b>\n  <c>1</c>\n  <d/>\n </b>\n <b>\n  <c>1</c>\n  <d/>\n </b>\n <e>2</e></a>"
	skip := func(s *Scanner, document string) string {
		s.Reset(strings.NewReader(document))
		skipped := ""
		for s.Find(func(name []byte) bool { return string(name) != "a" }) {
			s.Skip()
			skipped += fmt.Sprintf("%s ends at %d ", s.at.name(), s.position())
		}
		return skipped + fmt.Sprint(s.err)
	}
	trained := new(Scanner)
	trained.Remember(new(Memory))
	for i := range usual {
		for _, c := range []byte("</>b \n&]:\xc3") {
			changed := usual[:i] + string(c) + usual[i+1:]
			for _, document := range []string{usual, changed, usual[:i], usual[:i] + usual[i+1:]} {
				if got, want := skip(trained, document), skip(new(Scanner), document); got != want {
					t.Fatalf("%q:\n%s\nand by a new scanner:\n%s", document, got, want)
				}
			}
		}
	}
	trained.Reset(strings.NewReader(usual))
	trained.Child()
	trained.Child()
	if !trained.skipKnown(trained.at.begun()) {
		t.Error("the scanner does not know the content")
	}
}

// TestSharedMemory: scanners that share a memory read at the same time.
func TestSharedMemory(t *testing.T) {
	t.Parallel()
	var memory Memory
	var readers sync.WaitGroup
	for i := range 4 {
		readers.Go(func() {
			s := new(Scanner)
			s.Remember(&memory)
			for n := range 50 {
				s.Reset(strings.NewReader(fmt.Sprintf("<a>\n <b%d>\n  <c>1</c>\n </b%d>\n</a>", n, n)))
				s.Child()
				if err := s.Finish(); err != nil {
					t.Errorf("scanner %d, document %d: %v", i, n, err)
				}
			}
		})
	}
	readers.Wait()
}
