package awssim

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"time"
)

const (
	contentCBOR      = "application/cbor"
	protocolNameCBOR = "rpc-v2-cbor" // in the header Smithy-Protocol
)

// The major types of CBOR (RFC 8949).
const (
	cborUnsigned = iota
	cborNegative
	cborBytes
	cborText
	cborArray
	cborMap
	cborTag
	cborSimple
)

// appendCBOR appends a value as CBOR. Times have the tag 1 and are seconds since 1970.
func appendCBOR(b []byte, v any) []byte {
	switch v := v.(type) {
	case object:
		b = cborHead(b, cborMap, uint64(len(v)))
		for _, m := range v {
			b = appendCBOR(appendCBOR(b, m.name), m.value)
		}
		return b
	case sequence:
		b = cborHead(b, cborArray, uint64(len(v.values)))
		for _, item := range v.values {
			b = appendCBOR(b, item)
		}
		return b
	case string:
		return append(cborHead(b, cborText, uint64(len(v))), v...)
	case int:
		if v < 0 {
			return cborHead(b, cborNegative, uint64(-1-v))
		}
		return cborHead(b, cborUnsigned, uint64(v))
	case float64:
		return binary.BigEndian.AppendUint64(append(b, cborSimple<<5|27), math.Float64bits(v))
	case bool:
		if v {
			return append(b, cborSimple<<5|21)
		}
		return append(b, cborSimple<<5|20)
	case time.Time:
		return appendCBOR(cborHead(b, cborTag, 1), float64(v.Unix()))
	}
	panic(fmt.Sprintf("no CBOR for %T", v)) // only this package's own values come here
}

func cborHead(b []byte, major byte, n uint64) []byte {
	major <<= 5
	switch {
	case n < 24:
		return append(b, major|byte(n))
	case n <= math.MaxUint8:
		return append(b, major|24, byte(n))
	case n <= math.MaxUint16:
		return binary.BigEndian.AppendUint16(append(b, major|25), uint16(n))
	case n <= math.MaxUint32:
		return binary.BigEndian.AppendUint32(append(b, major|26), uint32(n))
	}
	return binary.BigEndian.AppendUint64(append(b, major|27), n)
}

var (
	errCBOR      = errors.New("the body is not CBOR")
	errCBORBreak = errors.New("the end of a CBOR list or map") // of indefinite length
)

// readCBOR reads a value: a string, an int, a bool, nil, a []any or a map[string]any, the types in the input of the
// operations here. It returns the rest of the data.
func readCBOR(data []byte) (any, []byte, error) {
	if len(data) == 0 {
		return nil, nil, errCBOR
	}
	major, info := data[0]>>5, data[0]&31
	n := uint64(info)
	data = data[1:]
	size := 0
	if info >= 24 && info < 28 {
		size = 1 << (info - 24)
	}
	if len(data) < size || info >= 28 && info < 31 {
		return nil, nil, errCBOR
	}
	if size > 0 {
		var wide [8]byte
		copy(wide[8-size:], data[:size])
		n, data = binary.BigEndian.Uint64(wide[:]), data[size:]
	}
	open := info == 31 // of indefinite length
	switch {
	case major == cborUnsigned && !open && n <= math.MaxInt32:
		return int(n), data, nil
	case major == cborNegative && !open && n < math.MaxInt32:
		return -1 - int(n), data, nil
	case major == cborText && !open && n <= uint64(len(data)):
		return string(data[:n]), data[n:], nil
	case major == cborArray:
		return readCBORArray(data, n, open)
	case major == cborMap:
		return readCBORMap(data, n, open)
	case major == cborSimple && open:
		return nil, data, errCBORBreak
	case major == cborSimple && (n == 20 || n == 21) && size == 0:
		return n == 21, data, nil
	case major == cborSimple && n == 22 && size == 0:
		return nil, data, nil
	}
	return nil, nil, errCBOR
}

func readCBORArray(data []byte, n uint64, open bool) (any, []byte, error) {
	items := []any{}
	for ; open || n > 0; n-- {
		item, rest, err := readCBOR(data)
		if open && err == errCBORBreak {
			return items, rest, nil
		}
		if err != nil {
			return nil, nil, errCBOR
		}
		items, data = append(items, item), rest
	}
	return items, data, nil
}

func readCBORMap(data []byte, n uint64, open bool) (any, []byte, error) {
	m := map[string]any{}
	for ; open || n > 0; n-- {
		key, rest, err := readCBOR(data)
		if open && err == errCBORBreak {
			return m, rest, nil
		}
		name, ok := key.(string)
		if err != nil || !ok {
			return nil, nil, errCBOR
		}
		if m[name], data, err = readCBOR(rest); err != nil {
			return nil, nil, errCBOR
		}
	}
	return m, data, nil
}
