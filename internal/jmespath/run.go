package jmespath

import (
	"context"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// run calls a function with arguments of the right number and types.
func run(ctx context.Context, name string, args []any) (any, error) {
	switch name {
	case "abs", "avg", "ceil", "floor", "sum", "to_number":
		return runNumeric(name, args[0])
	case "contains", "ends_with", "join", "starts_with":
		return runText(name, args[0], args[1])
	case "map":
		return mapItems(ctx, args[0].(*reference), args[1].([]any))
	case "max", "min", "max_by", "min_by", "sort", "sort_by", "reverse":
		return runOrdering(ctx, name, args)
	case "keys":
		keys := []any{}
		for _, m := range args[0].(Object) {
			keys = append(keys, m.Key)
		}
		return keys, nil
	case "values":
		return values(args[0].(Object)), nil
	case "merge":
		return merge(args)
	case "not_null":
		i := slices.IndexFunc(args, func(x any) bool { return x != nil })
		if i < 0 {
			return nil, nil
		}
		return args[i], nil
	case "length":
		return length(args[0]), nil
	case "to_array":
		if list, ok := args[0].([]any); ok {
			return list, nil
		}
		return []any{args[0]}, nil
	case "to_string":
		if text, ok := args[0].(string); ok {
			return text, nil
		}
		b, err := formatJSON(nil, args[0])
		return string(b), err
	case "type":
		if t := typeOf(args[0]); t != "expression" {
			return t, nil
		}
		return nil, nil
	}
	panic("jmespath: no function " + name)
}

func runNumeric(name string, x any) (any, error) {
	switch name {
	case "abs":
		return absolute(x), nil
	case "avg":
		if len(x.([]any)) == 0 {
			return nil, nil
		}
		return average(x.([]any))
	case "ceil":
		return round(x, math.Ceil)
	case "floor":
		return round(x, math.Floor)
	case "sum":
		return sum(x.([]any))
	}
	return toNumber(x)
}

func runText(name string, x, y any) (any, error) {
	text, isText := x.(string)
	switch name {
	case "contains":
		if !isText {
			return slices.ContainsFunc(x.([]any), func(item any) bool { return same(item, y) }), nil
		}
		part, ok := y.(string)
		if !ok {
			return nil, typeError("contains of a string", aString, typeName(y))
		}
		return strings.Contains(text, part), nil
	case "ends_with":
		return strings.HasSuffix(text, y.(string)), nil
	case "starts_with":
		return strings.HasPrefix(text, y.(string)), nil
	}
	var texts []string
	for _, item := range y.([]any) {
		texts = append(texts, item.(string))
	}
	return strings.Join(texts, text), nil
}

func runOrdering(ctx context.Context, name string, args []any) (any, error) {
	list, _ := args[0].([]any)
	switch name {
	case "max":
		return extreme(list, list, 1)
	case "min":
		return extreme(list, list, -1)
	case "sort":
		return sortBy(list, list), nil
	case "max_by", "min_by", "sort_by":
		return runBy(ctx, name, list, args[1].(*reference))
	}
	if text, ok := args[0].(string); ok {
		runes := []rune(text)
		slices.Reverse(runes)
		return string(runes), nil
	}
	list = slices.Clone(list)
	slices.Reverse(list)
	return list, nil
}

// length counts the items of a list, the keys of an object, or the characters of a string.
func length(x any) int {
	switch x := x.(type) {
	case []any:
		return len(x)
	case Object:
		return len(x)
	}
	return utf8.RuneCountInString(x.(string))
}
