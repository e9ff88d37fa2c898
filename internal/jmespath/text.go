package jmespath

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf16"
)

// parseJSON parses JSON as Python does: keys keep their order, and whole numbers are exact.
func parseJSON(text string) (any, error) {
	switch strings.Trim(text, " \t\r\n") { // Python accepts these
	case "NaN":
		return math.NaN(), nil
	case "Infinity":
		return math.Inf(1), nil
	case "-Infinity":
		return math.Inf(-1), nil
	}
	if !json.Valid([]byte(text)) {
		return nil, errors.New("not JSON")
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	return decode(d)
}

func decode(d *json.Decoder) (any, error) {
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch t := t.(type) {
	case json.Number:
		if !strings.ContainsAny(t.String(), ".eE") {
			if len(strings.TrimPrefix(t.String(), "-")) > maxDigits {
				return nil, errors.New("a number with too many digits")
			}
			n, _ := new(big.Int).SetString(t.String(), 10)
			return normalize(n), nil
		}
		f, _ := strconv.ParseFloat(t.String(), 64) // too large a number becomes infinite
		return f, nil
	case json.Delim:
		if t == '[' {
			list := []any{}
			for d.More() {
				item, err := decode(d)
				if err != nil {
					return nil, err
				}
				list = append(list, item)
			}
			_, err = d.Token()
			return list, err
		}
		o := Object{}
		for d.More() {
			key, err := d.Token()
			if err != nil {
				return nil, err
			}
			value, err := decode(d)
			if err != nil {
				return nil, err
			}
			o = o.set(key.(string), value)
		}
		_, err = d.Token()
		return o, err
	}
	return t, nil
}

// formatJSON is to_string: json.dumps of Python, without spaces and in ASCII.
func formatJSON(b []byte, x any) ([]byte, error) {
	var err error
	switch x := x.(type) {
	case nil:
		return append(b, "null"...), nil
	case bool:
		return strconv.AppendBool(b, x), nil
	case string:
		return quoteASCII(b, x), nil
	case int:
		return strconv.AppendInt(b, int64(x), 10), nil
	case *big.Int:
		return x.Append(b, 10), nil
	case float64:
		return append(b, jsonFloat(x)...), nil
	case []any:
		b = append(b, '[')
		for i, item := range x {
			if i > 0 {
				b = append(b, ',')
			}
			if b, err = formatJSON(b, item); err != nil {
				return nil, err
			}
		}
		return append(b, ']'), nil
	case Object:
		b = append(b, '{')
		for i, m := range x {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(quoteASCII(b, m.Key), ':')
			if b, err = formatJSON(b, m.Value); err != nil {
				return nil, err
			}
		}
		return append(b, '}'), nil
	}
	return nil, errors.New("to_string cannot take an expression")
}

func jsonFloat(f float64) string {
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 0):
		return strings.Replace(FormatFloat(f), "inf", "Infinity", 1)
	}
	return FormatFloat(f)
}

var shortEscapes = map[rune]string{'"': `\"`, '\\': `\\`, '\n': `\n`, '\r': `\r`, '\t': `\t`, '\f': `\f`, '\b': `\b`}

func quoteASCII(b []byte, s string) []byte {
	b = append(b, '"')
	for _, r := range s {
		short, ok := shortEscapes[r]
		switch {
		case ok:
			b = append(b, short...)
		case ' ' <= r && r <= '~':
			b = append(b, byte(r))
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			b = fmt.Appendf(b, `\u%04x\u%04x`, high, low)
		default:
			b = fmt.Appendf(b, `\u%04x`, r)
		}
	}
	return append(b, '"')
}
