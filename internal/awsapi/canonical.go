package awsapi

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"hash/maphash"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// canonicalParts are the parts of a request's signature of version 4 that calls with
// different credentials and times share. Only plain requests have them; the SDK signs all
// others.
type canonicalParts struct {
	start   string    // the method, the path and the empty query
	headers [3]string // before X-Amz-Date, between it and X-Amz-Security-Token, and after both
	signed  [2]string // the names of the signed headers: without a session token, and with one
	hash    string    // of the body
}

const (
	dateHeader  = "x-amz-date"
	tokenHeader = "x-amz-security-token"
)

// newCanonicalParts returns the shared parts of a signature, or nil if the request is not
// plain: its host, path and headers must be the same in the signature as on the wire, and it
// must have no query.
func newCanonicalParts(req *http.Request, hash string) *canonicalParts {
	path := req.URL.EscapedPath()
	if req.URL.RawQuery != "" || !isPlainPath(path) || !isPlainValue(req.Host) || strings.HasSuffix(req.Host, ":80") || strings.HasSuffix(req.Host, ":443") {
		return nil
	}
	values := map[string]string{"host": req.Host}
	if req.ContentLength > 0 {
		values["content-length"] = strconv.FormatInt(req.ContentLength, 10)
	}
	for name, list := range req.Header {
		switch name {
		case "User-Agent": // not signed: a proxy may change it
			continue
		case "Authorization", "X-Amzn-Trace-Id", "Expect", "Transfer-Encoding", "Content-Length", "Host", "X-Amz-Date", "X-Amz-Security-Token":
			return nil
		}
		if len(list) != 1 || !isPlainValue(list[0]) || name != http.CanonicalHeaderKey(name) {
			return nil
		}
		values[strings.ToLower(name)] = list[0]
	}
	names := make([]string, 0, len(values)+2)
	c := &canonicalParts{start: req.Method + "\n" + path + "\n\n", hash: hash}
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		i := 0
		for _, changing := range []string{dateHeader, tokenHeader} {
			if name > changing {
				i++
			}
		}
		c.headers[i] += name + ":" + values[name] + "\n"
	}
	for i, changing := range []string{dateHeader, tokenHeader} {
		names = append(names, changing)
		slices.Sort(names)
		c.signed[i] = strings.Join(names, ";")
	}
	return c
}

// isPlainPath reports whether a path stays as it is when it is escaped once more.
func isPlainPath(path string) bool {
	return strings.HasPrefix(path, "/") && !strings.ContainsFunc(path, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("-._~/", r))
	})
}

// isPlainValue reports whether a header's value stays as it is when it is signed: ASCII,
// and no spaces but single ones between words.
func isPlainValue(value string) bool {
	if value == "" || value[0] == ' ' || value[len(value)-1] == ' ' || strings.Contains(value, "  ") {
		return false
	}
	return !strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' })
}

// sign sets the headers of the signature. It reports false, and sets none, if the
// credentials are not plain.
func (c *canonicalParts) sign(header http.Header, creds aws.Credentials, service, region string, now time.Time) bool {
	if creds.SessionToken != "" && !isPlainValue(creds.SessionToken) {
		return false
	}
	date := now.UTC().Format("20060102T150405Z")
	day := date[:len("20060102")]
	signed, token := c.signed[0], ""
	if creds.SessionToken != "" {
		signed, token = c.signed[1], tokenHeader+":"+creds.SessionToken+"\n"
	}
	canonical := c.start + c.headers[0] + dateHeader + ":" + date + "\n" + c.headers[1] + token + c.headers[2] + "\n" + signed + "\n" + c.hash
	sum := sha256.Sum256([]byte(canonical))

	scope := day + "/" + region + "/" + service + "/aws4_request"
	toSign := hex.AppendEncode([]byte("AWS4-HMAC-SHA256\n"+date+"\n"+scope+"\n"), sum[:])
	key := signingKeyOf(keyScope{creds.SecretAccessKey, day, region, service})
	signature := hex.EncodeToString(hmacSHA256(key, toSign))

	header["X-Amz-Date"] = []string{date}
	if creds.SessionToken != "" {
		header["X-Amz-Security-Token"] = []string{creds.SessionToken}
	}
	header["Authorization"] = []string{"AWS4-HMAC-SHA256 Credential=" + creds.AccessKeyID + "/" + scope + ", SignedHeaders=" + signed + ", Signature=" + signature}
	return true
}

// keyScope is the scope of a key that is derived from a secret.
type keyScope struct{ secret, day, region, service string }

type signingKey struct {
	scope keyScope
	key   []byte
}

// signingKeys keeps the keys that were derived last, each at the place that the hash of its
// scope gives it. So a sweep over any number of accounts keeps a bounded number of keys, and
// calls need no lock.
var (
	signingKeys [4096]atomic.Pointer[signingKey]
	keySeed     = maphash.MakeSeed()
)

func signingKeyOf(scope keyScope) []byte {
	kept := &signingKeys[maphash.Comparable(keySeed, scope)%uint64(len(signingKeys))]
	if k := kept.Load(); k != nil && k.scope == scope {
		return k.key
	}
	key := []byte("AWS4" + scope.secret)
	for _, part := range []string{scope.day, scope.region, scope.service, "aws4_request"} {
		key = hmacSHA256(key, []byte(part))
	}
	kept.Store(&signingKey{scope, key})
	return key
}

func hmacSHA256(key, text []byte) []byte {
	sum := hmac.New(sha256.New, key)
	sum.Write(text)
	return sum.Sum(nil)
}
