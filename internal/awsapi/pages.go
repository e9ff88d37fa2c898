package awsapi

import (
	"hash/maphash"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// maxPages is more than any list has: a page holds about 20 accounts, or 1,000 instances.
const maxPages = 1_000_000

// ForEachPage calls an operation for each of its pages. call gets the token of a page, nil
// for the first, and returns the token of the next page. An empty page may have a token,
// too: only the token says whether there is another page. A token that repeats, even after
// several pages, is an error, since the pages would never end.
func ForEachPage(operation string, call func(token *string) (next *string, err error)) error {
	var (
		token *string
		seed  = maphash.MakeSeed()
		seen  = map[uint64]bool{} // hashes, since tokens and lists may be long
	)
	for {
		next, err := call(token)
		if err != nil || aws.ToString(next) == "" {
			return err
		}
		hash := maphash.String(seed, *next)
		switch {
		case seen[hash]:
			return &BrokenAnswer{Operation: operation, Msg: "answered the same page again and again"}
		case len(seen) == maxPages:
			return &BrokenAnswer{Operation: operation, Msg: "answered with pages without end"}
		}
		seen[hash] = true
		token = next
	}
}
