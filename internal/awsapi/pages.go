package awsapi

import (
	"hash/maphash"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// maxPages is more pages than any list has: 20 accounts on each of them, or 1,000
// instances.
const maxPages = 1_000_000

// ForEachPage walks an operation's answer to its last page: call asks for the page of
// a token, nil for the first, and returns the next one's. A page may be empty and
// still carry a token: only the token tells whether there is more. A token that was
// given before would lead round and round.
func ForEachPage(operation string, call func(token *string) (next *string, err error)) error {
	var (
		token *string
		seed  = maphash.MakeSeed()
		given = map[uint64]bool{} // hashes: tokens may be long, and the lists, too
	)
	for {
		next, err := call(token)
		if err != nil || aws.ToString(next) == "" {
			return err
		}
		hash := maphash.String(seed, *next)
		switch {
		case given[hash]:
			return &BrokenAnswer{Operation: operation, Msg: "answered the same page again and again"}
		case len(given) == maxPages:
			return &BrokenAnswer{Operation: operation, Msg: "answered with pages without end"}
		}
		given[hash] = true
		token = next
	}
}
