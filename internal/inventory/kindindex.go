package inventory

import (
	"io/fs"
	"slices"
	"strings"
	"sync"
)

// KindEntry is the part of a kind that help and completion need.
type KindEntry struct {
	Name, Title string
	Aliases     []string
}

// KindIndex lists all kinds, sorted by name. It takes the titles and aliases from the lines
// of the files, without a YAML parser, which would take longer than a key press may.
var KindIndex = sync.OnceValue(func() (all []KindEntry) {
	for _, name := range KindNames() {
		data, err := kindFiles.ReadFile(kindFile(name))
		if err != nil {
			panic(err) // the file is part of the program
		}
		all = append(all, kindEntry(name, string(data)))
	}
	return all
})

func kindEntry(name, text string) KindEntry {
	entry := KindEntry{Name: name}
	for line := range strings.Lines(text) {
		switch key, value, _ := strings.Cut(strings.TrimRight(line, "\r\n"), ": "); key {
		case "title":
			entry.Title = value
		case "aliases":
			entry.Aliases = strings.FieldsFunc(value, func(r rune) bool { return strings.ContainsRune("[], ", r) })
		}
	}
	return entry
}

// KindNames returns the names of all kinds, sorted.
func KindNames() []string {
	files, err := fs.Glob(kindFiles, kindFile("*"))
	if err != nil {
		panic(err) // the pattern is valid
	}
	for i, file := range files {
		files[i] = strings.TrimSuffix(strings.TrimPrefix(file, "kinds/"), ".yaml")
	}
	return files
}

func kindFile(name string) string { return "kinds/" + name + ".yaml" }

// KindName returns the name of the kind that a name, a name in the singular, or an alias
// stands for; "" if there is none.
func KindName(word string) string {
	known := KindNames()
	for _, plural := range plurals(word) {
		if slices.Contains(known, plural) {
			return plural
		}
	}
	for _, entry := range KindIndex() {
		if slices.Contains(entry.Aliases, word) {
			return entry.Name
		}
	}
	return ""
}

// plurals returns a name and the forms that its plural may have.
func plurals(name string) []string {
	all := []string{name, name + "s", name + "es"}
	if stem, ok := strings.CutSuffix(name, "y"); ok {
		all = append(all, stem+"ies")
	}
	return all
}

// FindKind returns the kind that a name, a name in the singular, or an alias stands for; nil
// if there is none. The error is a mistake in the kind's file.
func FindKind(word string) (*Kind, error) {
	name := KindName(word)
	if name == "" {
		return nil, nil
	}
	return openKind(name)
}
