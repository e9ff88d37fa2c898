package awssim

import "unicode/utf8"

// xmlWriter appends XML to a buffer, indented like AWS's answers. encoding/xml would take most of a benchmark's time.
type xmlWriter struct {
	buf   []byte
	depth int
}

const (
	namespaceSTS = "https://sts.amazonaws.com/doc/2011-06-15/"
	namespaceEC2 = "http://ec2.amazonaws.com/doc/2016-11-15/"
)

func newXML() *xmlWriter { return new(xmlWriter).begin() }

// begin clears the buffer and starts a document.
func (x *xmlWriter) begin() *xmlWriter {
	x.depth = 0
	x.buf = append(x.buf[:0], `<?xml version="1.0" encoding="UTF-8"?>`+"\n"...)
	return x
}

const spaces = "                                                                "

func (x *xmlWriter) indent() { x.buf = append(x.buf, spaces[:min(4*x.depth, len(spaces))]...) }

// open begins an element, with a name and a value of an attribute if they are given.
func (x *xmlWriter) open(name string, attribute ...string) *xmlWriter {
	x.indent()
	x.buf = append(append(x.buf, '<'), name...)
	if len(attribute) == 2 {
		x.buf = append(append(append(append(append(x.buf, ' '), attribute[0]...), `="`...), attribute[1]...), '"')
	}
	x.buf = append(x.buf, ">\n"...)
	x.depth++
	return x
}

func (x *xmlWriter) close(name string) *xmlWriter {
	x.depth--
	x.indent()
	x.buf = append(append(append(x.buf, "</"...), name...), ">\n"...)
	return x
}

// elem writes an element that holds text. Without text it writes <name/>, as AWS does.
func (x *xmlWriter) elem(name, value string) *xmlWriter {
	x.indent()
	if value == "" {
		x.buf = append(append(append(x.buf, '<'), name...), "/>\n"...)
		return x
	}
	x.buf = append(append(append(x.buf, '<'), name...), '>')
	x.text(value)
	x.buf = append(append(append(x.buf, "</"...), name...), ">\n"...)
	return x
}

// opt writes an element unless its text is empty.
func (x *xmlWriter) opt(name, value string) *xmlWriter {
	if value == "" {
		return x
	}
	return x.elem(name, value)
}

// raw appends XML without escaping it.
func (x *xmlWriter) raw(s string) *xmlWriter {
	x.buf = append(x.buf, s...)
	return x
}

func (x *xmlWriter) text(s string) {
	from := 0
	for i := range len(s) {
		var entity string
		switch s[i] {
		case '&':
			entity = "&amp;"
		case '<':
			entity = "&lt;"
		case '>':
			entity = "&gt;"
		case '"':
			entity = "&quot;"
		case '\'':
			entity = "&apos;"
		case '\r':
			entity = "&#xD;"
		case '\n':
			entity = "&#xA;"
		case '\t':
			entity = "&#x9;"
		default:
			continue
		}
		x.buf = append(append(x.buf, s[from:i]...), entity...)
		from = i + 1
	}
	x.buf = append(x.buf, s[from:]...)
}

// notXML reports whether a character cannot occur in XML 1.0, even escaped.
func notXML(c rune) bool {
	return c < 0x20 && c != '\t' && c != '\n' && c != '\r' || c == utf8.RuneError || c == 0xfffe || c == 0xffff
}

func flatten(m map[string]string) []string {
	var list []string
	for k, v := range m {
		list = append(list, k, v)
	}
	return list
}
