package expr

import (
	"text/template"
	"text/template/parse"
)

// Functions that muster adds to templates that have passed the checks.
const (
	plainFunc    = "_plain" // formats the value of an action
	checkEndFunc = "_end"   // fails after the end of the run
)

// rewrite makes a template print values as muster does, and stop when the run ends.
func (e *templateEnv) rewrite(t *template.Template) {
	for _, each := range t.Templates() {
		if e.known.NeedFields() {
			readFields(each.Tree, each.Root)
		}
		printPlain(each.Tree, each.Root)
		checkEnd(each.Tree, each.Root)
	}
}

// printPlain pipes the value of every action into plainFunc, as html/template does with
// its escapers.
func printPlain(tree *parse.Tree, node parse.Node) {
	eachList(node, func(list *parse.ListNode) {
		for _, item := range list.Nodes {
			if n, ok := item.(*parse.ActionNode); ok && len(n.Pipe.Decl) == 0 {
				n.Pipe.Cmds = append(n.Pipe.Cmds, callOf(tree, plainFunc, n.Pos))
			}
		}
	})
}

// checkEnd calls checkEndFunc before each iteration of a loop and each call of a template.
// Otherwise a loop that prints nothing would never end.
func checkEnd(tree *parse.Tree, root *parse.ListNode) {
	before := func(list *parse.ListNode) {
		pipe := &parse.PipeNode{NodeType: parse.NodePipe, Pos: list.Pos, Cmds: []*parse.CommandNode{callOf(tree, checkEndFunc, list.Pos)}}
		list.Nodes = append([]parse.Node{&parse.ActionNode{NodeType: parse.NodeAction, Pos: list.Pos, Pipe: pipe}}, list.Nodes...)
	}
	loops := false
	eachList(root, func(list *parse.ListNode) {
		for _, item := range list.Nodes {
			switch n := item.(type) {
			case *parse.RangeNode:
				before(n.List)
			case *parse.TemplateNode:
				loops = true
			}
		}
	})
	if loops {
		before(root)
	}
}

func callOf(tree *parse.Tree, function string, pos parse.Pos) *parse.CommandNode {
	identifier := parse.NewIdentifier(function).SetTree(tree).SetPos(pos)
	return &parse.CommandNode{NodeType: parse.NodeCommand, Pos: pos, Args: []parse.Node{identifier}}
}

// eachList calls f for a list of nodes and for all lists within it.
func eachList(node parse.Node, f func(*parse.ListNode)) {
	branch := func(n *parse.BranchNode) {
		eachList(n.List, f)
		eachList(n.ElseList, f)
	}
	switch n := node.(type) {
	case *parse.ListNode:
		if n != nil {
			f(n)
			for _, item := range n.Nodes {
				eachList(item, f)
			}
		}
	case *parse.IfNode:
		branch(&n.BranchNode)
	case *parse.RangeNode:
		branch(&n.BranchNode)
	case *parse.WithNode:
		branch(&n.BranchNode)
	}
}
