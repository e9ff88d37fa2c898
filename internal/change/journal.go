package change

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"
	"time"

	"github.com/gofrs/flock"

	"muster/internal/awsapi"
)

// Journal is the file that records changes. It has one JSON object on each line, and is
// locked for as long as it is open.
type Journal struct {
	path string
	file *os.File
	lock *flock.Flock
	now  func() time.Time

	mu      sync.Mutex
	records []record
	intents int
	size    int64
	broken  error // why it cannot be written
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

// read reads all records. A last line without an end was cut off: its change was not made,
// or its outcome is unknown.
func (j *Journal) read() error {
	data, err := io.ReadAll(j.file)
	if err != nil {
		return err
	}
	whole := data[:bytes.LastIndexByte(data, '\n')+1]
	j.size = int64(len(whole))
	number := 0
	for line := range bytes.Lines(whole) {
		number++
		var r record
		if err := json.Unmarshal(line, &r); err != nil {
			return fmt.Errorf("line %d is not a record of a journal: %w", number, err)
		}
		if err := j.check(&r); err != nil {
			return fmt.Errorf("line %d: %w", number, err)
		}
		j.records = append(j.records, r)
	}
	if begin := []byte(`{"Event":"run"`); len(j.records) == 0 && !bytes.HasPrefix(data, begin) && !bytes.HasPrefix(begin, data) {
		return errors.New("not a journal; expected a new file, or one that muster has written")
	}
	return nil
}

// check returns an error if a record cannot follow the others.
func (j *Journal) check(r *record) error {
	switch {
	case r.Event == eventRun && r.Header != nil && r.Format == journalFormat:
	case r.Event == eventRun && r.Header != nil:
		return fmt.Errorf("the format is %q; expected %q", r.Format, journalFormat)
	case len(j.records) == 0:
		return errors.New("a journal begins with a run")
	case r.Event == eventIntent && r.Change != nil && r.Number == j.intents+1:
		j.intents++
		return r.Change.check()
	case r.Event == eventOutcome && r.Number > 0 && r.Number <= j.intents && r.Outcome != "":
	default:
		return fmt.Errorf("%q is not the next event", r.Event)
	}
	return nil
}

// private removes the end of a line that was cut off, and keeps others from reading.
func (j *Journal) private() error {
	if err := j.file.Chmod(0o600); err != nil {
		return err
	}
	return j.file.Truncate(j.size)
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
	if err := j.append(record{Event: eventIntent, Number: j.intents + 1, Change: &c}); err != nil {
		return 0, err
	}
	j.intents++
	return j.intents, nil
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
	if err != nil {
		j.broken = err
		return &JournalError{j.path, err}
	}
	j.records = append(j.records, r)
	return nil
}

// write appends a line. If it does not reach the disk as a whole, it is removed again.
func (j *Journal) write(line []byte) error {
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
