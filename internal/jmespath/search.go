package jmespath

import (
	"context"
	"errors"
	"strings"
)

// Search evaluates the expression for a value. It fails wherever the AWS CLI does: if an
// argument of a function has the wrong type, even within a projection. It also fails when
// ctx ends, since the result of a short expression can be huge.
func (n *Node) Search(ctx context.Context, x any) (any, error) {
	switch n.Kind {
	case Current:
		return x, nil
	case Field:
		if o, ok := x.(Object); ok {
			return o.Get(n.Name), nil
		}
		return nil, nil
	case Literal:
		return n.Value, nil
	case Chain, IndexChain:
		var err error
		for _, child := range n.Children {
			if x, err = child.Search(ctx, x); err != nil {
				return nil, err
			}
		}
		return x, nil
	case Index:
		list, _ := x.([]any)
		i := n.Value.(int)
		if i < 0 {
			i += len(list)
		}
		if i < 0 || i >= len(list) {
			return nil, nil
		}
		return list[i], nil
	case Slice:
		if list, ok := x.([]any); ok {
			return n.slice(list)
		}
		return nil, nil
	case Projection, ValueProjection, FilterProjection:
		return n.project(ctx, x)
	case Flatten:
		return n.flatten(ctx, x)
	case Comparison:
		return n.compare(ctx, x)
	case Or, And:
		left, err := n.Children[0].Search(ctx, x)
		if err != nil || isTruthy(left) == (n.Kind == Or) {
			return left, err
		}
		return n.Children[1].Search(ctx, x)
	case Not:
		value, err := n.Children[0].Search(ctx, x)
		return !isTruthy(value), err
	case Call:
		return n.call(ctx, x)
	case Reference:
		return &reference{n.Children[0]}, nil
	}
	return n.collect(ctx, x)
}

// collect evaluates [a, b] and {a: x}.
func (n *Node) collect(ctx context.Context, x any) (any, error) {
	if x == nil {
		return nil, nil
	}
	var values []any
	for _, child := range n.Children {
		value, err := child.Search(ctx, x)
		if err != nil {
			return nil, err
		}
		values = append(values, value)
	}
	if n.Kind == List {
		return values, nil
	}
	o := make(Object, 0, len(values))
	for i, child := range n.Children {
		o = o.set(child.Name, values[i])
	}
	return o, nil
}

func (n *Node) project(ctx context.Context, x any) (any, error) {
	base, err := n.Children[0].Search(ctx, x)
	if err != nil {
		return nil, err
	}
	list, ok := base.([]any)
	if n.Kind == ValueProjection {
		var o Object
		if o, ok = base.(Object); ok {
			list = values(o)
		}
	}
	if !ok {
		return nil, nil
	}
	collected := []any{}
	for _, item := range list {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if n.Kind == FilterProjection {
			if keep, err := n.Children[2].Search(ctx, item); err != nil {
				return nil, err
			} else if !isTruthy(keep) {
				continue
			}
		}
		value, err := n.Children[1].Search(ctx, item)
		if err != nil {
			return nil, err
		}
		if value != nil {
			collected = append(collected, value)
		}
	}
	return collected, nil
}

func (n *Node) flatten(ctx context.Context, x any) (any, error) {
	base, err := n.Children[0].Search(ctx, x)
	list, ok := base.([]any)
	if err != nil || !ok {
		return nil, err
	}
	flat := []any{}
	for _, item := range list {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if inner, ok := item.([]any); ok {
			flat = append(flat, inner...)
		} else {
			flat = append(flat, item)
		}
	}
	return flat, nil
}

func (n *Node) slice(list []any) (any, error) {
	step := 1
	if n.bounds[2] != nil {
		step = *n.bounds[2]
	}
	low, high := 0, len(list) // limits of the start and the stop
	if step < 0 {
		low, high = -1, len(list)-1
	}
	bound := func(given *int, byDefault int) int {
		if given == nil {
			return byDefault
		}
		i := *given
		if i < 0 {
			i += len(list)
		}
		return max(low, min(i, high))
	}
	items := []any{}
	switch {
	case step == 0:
		return nil, errors.New("the step of a slice cannot be 0")
	case step > 0:
		stop := bound(n.bounds[1], high)
		for i := bound(n.bounds[0], low); i < stop; i += min(step, stop-i) {
			items = append(items, list[i])
		}
	default:
		stop := bound(n.bounds[1], low)
		for i := bound(n.bounds[0], high); i > stop; i += max(step, stop-i) {
			items = append(items, list[i])
		}
	}
	return items, nil
}

func (n *Node) compare(ctx context.Context, x any) (any, error) {
	left, err := n.Children[0].Search(ctx, x)
	if err != nil {
		return nil, err
	}
	right, err := n.Children[1].Search(ctx, x)
	if err != nil {
		return nil, err
	}
	switch n.Name {
	case "==":
		return equal(left, right), nil
	case "!=":
		return !equal(left, right), nil
	}
	if !comparable(left) || !comparable(right) {
		return nil, nil
	}
	if isNumber(left) != isNumber(right) {
		return nil, errors.New(n.Name + " cannot compare a " + typeOf(left) + " with a " + typeOf(right))
	}
	order, ordered := compare(left, right)
	switch {
	case !ordered:
		return false, nil
	case n.Name == "<":
		return order < 0, nil
	case n.Name == "<=":
		return order <= 0, nil
	case n.Name == ">":
		return order > 0, nil
	}
	return order >= 0, nil
}

// isTruthy reports whether a value counts as true. All numbers do, even 0.
func isTruthy(x any) bool {
	switch x := x.(type) {
	case nil:
		return false
	case bool:
		return x
	case string:
		return x != ""
	case []any:
		return len(x) > 0
	case Object:
		return len(x) > 0
	}
	return true
}

// equal is == of JMESPath: 1 and true differ.
func equal(x, y any) bool {
	_, a := x.(bool)
	_, b := y.(bool)
	return a == b && same(x, y)
}

// same is == of Python: 1 equals true. As in jmespath.py, it applies to the items of lists,
// the values of objects, and contains().
func same(x, y any) bool {
	x, y = unbool(x), unbool(y)
	switch a := x.(type) {
	case nil:
		return y == nil
	case []any:
		b, ok := y.([]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for i := range a {
			if !same(a[i], b[i]) {
				return false
			}
		}
		return true
	case Object:
		b, ok := y.(Object)
		if !ok || len(a) != len(b) {
			return false
		}
		for _, m := range a {
			i := 0
			for i < len(b) && b[i].Key != m.Key {
				i++
			}
			if i == len(b) || !same(m.Value, b[i].Value) {
				return false
			}
		}
		return true
	case *reference:
		b, ok := y.(*reference)
		return ok && a == b
	}
	if !comparable(y) || isNumber(x) != isNumber(y) {
		return false
	}
	order, ordered := compare(x, y)
	return ordered && order == 0
}

// unbool replaces true by 1 and false by 0.
func unbool(x any) any {
	switch x {
	case true:
		return 1
	case false:
		return 0
	}
	return x
}

func comparable(x any) bool {
	_, ok := x.(string)
	return ok || isNumber(x)
}

// compare orders two strings or two numbers. ordered is false for NaN.
func compare(x, y any) (order int, ordered bool) {
	if a, ok := x.(string); ok {
		return strings.Compare(a, y.(string)), true
	}
	return compareNumbers(x, y)
}

func values(o Object) []any {
	list := make([]any, len(o))
	for i, m := range o {
		list[i] = m.Value
	}
	return list
}
