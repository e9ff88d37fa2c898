package contexts

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"muster/internal/disk"
)

// The parser of YAML takes time and memory with the square of the depth, so that both are
// bounded.
const (
	maxSize  = 64 << 10
	maxDepth = 64 // of brackets
)

// Read reads a file. A missing file has no contexts. A mistake in the form of a context is
// reported by its Check.
func Read(ctx context.Context, path string) (*File, error) {
	text, exists, err := readText(ctx, path)
	if err != nil {
		return nil, err
	}
	f, err := parse(path, text)
	if err == nil {
		f.Exists = exists
	}
	return f, err
}

func readText(ctx context.Context, path string) (text []byte, exists bool, err error) {
	if path == "" {
		return nil, false, nil
	}
	text, err = disk.ReadRegular(ctx, path)
	switch failed := (*fs.PathError)(nil); {
	case errors.Is(err, fs.ErrNotExist):
		return nil, false, nil
	case err != nil && ctx.Err() != nil:
		return nil, false, err
	case errors.As(err, &failed):
		return nil, false, &Error{Path: path, Msg: "cannot be read: " + failed.Err.Error()}
	case err != nil:
		return nil, false, &Error{Path: path, Msg: "cannot be read: " + err.Error()}
	case len(text) > maxSize:
		return nil, false, &Error{Path: path, Msg: fmt.Sprintf("is larger than %d KiB", maxSize>>10)}
	}
	return bytes.TrimPrefix(text, []byte("\ufeff")), true, nil
}

// parse reads the text of a file.
func parse(path string, text []byte) (*File, error) {
	tree, err := parseTree(path, text)
	if err != nil {
		return nil, err
	}
	f := &File{Path: path}
	if tree == nil {
		return f, nil
	}
	for _, entry := range tree.Values {
		line := lineOf(entry.Key)
		switch key := keyText(entry.Key); key {
		case "current":
			current, ok := scalar(entry.Value)
			if !ok {
				return nil, &Error{path, line, "current: expected the name of a context"}
			}
			f.Current, f.currentLine = current, line
		case "contexts":
			if f.Contexts, err = readContexts(path, entry); err != nil {
				return nil, err
			}
		default:
			return nil, &Error{path, line, fmt.Sprintf("unknown key %q; expected current or contexts", key)}
		}
	}
	return f, nil
}

// parseTree parses YAML. It returns nil for a file that has nothing but comments.
func parseTree(path string, text []byte) (tree *ast.MappingNode, err error) {
	file, err := parseYAML(path, text)
	if err != nil {
		return nil, err
	}
	return root(path, file)
}

func parseYAML(path string, text []byte) (file *ast.File, err error) {
	if !utf8.Valid(text) || slices.Contains(text, 0) {
		return nil, &Error{Path: path, Msg: "is not text in UTF-8"}
	}
	if depth(text) > maxDepth {
		return nil, &Error{Path: path, Msg: "has too many levels of brackets"}
	}
	defer func() {
		if r := recover(); r != nil { // the parser panics on some malformed files
			file, err = nil, &Error{Path: path, Msg: "is not valid YAML"}
		}
	}()
	file, err = parser.ParseBytes(text, parser.ParseComments)
	if wrong := (*yaml.SyntaxError)(nil); errors.As(err, &wrong) {
		return nil, &Error{path, wrong.GetToken().Position.Line, "not valid YAML: " + wrong.GetMessage()}
	}
	if err != nil {
		return nil, &Error{Path: path, Msg: "not valid YAML: " + err.Error()}
	}
	return file, nil
}

// depth returns how many brackets are open at most. It counts those in quotes, too.
func depth(text []byte) (most int) {
	open := 0
	for _, c := range text {
		switch {
		case c == '[' || c == '{':
			open++
			most = max(most, open)
		case (c == ']' || c == '}') && open > 0:
			open--
		}
	}
	return most
}

// root returns the mapping of a file; nil if the file has nothing but comments.
func root(path string, file *ast.File) (*ast.MappingNode, error) {
	var found *ast.MappingNode
	for _, document := range file.Docs {
		switch body := document.Body.(type) {
		case nil, *ast.CommentGroupNode, *ast.NullNode:
		case *ast.MappingNode:
			if found != nil {
				return nil, &Error{path, lineOf(body), "expected one document"}
			}
			found = body
		default:
			return nil, &Error{path, lineOf(body), "expected the keys current and contexts"}
		}
	}
	return found, nil
}

func readContexts(path string, entry *ast.MappingValueNode) (found []*Context, err error) {
	if empty(entry.Value) {
		return nil, nil
	}
	all, ok := entry.Value.(*ast.MappingNode)
	if !ok {
		return nil, &Error{path, lineOf(entry.Key), "contexts: " + expected("names, each with its flags", entry.Value)}
	}
	for _, entry := range all.Values {
		c := &Context{Name: keyText(entry.Key), File: path, Line: lineOf(entry.Key)}
		if problem := nameProblem(c.Name); problem != "" {
			return nil, &Error{path, c.Line, problem}
		}
		c.read(entry)
		found = append(found, c)
	}
	return found, nil
}

// read reads the settings of a context. The first mistake is its problem.
func (c *Context) read(entry *ast.MappingValueNode) {
	if empty(entry.Value) {
		return
	}
	flags, ok := entry.Value.(*ast.MappingNode)
	if !ok {
		c.problem = &Error{c.File, c.Line, fmt.Sprintf("context %q: %s", c.Name, expected("flags, such as profile: NAME", entry.Value))}
		return
	}
	for _, entry := range flags.Values {
		s := Setting{Flag: keyText(entry.Key), Line: lineOf(entry.Key)}
		if s.Values, ok = values(entry.Value); !ok && c.problem == nil {
			c.problem = &Error{c.File, s.Line, fmt.Sprintf("%s: %s", s.Flag, expected("a value, or a list of values", entry.Value))}
		}
		c.Settings = append(c.Settings, s)
	}
}

// expected says what should stand in the place of a node.
func expected(what string, node ast.Node) string {
	switch node.(type) {
	case *ast.AnchorNode, *ast.AliasNode:
		return "expected " + what + "; muster supports no anchors (&) and aliases (*)"
	}
	return "expected " + what
}

// nameProblem explains why a context cannot have a name; "" if it can.
func nameProblem(name string) string {
	switch {
	case name == "":
		return "a context needs a name"
	case strings.HasPrefix(name, "-"):
		return fmt.Sprintf("context %q: a name cannot begin with -", name)
	case !writable(name):
		return fmt.Sprintf("context %q: a name cannot have control characters", name)
	}
	return ""
}

// writable reports whether a text can be written as one line of a file.
func writable(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, unicode.IsControl)
}

// values returns a value, or the values of a list. ok is false for anything else, and for
// empty values.
func values(node ast.Node) (found []string, ok bool) {
	list, isList := node.(*ast.SequenceNode)
	if !isList {
		value, ok := scalar(node)
		return []string{value}, ok && value != ""
	}
	for _, item := range list.Values {
		value, ok := scalar(item)
		if !ok || value == "" {
			return nil, false
		}
		found = append(found, value)
	}
	return found, len(found) > 0
}

// scalar returns the text of a value as it stands in the file, without quotes.
func scalar(node ast.Node) (text string, ok bool) {
	switch node := node.(type) {
	case *ast.StringNode:
		return node.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return node.GetToken().Value, true
	case *ast.TagNode:
		return scalar(node.Value)
	}
	return "", false
}

// keyText is the text of a key.
func keyText(key ast.MapKeyNode) string {
	if text, ok := scalar(key); ok {
		return text
	}
	return key.GetToken().Value
}

func empty(node ast.Node) bool {
	_, null := node.(*ast.NullNode)
	return node == nil || null
}

func lineOf(node ast.Node) int { return node.GetToken().Position.Line }
