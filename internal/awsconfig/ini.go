package awsconfig

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
)

// section is a [header] with its keys. Sections with the same header are merged.
type section struct {
	header string
	file   string
	line   int
	keys   keys
}

// keys has a section's values by their keys in lower case.
type keys map[string]*entry

// entry is a value exactly as written, including the lines that continue it. The text of
// a nested block begins with a newline.
type entry struct {
	text string
	file string
	line int
}

const byteOrderMark = "\ufeff"

// parse returns a file's sections in order. It follows Python's
// RawConfigParser as botocore uses it: = or : follows a key, # or ; begins a comment line,
// indented lines continue a value, and every section inherits the keys of [DEFAULT].
//
// parse also accepts text that only one of botocore and the Go SDK rejects: repeated
// sections and keys (the last one counts), a byte-order mark, and headers and settings
// that are indented by mistake.
func parse(file string, data []byte) ([]*section, error) {
	sections, err := parseSections(file, data)
	return inheritDefaults(sections), err
}

// parseSections is parse without the keys that sections inherit.
func parseSections(file string, data []byte) ([]*section, error) {
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		return nil, &SyntaxError{file, 1, "found UTF-16 text, expected UTF-8: save the file as UTF-8"}
	}
	var (
		sections []*section
		byHeader = map[string]*section{}
		current  *section
		open     *entry          // the value that further lines may continue
		rest     strings.Builder // the lines that continue it
		lines    layout
	)
	finish := func() {
		if open != nil {
			open.text += rest.String()
		}
		rest.Reset()
	}
	for number, l := range linesOf(data) {
		line := string(data[l.start:l.end])
		kind, body := lines.next(line)
		switch kind {
		case lineBlank:
			rest.WriteByte('\n')
		case lineRest:
			rest.WriteString("\n" + body)
		case lineHeader:
			finish()
			header, ok := sectionHeader(body)
			if !ok {
				return nil, &SyntaxError{file, number, `found "[" without a name and "]", expected a section such as [profile NAME]`}
			}
			current, open = byHeader[header], nil
			if current == nil {
				current = &section{header: header, file: file, line: number, keys: keys{}}
				byHeader[header] = current
				sections = append(sections, current)
			}
		case lineKey:
			finish()
			if current == nil {
				return nil, &SyntaxError{file, number, "found text before the first section, expected [default] or [profile NAME]"}
			}
			key, value, ok := cutKey(body)
			if !ok {
				return nil, &SyntaxError{file, number, "found a line that is not a section, key = value or comment, expected key = value"}
			}
			open = &entry{text: value, file: file, line: number}
			current.keys[key] = open
		}
	}
	finish()
	return sections, nil
}

// cutKey splits a line at the first = or :.
func cutKey(body string) (key, value string, ok bool) {
	i := strings.IndexAny(body, "=:")
	if i <= 0 {
		return "", "", false
	}
	return strings.ToLower(strings.TrimSpace(body[:i])), strings.TrimSpace(body[i+1:]), true
}

// sectionHeader returns the text between the brackets of a line. A comment may follow.
func sectionHeader(body string) (string, bool) {
	end := strings.LastIndexByte(body, ']')
	for i := range len(body) {
		if rest := strings.TrimSpace(body[i+1:]); body[i] == ']' && (rest == "" || rest[0] == '#' || rest[0] == ';') {
			end = i
			break
		}
	}
	if end < 0 {
		return "", false
	}
	header := strings.TrimSpace(body[1:end])
	return header, header != ""
}

// inheritDefaults removes [DEFAULT] and adds its keys to all other sections.
func inheritDefaults(sections []*section) []*section {
	var others []*section
	var defaults keys
	for _, s := range sections {
		if s.header == "DEFAULT" {
			defaults = s.keys
		} else {
			others = append(others, s)
		}
	}
	for _, s := range others {
		for key, e := range defaults {
			if _, ok := s.keys[key]; !ok {
				s.keys[key] = e
			}
		}
	}
	return others
}

// sectionName returns NAME from a header such as "profile NAME"; NAME may be quoted as in
// a shell. As in botocore, the first word need only begin with the prefix. As in the Go
// SDK, NAME may have spaces and apostrophes without quotes; botocore ignores such headers.
func sectionName(header, prefix string) (string, bool) {
	if !strings.HasPrefix(header, prefix) {
		return "", false
	}
	words, ok := shellWords(header)
	if ok && len(words) == 2 {
		return words[1], words[1] != ""
	}
	name := strings.TrimSpace(header[len(prefix):])
	return name, name != "" && unicode.IsSpace(rune(header[len(prefix)]))
}

// shellWords splits a text as Python's shlex.split does; ok is false if a quote is open.
func shellWords(s string) (words []string, ok bool) {
	var word strings.Builder
	inWord := false
	var quote rune
	escaped := false
	for _, r := range s {
		switch {
		case escaped:
			if quote == '"' && r != '"' && r != '\\' {
				word.WriteRune('\\')
			}
			word.WriteRune(r)
			escaped = false
		case r == '\\' && quote != '\'':
			escaped, inWord = true, true
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '\'' || r == '"':
			quote, inWord = r, true
		case r == ' ' || r == '\t':
			if inWord {
				words = append(words, word.String())
				word.Reset()
				inWord = false
			}
		default:
			word.WriteRune(r)
			inWord = true
		}
	}
	if inWord {
		words = append(words, word.String())
	}
	return words, quote == 0 && !escaped
}

// verbatim returns a value exactly as written.
func (k keys) verbatim(key string) string {
	if e := k[key]; e != nil {
		return strings.TrimSpace(e.text)
	}
	return ""
}

// unquoted returns a value without quotes around it. The Go SDK removes the quotes,
// botocore keeps them. It is for secrets and paths: AWS's secrets have no quotes, but
// both may contain " #".
func (k keys) unquoted(key string) string {
	return unquote(k.verbatim(key))
}

// word returns a value without quotes and without a comment after it. The Go SDK removes
// the comment, botocore keeps it. It is for values that cannot contain " #", such as
// regions and ARNs, so that a value with a comment works as in the SDK.
func (k keys) word(key string) string {
	text := k.verbatim(key)
	for i := 1; i < len(text); i++ {
		if (text[i] == '#' || text[i] == ';') && (text[i-1] == ' ' || text[i-1] == '\t') {
			text = strings.TrimSpace(text[:i])
			break
		}
	}
	return unquote(text)
}

// region returns the name of a region. It returns "" for the words that programs write if
// there is no region, so that AWS_REGION counts.
func (k keys) region(key string) string {
	name := k.word(key)
	switch strings.ToLower(name) {
	case "none", "null", "undefined":
		return ""
	}
	return name
}

// name returns a value that names another section. A name may contain quotes and " #", so
// that the value exactly as written counts first, if there is such a section.
func (k keys) name(key string, sections map[string]*section) string {
	for _, name := range []string{k.verbatim(key), k.unquoted(key)} {
		if sections[name] != nil {
			return name
		}
	}
	return k.word(key)
}

func unquote(s string) string {
	if n := len(s); n >= 2 && (s[0] == '"' || s[0] == '\'') && s[n-1] == s[0] {
		return s[1 : n-1]
	}
	return s
}

// nested returns the keys of a nested block: indented lines below a key without a value.
func (e *entry) nested() keys {
	block := keys{}
	if strings.HasPrefix(e.text, "\n") {
		for line := range strings.SplitSeq(e.text, "\n") {
			if key, value, ok := strings.Cut(line, "="); ok {
				block[strings.ToLower(strings.TrimSpace(key))] = &entry{text: value}
			}
		}
	}
	return block
}

// SyntaxError means that a file cannot be parsed. Msg contains nothing of the line, which
// may be a secret.
type SyntaxError struct {
	File string
	Line int // from 1; 0 for the whole file
	Msg  string
}

// UsageError marks a mistake in the config file: exit code 2.
func (*SyntaxError) UsageError() {}

func (e *SyntaxError) Error() string {
	if e.Line == 0 {
		return oneLine(e.File) + ": " + e.Msg
	}
	return fmt.Sprintf("%s:%d: %s", oneLine(e.File), e.Line, e.Msg)
}
