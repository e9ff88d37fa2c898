package shorthand

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"
)

// Kind is a type of AWS's models.
type Kind int

const (
	String Kind = iota // also blobs and times, which are sent as strings
	Integer
	Float
	Boolean
	Structure
	List
	Map
	Document
)

// Shape describes the values of a parameter or of a part of one.
type Shape struct {
	Kind    Kind
	Members []Member // of a structure
	Item    *Shape   // of a list, and of a map's values
}

// Member is a member of a structure.
type Member struct {
	Name  string
	Shape *Shape
}

// complex reports whether the AWS CLI has a shorthand for the parameter.
func (s *Shape) complex() bool {
	switch s.Kind {
	case Structure, Map:
		return true
	case List:
		return slices.Contains([]Kind{Structure, List, Map}, s.Item.Kind)
	}
	return false
}

// convert converts a result of parseStructure to the shape. Shorthand has only texts, and a list of
// one value looks like that value.
func (s *Shape) convert(value any) (any, error) {
	switch s.Kind {
	case Structure:
		values, ok := value.(map[string]any)
		if !ok {
			return value, nil
		}
		for _, m := range s.Members {
			if v, given := values[m.Name]; given {
				converted, err := m.Shape.convert(v)
				if err != nil {
					return nil, fmt.Errorf("%s: %w", m.Name, err)
				}
				values[m.Name] = converted
			}
		}
		return values, nil
	case Map:
		values, ok := value.(map[string]any)
		if !ok {
			return value, nil
		}
		for key, v := range values {
			converted, err := s.Item.convert(v)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", key, err)
			}
			values[key] = converted
		}
		return values, nil
	case List:
		list, ok := value.([]any)
		if !ok {
			return []any{value}, nil // the AWS CLI does not convert it either
		}
		for i, v := range list {
			converted, err := s.Item.convert(v)
			if err != nil {
				return nil, err
			}
			list[i] = converted
		}
		return list, nil
	case Document:
		return nil, errors.New("shorthand cannot express a document; write the whole parameter as JSON")
	}
	return s.scalar(value)
}

// scalar parses a number or a boolean.
func (s *Shape) scalar(value any) (any, error) {
	text, ok := value.(string)
	if s.Kind == String {
		return value, nil
	}
	if !ok {
		return nil, fmt.Errorf("expected %s, not %s", s.Kind, describe(value))
	}
	trimmed := strings.TrimFunc(text, isSpace)
	switch s.Kind {
	case Integer:
		if digits, ok := withoutUnderscores(trimmed); ok {
			if n, ok := new(big.Int).SetString(digits, 10); ok {
				return json.Number(n.String()), nil
			}
		}
	case Float:
		if digits, ok := withoutUnderscores(trimmed); ok && !strings.ContainsAny(digits, "xXpP") {
			n, err := strconv.ParseFloat(digits, 64)
			if err == nil || errors.Is(err, strconv.ErrRange) {
				return n, nil
			}
		}
	case Boolean:
		switch strings.ToLower(text) {
		case "true":
			return true, nil
		case "false":
			return false, nil
		}
		return text, nil
	}
	return nil, fmt.Errorf("expected %s, not %q", s.Kind, text)
}

// withoutUnderscores removes underscores between digits, as Python does. It reports whether
// all underscores are in such places.
func withoutUnderscores(text string) (string, bool) {
	for i, c := range text {
		digit := func(at int) bool { return at >= 0 && at < len(text) && text[at] >= '0' && text[at] <= '9' }
		if c == '_' && !(digit(i-1) && digit(i+1)) {
			return "", false
		}
	}
	return strings.ReplaceAll(text, "_", ""), true
}

// Check returns an error if a value does not have the shape. name is the name of the
// parameter.
func (s *Shape) Check(name string, value any) error {
	switch s.Kind {
	case Structure:
		values, ok := value.(map[string]any)
		if !ok {
			break
		}
		for key, v := range values {
			at := slices.IndexFunc(s.Members, func(m Member) bool { return m.Name == key })
			if at < 0 {
				return &unknownKeyError{Of: name, Key: key, Known: s.names()}
			}
			if err := s.Members[at].Shape.Check(name+"."+key, v); err != nil {
				return err
			}
		}
		return nil
	case Map:
		values, ok := value.(map[string]any)
		if !ok {
			break
		}
		for key, v := range values {
			if err := s.Item.Check(name+"."+key, v); err != nil {
				return err
			}
		}
		return nil
	case List:
		list, ok := value.([]any)
		if !ok {
			break
		}
		for i, v := range list {
			if err := s.Item.Check(fmt.Sprintf("%s[%d]", name, i), v); err != nil {
				return err
			}
		}
		return nil
	case Document:
		return nil
	default:
		if s.accepts(value) {
			return nil
		}
	}
	return fmt.Errorf("%s: expected %s, not %s", name, s.Kind, describe(value))
}

// accepts reports whether a scalar is of the shape's kind.
func (s *Shape) accepts(value any) bool {
	switch v := value.(type) {
	case string:
		return s.Kind == String
	case bool:
		return s.Kind == Boolean
	case float64:
		return s.Kind == Float
	case json.Number:
		_, err := strconv.ParseInt(v.String(), 10, 64)
		return s.Kind == Float || s.Kind == Integer && err == nil
	}
	return false
}

func (s *Shape) names() (names []string) {
	for _, m := range s.Members {
		names = append(names, m.Name)
	}
	return names
}

func (k Kind) String() string {
	return [...]string{"a string", "an integer", "a number", "true or false", "a structure", "a list", "a map", "a document"}[k]
}

// describe returns a value as JSON, cut to 60 characters.
func describe(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	if list := []rune(string(text)); len(list) > 60 {
		return string(list[:60]) + "..."
	}
	return string(text)
}
