// Package jmespath evaluates JMESPath as the AWS CLI does. Users bring their queries from
// there, and expect the same results and the same errors.
//
// No Go library does this. Over 100,000 generated pairs of an expression and a document,
// jmespath/go-jmespath and jmespath-community/go-jmespath each differ from jmespath.py in
// one of six. Both keep objects in maps, without the order of keys, and numbers as float64,
// so that 2 and 2.0 are the same. The second also extends the language and drops errors
// within projections. This package implements the language of jmespath.py, including its
// parser's extensions of the specification. A test compares the results.
//
// A value is nil, a bool, a string, a number (int, *big.Int or float64), a []any or an
// Object. Values are never changed, and results may share parts with the input.
package jmespath

import (
	"fmt"
	"maps"
	"slices"
)

// Object is a JSON object that keeps the order of its keys, which are unique.
type Object []Member

// Member is a key of an object with its value.
type Member struct {
	Key   string
	Value any
}

// Get returns the value of a key, or nil.
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
	Offset   int     // its first byte in the expression

	bounds [3]*int // of a slice
}

// Kind is the operation of a node.
type Kind int

const (
	Current          Kind = iota // @: the input
	Field                        // a member of an object
	Literal                      // Value
	Chain                        // a.b, a | b: the result of each child is the input of the next
	IndexChain                   // a[0]: likewise
	Index                        // an item of a list
	Slice                        // items of a list
	Projection                   // the second child for each item of the first
	ValueProjection              // the same for each value of an object
	FilterProjection             // the same for each item for which the third child is true
	Flatten                      // joins the lists in the child's result
	Comparison
	Or
	And
	Not
	Call
	Reference // &child
	List      // [a, b]
	Hash      // {a: x}; each child's Name is its key
)

// SyntaxError is a mistake in the text of an expression.
type SyntaxError struct {
	Offset, Length int // in bytes
	Msg            string
	Hint           string // a suggestion; may be empty
}

func (e *SyntaxError) Error() string { return e.Msg }

// Functions returns the names of all functions, sorted.
func Functions() []string { return slices.Sorted(maps.Keys(signatures)) }

// Arity returns the number of arguments of a function; a variadic function also takes more.
// ok is false if there is no such function.
func Arity(function string) (arguments int, variadic, ok bool) {
	s, ok := signatures[function]
	return len(s.arguments), s.variadic, ok
}

// reference is the value of &x.
type reference struct{ node *Node }

// IsReference reports whether a value is an &x. Such a value cannot be printed.
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
	panic(fmt.Sprintf("jmespath: not a JSON value: %T", x))
}
