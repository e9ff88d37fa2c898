package expr

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"muster/internal/names"
	"muster/internal/safe"
)

// Styled is text with a color or a link. The text is safe for a terminal and has no
// escape sequences: they are added last, so that no name can contain one and tables can
// measure the text.
type Styled struct {
	Text string

	sgr  string // parameters of the escape sequence, such as "1;32"
	link string // URL in ASCII without blanks
}

// String returns the text with its escape sequences.
func (s Styled) String() string {
	text := s.Text
	if text == "" {
		return ""
	}
	if s.sgr != "" {
		text = "\x1b[" + s.sgr + "m" + text + "\x1b[0m"
	}
	if s.link != "" {
		text = "\x1b]8;;" + s.link + "\x1b\\" + text + "\x1b]8;;\x1b\\"
	}
	return text
}

func (e *templateEnv) styled(v any) Styled {
	if s, ok := v.(Styled); ok {
		return s
	}
	return Styled{Text: safe.Text(e.plain(v))}
}

// paint colors a value if wanted.
func (e *templateEnv) paint(style string, v any, wanted bool) (Styled, error) {
	sgr, err := parseStyle(style)
	s := e.styled(v)
	if wanted {
		s.sgr = sgr
	}
	return s, err
}

// hyperlink returns text as a link. An empty text becomes the URL.
func (e *templateEnv) hyperlink(url, text any) Styled {
	s := e.styled(text)
	if s.Text == "" {
		s.Text = safe.Text(e.text(url))
	}
	if e.Links {
		s.link = ""
		for _, c := range []byte(e.text(url)) {
			if c <= ' ' || c >= 0x7f {
				s.link += fmt.Sprintf("%%%02X", c)
			} else {
				s.link += string(c)
			}
		}
	}
	return s
}

var styleColors = map[string]int{
	"black": 0, "red": 1, "green": 2, "yellow": 3, "blue": 4, "magenta": 5, "cyan": 6, "white": 7, "default": 9, "gray": 60,
}

var styleAttributes = map[rune]string{'b': "1", 'd': "2", 'u': "4", 'B': "5", 'i': "7", 's': "9"}

func checkStyle(style string) error { _, err := parseStyle(style); return err }

// parseStyle parses a style in gh's syntax (github.com/mgutz/ansi): COLOR+ATTRIBUTES:BACKGROUND,
// such as green, red+bh, white+b:blue, 208.
func parseStyle(style string) (sgr string, err error) {
	if style == "" || style == "reset" || style == "off" {
		return "", nil
	}
	foreground, background, _ := strings.Cut(style, ":")
	var codes []string
	for i, part := range []string{foreground, background} {
		name, attributes, _ := strings.Cut(part, "+")
		base := 30 + 10*i
		for _, a := range attributes {
			switch code := styleAttributes[a]; {
			case a == 'h':
				base += 60
			case i == 0 && code != "":
				codes = append(codes, code)
			default:
				return "", fmt.Errorf("%q is not an attribute of a color; the attributes are b, d, u, i, s, B and h", string(a))
			}
		}
		number, err := strconv.Atoi(name)
		code, known := styleColors[name]
		switch {
		case name == "":
		case known && code >= 60: // already bright
			codes = append(codes, strconv.Itoa(30+10*i+code))
		case known:
			codes = append(codes, strconv.Itoa(base+code))
		case err == nil && 0 <= number && number <= 255:
			codes = append(codes, fmt.Sprintf("%d;5;%d", 38+10*i, number))
		default:
			colors := slices.Sorted(maps.Keys(styleColors))
			if suggestion := names.Suggest(name, colors); suggestion != "" {
				return "", fmt.Errorf("%q is not a color; %s", name, suggestion)
			}
			return "", fmt.Errorf("%q is not a color; the colors are %s, and 0 to 255", name, strings.Join(colors, ", "))
		}
	}
	return strings.Join(codes, ";"), nil
}
