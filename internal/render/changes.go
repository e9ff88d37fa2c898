package render

import (
	"io"
	"reflect"
	"strconv"
	"strings"
)

// marked is a record and what became of it since it was printed last.
type marked struct {
	record reflect.Value // the zero Value for a heading
	mark   mark
}

// mark is what stands in front of a record.
type mark string

const (
	same0 mark = ""
	added mark = "+"
	moved mark = "~"
	gone  mark = "-"
	maybe mark = "?"
)
