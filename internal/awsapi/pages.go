package awsapi

import "github.com/aws/aws-sdk-go-v2/aws"

// EveryPage walks an operation's answer to its last page: call asks for the page of
// a token, nil for the first, and returns the next one's. A page may be empty and
// still carry a token: only the token tells whether there is more.
func EveryPage(operation string, call func(token *string) (next *string, err error)) error {
	var token *string
	for {
		next, err := call(token)
		switch {
		case err != nil:
			return err
		case aws.ToString(next) == "":
			return nil
		case aws.ToString(next) == aws.ToString(token):
			return &BrokenAnswer{Operation: operation, Msg: "answered the same page again and again"}
		}
		token = next
	}
}
