package jmespath

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// generator generates documents, and expressions that are likely to fit them.
type generator struct{ *rand.Rand }

func (g generator) pick(from ...string) string { return from[g.IntN(len(from))] }

func (g generator) key() string {
	if g.IntN(8) == 0 {
		return g.pick("c", "Tags", "App-Name", "true", "null", "ü")
	}
	return g.pick("a", "b")
}

func (g generator) scalar() string {
	return g.pick("null", "true", "false", "0", "1", "-1", "2", "1.0", "1.5", "0.1", "1e20", "-0.0", "9007199254740993", "123456789012345678901", "1e400",
		`""`, `"a"`, `"b"`, `"x"`, `"é<>&"`, `"𝒳y"`, `"12"`, `" 7 "`, `"1_0"`, `"1.5"`, `"0x10"`, `"nan"`, `"-inf"`, `"+3"`, `"٣"`, `"1e3"`, `"\u007f\n\""`)
}

func (g generator) document(depth int) string {
	if depth <= 0 || g.IntN(8) == 0 {
		return g.scalar()
	}
	var parts []string
	switch g.IntN(5) {
	case 0: // items of one kind, for sort
		kind := g.pick("1 2 3 2 1.0", `"b" "a" "é" "Z"`, "[1] [] [[2]]", `{"a":2,"b":1} {"a":1} {"a":1,"b":2}`, `{"Name":"x","a":[1,2]} {"Name":"w","a":null}`)
		items := strings.Fields(kind)
		for range g.IntN(6) {
			parts = append(parts, items[g.IntN(len(items))])
		}
		return "[" + strings.Join(parts, ",") + "]"
	case 1:
		for range g.IntN(4) {
			parts = append(parts, g.document(depth-1))
		}
		return "[" + strings.Join(parts, ",") + "]"
	}
	for range 1 + g.IntN(5) {
		parts = append(parts, fmt.Sprintf("%q:%s", g.key(), g.document(depth-1)))
	}
	return "{" + strings.Join(parts, ",") + "}"
}

func (g generator) name() string {
	key := g.key()
	if strings.ContainsAny(key, "-ü") {
		return `"` + key + `"`
	}
	return key
}

func (g generator) number() string {
	return g.pick("0", "1", "2", "-1", "-2", "10", "-10", "01", "99999999999999999999", "-99999999999999999999")
}

func (g generator) literal() string {
	switch g.IntN(4) {
	case 0:
		return "'" + g.pick("a", "b", "x", `it\'s`, `\\`, `a\nb`, "é", "") + "'"
	case 1:
		return "`" + g.pick("foo", " foo", `"a"`, "NaN", "", `a\"b`, "\\`", "-", "01", " 1 ", `{"b":1,"a":2,"b":3}`) + "`"
	case 2:
		return "`" + strings.ReplaceAll(g.document(2), "`", "\\`") + "`"
	}
	return "`" + g.scalar() + "`"
}

func (g generator) call(depth int) string {
	function := Functions()[g.IntN(len(signatures))]
	s := signatures[function]
	var args []string
	for _, wanted := range s.arguments {
		if wanted == expression {
			args = append(args, "&"+g.expression(depth-1))
		} else {
			args = append(args, g.expression(depth-1))
		}
	}
	for s.variadic && g.IntN(2) == 0 {
		args = append(args, g.expression(depth-1))
	}
	if g.IntN(30) == 0 {
		args = append(args, g.name())
	}
	return function + "(" + strings.Join(args, g.pick(",", ", ", ", ", ", ", " ")) + ")"
}

func (g generator) prefix(depth int) string {
	if depth <= 0 {
		return g.pick("@", g.name(), g.name(), g.literal())
	}
	switch g.IntN(16) {
	case 0:
		return "@"
	case 1:
		return "[" + g.expression(depth-1) + "," + g.expression(depth-1) + "]"
	case 2:
		return fmt.Sprintf("{%s:%s,%s: %s}", g.name(), g.expression(depth-1), g.name(), g.expression(depth-1))
	case 3:
		return "!" + g.prefix(depth-1)
	case 4:
		return "(" + g.expression(depth-1) + ")"
	case 5, 6, 7:
		return g.call(depth)
	case 8, 9:
		return g.literal()
	case 10:
		return g.pick("*", "[*]", "[]") + g.suffix(depth-1)
	case 11:
		return "[" + g.number() + "]"
	case 12:
		return "[?" + g.expression(depth-1) + "]"
	}
	return g.name()
}

func (g generator) suffix(depth int) string {
	if depth <= 0 {
		return ""
	}
	switch g.IntN(16) {
	case 0, 1, 2:
		return "." + g.name() + g.suffix(depth-1)
	case 3:
		return "[]" + g.suffix(depth-1)
	case 4:
		return "[*]" + g.suffix(depth-1)
	case 5:
		return ".*" + g.suffix(depth-1)
	case 6:
		return "[?" + g.expression(depth-1) + "]" + g.suffix(depth-1)
	case 7:
		return "[" + g.number() + "]" + g.suffix(depth-1)
	case 8:
		return "[" + g.pick("", g.number()) + ":" + g.pick("", g.number()) + g.pick("", ":", ":"+g.number()) + "]" + g.suffix(depth-1)
	case 9:
		return " | " + g.expression(depth-1)
	case 10:
		return g.pick(" || ", " && ") + g.expression(depth-1)
	case 11, 12:
		return g.pick(" == ", "!=", " < ", "<=", ">", ">=") + g.expression(depth-1)
	case 13:
		return ".[" + g.expression(depth-1) + "]" + g.suffix(depth-1)
	case 14:
		return ".{x: " + g.expression(depth-1) + "}" + g.suffix(depth-1)
	}
	return ""
}

// expression is usually valid.
func (g generator) expression(depth int) string {
	text := g.prefix(depth) + g.suffix(depth)
	if g.IntN(60) == 0 && text != "" {
		at := g.IntN(len(text) + 1)
		text = text[:at] + g.pick("-", "=", " ", "'", "`", `"`, `\`, "(", ")", "[", "]", "{", "}", ",", ":", "&", "|", "*", "!", "1", "$", "é", "?", "+") + text[at:]
	}
	return strings.ToValidUTF8(text, "")
}
