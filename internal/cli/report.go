package cli

import (
	"bufio"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"

	"muster/internal/sweep"
)

// writeReport replaces a plain file in one step, and keeps its mode; anything else
// (a pipe, a terminal) is written to. Entries are written one by one: as one text,
// those of a large organization would take more memory than the whole sweep.
func writeReport(path string, entries []sweep.Entry) error {
	before, err := os.Stat(path)
	if err == nil && !before.Mode().IsRegular() {
		file, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		return errors.Join(writeEntries(file, entries), file.Close())
	}
	exists := err == nil
	file, err := os.OpenFile(filepath.Join(filepath.Dir(path), ".muster-"+rand.Text()), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666) // less the umask
	if err != nil {
		return err
	}
	err = writeEntries(file, entries)
	if exists {
		err = errors.Join(err, file.Chmod(before.Mode()))
	}
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		os.Remove(file.Name())
	}
	return err
}

func writeEntries(w io.Writer, entries []sweep.Entry) error {
	out := bufio.NewWriterSize(w, 64<<10)
	separator := "[\n  "
	for i := range entries {
		text, err := json.MarshalIndent(&entries[i], "  ", "  ")
		if err != nil {
			return err
		}
		out.WriteString(separator)
		out.Write(text)
		separator = ",\n  "
	}
	if len(entries) == 0 {
		out.WriteString("[")
	} else {
		out.WriteString("\n")
	}
	out.WriteString("]\n")
	return out.Flush()
}

// checkWritable says whether a file can be written, or replaced, at the end.
func checkWritable(flag, path string) error {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() && !info.IsDir() {
		return nil
	} else if err == nil && info.IsDir() {
		return usage("%s %s: a folder; expected a file", flag, path)
	}
	probe, err := os.CreateTemp(filepath.Dir(path), ".muster-*")
	if err != nil {
		return usage("%s %s: cannot be written: %v", flag, path, err)
	}
	probe.Close()
	return os.Remove(probe.Name())
}
