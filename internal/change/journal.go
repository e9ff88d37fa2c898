package change

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/gofrs/flock"

	"muster/internal/awsapi"
	"muster/internal/disk"
)

// Journal is the file that records changes. It has one JSON object on each line, and is
// locked for as long as it is open.
type Journal struct {
	path string
	file *os.File
	lock *flock.Flock
	now  func() time.Time

	mu      sync.Mutex
	runs    []Header
	intents []intent // the number of the first is 1
	size    int64
	broken  error // why it cannot be written
}

// intent is a change that a run was about to make.
type intent struct {
	Change
	outcome Outcome // "": not known
}

// record is a line of a journal. Its event decides on the fields.
type record struct {
	Event string // run, intent, outcome
	Time  time.Time

	*Header // of a run

	Number  int `json:",omitempty"` // of an intent; an outcome has that of its intent
	*Change     // that is intended

	Outcome Outcome `json:",omitempty"`
	Message string  `json:",omitempty"`
}

// The events of a journal.
const (
	eventRun     = "run"
	eventIntent  = "intent"
	eventOutcome = "outcome"
)

// Header describes a run, or a plan.
type Header struct {
	Format  string // journalFormat or planFormat
	Command string
	// Accounts are the flags that lead to the accounts, as the caller writes them.
	Accounts json.RawMessage `json:",omitempty"`
}

const journalFormat = "muster journal 1"

// JournalError means that a journal cannot be used.
type JournalError struct {
	Path string
	Err  error
}

func (e *JournalError) Error() string {
	err := e.Err
	if inPath := (*fs.PathError)(nil); errors.As(err, &inPath) {
		err = inPath.Err
	}
	return "journal " + e.Path + ": " + err.Error()
}

func (e *JournalError) Unwrap() error { return e.Err }

var errLocked = errors.New("another run is using it")

// OpenJournal opens a journal for a run, and locks it. If there is none, it creates one.
func OpenJournal(path string, now func() time.Time) (*Journal, error) {
	return openJournal(path, now, os.O_RDWR|os.O_CREATE)
}

// OpenForUndo opens a journal that exists. It need not be writable.
func OpenForUndo(path string, now func() time.Time) (*Journal, error) {
	j, err := openJournal(path, now, os.O_RDWR)
	if err != nil && (errors.Is(err, os.ErrPermission) || isReadOnly(err)) {
		j, err = openJournal(path, now, os.O_RDONLY)
	}
	return j, err
}

func openJournal(path string, now func() time.Time, flag int) (j *Journal, err error) {
	j = &Journal{path: path, now: now}
	defer func() {
		if err != nil {
			j.Close()
			j, err = nil, &JournalError{path, err}
		}
	}()
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return j, errors.New("not a regular file")
	}
	if j.file, err = os.OpenFile(path, flag, 0o600); err != nil {
		return j, err
	}
	j.lock = flock.New(lockPath(path), flock.SetFlag(os.O_RDONLY|os.O_CREATE), flock.SetPermissions(0o600))
	locked, err := j.lock.TryLock()
	switch {
	case err != nil:
		return j, err
	case !locked:
		return j, errLocked
	}
	if err := j.read(); err != nil {
		return j, err
	}
	if j.size > 0 {
		if err := j.trusted(); err != nil {
			return j, err
		}
	}
	if flag == os.O_RDONLY {
		j.broken = errors.New("it is read-only")
		return j, nil
	}
	return j, j.private()
}

// Close unlocks the journal.
func (j *Journal) Close() {
	if j.file != nil {
		j.file.Close()
	}
	if j.lock != nil {
		j.lock.Close()
	}
}

// maxLine is the longest line of a journal. It keeps other files out of memory.
const maxLine = 1 << 20

// read reads all records. A last line without an end was cut off: its change was not made,
// or its outcome is unknown.
func (j *Journal) read() error {
	reader := bufio.NewReaderSize(j.file, maxLine)
	for number := 1; ; number++ {
		line, err := reader.ReadSlice('\n')
		switch {
		case err == io.EOF && number == 1 && !beginsJournal(line):
			return errors.New("not a journal; expected a new file, or one that muster has written")
		case err == io.EOF:
			return nil
		case err == bufio.ErrBufferFull:
			return fmt.Errorf("line %d is not a record of a journal: it is longer than %d KiB", number, maxLine>>10)
		case err != nil:
			return err
		}
		var r record
		if err := json.Unmarshal(line, &r); err != nil {
			return fmt.Errorf("line %d is not a record of a journal: %w", number, err)
		}
		if err := j.add(r); err != nil {
			return fmt.Errorf("line %d: %w", number, err)
		}
		j.size += int64(len(line))
	}
}

// IsJournal reports whether a file is a journal with a record, which is the only way back from
// its changes.
func IsJournal(path string) bool {
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return false
	}
	file, err := os.Open(path)
	if err != nil {
		return false
	}
	defer file.Close()
	begin := make([]byte, len(journalBegin))
	_, err = io.ReadFull(file, begin)
	return err == nil && string(begin) == journalBegin
}

const journalBegin = `{"Event":"run"`

// beginsJournal reports whether a journal can begin with a text, or with its beginning.
func beginsJournal(text []byte) bool {
	return strings.HasPrefix(string(text), journalBegin) || strings.HasPrefix(journalBegin, string(text))
}

// add adds a record, or returns why it cannot follow the others.
func (j *Journal) add(r record) error {
	switch {
	case r.Event == eventRun && r.Header != nil && r.Format == journalFormat:
		j.runs = append(j.runs, *r.Header)
	case r.Event == eventRun && r.Header != nil:
		return fmt.Errorf("the format is %q; expected %q", r.Format, journalFormat)
	case len(j.runs) == 0:
		return errors.New("a journal begins with a run")
	case r.Event == eventIntent && r.Change != nil && r.Number == len(j.intents)+1:
		j.intents = append(j.intents, intent{*r.Change, ""})
		return r.Change.check()
	case r.Event == eventOutcome && r.Number > 0 && r.Number <= len(j.intents) && (r.Outcome == Done || r.Outcome == Failed || r.Outcome == Unknown):
		if last := &j.intents[r.Number-1]; last.outcome == "" {
			last.outcome = r.Outcome
			return nil
		}
		return fmt.Errorf("change %d has an outcome already", r.Number)
	default:
		return fmt.Errorf("%q is not the next event", r.Event)
	}
	return nil
}

// private removes the end of a line that was cut off, and keeps others out.
func (j *Journal) private() error {
	if err := j.file.Chmod(0o600); err != nil {
		return err
	}
	if err := j.trusted(); err != nil { // the file system keeps no modes
		return err
	}
	return j.file.Truncate(j.size)
}

func (j *Journal) trusted() error {
	info, err := j.file.Stat()
	if err != nil {
		return err
	}
	return disk.Trusted(info)
}

// Begin records the beginning of a run.
func (j *Journal) Begin(h Header) error {
	h.Format = journalFormat
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.append(record{Event: eventRun, Header: &h}); err != nil {
		return err
	}
	return syncFolder(j.path)
}

// intend records that a change is about to be made. It returns when the record is on the
// disk.
func (j *Journal) intend(c Change) (number int, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	number = len(j.intents) + 1
	return number, j.append(record{Event: eventIntent, Number: number, Change: &c})
}

// conclude records the outcome of an intent.
func (j *Journal) conclude(number int, r Result) error {
	done := record{Event: eventOutcome, Number: number, Outcome: r.Outcome}
	if r.Err != nil {
		failure := awsapi.Explain(r.Err)
		done.Message = failure.Code + ": " + failure.Message
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.append(done)
}

// append writes a record and waits until it is on the disk. After an error it writes nothing
// more. The caller holds mu.
func (j *Journal) append(r record) error {
	if j.broken != nil {
		return &JournalError{j.path, j.broken}
	}
	r.Time = j.now().UTC()
	line, err := json.Marshal(r)
	if err == nil {
		err = j.write(append(line, '\n'))
	}
	if err == nil {
		err = j.add(r)
	}
	if err != nil {
		j.broken = err
		return &JournalError{j.path, err}
	}
	return nil
}

// write appends a line. If it does not reach the disk as a whole, it is removed again.
func (j *Journal) write(line []byte) error {
	if !j.inPlace() {
		return errors.New("somebody has removed or replaced it")
	}
	_, err := j.file.WriteAt(line, j.size)
	if err == nil {
		err = j.file.Sync()
	}
	if err != nil {
		j.file.Truncate(j.size)
		return err
	}
	j.size += int64(len(line))
	return nil
}

// inPlace reports whether the path still leads to the file: what is written to a file that
// somebody has removed is lost.
func (j *Journal) inPlace() bool {
	own, err := j.file.Stat()
	if err != nil {
		return true // the write itself fails
	}
	there, err := os.Stat(j.path)
	return err == nil && os.SameFile(own, there)
}
