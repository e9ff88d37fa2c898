package botocache

import (
	"bytes"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// hash returns the SHA-1 of a text as hexadecimal digits.
func hash(text []byte) string {
	sum := sha1.Sum(text)
	return hex.EncodeToString(sum[:])
}

// pythonHash returns the hash of a value in the encoding of Python's json.dumps with
// sorted keys. botocore names files by it, with separators that differ by cache.
func pythonHash(value any, comma, colon string) string {
	return hash(pythonJSON(nil, value, comma, colon))
}

func pythonJSON(out []byte, value any, comma, colon string) []byte {
	switch value := value.(type) {
	case string:
		return pythonString(out, value)
	case int:
		return strconv.AppendInt(out, int64(value), 10)
	case []string:
		if value == nil {
			return append(out, "null"...)
		}
		out = append(out, '[')
		for i, item := range value {
			if i > 0 {
				out = append(out, comma...)
			}
			out = pythonString(out, item)
		}
		return append(out, ']')
	case map[string]any:
		out = append(out, '{')
		for i, key := range slices.Sorted(maps.Keys(value)) {
			if i > 0 {
				out = append(out, comma...)
			}
			out = append(pythonString(out, key), colon...)
			out = pythonJSON(out, value[key], comma, colon)
		}
		return append(out, '}')
	}
	return append(out, "null"...)
}

// pythonString quotes a string as json.dumps does, with all but ASCII escaped.
func pythonString(out []byte, s string) []byte {
	var quoted bytes.Buffer
	encoder := json.NewEncoder(&quoted)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(s); err != nil { // a string always encodes
		return out
	}
	for _, c := range string(bytes.TrimSuffix(quoted.Bytes(), []byte("\n"))) {
		switch {
		case c < 0x80:
			out = append(out, byte(c))
		case c > 0xffff:
			c -= 0x10000
			out = fmt.Appendf(out, `\u%04x\u%04x`, 0xd800+c>>10, 0xdc00+c&0x3ff)
		default:
			out = fmt.Appendf(out, `\u%04x`, c)
		}
	}
	return out
}
