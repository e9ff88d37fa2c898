// Package write holds the operations that muster may call to change something in AWS. The
// list is in generate.py. The catalogue has operations that read, and only package change
// and the packages in it import this one: `muster aws` cannot reach an operation that writes.
package write

import (
	"embed"
	"io/fs"
	"iter"
	"strings"
	"sync"

	"muster/internal/catalog"
)

//go:generate python3 generate.py

//go:embed *.txt
var texts embed.FS

var (
	mu     sync.Mutex
	opened = map[string]*catalog.Service{}
)

// Operation returns an operation that writes, by the names of its service and itself in the
// AWS CLI or in the API. It panics if muster has no such operation: the names are part of
// the program.
func Operation(service, operation string) *catalog.Operation {
	op := open(service).Operation(operation)
	if op == nil {
		panic("write: no operation " + service + " " + operation)
	}
	return op
}

// Operations yields all operations that write.
func Operations() iter.Seq[*catalog.Operation] {
	return func(yield func(*catalog.Operation) bool) {
		files, _ := fs.Glob(texts, "*.txt")
		for _, file := range files {
			for op := range open(strings.TrimSuffix(file, ".txt")).Operations() {
				if !yield(op) {
					return
				}
			}
		}
	}
}

// open returns the catalogue's service, but with the operations that write.
func open(name string) *catalog.Service {
	mu.Lock()
	defer mu.Unlock()
	if s := opened[name]; s != nil {
		return s
	}
	text, err := texts.ReadFile(name + ".txt")
	if err != nil {
		panic("write: no service " + name)
	}
	s := catalog.Open(name).With(string(text))
	opened[name] = s
	return s
}
