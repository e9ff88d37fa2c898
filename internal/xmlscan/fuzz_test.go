package xmlscan

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
)

// outline writes a document as encoding/xml and the Scanner must agree on it: each
// element as (NAME[a="V"]...), with the text of elements that have no children.

// outlineByScanner reads a document to its end without knowing any of its names.
func outlineByScanner(r io.Reader) (string, error) {
	var s Scanner
	s.Reset(r)
	var b strings.Builder
	var element func()
	element = func() {
		fmt.Fprintf(&b, "(%s", s.Name())
		if a, ok := s.Attribute("a"); ok {
			fmt.Fprintf(&b, "[%q]", a)
		}
		leaf, empty := true, s.empty
		for s.Child() {
			leaf = false
			element()
		}
		if leaf && !empty {
			fmt.Fprintf(&b, "%q", s.text)
		} else if leaf {
			b.WriteString(`""`)
		}
		b.WriteByte(')')
	}
	roots := 0
	for s.Child() {
		roots++
		element()
	}
	if s.Err() == nil && roots != 1 {
		return "", fmt.Errorf("%d documents", roots)
	}
	return b.String(), s.Err()
}

func outlineByEncodingXML(body string) (string, error) {
	d := xml.NewDecoder(strings.NewReader(strings.TrimPrefix(body, "\ufeff"))) // encoding/xml takes it for text
	var b strings.Builder
	type open struct {
		text []byte
		leaf bool
	}
	var stack []open
	roots := 0
	for {
		token, err := d.Token()
		if err == io.EOF && roots == 1 {
			return b.String(), nil
		}
		if err != nil {
			return "", err
		}
		switch t := token.(type) {
		case xml.StartElement:
			if len(stack) == 0 {
				roots++
			} else {
				stack[len(stack)-1].leaf = false
			}
			stack = append(stack, open{leaf: true})
			fmt.Fprintf(&b, "(%s", t.Name.Local)
			for _, a := range t.Attr {
				if a.Name.Local == "a" && a.Name.Space != "xmlns" {
					fmt.Fprintf(&b, "[%q]", a.Value)
					break
				}
			}
		case xml.EndElement:
			if top := stack[len(stack)-1]; top.leaf {
				fmt.Fprintf(&b, "%q", top.text)
			}
			b.WriteByte(')')
			stack = stack[:len(stack)-1]
		case xml.CharData:
			if len(stack) > 0 {
				stack[len(stack)-1].text = append(stack[len(stack)-1].text, t...)
			} else if len(bytes.TrimSpace(t)) > 0 {
				return "", errors.New("text outside of the document")
			}
		case xml.Directive:
			return "", errors.New("a directive, which the Scanner rejects")
		}
	}
}

// agree checks that the Scanner reads a document as encoding/xml does, whether it
// arrives at once or in small pieces, and rejects what encoding/xml rejects.
func agree(t *testing.T, body string) {
	t.Helper()
	want, wantErr := outlineByEncodingXML(body)
	for _, r := range []io.Reader{strings.NewReader(body), twoBytes{strings.NewReader(body)}} {
		got, err := outlineByScanner(r)
		switch {
		case errors.As(err, new(*LimitError)):
		case err == nil && wantErr != nil && strings.Contains(wantErr.Error(), "invalid XML name"): // see isNameStart
		case (err == nil) != (wantErr == nil):
			t.Fatalf("error %v, encoding/xml's %v, for\n%q", err, wantErr, body)
		case err == nil && got != want:
			t.Fatalf("got  %s\nwant %s\nof %q", got, want, body)
		}
	}
}

// randomDocument writes a document with all that XML allows, but for declarations.
func randomDocument(r *rand.Rand) string {
	var b strings.Builder
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	var element func(depth int)
	element = func(depth int) {
		name := pick("item", "a", "b-1", "p:c", "Dé", "_x.y")
		attributes := pick("", "", "", ` a="1 > 0"`, " q:a='&lt;&#65;'", ` xmlns:a="u"`, "\n a = \"x\r\ny\" b=''")
		if r.IntN(4) == 0 {
			b.WriteString("<" + name + attributes + pick("/>", " />", "></"+name+">"))
			return
		}
		b.WriteString("<" + name + attributes + pick(">", " >"))
		for range r.IntN(4) {
			b.WriteString(pick("", "plain text", " \t\n", "\r\n\r", "&lt;&#x1F600;&amp;", "日本語 ]]", "<![CDATA[<&]]>", "<!-- - x -->", "<?pi x?>", strings.Repeat("long ", 40)))
			if depth < 5 && r.IntN(2) == 0 {
				element(depth + 1)
			}
		}
		b.WriteString("</" + name + pick(">", " >"))
	}
	b.WriteString(pick("", "\ufeff", `<?xml version="1.0" encoding="UTF-8"?>`+"\n", "<!-- x --> "))
	element(0)
	b.WriteString(pick("", "\n", "<!-- x -->"))
	return b.String()
}

// TestAgreesWithEncodingXML reads random documents whole, cut off, and with one byte
// changed.
func TestAgreesWithEncodingXML(t *testing.T) {
	t.Parallel()
	for seed := range uint64(500) {
		r := rand.New(rand.NewPCG(seed, 3))
		body := randomDocument(r)
		if _, err := outlineByEncodingXML(body); err != nil {
			t.Fatalf("the generator wrote a malformed document: %v\n%q", err, body)
		}
		agree(t, body)
		agree(t, body[:r.IntN(len(body))])
		changed := []byte(body)
		changed[r.IntN(len(body))] = "<>&/;]!-'\"= aX\x00\xff"[r.IntN(16)]
		agree(t, string(changed))
	}
}

func FuzzScanner(f *testing.F) {
	for seed := range uint64(20) {
		f.Add(randomDocument(rand.New(rand.NewPCG(seed, 4))))
	}
	for _, odd := range []string{
		"", "<", "<a", "<a/>", "<a/><b/>", "<a><b></a></b>", "<?A\x80?><a/>", "<a><!-- -- --></a>", "<a>]]></a>", "<!DOCTYPE html><html/>",
		"<a b=1/>", "<a b/>", `<A :0="0"/>`, `<A :a="0" a:="1"/>`, "<:a/>", "<a:/>", "<:/>", "<a::b/>", "<?a:b:c?><a/>", "<ü:a:b/>", `<a ü:b:c=""/>`, "<a>&unknown;</a>", "<a>&#0;</a>", `<?xml version="1.1"?><a/>`, `<?xml version="1.0" encoding="latin1"?><a/>`,
	} {
		f.Add(odd)
	}
	f.Fuzz(agree)
}
