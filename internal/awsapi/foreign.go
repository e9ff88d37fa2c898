package awsapi

import (
	"regexp"
	"sync"

	"muster/internal/catalog"
	"muster/internal/wire"
)

// A proxy can answer with status 200 and a document of its own. The decoders skip members
// that they don't know, so that a region that could not be looked at would seem to be
// empty. AWS writes the lists of an answer, or members beside them. Some services leave
// empty lists out, so that a document that is empty is an answer, too.

// lists reports whether every answer of an operation has a list.
func lists(op *catalog.Operation) bool {
	if op.Output == nil {
		return false
	}
	if op.Pages != nil && len(op.Pages.Results) > 0 {
		s := op.Output.At(op.Pages.Results[0])
		return s != nil && s.Kind() == catalog.List
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

// emptyDocument matches the beginning of a document of AWS that has no members: an object
// in JSON, or a root of XML. Roots of the query protocols are checked before.
var emptyDocument = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?s)^\s*(?:\{\s*\}\s*$|<(?:\?xml.*?\?>\s*<)?\w+(?:Response|Result|List)\b)`)
})

func isEmptyDocument(head []byte) bool {
	const cbor = "\xa0"
	return string(head) == cbor || emptyDocument().Match(head)
}
