package awsconfig

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"muster/internal/disk"
)

// Section is a section to be written to the config file.
type Section struct {
	Kind     string // profile or sso-session
	Name     string
	Settings []Setting // in the order in which they are written
}

// Setting is a key with its value. One without a value is not written.
type Setting struct{ Key, Value string }

// Text is the section as the AWS CLI writes it: a name is quoted only where it
// must be, since the Go SDK does not read quoted ones.
func (s Section) Text() string {
	header := s.Kind + " " + s.Name
	if words, ok := shellWords(header); !ok || !slices.Equal(words, []string{s.Kind, s.Name}) {
		header = s.Kind + " '" + strings.ReplaceAll(s.Name, "'", `'"'"'`) + "'"
	}
	if s.Kind == "profile" && s.Name == "default" {
		header = "default"
	}
	var text strings.Builder
	fmt.Fprintf(&text, "[%s]\n", header)
	for _, set := range s.Settings {
		if set.Value != "" {
			fmt.Fprintf(&text, "%s = %s\n", set.Key, set.Value)
		}
	}
	return text.String()
}

// check says whether the text would be read as the section it was made of.
func (s Section) check() error {
	wrong := func(what, value string) error {
		return fmt.Errorf("%s %q: %s %q cannot be written to a config file", s.Kind, s.Name, what, value)
	}
	sections, err := parse("", []byte(s.Text()))
	if err != nil || len(sections) != 1 || s.Name == "" || strings.ContainsRune(s.Name, ']') || strings.ContainsFunc(s.Name, unicode.IsControl) {
		return wrong("the name", s.Name)
	}
	name, ok := sectionName(sections[0].header, s.Kind)
	if !ok && sections[0].header == "default" {
		name = "default"
	}
	if name != s.Name {
		return wrong("the name", s.Name)
	}
	for _, set := range s.Settings {
		if sections[0].keys.verbatim(set.Key) != set.Value || strings.ContainsFunc(set.Value, unicode.IsControl) {
			return wrong(set.Key, set.Value)
		}
	}
	return nil
}

// Append adds a section at the end of the config file, which is made where it is
// missing; every byte of before stays. backup is the path of a copy of the file
// as it was, "" if it was new or empty.
func Append(ctx context.Context, f Files, s Section) (backup string, err error) {
	if err := s.check(); err != nil {
		return "", err
	}
	return edit(ctx, f, func(before []byte) ([]byte, error) {
		sections, err := parse(f.Config, before)
		if err != nil {
			return nil, err
		}
		for _, there := range sections {
			if name, ok := sectionName(there.header, s.Kind); ok && name == s.Name {
				return nil, fmt.Errorf("%s:%d: there is a section [%s %s] already", oneLine(f.Config), there.line, s.Kind, oneLine(s.Name))
			}
		}
		return appendText(before, s.Text()), nil
	})
}

// appendText adds lines after an empty line, with the line ends of the text
// before them.
func appendText(before []byte, lines string) []byte {
	eol := "\n"
	for _, first := range linesOf(before) {
		eol = first.eol(before, eol)
		break
	}
	var gap string
	if content := bytes.TrimPrefix(before, []byte(byteOrderMark)); len(content) > 0 {
		rest := bytes.TrimRight(content, "\r\n")
		switch end := string(content[len(rest):]); {
		case end == "":
			gap = eol + eol
		case end == "\n" || end == "\r\n" || end == "\r":
			gap = eol
		}
	}
	return slices.Concat(before, []byte(gap+strings.ReplaceAll(lines, "\n", eol)))
}

// edit replaces the config file with what change makes of its text: one process
// at a time, in one step, and with a copy of the file as it was, whose path is
// returned. A text that stays the same is not written.
func edit(ctx context.Context, f Files, change func(before []byte) ([]byte, error)) (backup string, err error) {
	if f.Config == "" {
		return "", errors.New("there is no config file to write: set HOME or AWS_CONFIG_FILE")
	}
	folder := filepath.Dir(f.Config)
	if !f.ConfigSet {
		if err := os.Mkdir(folder, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return "", fmt.Errorf("writing %s: %w", f.Config, err)
		}
	}
	if _, err := os.Stat(folder); err != nil {
		return "", fmt.Errorf("writing %s: %w", f.Config, err)
	}
	unlock, err := f.Locks.Lock(ctx, f.Config, nil)
	if err != nil {
		return "", fmt.Errorf("locking %s: %w", f.Config, err)
	}
	defer unlock()

	target, isNew, err := followLinks(f.Config)
	if err != nil {
		return "", err
	}
	before, err := readFile(target)
	if err != nil {
		return "", err
	}
	after, err := change(before)
	if err != nil || bytes.Equal(after, before) {
		return "", err
	}
	if !isNew {
		// A new file takes the place of the old one, which asks only the folder's
		// permission; that the file is protected must count, too.
		probe, err := os.OpenFile(target, os.O_WRONLY, 0)
		if err != nil {
			return "", fmt.Errorf("writing %s: %w", f.Config, err)
		}
		probe.Close()
	}
	if len(before) > 0 {
		backup = f.Config + ".muster.bak"
		if err := disk.Replace(backup, "", before); err != nil {
			return "", fmt.Errorf("writing the backup %s: %w", backup, err)
		}
	}
	if err := disk.Write(ctx, target, isNew, func(w io.Writer) error { _, err := w.Write(after); return err }); err != nil {
		return "", fmt.Errorf("writing %s: %w", f.Config, err)
	}
	return backup, nil
}

// followLinks finds the file that is to be replaced, so that a symbolic link to
// it stays one.
func followLinks(path string) (target string, isNew bool, err error) {
	target, err = filepath.EvalSymlinks(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return target, false, err
	}
	if to, err := os.Readlink(path); err == nil {
		return "", false, fmt.Errorf("%s is a symbolic link to %s, which does not exist: make that file, or remove the link", path, to)
	}
	return path, true, nil
}
