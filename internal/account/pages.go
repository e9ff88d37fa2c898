package account

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"

	"muster/internal/awsapi"
)

// everyPage walks a list to its last page: call asks for the page of a token and
// returns the next one's. A page may be empty and still carry a token: only the
// token tells whether there is more.
func everyPage(operation string, call func(token *string) (next *string, err error)) error {
	var token *string
	for {
		next, err := call(token)
		switch {
		case err != nil:
			return err
		case aws.ToString(next) == "":
			return nil
		case aws.ToString(next) == aws.ToString(token):
			return &answerError{operation, "the same page again and again"}
		}
		token = next
	}
}

// answerError is an answer that is well-formed and cannot be meant.
type answerError struct{ operation, msg string }

func (e *answerError) Error() string       { return fmt.Sprintf("%s answered %s", e.operation, e.msg) }
func (e *answerError) Reason() awsapi.Kind { return awsapi.Broken }

// errEmptyAnswer is for an answer without the list that it is about, and without
// a token for more: the SDK reads an empty body so.
func errEmptyAnswer(operation string) error {
	return &smithy.OperationError{OperationName: operation, Err: &answerError{operation, "without the list asked for"}}
}
