package inventory

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"
)

//go:embed kinds/*.yaml
var kindFiles embed.FS

// Kind is a sort of resource that people list: volumes, buckets, access keys. It is data, a
// file in the folder kinds, which is read when the kind is first used.
type Kind struct {
	Name    string // in the plural, as in muster list volumes
	Title   string // a few words for help
	Aliases []string
	Columns []string         // default columns of a table, behind the account and the region
	Find    []string         // fields with addresses or DNS names
	Demo    []map[string]any // records of the simulated organization
	Service string           // the AWS CLI's name of the service; of several, the first

	colors  map[string][]string // states by color
	listers []*lister
	compile func() error
}

// KindNames returns the names of all kinds, sorted.
func KindNames() []string {
	files, err := fs.Glob(kindFiles, "kinds/*.yaml")
	if err != nil {
		panic(err) // the pattern is valid
	}
	for i, file := range files {
		files[i] = strings.TrimSuffix(strings.TrimPrefix(file, "kinds/"), ".yaml")
	}
	return files
}

// FindKind returns the kind with a name, a name in the singular, or an alias; nil if there
// is none. The error is a mistake in the kind's file.
func FindKind(name string) (*Kind, error) {
	for _, plural := range plurals(name) {
		if k, err := openKind(plural); k != nil || err != nil {
			return k, err
		}
	}
	for _, other := range KindNames() { // an alias: it is in one of the files
		if text, err := kindFiles.ReadFile("kinds/" + other + ".yaml"); err == nil && !bytes.Contains(text, []byte(name)) {
			continue // all kinds would take 50 ms to parse
		}
		k, err := openKind(other)
		if err != nil {
			return nil, err
		}
		if slices.Contains(k.Aliases, name) {
			return k, nil
		}
	}
	return nil, nil
}

// plurals returns a name and the forms that its plural may have.
func plurals(name string) []string {
	all := []string{name, name + "s", name + "es"}
	if stem, ok := strings.CutSuffix(name, "y"); ok {
		all = append(all, stem+"ies")
	}
	return all
}

var (
	kindsMutex  sync.Mutex
	openedKinds = map[string]*Kind{}
)

// openKind reads the file of a kind; nil if there is none.
func openKind(name string) (*Kind, error) {
	kindsMutex.Lock()
	defer kindsMutex.Unlock()
	if k := openedKinds[name]; k != nil {
		return k, nil
	}
	data, err := kindFiles.ReadFile("kinds/" + name + ".yaml")
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrInvalid) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	k, err := parseKind(name, data)
	if err != nil {
		return nil, fmt.Errorf("kinds/%s.yaml: %w", name, err)
	}
	openedKinds[name] = k
	return k, nil
}

// kindFile is the form of a kind in its file.
type kindFile struct {
	Title      string              `yaml:"title"`
	Aliases    []string            `yaml:"aliases"`
	Columns    []string            `yaml:"columns"`
	Colors     map[string][]string `yaml:"colors"`
	Find       []string            `yaml:"find"`
	Demo       []map[string]any    `yaml:"demo"`
	Sources    []*lister           `yaml:"sources"`
	OnlySource lister              `yaml:",inline"` // without sources
}

// parseKind reads a kind. It does not look into the catalogue yet: help and completion
// need only names.
func parseKind(name string, data []byte) (*Kind, error) {
	var file kindFile
	if err := yaml.UnmarshalWithOptions(data, &file, yaml.Strict()); err != nil {
		return nil, err
	}
	for _, s := range file.Sources {
		s.inherit(&file.OnlySource)
	}
	if len(file.Sources) == 0 {
		file.Sources = []*lister{&file.OnlySource}
	}
	k := &Kind{
		Name: name, Title: file.Title, Aliases: file.Aliases, Columns: file.Columns, Find: file.Find, Demo: file.Demo,
		Service: file.Sources[0].Service, colors: file.Colors, listers: file.Sources,
	}
	k.compile = sync.OnceValue(func() error {
		for _, s := range k.listers {
			if err := s.compile(); err != nil {
				return fmt.Errorf("kinds/%s.yaml: %w", name, err)
			}
		}
		return nil
	})
	return k, nil
}

// stateWords are the usual words for states, by color. A kind may have others.
var stateWords = map[string][]string{
	"green":  {"available", "active", "running", "in-use", "ok", "enabled", "issued", "deployed", "completed", "inservice", "create_complete", "update_complete", "import_complete", "attached"},
	"yellow": {"creating", "pending", "updating", "modifying", "starting", "stopping", "provisioning", "backing-up", "rebooting", "pending_validation", "insufficient_data", "inprogress", "update_in_progress", "create_in_progress"},
	"red":    {"failed", "error", "alarm", "stopped", "expired", "impaired", "revoked", "create_failed", "rollback_complete", "rollback_failed", "update_rollback_failed", "delete_failed", "storage-full"},
	"faint":  {"deleted", "deleting", "inactive", "disabled", "pendingdeletion", "deregistered", "delete_in_progress", "delete_complete"},
}

// StateColor returns the color of a state: green, yellow, red, faint, or "".
func (k *Kind) StateColor(state string) string {
	state = strings.ToLower(state)
	for _, words := range []map[string][]string{k.colors, stateWords} {
		for color, states := range words {
			if slices.ContainsFunc(states, func(s string) bool { return strings.ToLower(s) == state }) {
				return color
			}
		}
	}
	return ""
}

// Singular returns the name of one resource: load-balancer, of load-balancers.
func (k *Kind) Singular() string {
	if stem, ok := strings.CutSuffix(k.Name, "ies"); ok {
		return stem + "y"
	}
	if stem, ok := strings.CutSuffix(k.Name, "sses"); ok {
		return stem + "ss"
	}
	return strings.TrimSuffix(k.Name, "s")
}
