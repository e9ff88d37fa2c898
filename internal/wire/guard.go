package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// smithy-go's decoders of JSON and CBOR call themselves for each member that the model
// does not have, and CBOR's for each level within one. A response of 10 MB can overflow
// the stack, which no program survives. So a guard in front of them bounds both counts.
const (
	maxNesting = 128
	maxMembers = 200_000 // of one object; no answer of AWS has as many
)

var (
	errNesting = fmt.Errorf("the response nests its values more than %d deep", maxNesting)
	errMembers = fmt.Errorf("an object of the response has more than %d members", maxMembers)
	errEnd     = errors.New("the response ends in the middle of a value")
)

// guard puts a guard in front of the body of a successful response.
func (c *Codec) guard(resp *http.Response) {
	if resp.StatusCode >= 300 || c.output == nil || c.stream != "" || c.rawPayload() {
		return
	}
	switch c.protocol.ID().Name {
	case "awsJson1_0", "awsJson1_1", "restJson1":
		resp.Body = &jsonGuard{ReadCloser: resp.Body}
	case "rpcv2Cbor":
		resp.Body = &cborGuard{ReadCloser: resp.Body}
	}
}

// jsonGuard counts the nesting and the members of a JSON text that is read through it.
type jsonGuard struct {
	io.ReadCloser
	open    []int // the number of members of each open object or list
	text    bool  // within quotes
	escaped bool
}

func (g *jsonGuard) Read(p []byte) (int, error) {
	n, err := g.ReadCloser.Read(p)
	for _, c := range p[:n] {
		switch {
		case g.escaped:
			g.escaped = false
		case g.text:
			g.escaped, g.text = c == '\\', c != '"'
		case c == '"':
			g.text = true
		case c == '{' || c == '[':
			first := 1
			if c == '[' {
				first = -1 << 62 // a list can have any number of items
			}
			if g.open = append(g.open, first); len(g.open) > maxNesting {
				return 0, errNesting
			}
		case (c == '}' || c == ']') && len(g.open) > 0:
			g.open = g.open[:len(g.open)-1]
		case c == ',' && len(g.open) > 0:
			top := &g.open[len(g.open)-1]
			if *top++; *top > maxMembers {
				return 0, errMembers
			}
		}
	}
	return n, err
}

// cborGuard reads a body as a whole, and checks it.
type cborGuard struct {
	io.ReadCloser
	rest    []byte
	checked bool
}

func (g *cborGuard) Read(p []byte) (int, error) {
	if !g.checked {
		g.checked = true
		body, err := io.ReadAll(g.ReadCloser)
		if err == nil && len(body) > 0 {
			err = checkCBOR(body)
		}
		if err != nil {
			return 0, err
		}
		g.rest = body
	}
	if len(g.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(p, g.rest)
	g.rest = g.rest[n:]
	return n, nil
}

// checkCBOR reads the heads of all values: see RFC 8949, section 3.
func checkCBOR(body []byte) error {
	const blob, text, list, object, tag = 2, 3, 4, 5, 6
	const unknown, end = 31, 0xff // a length that is not known, and the mark behind it
	type value struct {
		left   uint64 // the values within it that are to come
		object bool
		open   bool // left is not known
		read   uint64
	}
	open := []value{{left: 1}}
	for len(open) > 0 {
		top := &open[len(open)-1]
		if !top.open && top.left == 0 {
			open = open[:len(open)-1]
			continue
		}
		if len(body) == 0 {
			return errEnd
		}
		head := body[0]
		if head == end && top.open {
			body, open = body[1:], open[:len(open)-1]
			continue
		}
		argument, size := cborArgument(body)
		if len(body) < size {
			return errEnd
		}
		body = body[size:]
		top.left--
		if top.read++; top.object && top.read > 2*maxMembers {
			return errMembers
		}
		inner := value{left: argument, open: head&31 == unknown}
		switch major := head >> 5; {
		case major == list:
		case major == object:
			inner.left, inner.object = 2*argument, true
		case major == tag:
			inner.left, inner.open = 1, false
		case (major == blob || major == text) && inner.open:
		case major == blob || major == text:
			if argument > uint64(len(body)) {
				return errEnd
			}
			body = body[argument:]
			continue
		default:
			continue
		}
		if open = append(open, inner); len(open) > maxNesting {
			return errNesting
		}
	}
	return nil
}

// cborArgument returns the argument in the head of a value, and the size of the head. The
// argument is 0 if the body ends within the head.
func cborArgument(body []byte) (argument uint64, size int) {
	argument, size = uint64(body[0]&31), 1
	if argument < 24 || argument > 27 {
		return argument, size
	}
	size += 1 << (argument - 24)
	if len(body) < size {
		return 0, size
	}
	var wide [8]byte
	copy(wide[8-(size-1):], body[1:size])
	return binary.BigEndian.Uint64(wide[:]), size
}
