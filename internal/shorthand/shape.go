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
	String Kind = iota // also what is sent as one: blobs, times
	Integer
	Float
	Boolean
	Structure
	List
	Map
	Document
)

// Shape is what a parameter, or a part of it, may hold.
type Shape struct {
	Kind    Kind
	Members []Member // of a structure
	Item    *Shape   // of a list, and of a map's values
}

// Member is one of a structure's.
type Member struct {
	Name  string
	Shape *Shape
}

// complex says whether the AWS CLI has a shorthand for a parameter.
func (s *Shape) complex() bool {
	switch s.Kind {
	case Structure, Map:
		return true
	case List:
		return slices.Contains([]Kind{Structure, List, Map}, s.Item.Kind)
	}
	return false
}

// fit makes what Parse returns agree with a shape: shorthand has only texts, and
// does not tell a list of one value from that value.
func (s *Shape) fit(value any) (any, error) {
	switch s.Kind {
	case Structure:
		values, ok := value.(map[string]any)
		if !ok {
			return value, nil
		}
		for _, m := range s.Members {
			if v, given := values[m.Name]; given {
				fitted, err := m.Shape.fit(v)
				if err != nil {
					return nil, fmt.Errorf("%s: %w", m.Name, err)
				}
				values[m.Name] = fitted
			}
		}
		return values, nil
	case Map:
		values, ok := value.(map[string]any)
		if !ok {
			return value, nil
		}
		for key, v := range values {
			fitted, err := s.Item.fit(v)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", key, err)
			}
			values[key] = fitted
		}
		return values, nil
	case List:
		list, ok := value.([]any)
		if !ok {
			return []any{value}, nil // as it is: the AWS CLI does not look into it
		}
		for i, v := range list {
			fitted, err := s.Item.fit(v)
			if err != nil {
				return nil, err
			}
			list[i] = fitted
		}
		return list, nil
	case Document:
		return nil, errors.New("shorthand has no documents; give the whole parameter as JSON")
	}
	return s.scalar(value)
}

// scalar reads a number or a boolean.
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

// withoutUnderscores drops those that Python allows between digits.
func withoutUnderscores(text string) (string, bool) {
	for i, c := range text {
		digit := func(at int) bool { return at >= 0 && at < len(text) && text[at] >= '0' && text[at] <= '9' }
		if c == '_' && !(digit(i-1) && digit(i+1)) {
			return "", false
		}
	}
	return strings.ReplaceAll(text, "_", ""), true
}

// Check says what in a value does not agree with a shape. The name is the
// parameter's.
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
				return &UnknownKeyError{Of: name, Key: key, Known: s.names()}
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
		if s.holds(value) {
			return nil
		}
	}
	return fmt.Errorf("%s: expected %s, not %s", name, s.Kind, describe(value))
}

// holds says whether a scalar is of the shape's kind.
func (s *Shape) holds(value any) bool {
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

// describe is a value as JSON, without its end where it is long.
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
