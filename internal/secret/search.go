package secret

import (
	"encoding/hex"
	"html"
	"strconv"
	"strings"
)

// maxDepth is the number of nested encodings that are decoded.
const maxDepth = 3

// view is a text, or its decoded form. Byte i of a decoded view stands for the bytes
// from[i] to to[i] of the original text; both are nil for the original itself.
type view struct {
	text     string
	from, to []int32
}

// span returns the range of the original text for the bytes from i to j.
func (v view) span(i, j int) (from, to int) {
	if v.from == nil {
		return i, j
	}
	return int(v.from[i]), int(v.to[j-1])
}

// search is the search for secrets in one text.
type search struct {
	*Set
	secret []bool // by byte of the text: it is part of a secret
	any    bool
}

// search marks the secrets in a view and in its decoded forms.
func (f *search) search(v view, depth int) {
	f.findParts(v)
	f.findWords(v)
	if depth == 0 {
		return
	}
	if plain, ok := unescape(v); ok {
		f.search(plain, depth-1)
	}
	f.searchBase64(v, depth-1)
}

// mark marks the bytes from i to j of a view as a secret.
func (f *search) mark(v view, i, j int) {
	f.any = true
	from, to := v.span(i, j)
	for k := from; k < to; k++ {
		f.secret[k] = true
	}
}

// findParts marks long secrets and their parts.
func (f *search) findParts(v view) {
	if len(f.long) == 0 {
		return
	}
	for i := 0; i+blockSize <= len(v.text); i++ {
		block := blockAt(v.text, i)
		if word, bit := f.filterBit(block); *word&bit == 0 {
			continue
		}
		n, ok := f.first[block]
		for ; ok && n >= 0; n = f.places[n].next {
			p := f.places[n]
			secret := f.long[p.secret]
			a, b := i, i+blockSize
			at, end := int(p.at), int(p.at)+blockSize
			for a > 0 && at > 0 && v.text[a-1] == secret[at-1] {
				a, at = a-1, at-1
			}
			for b < len(v.text) && end < len(secret) && v.text[b] == secret[end] {
				b, end = b+1, end+1
			}
			if b-a >= minPart {
				f.mark(v, a, b)
			}
		}
	}
}

// findWords marks short secrets that are whole words.
func (f *search) findWords(v view) {
	for _, word := range f.words {
		for i := 0; ; {
			n := strings.Index(v.text[i:], word)
			if n < 0 {
				break
			}
			i += n
			if (i == 0 || !wordByte(v.text[i-1])) && (i+len(word) == len(v.text) || !wordByte(v.text[i+len(word)])) {
				f.mark(v, i, i+len(word))
			}
			i++
		}
	}
}

func wordByte(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// searchBase64 searches every run of base64's alphabets, including that of URLs. A group
// of four characters may begin at each of the first four positions.
func (f *search) searchBase64(v view, depth int) {
	shortest := (minPart*8 + 5) / 6
	for _, word := range f.words {
		shortest = min(shortest, (len(word)*8+5)/6)
	}
	for i := 0; i < len(v.text); i++ {
		start := i
		for i < len(v.text) && sixBits[v.text[i]] != noBits {
			i++
		}
		for skip := 0; skip < 4 && i-start-skip >= shortest; skip++ {
			f.search(decode(v, start+skip, i), depth)
		}
	}
}

// noBits is the value of a character that is not in the alphabets.
const noBits = 0xff

// sixBits is the value of each character of base64.
var sixBits = func() (table [256]byte) {
	for i := range table {
		table[i] = noBits
	}
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	for i := range len(alphabet) {
		table[alphabet[i]] = byte(i)
	}
	table['-'], table['_'] = table['+'], table['/']
	return table
}()

// decode decodes base64 from i to j. The padding belongs to the last byte.
func decode(v view, i, j int) view {
	size := (j - i) * 6 / 8
	text := make([]byte, 0, size)
	d := view{from: make([]int32, 0, size), to: make([]int32, 0, size)}
	for bits, have, k := uint32(0), 0, i; k < j; k++ {
		bits, have = bits<<6|uint32(sixBits[v.text[k]]), have+6
		if have < 8 {
			continue
		}
		have -= 8
		from, to := v.span(k-1, k+1)
		text = append(text, byte(bits>>have))
		d.from, d.to = append(d.from, int32(from)), append(d.to, int32(to))
	}
	if last := len(d.to) - 1; last >= 0 {
		for end := j; end < len(v.text) && v.text[end] == '=' && end < j+2; end++ {
			_, to := v.span(end, end+1)
			d.to[last] = int32(to)
		}
	}
	d.text = string(text)
	return d
}

// unescape decodes one layer of the escapes of URLs, JSON, Go and XML; found is false if
// there is no escape.
func unescape(v view) (decoded view, found bool) {
	if !strings.ContainsAny(v.text, `%\&`) {
		return view{}, false
	}
	text := make([]byte, 0, len(v.text))
	d := view{from: make([]int32, 0, len(v.text)), to: make([]int32, 0, len(v.text))}
	for i := 0; i < len(v.text); {
		char, size := escaped(v.text[i:])
		if size > 0 {
			found = true
		} else {
			char, size = v.text[i:i+1], 1
		}
		from, to := v.span(i, i+size)
		for k := range len(char) {
			text = append(text, char[k])
			d.from, d.to = append(d.from, int32(from)), append(d.to, int32(to))
		}
		i += size
	}
	d.text = string(text)
	return d, found
}

// maxEntity is the length of the longest entity, such as &#x0000002b;.
const maxEntity = 12

// escaped returns the character of an escape at the beginning of the text, and the
// escape's length; 0 if there is none.
func escaped(text string) (char string, size int) {
	number := func(from, digits int) (string, int) {
		if len(text) < from+digits {
			return "", 0
		}
		n, err := strconv.ParseUint(text[from:from+digits], 16, 32)
		if err != nil {
			return "", 0
		}
		return string(rune(n)), from + digits
	}
	switch text[0] {
	case '%':
		if len(text) < 3 {
			return "", 0
		}
		raw, err := hex.DecodeString(text[1:3])
		if err != nil {
			return "", 0
		}
		return string(raw), 3
	case '\\':
		if len(text) < 2 {
			return "", 0
		}
		switch text[1] {
		case 'u':
			return number(2, 4)
		case 'x':
			return number(2, 2)
		case '"', '\'', '/', '\\':
			return text[1:2], 2
		}
	case '&':
		end := strings.IndexByte(text[:min(len(text), maxEntity)], ';')
		if end < 0 {
			return "", 0
		}
		if char = html.UnescapeString(text[:end+1]); char != text[:end+1] {
			return char, end + 1
		}
	}
	return "", 0
}
