package jmespath

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// signature is what a function takes: alternatives of each argument's type.
type signature struct {
	arguments []string
	variadic  bool // the last argument may be given more than once
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
			return nil, wants(n.Name, wanted, got)
		}
	}
	return run(ctx, n.Name, args)
}

func wants(name, wanted, got string) error {
	return errors.New(name + " wants " + wanted + ", but got " + got)
}

// mismatch names a value that is none of the types wanted; "" if it is one of them.
func mismatch(x any, wanted string) string {
	if wanted == anything {
		return ""
	}
	alternatives := strings.Split(wanted, or)
	if slices.Contains(alternatives, called(x)) {
		return ""
	}
	list, ok := x.([]any)
	if !ok || !strings.Contains(wanted, anArray+" of") {
		return called(x)
	}
	for i, item := range list { // all of them are as the first
		if i == 0 && len(alternatives) > 1 {
			alternatives = []string{anArray + " of" + strings.TrimPrefix(called(item), "a") + "s"}
		}
		if anArray+" of"+strings.TrimPrefix(called(item), "a")+"s" != alternatives[0] || !strings.Contains(wanted, alternatives[0]) {
			return "one with " + called(item) + " in it"
		}
	}
	return ""
}

// called is a value's type as messages have it.
func called(x any) string {
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

// run calls a function with arguments of the right number and types.
func run(ctx context.Context, name string, args []any) (any, error) {
	first := args[0]
	list, _ := first.([]any)
	text, isText := first.(string)
	object, _ := first.(Object)
	switch name {
	case "abs":
		return absolute(first), nil
	case "avg":
		if len(list) == 0 {
			return nil, nil
		}
		return average(list)
	case "ceil":
		return round(first, math.Ceil)
	case "contains":
		if !isText {
			return slices.ContainsFunc(list, func(item any) bool { return same(item, args[1]) }), nil
		}
		part, ok := args[1].(string)
		if !ok {
			return nil, wants("contains of a string", aString, called(args[1]))
		}
		return strings.Contains(text, part), nil
	case "ends_with":
		return strings.HasSuffix(text, args[1].(string)), nil
	case "floor":
		return round(first, math.Floor)
	case "join":
		var texts []string
		for _, item := range args[1].([]any) {
			texts = append(texts, item.(string))
		}
		return strings.Join(texts, text), nil
	case "keys":
		keys := make([]any, len(object))
		for i, m := range object {
			keys[i] = m.Key
		}
		return keys, nil
	case "length":
		return len(list) + len(object) + utf8.RuneCountInString(text), nil
	case "map":
		return mapped(ctx, first.(*reference), args[1].([]any))
	case "max":
		return best(list, list, 1)
	case "max_by", "min_by", "sort_by":
		return by(ctx, name, list, args[1].(*reference))
	case "merge":
		return merge(args)
	case "min":
		return best(list, list, -1)
	case "not_null":
		for _, x := range args {
			if x != nil {
				return x, nil
			}
		}
		return nil, nil
	case "reverse":
		if isText {
			runes := []rune(text)
			slices.Reverse(runes)
			return string(runes), nil
		}
		list = slices.Clone(list)
		slices.Reverse(list)
		return list, nil
	case "sort":
		return sorted(list, list), nil
	case "starts_with":
		return strings.HasPrefix(text, args[1].(string)), nil
	case "sum":
		return sum(list)
	case "to_array":
		if first, ok := first.([]any); ok {
			return first, nil
		}
		return []any{first}, nil
	case "to_number":
		return toNumber(first)
	case "to_string":
		if isText {
			return text, nil
		}
		b, err := formatJSON(nil, first)
		return string(b), err
	case "type":
		if t := typeOf(first); t != "expression" {
			return t, nil
		}
		return nil, nil
	case "values":
		return values(object), nil
	}
	panic("jmespath: no function " + name)
}

func toNumber(x any) (any, error) {
	switch x := x.(type) {
	case string:
		return parseNumber(x), nil
	case *reference:
		return nil, wants("to_number", "a value", expression)
	}
	if isNumber(x) {
		return x, nil
	}
	return nil, nil
}

func mapped(ctx context.Context, r *reference, list []any) ([]any, error) {
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

// by is max_by, min_by and sort_by.
func by(ctx context.Context, name string, list []any, r *reference) (any, error) {
	keys, err := mapped(ctx, r, list)
	if err != nil {
		return nil, err
	}
	for _, key := range keys {
		if !comparable(key) {
			return nil, wants(name, "an &expression that gives strings or numbers", called(key))
		}
		if isNumber(key) != isNumber(keys[0]) {
			return nil, wants(name, "an &expression that gives only strings or only numbers", "both")
		}
	}
	switch name {
	case "max_by":
		return best(list, keys, 1)
	case "min_by":
		return best(list, keys, -1)
	}
	return sorted(list, keys), nil
}

// best is the first item whose key is the least or the greatest; nil if there is none.
func best(list, keys []any, sign int) (any, error) {
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

// sorted is a list in the order of its keys; where they are equal, in its own.
func sorted(list, keys []any) []any {
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

// merge takes objects; jmespath.py also lets an empty list or string pass behind the first.
func merge(args []any) (any, error) {
	merged := Object{}
	for _, x := range args {
		o, ok := x.(Object)
		if list, isList := x.([]any); !ok && x != "" && (!isList || len(list) > 0) {
			return nil, wants("merge", "objects", called(x))
		}
		for _, m := range o {
			merged = merged.set(m.Key, m.Value)
		}
	}
	return merged, nil
}
