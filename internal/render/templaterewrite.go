package render

import "text/template/parse"

// printName is the function that every action's value goes through before it is printed.
const printName = "_plain"

// endName is the function that ends a template with its run.
const endName = "_end"

// printPlain makes every action of a template print through plain, as
// html/template does with its escapers.
func printPlain(tree *parse.Tree, node parse.Node) {
	eachList(node, func(list *parse.ListNode) {
		for _, item := range list.Nodes {
			if n, ok := item.(*parse.ActionNode); ok && len(n.Pipe.Decl) == 0 {
				n.Pipe.Cmds = append(n.Pipe.Cmds, callOf(tree, printName, n.Pos))
			}
		}
	})
}

// heedEnd makes a template look before each turn of a loop, and each call of a template,
// whether its run has ended: nothing else would end one that prints nothing.
func heedEnd(tree *parse.Tree, root *parse.ListNode) {
	before := func(list *parse.ListNode) {
		pipe := &parse.PipeNode{NodeType: parse.NodePipe, Pos: list.Pos, Cmds: []*parse.CommandNode{callOf(tree, endName, list.Pos)}}
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

// eachList calls f for a list of nodes and those within it.
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
