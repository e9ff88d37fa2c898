package snapshot

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strconv"

	"github.com/klauspost/compress/zstd"

	"muster/internal/disk"
)

// The file has a zstd frame with the records, a skippable frame with the compressed ledger,
// and a skippable frame with Meta as JSON and a trailer behind it. The trailer is at the end
// of the file: the length of the JSON, its CRC, and magic.
const (
	skippable   = 0x184D2A50 // the magic number of zstd's skippable frames
	frameHeader = 8
	magic       = "muster\x00\x01"
	trailerSize = 4 + 4 + len(magic)
	maxMeta     = 1 << 20
)

// Writer writes a snapshot. Either Commit or Discard ends it.
type Writer struct {
	file    *disk.File
	folder  string
	size    int64
	records *zstd.Encoder
}

// create starts a snapshot in a folder.
func create(ctx context.Context, folder string) (*Writer, error) {
	file, err := disk.Create(ctx, filepath.Join(folder, "new"), true)
	if err != nil {
		return nil, err
	}
	w := &Writer{file: file, folder: folder}
	w.records, err = zstd.NewWriter((*counter)(w), zstd.WithEncoderConcurrency(1))
	return w, err
}

// counter is the file of a Writer, whose size it counts.
type counter Writer

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.file.Write(p)
	c.size += int64(n)
	return n, err
}

// Write adds lines of ndjson.
func (w *Writer) Write(p []byte) (int, error) { return w.records.Write(p) }

// Commit ends the file and gives it its name. ledger is the report of the run.
func (w *Writer) Commit(meta Meta, ledger []byte) (*Info, error) {
	if err := w.finish(&meta, ledger); err != nil {
		return nil, err
	}
	for n := 1; ; n++ {
		name := meta.Time.UTC().Format(timeLayout)
		if n > 1 {
			name += "-" + strconv.Itoa(n)
		}
		path := filepath.Join(w.folder, name+Extension)
		switch err := w.file.CommitNew(path); {
		case err == nil:
			return &Info{Name: filepath.Base(w.folder) + "/" + name, Path: path, Size: w.size, Meta: meta}, nil
		case !errors.Is(err, fs.ErrExist):
			return nil, err
		}
	}
}

func (w *Writer) finish(meta *Meta, ledger []byte) error {
	if err := w.records.Close(); err != nil {
		return err
	}
	meta.Format, meta.LedgerAt = format, w.size
	packed, err := zstd.NewWriter(nil)
	if err != nil {
		return err
	}
	if err := w.frame(packed.EncodeAll(ledger, nil)); err != nil {
		return err
	}
	text, err := json.Marshal(meta)
	if err != nil {
		return err
	}
	trailer := binary.LittleEndian.AppendUint32(nil, uint32(len(text)))
	trailer = binary.LittleEndian.AppendUint32(trailer, crc32.ChecksumIEEE(text))
	return w.frame(append(append(text, trailer...), magic...))
}

// frame writes a skippable frame.
func (w *Writer) frame(content []byte) error {
	b := binary.LittleEndian.AppendUint32(nil, skippable)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(content)))
	_, err := (*counter)(w).Write(append(b, content...))
	return err
}

// Discard removes the file. After Commit it does nothing.
func (w *Writer) Discard() {
	w.records.Reset(io.Discard) // ends its goroutines
	w.file.Discard()
}

// errBroken means that a file is no snapshot, or not a whole one.
var errBroken = errors.New("not a whole snapshot: it is damaged, or no snapshot of muster")

// BrokenError is a file that cannot be read as a snapshot.
type BrokenError struct {
	Path string
	Err  error
}

func (e *BrokenError) Error() string { return "snapshot " + e.Path + ": " + e.Err.Error() }

func (e *BrokenError) Unwrap() error { return e.Err }

func broken(path string, err error) error {
	if cause := (*fs.PathError)(nil); errors.As(err, &cause) {
		err = cause.Err
	}
	return &BrokenError{path, err}
}

// readMeta reads the end of a file.
func readMeta(path string) (meta Meta, size int64, err error) {
	file, err := os.Open(path)
	if err != nil {
		return meta, 0, broken(path, err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return meta, 0, broken(path, err)
	}
	size = info.Size()
	trailer := make([]byte, trailerSize)
	if _, err := file.ReadAt(trailer, max(size-int64(trailerSize), 0)); err != nil || string(trailer[8:]) != magic {
		return meta, size, broken(path, errBroken)
	}
	length := int64(binary.LittleEndian.Uint32(trailer))
	if length > min(maxMeta, size) {
		return meta, size, broken(path, errBroken)
	}
	text := make([]byte, length)
	if _, err := file.ReadAt(text, size-int64(trailerSize)-length); err != nil || crc32.ChecksumIEEE(text) != binary.LittleEndian.Uint32(trailer[4:]) {
		return meta, size, broken(path, errBroken)
	}
	if err := json.Unmarshal(text, &meta); err != nil {
		return meta, size, broken(path, errBroken)
	}
	if meta.Format != format {
		return meta, size, broken(path, fmt.Errorf("it has the format %q of another version of muster; expected %q", meta.Format, format))
	}
	if meta.LedgerAt < 0 || meta.LedgerAt > size {
		return meta, size, broken(path, errBroken)
	}
	return meta, size, nil
}

// maxLedger limits the size of a ledger in memory.
const maxLedger = 1 << 30

// Ledger returns the report of the run.
func (i *Info) Ledger() ([]byte, error) {
	file, err := os.Open(i.Path)
	if err != nil {
		return nil, broken(i.Path, err)
	}
	defer file.Close()
	header := make([]byte, frameHeader)
	if _, err := file.ReadAt(header, i.LedgerAt); err != nil || binary.LittleEndian.Uint32(header) != skippable {
		return nil, broken(i.Path, errBroken)
	}
	packed := io.NewSectionReader(file, i.LedgerAt+frameHeader, int64(binary.LittleEndian.Uint32(header[4:])))
	reader, err := zstd.NewReader(packed, zstd.WithDecoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	defer reader.Close()
	var ledger bytes.Buffer
	if _, err := io.Copy(&ledger, io.LimitReader(reader, maxLedger)); err != nil {
		return nil, broken(i.Path, errBroken)
	}
	return ledger.Bytes(), nil
}

// Open opens the records.
func (i *Info) Open() (io.ReadCloser, error) {
	file, err := os.Open(i.Path)
	if err != nil {
		return nil, broken(i.Path, err)
	}
	records, err := openRecords(file, io.LimitReader(file, i.LedgerAt))
	if err != nil {
		return nil, err
	}
	return &checked{records, i.Path}, nil
}

// openRecords unpacks records. Close closes the file, too.
func openRecords(file io.Closer, packed io.Reader) (io.ReadCloser, error) {
	unpacked, err := zstd.NewReader(packed, zstd.WithDecoderConcurrency(1))
	if err != nil {
		file.Close()
		return nil, err
	}
	return &recordsReader{unpacked, file}, nil
}

type recordsReader struct {
	*zstd.Decoder
	file io.Closer
}

func (r *recordsReader) Close() error {
	r.Decoder.Close()
	return r.file.Close()
}

// checked names the file in errors of reading.
type checked struct {
	io.ReadCloser
	path string
}

func (c *checked) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		err = broken(c.path, cmp.Or(brokenCause(err), err))
	}
	return n, err
}

// brokenCause returns what is wrong with a file whose compressed data cannot be read; nil if
// the disk is to blame.
func brokenCause(err error) error {
	if errors.As(err, new(*fs.PathError)) {
		return nil
	}
	return errBroken
}

// Scratch keeps the records of a run that is compared and not kept, in a temporary file.
type Scratch struct {
	file    *os.File
	records *zstd.Encoder
}

// NewScratch creates the file. Where that is possible, it has no name, so that a kill leaves
// nothing behind.
func NewScratch() (*Scratch, error) {
	file, err := os.CreateTemp("", "muster-*.ndjson.zst")
	if err != nil {
		return nil, err
	}
	os.Remove(file.Name()) // not on Windows
	records, err := zstd.NewWriter(file, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
	return &Scratch{file, records}, err
}

// Write adds lines of ndjson.
func (s *Scratch) Write(p []byte) (int, error) { return s.records.Write(p) }

// Finish ends the records: then they can be read.
func (s *Scratch) Finish() error { return s.records.Close() }

// Open opens the records.
func (s *Scratch) Open() (io.ReadCloser, error) {
	return openRecords(io.NopCloser(nil), io.NewSectionReader(s.file, 0, math.MaxInt64))
}

// Remove removes the file.
func (s *Scratch) Remove() {
	s.file.Close()
	os.Remove(s.file.Name())
}
