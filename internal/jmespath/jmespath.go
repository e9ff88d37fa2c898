// Package jmespath evaluates JMESPath as the AWS CLI does. Users bring the queries that
// they know from there, and expect the same result, or an error in the same places.
//
// No library in Go does so: over 100,000 generated pairs of an expression and a document,
// jmespath/go-jmespath and jmespath-community/go-jmespath each differ from jmespath.py in
// one of six. Both keep objects in maps, which lose the order of keys, and numbers as
// float64, which loses whether they are whole, and the second has a larger language and
// drops errors within projections. So this is jmespath.py's language, with what its parser
// accepts beyond the specification, and a test compares the results.
//
// A value is nil, a bool, a string, a number (int, *big.Int or float64), a []any or an
// Object. Values are never changed, and results may share parts with the input.
package jmespath

import (
	"fmt"
	"maps"
	"slices"
)

// Object is a JSON object whose keys have an order, without duplicates.
type Object []Member

// Member is a key of an object with its value.
type Member struct {
	Key   string
	Value any
}

// Get is the value of a key, or nil.
func (o Object) Get(key string) any {
	for i := range o {
		if o[i].Key == key {
			return o[i].Value
		}
	}
	return nil
}

func (o Object) set(key string, value any) Object {
	for i := range o {
		if o[i].Key == key {
			o[i].Value = value
			return o
		}
	}
	return append(o, Member{key, value})
}

// Node is a part of an expression.
type Node struct {
	Kind     Kind
	Name     string  // of a field, a function, a key of a hash; the operator of a comparison
	Value    any     // of a literal, an index
	Children []*Node // none is nil
	Offset   int     // byte of the expression at which it was read

	bounds [3]*int // of a slice
}

// Kind says what a node does.
type Kind int

const (
	Current          Kind = iota // what it gets
	Field                        // a member of an object
	Literal                      // Value
	Chain                        // each child gets what the one before gave; a.b, a | b
	IndexChain                   // the same; a[0]
	Index                        // an item of a list
	Slice                        // items of a list
	Projection                   // the second child for each item of the first
	ValueProjection              // ... for each value of an object
	FilterProjection             // ... for each item for which the third child is true
	Flatten                      // the child's lists in one
	Comparison
	Or
	And
	Not
	Call
	Reference // &child
	List      // [a, b]
	Hash      // {a: x}; its children have the keys as Names
)

// SyntaxError is a mistake that makes a text no expression.
type SyntaxError struct {
	Offset, Length int // in bytes
	Msg            string
	Hint           string // what to do; "" if nothing is known
}

func (e *SyntaxError) Error() string { return e.Msg }

// Functions are the names of all functions, sorted.
func Functions() []string { return slices.Sorted(maps.Keys(signatures)) }

// Arity is how many arguments a function takes; a variadic one takes more as well. It
// reports whether there is such a function.
func Arity(function string) (arguments int, variadic, ok bool) {
	s, ok := signatures[function]
	return len(s.arguments), s.variadic, ok
}

// reference is the value of &x.
type reference struct{ node *Node }

// IsReference reports whether a value is an &x, which nothing can print.
func IsReference(x any) bool { _, ok := x.(*reference); return ok }

func typeOf(x any) string {
	switch x.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case []any:
		return "array"
	case Object:
		return "object"
	case *reference:
		return "expression"
	}
	if isNumber(x) {
		return "number"
	}
	panic(fmt.Sprintf("jmespath: no value of JSON: %T", x))
}
