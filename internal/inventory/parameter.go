package inventory

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"

	"muster/internal/catalog"
	"muster/internal/shorthand"
	"muster/internal/wire"
)

// Parameter is a parameter of an operation on the command line, as the AWS CLI has it.
type Parameter struct {
	Name   string          // without dashes in front
	Member *catalog.Member // of the operation's input
}

// Parameters lists the parameters of an operation in the order of AWS's model.
func Parameters(op *catalog.Operation) (all []Parameter) {
	if op.Input == nil {
		return nil
	}
	for _, m := range op.Input.Members() {
		all = append(all, Parameter{op.Parameter(m.Name), m})
	}
	return all
}

// FindParameters finds the parameter with a name, or --no- and the name of a boolean. As
// in the AWS CLI, the first letters of a name do as well; several parameters can match
// these.
func FindParameters(op *catalog.Operation, name string) (matches []Given) {
	for _, p := range Parameters(op) {
		forms := []Given{{Parameter: p}}
		if p.Member.Shape.Kind() == catalog.Boolean {
			forms = append(forms, Given{Parameter: p, Negated: true})
		}
		for _, form := range forms {
			full := p.Name
			if form.Negated {
				full = "no-" + full
			}
			if full == name {
				return []Given{form}
			}
			if strings.HasPrefix(full, name) {
				matches = append(matches, form)
			}
		}
	}
	return matches
}

// Takes says how many values the parameter takes.
func (p Parameter) Takes() (least, most int) {
	switch p.Member.Shape.Kind() {
	case catalog.Boolean:
		return 0, 0
	case catalog.List:
		return 0, 1 << 20
	}
	return 1, 1
}

// Given is a parameter with the texts behind it.
type Given struct {
	Parameter
	Negated bool // --no-NAME
	Texts   []string
}

// parameterError is a mistake in a parameter.
type parameterError struct {
	Name string // without dashes in front
	Err  error
}

func (e *parameterError) Error() string { return "--" + e.Name + ": " + e.Err.Error() }

func (e *parameterError) Unwrap() error { return e.Err }

// UsageError marks a mistake in the command line.
func (e *parameterError) UsageError() {}

// ReadInput builds the input of an operation from JSON, as --cli-input-json has it ("" for
// none), and from parameters, which win. token makes idempotency tokens.
func ReadInput(op *catalog.Operation, json string, given []Given, load shorthand.Load, token func() string) (wire.Object, error) {
	if op.Input == nil {
		if len(given) > 0 {
			return nil, &parameterError{given[0].Name, errors.New(op.CLIName + " takes no parameters")}
		}
		return nil, nil
	}
	in := wire.Object{}
	if json != "" {
		value, err := shorthand.Value(json, &shorthand.Shape{Kind: shorthand.Document}, load)
		if err == nil {
			in, err = wire.Input{Partial: true}.Structure(op.Input, value)
		}
		if err != nil {
			if _, isFile, unread := load("file://" + json); isFile && unread == nil {
				err = fmt.Errorf("%s is a file: write file://%[1]s", json)
			}
			return nil, &parameterError{"cli-input-json", err}
		}
	}
	for _, g := range given {
		value, err := g.value(load)
		if err != nil {
			return nil, &parameterError{g.Name, err}
		}
		in = in.Set(g.Member.Name, value)
	}
	for _, m := range op.Input.Members() {
		switch {
		case in.Get(m.Name) != nil:
		case m.Token && token != nil:
			in = in.Set(m.Name, token())
		case m.Required && !(op.Service.ID == "Glacier" && m.Name == "accountId"): // AWS has a default
			return nil, &parameterError{op.Parameter(m.Name), fmt.Errorf("missing; %s requires it", op.CLIName)}
		}
	}
	return in, checkBucket(op, in)
}

// value reads the texts behind a parameter.
func (g Given) value(load shorthand.Load) (any, error) {
	shape := g.Member.Shape
	in := wire.Input{Text: true}
	switch shape.Kind() {
	case catalog.Boolean:
		return !g.Negated, nil
	case catalog.List:
		value, err := shorthand.Values(g.Texts, shorthandShape(shape, nil), g.binary(load))
		if err != nil {
			return nil, err
		}
		return in.Value(shape, "", value)
	case catalog.Blob:
		if content, named, err := load(g.Texts[0]); named || err != nil {
			return []byte(content), err
		}
		return in.Value(shape, "", g.Texts[0])
	}
	value, err := shorthand.Value(g.Texts[0], shorthandShape(shape, nil), g.binary(load))
	if err != nil {
		return nil, err
	}
	return in.Value(shape, "", value)
}

// binary returns a Load that reads a binary file within shorthand, as in
// Bytes@=fileb://PATH, as base64: a blob within a structure is text in base64.
func (g Given) binary(load shorthand.Load) shorthand.Load {
	return func(value string) (content string, named bool, err error) {
		content, named, err = load(value)
		if strings.HasPrefix(value, "fileb://") && !slices.Contains(g.Texts, value) {
			content = base64.StdEncoding.EncodeToString([]byte(content))
		}
		return content, named, err
	}
}

// shorthandShape describes a shape to the parser of shorthand. A structure within
// itself can be given as JSON only.
func shorthandShape(s *catalog.Shape, outer []*catalog.Shape) *shorthand.Shape {
	if slices.Contains(outer, s) {
		return &shorthand.Shape{Kind: shorthand.Document}
	}
	outer = append(slices.Clip(outer), s)
	switch s.Kind() {
	case catalog.Structure:
		if s.Traits().Document {
			return &shorthand.Shape{Kind: shorthand.Document}
		}
		shape := &shorthand.Shape{Kind: shorthand.Structure}
		for _, m := range s.Members() {
			shape.Members = append(shape.Members, shorthand.Member{Name: m.Name, Shape: shorthandShape(m.Shape, outer)})
		}
		return shape
	case catalog.List:
		return &shorthand.Shape{Kind: shorthand.List, Item: shorthandShape(s.Element().Shape, outer)}
	case catalog.Map:
		return &shorthand.Shape{Kind: shorthand.Map, Item: shorthandShape(s.Element().Shape, outer)}
	case catalog.Boolean:
		return &shorthand.Shape{Kind: shorthand.Boolean}
	case catalog.Integer, catalog.Long:
		return &shorthand.Shape{Kind: shorthand.Integer}
	case catalog.Float, catalog.Double:
		return &shorthand.Shape{Kind: shorthand.Float}
	}
	return &shorthand.Shape{Kind: shorthand.String}
}

// Type names the type of a member for help: string, list of structures, ...
func Type(s *catalog.Shape) string {
	switch s.Kind() {
	case catalog.Boolean:
		return "boolean"
	case catalog.Integer, catalog.Long:
		return "integer"
	case catalog.Float, catalog.Double:
		return "number"
	case catalog.Blob:
		return "blob"
	case catalog.Timestamp:
		return "timestamp"
	case catalog.List:
		return "list of " + strings.TrimSuffix(Type(s.Element().Shape), "s") + "s"
	case catalog.Map:
		return "map"
	case catalog.Structure:
		return "structure"
	}
	return "string"
}
