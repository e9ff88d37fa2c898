package contexts

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/goccy/go-yaml/ast"
)

// document is a file as YAML's nodes, with its comments.
type document struct {
	file *ast.File
	root *ast.MappingNode
}

// emptyFile is the text of a file without contexts.
const emptyFile = `# The contexts of muster; 'muster help contexts' explains this file.
current: ""
contexts: {}
`

// edited returns the text of a file after a change.
func edited(path string, text []byte, change func(*document)) (after []byte, err error) {
	defer func() {
		if r := recover(); r != nil { // the library cannot print every file that it parses
			after, err = nil, uneditable(path)
		}
	}()
	tree, err := parseTree(path, text)
	switch {
	case err != nil:
		return nil, err
	case len(text) == 0:
		text = []byte(emptyFile)
	case tree == nil: // only comments
		text = []byte(strings.TrimRight(string(text), "\r\n") + "\ncontexts: {}\n")
	}
	d := &document{}
	if d.file, err = parseYAML(path, text); err != nil {
		return nil, err
	}
	if d.root, err = root(path, d.file); err != nil {
		return nil, err
	}
	change(d)
	result := strings.TrimRight(d.file.String(), "\n") + "\n"
	if bytes.Contains(text, []byte("\r\n")) {
		result = strings.ReplaceAll(result, "\n", "\r\n")
	}
	return []byte(result), nil
}

func (d *document) use(name string) { put(d.root, entry{key: "current", value: quoted(name)}) }

func (d *document) delete(name string) {
	if all := mapping(d.root, "contexts"); all != nil {
		remove(all, name)
		keepMapping(d.root, "contexts", all)
	}
}

func (d *document) set(name string, settings []Setting, unset []string) {
	var flags []entry
	for _, s := range settings {
		flags = append(flags, entry{key: s.Flag, value: valueText(s.Values)})
	}
	all := mapping(d.root, "contexts")
	if all == nil {
		put(d.root, entry{key: "contexts", below: []entry{{key: name, below: flags}}})
		return
	}
	c := mapping(all, name)
	if c == nil {
		put(all, entry{key: name, below: flags})
		return
	}
	for _, flag := range unset {
		remove(c, flag)
	}
	for _, flag := range flags {
		put(c, flag)
	}
	keepMapping(all, name, c)
}

// entry is an entry to write: a value, or entries below it.
type entry struct {
	key, value string
	below      []entry
}

func (e entry) block(indent string) string {
	if e.value != "" || len(e.below) == 0 {
		return indent + e.flow() + "\n"
	}
	text := indent + quoted(e.key) + ":\n"
	for _, below := range e.below {
		text += below.block(indent + "  ")
	}
	return text
}

func (e entry) flow() string {
	if e.value != "" {
		return quoted(e.key) + ": " + e.value
	}
	texts := make([]string, len(e.below))
	for i, below := range e.below {
		texts[i] = below.flow()
	}
	return quoted(e.key) + ": {" + strings.Join(texts, ", ") + "}"
}

// valueText writes a value, or a list of several.
func valueText(values []string) string {
	texts := make([]string, len(values))
	for i, value := range values {
		texts[i] = quoted(value)
	}
	if len(texts) == 1 {
		return texts[0]
	}
	return "[" + strings.Join(texts, ", ") + "]"
}

// plain matches texts that need no quotes, in any version of YAML.
var plain = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^([A-Za-z_/]([A-Za-z0-9_/.@+=-]|:[A-Za-z0-9:])*|[1-9][0-9]{0,8})$`)
})

// constants are texts that YAML takes for something else. A flag is true or false.
var constants = []string{"null", "yes", "no", "on", "off", "y", "n"}

func quoted(text string) string {
	switch {
	case plain().MatchString(text) && !slices.Contains(constants, strings.ToLower(text)):
		return text
	case text == "":
		return `""`
	}
	return "'" + strings.ReplaceAll(text, "'", "''") + "'"
}

// find returns the entry of a key; nil if there is none.
func find(parent *ast.MappingNode, key string) *ast.MappingValueNode {
	for _, there := range parent.Values {
		if keyText(there.Key) == key {
			return there
		}
	}
	return nil
}

// mapping returns the mapping of a key; nil if it has no entries.
func mapping(parent *ast.MappingNode, key string) *ast.MappingNode {
	there := find(parent, key)
	if there == nil {
		return nil
	}
	if below, ok := there.Value.(*ast.MappingNode); ok && len(below.Values) > 0 {
		return below
	}
	return nil
}

// put replaces the value of an entry's key, or adds the entry at the end. parent has entries.
func put(parent *ast.MappingNode, e entry) {
	text := e.block("")
	if parent.IsFlowStyle {
		text = "{" + e.flow() + "}"
	}
	added := nodeOf(text)
	added.AddColumn(parent.Values[0].Key.GetToken().Position.Column - 1)
	there := find(parent, e.key)
	if there == nil {
		parent.Values = append(parent.Values, added)
		return
	}
	if _, scalar := there.Value.(ast.ScalarNode); scalar {
		if comment := there.Value.GetComment(); comment != nil {
			_ = added.Value.SetComment(comment)
		}
	}
	there.Value = added.Value
}

func remove(parent *ast.MappingNode, key string) {
	parent.Values = slices.DeleteFunc(parent.Values, func(there *ast.MappingValueNode) bool { return keyText(there.Key) == key })
}

// keepMapping writes {} for a mapping that has lost its last entry.
func keepMapping(parent *ast.MappingNode, key string, below *ast.MappingNode) {
	if len(below.Values) == 0 {
		find(parent, key).Value = nodeOf("x: {}").Value
	}
}

// nodeOf returns the node of an entry's text.
func nodeOf(text string) *ast.MappingValueNode {
	tree, err := parseTree("", []byte(text))
	if err != nil {
		panic(err)
	}
	return tree.Values[0]
}
