package xmlscan

import (
	"bytes"
	"errors"
	"io"
)

// The sizes of the buffer. Most documents are small, and many are read at once. A
// longer text or tag makes the buffer grow up to its limit.
const smallBuffer, largeBuffer = 4 << 10, 64 << 10

// errCut is the error of a document that ends too early.
var errCut = errors.New("the answer breaks off in the middle")

// errLongText is the error of a text or tag that is longer than the limit.
var errLongText = &LimitError{"a text that is longer than any"}

// buffer holds the part of the stream that is being scanned.
type buffer struct {
	r     io.Reader
	buf   []byte
	pos   int   // of the next byte in buf
	base  int64 // number of bytes before buf
	eof   bool
	large bool

	longest int // bytes of a text or tag
}

func (b *buffer) reset(r io.Reader) {
	if cap(b.buf) != smallBuffer {
		b.buf = make([]byte, 0, smallBuffer)
	}
	*b = buffer{r: r, buf: b.buf[:0], longest: maxText}
}

// ExpectLarge makes the scanner read the rest of the document in larger pieces.
func (b *buffer) ExpectLarge() { b.large = true }

// AllowText raises the limit for a text or tag of this document, in bytes.
func (b *buffer) AllowText(limit int) { b.longest = limit }

// position returns the number of bytes of the document that have been scanned.
func (b *buffer) position() int64 { return b.base + int64(b.pos) }

// fill reads more of the stream. It drops the bytes before pos.
func (b *buffer) fill() error {
	if b.eof {
		return errCut
	}
	size := cap(b.buf)
	full := b.pos == 0 && len(b.buf) == size
	switch {
	case b.large && size < largeBuffer:
		size = largeBuffer
	case full && size >= b.longest:
		return errLongText
	case full:
		size *= 2
	}
	rest := b.buf[b.pos:]
	if size > cap(b.buf) {
		b.buf = make([]byte, len(rest), size)
	}
	b.buf = b.buf[:copy(b.buf[:len(rest)], rest)]
	b.base, b.pos = b.base+int64(b.pos), 0
	n, err := b.r.Read(b.buf[len(b.buf):size])
	b.buf = b.buf[:len(b.buf)+n]
	switch {
	case n > 0:
		return nil
	case errors.Is(err, io.EOF):
		b.eof = true
		return errCut
	}
	return err
}

// upTo returns the bytes before mark and moves behind it.
func (b *buffer) upTo(mark string) ([]byte, error) {
	from := 0
	for {
		rest := b.buf[b.pos:]
		if i := bytes.Index(rest[from:], []byte(mark)); i >= 0 {
			b.pos += from + i + len(mark)
			return rest[:from+i], nil
		}
		from = max(0, len(rest)-len(mark)+1)
		if err := b.fill(); err != nil {
			return nil, err
		}
	}
}

// tagBody returns the bytes up to the > that ends the tag, and moves behind it. A >
// within quotes does not end the tag.
func (b *buffer) tagBody() ([]byte, error) {
	for from := 0; ; {
		rest := b.buf[b.pos:]
		i := bytes.IndexByte(rest[from:], '>')
		if i < 0 {
			from = len(rest)
			if err := b.fill(); err != nil {
				return nil, err
			}
			continue
		}
		body := rest[:from+i]
		if from = len(body) + 1; endsInQuotes(body) {
			continue
		}
		b.pos += len(body) + 1
		return body, nil
	}
}

// need makes n bytes available.
func (b *buffer) need(n int) error {
	for len(b.buf)-b.pos < n {
		if err := b.fill(); err != nil {
			return err
		}
	}
	return nil
}
