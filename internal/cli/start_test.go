package cli

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// TestStartCompilesNothing: no package of muster compiles an expression or a template before
// main runs. Each press of the TAB key starts muster, and would pay for it.
func TestStartCompilesNothing(t *testing.T) {
	t.Parallel()
	files := token.NewFileSet()
	err := filepath.WalkDir("..", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, declaration := range file.Decls {
			if variables, ok := declaration.(*ast.GenDecl); ok {
				checkInitializers(t, files, variables)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// checkInitializers reports calls of regexp.MustCompile and template.Must that are not in a
// function.
func checkInitializers(t *testing.T, files *token.FileSet, variables ast.Node) {
	ast.Inspect(variables, func(n ast.Node) bool {
		if _, inFunction := n.(*ast.FuncLit); inFunction {
			return false
		}
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		if f, ok := call.Fun.(*ast.SelectorExpr); ok && (f.Sel.Name == "MustCompile" || f.Sel.Name == "Must") {
			t.Errorf("%s: %s is called at every start; use sync.OnceValue", files.Position(call.Pos()), f.Sel.Name)
		}
		return true
	})
}
