package awsapi

import (
	"strings"

	"muster/internal/catalog"
	"muster/internal/wire"
)

// A proxy can answer with status 200 and a document of its own. The decoders skip members
// that they don't know, so that a region that could not be looked at would seem to be
// empty. AWS writes a list that is empty, or at least members beside it.

// lists reports whether every answer of an operation has a list.
func lists(op *catalog.Operation) bool {
	if op.Output == nil || op.Service.ID == "SQS" || op.Service.ID == "Budgets" { // they leave an empty list out
		return false
	}
	if op.Pages != nil && len(op.Pages.Results) > 0 {
		s := op.Output
		for name := range strings.SplitSeq(op.Pages.Results[0], ".") {
			m := s.Member(name)
			if m == nil {
				return false
			}
			s = m.Shape
		}
		return s.Kind() == catalog.List
	}
	members := op.Output.Members()
	return len(members) == 1 && members[0].Location == catalog.Body && members[0].Shape.Kind() == catalog.List
}

// hasBody reports whether an answer has anything in its body that the model knows.
func hasBody(op *catalog.Operation, answer wire.Object) bool {
	for _, m := range op.Output.Members() {
		value := answer.Get(m.Name)
		object, isObject := value.(wire.Object)
		if m.Location == catalog.Body && value != nil && (!isObject || len(object) > 0) {
			return true
		}
	}
	return false
}
