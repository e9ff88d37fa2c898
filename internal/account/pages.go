package account

import (
	"github.com/aws/aws-sdk-go-v2/aws"

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
			return &awsapi.BrokenAnswer{Operation: operation, Msg: "answered the same page again and again"}
		}
		token = next
	}
}

// errEmptyAnswer is for an answer without the list that it is about, and without
// a token for more: the SDK reads an empty body so.
func errEmptyAnswer(operation string) error {
	return &awsapi.BrokenAnswer{Operation: operation, Msg: "answered without the list asked for"}
}
