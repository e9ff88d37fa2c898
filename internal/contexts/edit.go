package contexts

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"muster/internal/disk"
)

// Editor changes a file.
type Editor struct {
	Path  string
	Locks disk.Locks
}

// Set sets flags of a context and removes others. It creates the context if there is none.
func (e *Editor) Set(ctx context.Context, name string, settings []Setting, unset []string) error {
	if problem := nameProblem(name); problem != "" {
		return &valueError{problem}
	}
	for _, s := range settings {
		if slices.ContainsFunc(s.Values, func(value string) bool { return value == "" || !writable(value) }) {
			return &valueError{fmt.Sprintf("%s: a context cannot keep %q", s.Flag, s.Values)}
		}
	}
	return e.edit(ctx,
		func(f *File) error { return f.set(name, settings, unset) },
		func(d *document) { d.set(name, settings, unset) })
}

// Use makes a context the current one; with an empty name none is.
func (e *Editor) Use(ctx context.Context, name string) error {
	return e.edit(ctx,
		func(f *File) error {
			f.Current = name
			_, err := f.Context(name)
			if name == "" {
				return nil
			}
			return err
		},
		func(d *document) { d.use(name) })
}

// Delete deletes contexts. wasCurrent reports whether one of them was the current one; then
// none is.
func (e *Editor) Delete(ctx context.Context, names []string) (wasCurrent bool, err error) {
	err = e.edit(ctx,
		func(f *File) error {
			for _, name := range names {
				if _, err := f.Context(name); err != nil {
					return err
				}
			}
			f.Contexts = slices.DeleteFunc(f.Contexts, func(c *Context) bool { return slices.Contains(names, c.Name) })
			if wasCurrent = slices.Contains(names, f.Current); wasCurrent {
				f.Current = ""
			}
			return nil
		},
		func(d *document) {
			for _, name := range names {
				d.delete(name)
			}
			if wasCurrent {
				d.use("")
			}
		})
	return wasCurrent, err
}

// Create writes a file without contexts if there is no file.
func (e *Editor) Create(ctx context.Context) error {
	return e.edit(ctx, func(*File) error { return nil }, func(*document) {})
}

// valueError reports a name or a value that no context can have.
type valueError struct{ msg string }

func (e *valueError) Error() string { return e.msg }

// UsageError marks a mistake in the command line: exit code 2.
func (*valueError) UsageError() {}

// set is what Set makes of the contents.
func (f *File) set(name string, settings []Setting, unset []string) error {
	c, err := f.Context(name)
	if err != nil {
		c = &Context{Name: name}
		f.Contexts = append(f.Contexts, c)
	}
	if c.problem != nil { // its settings are not all known
		return c.problem
	}
	c.Settings = c.With(settings, unset)
	return nil
}

// edit changes the contents of the file by want, and its text by change. It writes the text
// only if it has these contents. want may return an error instead.
func (e *Editor) edit(ctx context.Context, want func(*File) error, change func(*document)) error {
	if e.Path == "" {
		return errors.New("there is no place for config.yaml: set HOME or XDG_CONFIG_HOME")
	}
	if err := os.MkdirAll(filepath.Dir(e.Path), 0o700); err != nil {
		return fmt.Errorf("writing %s: %w", e.Path, err)
	}
	unlock, err := e.Locks.Lock(ctx, e.Path, nil)
	if err != nil {
		return fmt.Errorf("locking %s: %w", e.Path, err)
	}
	defer unlock()
	text, _, err := readText(ctx, e.Path)
	if err != nil {
		return err
	}
	contents, err := parse(e.Path, text)
	if err != nil {
		return err
	}
	if err := want(contents); err != nil {
		return err
	}
	after, err := edited(e.Path, text, change)
	if err != nil {
		return err
	}
	if got, err := parse(e.Path, after); err != nil || !same(got, contents) {
		return uneditable(e.Path)
	}
	if err := disk.Replace(e.Path, "", after); err != nil {
		return fmt.Errorf("writing %s: %w", e.Path, err)
	}
	return nil
}

func uneditable(path string) error {
	return fmt.Errorf("%s: muster cannot make this change without changing more; make it in an editor", path)
}

// same reports whether two files have the same contents, wherever they stand.
func same(a, b *File) bool {
	return a.Current == b.Current && slices.EqualFunc(a.Contexts, b.Contexts, func(a, b *Context) bool {
		return a.Name == b.Name && (a.problem == nil) == (b.problem == nil) && slices.EqualFunc(a.Settings, b.Settings, func(a, b Setting) bool {
			return a.Flag == b.Flag && slices.Equal(a.Values, b.Values)
		})
	})
}
