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

// Section is a section to write to the config file.
type Section struct {
	Kind     string // profile or sso-session
	Name     string
	Settings []Setting // in the order in which they are written
}

// Setting is a key with its value. It is not written if the value is "".
type Setting struct{ Key, Value string }

// Text returns the section as the AWS CLI writes it. It quotes the name only if
// necessary, since the Go SDK does not accept quoted names.
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

// check returns an error if the section's text would not be parsed as the same section.
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

// Append adds a section at the end of the config file, and creates the file if necessary.
// backup is the path of a copy of the old file, "" if that was missing or empty.
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
				return nil, fmt.Errorf("%s:%d: the section [%s %s] already exists", oneLine(f.Config), there.line, s.Kind, oneLine(s.Name))
			}
		}
		return appendText(before, s.Text()), nil
	})
}

// appendText adds an empty line and the lines, with the line ends of the existing text.
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

// edit changes the text of the config file, and returns the path of a copy of the old
// file.
func edit(ctx context.Context, f Files, change func(before []byte) ([]byte, error)) (backup string, err error) {
	if f.Config == "" {
		return "", errors.New("there is no config file to write: set HOME or AWS_CONFIG_FILE")
	}
	return editedFile{path: f.Config, mayMakeFolder: !f.ConfigSet, backup: f.Config + ".muster.bak"}.edit(ctx, f.Locks, change)
}

// editedFile is a file in ~/.aws that muster changes.
type editedFile struct {
	path          string
	mayMakeFolder bool
	backup        string // the path of a copy of the old file; "" for none
	secret        bool   // the file gets mode 0600
}

// edit changes the text of the file. It holds a lock, replaces the file atomically, and
// returns the path of the copy. It writes nothing if the text stays the same.
func (f editedFile) edit(ctx context.Context, locks disk.Locks, change func(before []byte) ([]byte, error)) (backup string, err error) {
	folder := filepath.Dir(f.path)
	if f.mayMakeFolder {
		if err := os.Mkdir(folder, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return "", fmt.Errorf("writing %s: %w", f.path, err)
		}
	}
	if _, err := os.Stat(folder); err != nil {
		return "", fmt.Errorf("writing %s: %w", f.path, err)
	}
	unlock, err := locks.Lock(ctx, f.path, nil)
	if err != nil {
		return "", fmt.Errorf("locking %s: %w", f.path, err)
	}
	defer unlock()

	target, isNew, err := followLinks(f.path)
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
		// Replacing a file needs only the folder's permission, but a file that is
		// protected must not be replaced.
		probe, err := os.OpenFile(target, os.O_WRONLY, 0)
		if err != nil {
			return "", fmt.Errorf("writing %s: %w", f.path, err)
		}
		probe.Close()
	}
	if len(before) > 0 && f.backup != "" {
		backup = f.backup
		if err := disk.Replace(backup, "", before); err != nil {
			return "", fmt.Errorf("writing the backup %s: %w", backup, err)
		}
	}
	if err := disk.Write(ctx, target, isNew || f.secret, func(w io.Writer) error { _, err := w.Write(after); return err }); err != nil {
		return "", fmt.Errorf("writing %s: %w", f.path, err)
	}
	return backup, nil
}

// followLinks returns the file behind a symbolic link, so that the link itself is not
// replaced.
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
