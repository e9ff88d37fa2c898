package render

import (
	"cmp"
	"encoding/json"
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/jmespath-community/go-jmespath/pkg/functions"
	"github.com/jmespath-community/go-jmespath/pkg/interpreter"
	"github.com/jmespath-community/go-jmespath/pkg/parsing"
)

// query compiles --query: a JMESPath over the list of all records, printed as name
// says. Where the library and the AWS CLI's own differ, it does as the AWS CLI.
func (c *compiler) query(name string) (func(*run) format, error) {
	const flag = "--query"
	node, err := parseQuery(c.Query)
	if err != nil {
		return nil, querySyntaxError(flag, c.Query, err)
	}
	known := queryFunctions()
	if err := queryMisuse(flag, c.Query, node, known); err != nil {
		return nil, err
	}
	if node.NodeType == parsing.ASTExpRef {
		return nil, &Error{Flag: flag, Text: c.Query, Offset: strings.Index(c.Query, "&"), Msg: errExpression.Error()}
	}
	list := listOf(c.record)
	check := func(text string) *mistake {
		node, err := parseQuery(text)
		if err != nil {
			return nil
		}
		q := queryChecker{root: list}
		q.node(node, list)
		return q.found
	}
	if m := check(c.Query); m != nil {
		return nil, m.error(flag, c.Query, "go through it with [] first", check)
	}
	orders := keyOrders{}
	orders.addHashes(node)
	orders.addShape(c.record)
	node = likeAWS(node)
	result := resultFormat(name, c.Options)
	return func(*run) format {
		return format{all: func(b []byte, records []marked) ([]byte, error) {
			input := make([]any, len(records))
			for i, r := range records {
				input[i] = tree{floats: true}.value(r.record, c.record)
			}
			value, err := interpreter.NewInterpreter(input, interpreter.NewFunctionCaller(known...), nil).Execute(node, input)
			if err != nil {
				return b, queryRunError(err)
			}
			if value = orders.arrange(value); holdsExpression(value) {
				return b, errExpression
			}
			return result(b, value)
		}}
	}, nil
}

func parseQuery(text string) (parsing.ASTNode, error) {
	literal, _ := quoteLiterals(text)
	return parsing.NewParser().Parse(literal)
}

// quoteLiterals turns `running` into `"running"`: the AWS CLI takes text between
// backquotes that is not JSON as a string. It also returns where it put a quote.
func quoteLiterals(text string) (string, []int) {
	var b strings.Builder
	var added []int
	for i := 0; i < len(text); {
		quote := text[i]
		if quote != '`' && quote != '\'' && quote != '"' {
			b.WriteByte(quote)
			i++
			continue
		}
		end := i + 1
		for end < len(text) && text[end] != quote {
			if text[end] == '\\' {
				end++
			}
			end++
		}
		if end >= len(text) {
			b.WriteString(text[i:])
			break
		}
		content := text[i+1 : end]
		if quote == '`' && !json.Valid([]byte(strings.ReplaceAll(content, "\\`", "`"))) {
			trimmed := strings.TrimLeft(content, " \t\r\n")
			added = append(added, b.Len()+1, b.Len()+2+len(trimmed))
			content = `"` + trimmed + `"`
		}
		b.WriteByte(quote)
		b.WriteString(content)
		b.WriteByte(quote)
		i = end + 1
	}
	return b.String(), added
}

// tokens are the library's token names as they look in an expression.
var tokens = map[string]string{
	"Rbracket": `"]"`, "Lbracket": `"["`, "Rparen": `")"`, "Lparen": `"("`, "Rbrace": `"}"`, "Lbrace": `"{"`,
	"Comma": `","`, "Colon": `":"`, "Dot": `"."`, "Pipe": `"|"`, "Or": `"||"`, "And": `"&&"`, "Star": `"*"`,
	"EOF": "the end", "Number": "a number", "Filter": `"[?"`, "Flatten": `"[]"`, "UnquotedIdentifier": "a name",
	"QuotedIdentifier": "a quoted name", "JSONLiteral": "a literal", "StringLiteral": "a string", "Current": `"@"`, "Expref": `"&"`,
	"Not": `"!"`, "EQ": `"=="`, "NE": `"!="`, "LT": `"<"`, "LTE": `"<="`, "GT": `">"`, "GTE": `">="`, "Assign": `"="`,
}

func querySyntaxError(flag, text string, err error) *Error {
	e := &Error{Flag: flag, Text: text, Offset: -1, Msg: strings.TrimPrefix(err.Error(), "SyntaxError: ")}
	tokenName := regexp.MustCompile(`\b(?:TOK|t)([A-Z][A-Za-z]*)`)
	e.Msg = tokenName.ReplaceAllStringFunc(e.Msg, func(name string) string {
		return cmp.Or(tokens[tokenName.FindStringSubmatch(name)[1]], name)
	})
	e.Msg = strings.Replace(strings.ToLower(e.Msg[:1])+e.Msg[1:], ", received: ", ", not ", 1)
	if match := regexp.MustCompile(`parsing "(.*)": value out of range|unmarshal number (\S+) into`).FindStringSubmatch(e.Msg); match != nil {
		e.Msg = match[1] + match[2] + " is out of range"
		e.Offset, e.length = strings.Index(text, match[1]+match[2]), len(match[1]+match[2])
	}
	e.Msg = strings.Replace(e.Msg, "identifier, lbracket, or lbrace", `a name, "[" or "{"`, 1)
	if e.Msg == "error" {
		e.Msg = "this cannot follow here"
	}
	if syntax, ok := errors.AsType[parsing.SyntaxError](err); ok {
		_, added := quoteLiterals(text)
		e.Offset = syntax.Offset
		for _, at := range slices.Backward(added) {
			if at <= e.Offset {
				e.Offset--
			}
		}
		e.Offset = max(0, min(e.Offset, len(text)))
	}
	return e
}

// queryRunError words the library's errors: a value of the wrong type it prints whole.
func queryRunError(err error) error {
	match := regexp.MustCompile(`(?s)^invalid type for: (.*), expected: \[\]functions\.JpType\{(.*)\}$`).FindStringSubmatch(err.Error())
	if match == nil {
		switch err.Error() {
		case "invalid type, must be number of string", "invalid type, must be number", "invalid type, must be string", "error in sort_by comparison":
			return errors.New("what is sorted or compared by must be numbers alone, or strings alone")
		}
		return err
	}
	got, wanted := match[1], strings.ReplaceAll(match[2], `"`, "")
	const limit = 60
	if r := []rune(got); len(r) > limit {
		got = string(r[:limit]) + "…"
	}
	switch { // Go's way to print them
	case got == "<nil>":
		got = "null"
	case strings.HasPrefix(got, "["):
		got = "an array of other things"
	case strings.HasPrefix(got, "map["):
		got = "an object"
	case strings.HasPrefix(got, "0x"):
		got = "an expression"
	}
	return errors.New("a function wants one of: " + wanted + "; it got " + got)
}

var errExpression = errors.New("&... is no value: it goes to a function, as in sort_by(@, &Name)")

// holdsExpression says whether there is an expression in a result, which nothing
// can print.
func holdsExpression(x any) bool {
	switch x := x.(type) {
	case functions.ExpRef:
		return true
	case []any:
		return slices.ContainsFunc(x, holdsExpression)
	case object:
		return slices.ContainsFunc(x, func(m member) bool { return holdsExpression(m.value) })
	}
	return false
}

// Functions that likeAWS puts in place of what the library does otherwise. Their
// names cannot be written in an expression.
const lessThan, itemsOf = "<", "*"

// queryFunctions are the library's, and those of likeAWS. Where maps are walked it
// is by key, not at random.
func queryFunctions() []functions.FunctionEntry {
	anyType := []functions.ArgSpec{{Types: []functions.JpType{functions.JpAny}}}
	objectType := []functions.ArgSpec{{Types: []functions.JpType{functions.JpObject}}}
	values := func(m map[string]any) any {
		list := []any{}
		for _, key := range slices.Sorted(maps.Keys(m)) {
			list = append(list, m[key])
		}
		return list
	}
	return append(functions.GetDefaultFunctions(),
		functions.FunctionEntry{Name: itemsOf, Arguments: anyType, Handler: func(args []any) (any, error) {
			if m, ok := args[0].(map[string]any); ok {
				return values(m), nil
			}
			return nil, nil
		}},
		functions.FunctionEntry{Name: "values", Arguments: objectType, Handler: func(args []any) (any, error) {
			return values(args[0].(map[string]any)), nil
		}},
		functions.FunctionEntry{Name: "keys", Arguments: objectType, Handler: func(args []any) (any, error) {
			keys := []any{}
			for _, key := range slices.Sorted(maps.Keys(args[0].(map[string]any))) {
				keys = append(keys, key)
			}
			return keys, nil
		}},
		functions.FunctionEntry{Name: lessThan, Handler: func(args []any) (any, error) {
			order := 0
			switch a := args[0].(type) {
			case string:
				b, ok := args[1].(string)
				if !ok {
					return nil, nil
				}
				order = strings.Compare(a, b)
			case float64:
				b, ok := args[1].(float64)
				if !ok {
					return nil, nil
				}
				order = cmp.Compare(a, b)
			default:
				return nil, nil
			}
			switch args[2].(parsing.TokType) {
			case parsing.TOKLT:
				return order < 0, nil
			case parsing.TOKLTE:
				return order <= 0, nil
			case parsing.TOKGT:
				return order > 0, nil
			}
			return order >= 0, nil
		}},
	)
}

// likeAWS makes <, <=, > and >= compare strings too ([?LaunchTime>'2026-01-01']),
// and * give values in a steady order.
func likeAWS(n parsing.ASTNode) parsing.ASTNode {
	n.Children = slices.Clone(n.Children)
	for i := range n.Children {
		n.Children[i] = likeAWS(n.Children[i])
	}
	switch n.NodeType {
	case parsing.ASTComparator:
		if op, ok := n.Value.(parsing.TokType); ok && op != parsing.TOKEQ && op != parsing.TOKNE {
			operator := parsing.ASTNode{NodeType: parsing.ASTLiteral, Value: op}
			return parsing.ASTNode{NodeType: parsing.ASTFunctionExpression, Value: lessThan, Children: append(n.Children, operator)}
		}
	case parsing.ASTValueProjection:
		items := parsing.ASTNode{NodeType: parsing.ASTFunctionExpression, Value: itemsOf, Children: n.Children[:1:1]}
		return parsing.ASTNode{NodeType: parsing.ASTProjection, Children: []parsing.ASTNode{items, n.Children[1]}}
	}
	return n
}

// keyOrders gives the keys of result objects back their order, which the library's
// maps lose: that of the expression's {a: x, b: y}, or of the record's fields.
type keyOrders map[string][]string

func (o keyOrders) add(keys []string) {
	id := strings.Join(slices.Sorted(slices.Values(keys)), "\x00")
	if _, ok := o[id]; !ok {
		o[id] = keys
	}
}

func (o keyOrders) addHashes(n parsing.ASTNode) {
	if n.NodeType == parsing.ASTMultiSelectHash {
		var keys []string
		for _, child := range n.Children {
			if key, _ := child.Value.(string); !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		}
		o.add(keys)
	}
	for _, child := range n.Children {
		o.addHashes(child)
	}
}

func (o keyOrders) addShape(s *shape) {
	if s.kind == aStruct {
		o.add(s.names())
	}
	if s.elem != nil {
		o.addShape(s.elem)
	}
	for _, f := range s.fields {
		o.addShape(f.shape)
	}
}

func (o keyOrders) arrange(x any) any {
	switch x := x.(type) {
	case []any:
		list := make([]any, len(x))
		for i := range x {
			list[i] = o.arrange(x[i])
		}
		return list
	case map[string]any:
		keys := slices.Sorted(maps.Keys(x))
		if order, ok := o[strings.Join(keys, "\x00")]; ok {
			keys = order
		}
		result := make(object, len(keys))
		for i, key := range keys {
			result[i] = member{key, o.arrange(x[key])}
		}
		return result
	}
	return x
}
