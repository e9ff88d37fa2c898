package expr

import (
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"text/template/parse"
)

// fieldFunc is the function that reads fields in templates of records whose fields
// text/template would not find: see shape.GoTypes.NeedFields.
const fieldFunc = "_field"

// field returns x.A.B by the names of the record: nil if the record lacks A, and values
// instead of pointers, because <<if>> takes a pointer to false for true.
func (e *templateEnv) field(x any, names ...string) (any, error) {
	v := reflect.ValueOf(x)
	for _, name := range names {
		for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
			v = v.Elem()
		}
		if !v.IsValid() {
			return nil, nil
		}
		method, inner := v.MethodByName(name), e.known.Field(v, name)
		switch {
		case method.IsValid() && method.Type().NumIn() == 0:
			v = method.Call(nil)[0]
		case inner.IsValid():
			v = inner
		case v.Kind() == reflect.Map:
			v = v.MapIndex(reflect.ValueOf(name).Convert(v.Type().Key()))
		default:
			return nil, fmt.Errorf("%s has no %s", kindOfType(v.Type().String()), name)
		}
	}
	if v.Kind() == reflect.Pointer && v.Elem().Kind() != reflect.Struct {
		v = v.Elem()
	}
	if !v.IsValid() {
		return nil, nil
	}
	return v.Interface(), nil
}

var fieldCalls = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(\()?` + fieldFunc + ` (\$\w*|\.|\((?:[^()]|\([^()]*\))*\))((?: "\w+")+)(\))?`)
})

// asWritten replaces the calls of fieldFunc in a part of a template by the fields that
// the user wrote.
func asWritten(text string) string {
	for strings.Contains(text, fieldFunc+" ") {
		before := text
		text = fieldCalls().ReplaceAllStringFunc(text, func(call string) string {
			m := fieldCalls().FindStringSubmatch(call)
			written := strings.TrimSuffix(m[2], ".") + strings.NewReplacer(` "`, ".", `"`, "").Replace(m[3])
			if (m[1] == "") != (m[4] == "") { // the parenthesis belongs to the text around the call
				return m[1] + written + m[4]
			}
			return written
		})
		if text == before {
			break
		}
	}
	return text
}

// readFields rewrites a template to read every field through fieldFunc.
func readFields(tree *parse.Tree, node parse.Node) {
	branch := func(n *parse.BranchNode) {
		readFields(tree, n.Pipe)
		readFields(tree, n.List)
		readFields(tree, n.ElseList)
	}
	switch n := node.(type) {
	case *parse.ListNode:
		if n != nil {
			for _, item := range n.Nodes {
				readFields(tree, item)
			}
		}
	case *parse.ActionNode:
		readFields(tree, n.Pipe)
	case *parse.TemplateNode:
		readFields(tree, n.Pipe)
	case *parse.IfNode:
		branch(&n.BranchNode)
	case *parse.RangeNode:
		branch(&n.BranchNode)
	case *parse.WithNode:
		branch(&n.BranchNode)
	case *parse.PipeNode:
		if n == nil {
			return
		}
		for i, command := range n.Cmds {
			for j, arg := range command.Args {
				call := readField(tree, arg)
				switch {
				case call == nil || j == 0 && (i > 0 || len(command.Args) > 1): // a method with arguments
				case j == 0:
					command.Args = call.Args
				default:
					command.Args[j] = &parse.PipeNode{NodeType: parse.NodePipe, Pos: arg.Position(), Cmds: []*parse.CommandNode{call}}
				}
			}
		}
	}
}

// readField returns the call for .A.B, $x.A.B or (pipe).A.B, and nil for other nodes.
func readField(tree *parse.Tree, node parse.Node) *parse.CommandNode {
	pos := node.Position()
	var from parse.Node
	var names []string
	switch n := node.(type) {
	case *parse.FieldNode:
		from, names = &parse.DotNode{NodeType: parse.NodeDot, Pos: pos}, n.Ident
	case *parse.VariableNode:
		from, names = &parse.VariableNode{NodeType: parse.NodeVariable, Pos: pos, Ident: n.Ident[:1]}, n.Ident[1:]
	case *parse.ChainNode:
		readFields(tree, n.Node)
		from, names = n.Node, n.Field
	case *parse.PipeNode:
		readFields(tree, n)
	}
	if len(names) == 0 {
		return nil
	}
	args := []parse.Node{parse.NewIdentifier(fieldFunc).SetTree(tree).SetPos(pos), from}
	for _, name := range names {
		args = append(args, &parse.StringNode{NodeType: parse.NodeString, Pos: pos, Quoted: strconv.Quote(name), Text: name})
	}
	return &parse.CommandNode{NodeType: parse.NodeCommand, Pos: pos, Args: args}
}
