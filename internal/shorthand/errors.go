package shorthand

import (
	"fmt"
	"strings"
)

// syntaxError is a mistake in the syntax of shorthand.
type syntaxError struct {
	Expected string // a character, or the AWS CLI's name of a kind of value
	Found    string // a character, EOF, or <none>
	Offset   int    // in characters
}

func (e *syntaxError) Error() string {
	expected := map[string]string{
		"<second>": "a value", "<singled quoted>": "a ' that ends the value", "<double quoted>": `a " that ends the value`,
	}[e.Expected]
	if expected == "" {
		expected = fmt.Sprintf("%q", e.Expected)
	}
	switch e.Found {
	case "EOF":
		return "expected " + expected + " at the end"
	case "<none>":
		return fmt.Sprintf("expected %s at character %d", expected, e.Offset+1)
	}
	return fmt.Sprintf("expected %s instead of %q at character %d", expected, e.Found, e.Offset+1)
}

// duplicateKeyError is a key that a structure contains twice.
type duplicateKeyError struct {
	Key    string
	Offset int // of the second, in characters
}

func (e *duplicateKeyError) Error() string {
	return fmt.Sprintf("a second %q at character %d; separate structures by spaces", e.Key, e.Offset+1)
}

// unknownKeyError is a key that a structure lacks.
type unknownKeyError struct {
	Of    string // name of the parameter
	Key   string
	Known []string
}

func (e *unknownKeyError) Error() string {
	return fmt.Sprintf("unknown key %q in %s; expected %s", e.Key, e.Of, strings.Join(e.Known, " or "))
}
