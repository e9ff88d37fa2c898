package shorthand

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"
)

// Values parses the arguments of a flag whose parameter is a list. A single argument may be
// the whole list as JSON, or name a file with it.
func Values(texts []string, shape *Shape, load Load) (any, error) {
	if len(texts) == 1 {
		if content, named, err := load.file(texts[0]); err != nil || named {
			if err == nil && !strings.HasPrefix(strings.TrimSpace(content), "[") {
				err = errors.New("expected a JSON list in the file")
			}
			if err != nil {
				return nil, err
			}
			return parseJSON(content)
		}
		if strings.HasPrefix(strings.TrimSpace(texts[0]), "[") {
			return parseJSON(texts[0])
		}
	}
	list := make([]any, 0, len(texts))
	isJSON := len(texts) > 0 && looksLikeJSON(texts[0])
	for _, text := range texts {
		value, err := shape.Item.parse(text, isJSON, load)
		if err != nil {
			return nil, err
		}
		list = append(list, value)
	}
	return list, nil
}

// Value parses the argument of the flag of any other parameter.
func Value(text string, shape *Shape, load Load) (any, error) {
	content, named, err := load.file(text)
	if err != nil {
		return nil, err
	}
	if named {
		text = content
	}
	return shape.parse(text, looksLikeJSON(text), load)
}

// parse parses one argument: JSON, shorthand, or a plain value.
func (s *Shape) parse(text string, isJSON bool, load Load) (any, error) {
	switch {
	case s.Kind == Document:
		return parseJSON(text)
	case !s.complex():
		return s.scalar(text)
	case isJSON:
		if opening := map[Kind]string{Structure: "{", Map: "{", List: "["}[s.Kind]; !strings.HasPrefix(strings.TrimSpace(text), opening) {
			return nil, fmt.Errorf("expected JSON that begins with %s", opening)
		}
		return parseJSON(text)
	case s.Kind == Structure && len(s.Members) == 1 && s.Members[0].Name == "Value" && s.Members[0].Shape.Kind == String && !strings.Contains(text, "="):
		return map[string]any{"Value": text}, nil
	}
	value, err := parseStructure(text, load)
	if err != nil {
		return nil, err
	}
	return s.convert(value)
}

func looksLikeJSON(text string) bool {
	text = strings.TrimSpace(text)
	return strings.HasPrefix(text, "[") || strings.HasPrefix(text, "{")
}

func parseJSON(text string) (value any, err error) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if err = d.Decode(&value); err == nil {
		if _, more := d.Token(); more != io.EOF {
			err = errors.New("text follows the value")
		}
	}
	if err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) {
		err = errors.New("the text ends too early")
	}
	if err != nil {
		return nil, fmt.Errorf("not JSON: %w", err)
	}
	return value, nil
}

// file calls l, which may be nil.
func (l Load) file(text string) (content string, named bool, err error) {
	if l == nil {
		return "", false, nil
	}
	return l(text)
}

// Files returns a Load for files of this machine. As in the AWS CLI, a path may start with ~
// and contain variables of the environment.
func Files(lookup func(string) (string, bool), home string) Load {
	return func(value string) (string, bool, error) {
		path, isText := strings.CutPrefix(value, "file://")
		binary, isBinary := strings.CutPrefix(value, "fileb://")
		if !isText && !isBinary {
			return "", false, nil
		}
		if isBinary {
			path = binary
		}
		if rest, ok := strings.CutPrefix(path, "~"); ok && (rest == "" || os.IsPathSeparator(rest[0])) && home != "" {
			path = filepath.Join(home, rest)
		}
		path = variable().ReplaceAllStringFunc(path, func(name string) string {
			if value, ok := lookup(strings.Trim(name, "${}")); ok {
				return value
			}
			return name
		})
		content, err := os.ReadFile(path)
		switch {
		case err != nil:
			return "", true, err
		case isBinary:
			return string(content), true, nil
		case !utf8.Valid(content):
			return "", true, fmt.Errorf("%s is not UTF-8 text; use fileb:// for binary files", path)
		}
		return strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(string(content)), true, nil
	}
}

var variable = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\$(?:\w+|\{[^}]*\})`) })
