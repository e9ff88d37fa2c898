package jmespath

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// signature is the types of a function's arguments. Each may be several types, joined by or.
type signature struct {
	arguments []string
	variadic  bool // the last argument may be repeated
}

const (
	aNumber    = "a number"
	aString    = "a string"
	anArray    = "an array"
	anObject   = "an object"
	numbers    = "an array of numbers"
	strs       = "an array of strings"
	expression = "an &expression"
	anything   = ""
	or         = " or "
)

var signatures = map[string]signature{
	"abs":         {arguments: []string{aNumber}},
	"avg":         {arguments: []string{numbers}},
	"ceil":        {arguments: []string{aNumber}},
	"contains":    {arguments: []string{anArray + or + aString, anything}},
	"ends_with":   {arguments: []string{aString, aString}},
	"floor":       {arguments: []string{aNumber}},
	"join":        {arguments: []string{aString, strs}},
	"keys":        {arguments: []string{anObject}},
	"length":      {arguments: []string{aString + or + anArray + or + anObject}},
	"map":         {arguments: []string{expression, anArray}},
	"max":         {arguments: []string{numbers + or + strs}},
	"max_by":      {arguments: []string{anArray, expression}},
	"merge":       {arguments: []string{anObject}, variadic: true},
	"min":         {arguments: []string{numbers + or + strs}},
	"min_by":      {arguments: []string{anArray, expression}},
	"not_null":    {arguments: []string{anything}, variadic: true},
	"reverse":     {arguments: []string{anArray + or + aString}},
	"sort":        {arguments: []string{strs + or + numbers}},
	"sort_by":     {arguments: []string{anArray, expression}},
	"starts_with": {arguments: []string{aString, aString}},
	"sum":         {arguments: []string{numbers}},
	"to_array":    {arguments: []string{anything}},
	"to_number":   {arguments: []string{anything}},
	"to_string":   {arguments: []string{anything}},
	"type":        {arguments: []string{anything}},
	"values":      {arguments: []string{anObject}},
}

func (n *Node) call(ctx context.Context, x any) (any, error) {
	args := make([]any, len(n.Children))
	for i, child := range n.Children {
		var err error
		if args[i], err = child.Search(ctx, x); err != nil {
			return nil, err
		}
	}
	s, ok := signatures[n.Name]
	switch {
	case !ok:
		return nil, errors.New("unknown function " + n.Name)
	case len(args) < len(s.arguments) || len(args) > len(s.arguments) && !s.variadic:
		return nil, fmt.Errorf("%s does not take %d arguments", n.Name, len(args))
	}
	for i, wanted := range s.arguments {
		if got := mismatch(args[i], wanted); got != "" {
			return nil, typeError(n.Name, wanted, got)
		}
	}
	return run(ctx, n.Name, args)
}

func typeError(function, wanted, got string) error {
	return errors.New(function + " takes " + wanted + ", not " + got)
}

// mismatch describes a value that has none of the wanted types; it returns "" for others.
func mismatch(x any, wanted string) string {
	if wanted == anything {
		return ""
	}
	alternatives := strings.Split(wanted, or)
	if slices.Contains(alternatives, typeName(x)) {
		return ""
	}
	list, ok := x.([]any)
	if !ok || !strings.Contains(wanted, anArray+" of") {
		return typeName(x)
	}
	for i, item := range list { // all must have the type of the first
		if i == 0 && len(alternatives) > 1 {
			alternatives = []string{anArray + " of" + strings.TrimPrefix(typeName(item), "a") + "s"}
		}
		if anArray+" of"+strings.TrimPrefix(typeName(item), "a")+"s" != alternatives[0] || !strings.Contains(wanted, alternatives[0]) {
			return "one with " + typeName(item) + " in it"
		}
	}
	return ""
}

// typeName is a value's type with an article, for messages.
func typeName(x any) string {
	switch t := typeOf(x); t {
	case "null":
		return t
	case "array", "object":
		return "an " + t
	case "expression":
		return expression
	default:
		return "a " + t
	}
}

func toNumber(x any) (any, error) {
	switch x := x.(type) {
	case string:
		return parseNumber(x), nil
	case *reference:
		return nil, typeError("to_number", "a value", expression)
	}
	if isNumber(x) {
		return x, nil
	}
	return nil, nil
}

// mapItems evaluates the expression for each item.
func mapItems(ctx context.Context, r *reference, list []any) ([]any, error) {
	results := make([]any, len(list))
	for i, item := range list {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		var err error
		if results[i], err = r.node.Search(ctx, item); err != nil {
			return nil, err
		}
	}
	return results, nil
}

// runBy is max_by, min_by and sort_by.
func runBy(ctx context.Context, name string, list []any, r *reference) (any, error) {
	keys, err := mapItems(ctx, r, list)
	if err != nil {
		return nil, err
	}
	for _, key := range keys {
		if !comparable(key) {
			return nil, typeError(name, "an &expression that gives strings or numbers", typeName(key))
		}
		if isNumber(key) != isNumber(keys[0]) {
			return nil, typeError(name, "an &expression that gives only strings or only numbers", "both")
		}
	}
	switch name {
	case "max_by":
		return extreme(list, keys, 1)
	case "min_by":
		return extreme(list, keys, -1)
	}
	return sortBy(list, keys), nil
}

// extreme is the first item with the greatest key (sign 1) or the least key (sign -1); nil
// for an empty list.
func extreme(list, keys []any, sign int) (any, error) {
	if len(list) == 0 {
		return nil, nil
	}
	found := 0
	for i, key := range keys {
		if order, _ := compare(key, keys[found]); order == sign {
			found = i
		}
	}
	return list[found], nil
}

// sortBy returns a list in the order of its keys. Items with equal keys keep their order.
func sortBy(list, keys []any) []any {
	order := make([]int, len(list))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int {
		order, _ := compare(keys[i], keys[j])
		return order
	})
	items := make([]any, len(list))
	for i, from := range order {
		items[i] = list[from]
	}
	return items
}

// merge merges objects. Like jmespath.py it ignores empty lists and strings after the first
// object.
func merge(args []any) (any, error) {
	merged := Object{}
	for _, x := range args {
		o, ok := x.(Object)
		if list, isList := x.([]any); !ok && x != "" && (!isList || len(list) > 0) {
			return nil, typeError("merge", "objects", typeName(x))
		}
		for _, m := range o {
			merged = merged.set(m.Key, m.Value)
		}
	}
	return merged, nil
}
