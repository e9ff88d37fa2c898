package awssim

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// signature is a parsed Authorization header of Signature Version 4.
type signature struct {
	keyID, date, region, service string
	headers                      []string // names of the signed headers
	value                        string
	time                         time.Time // of X-Amz-Date
}

const (
	sigAlgorithm = "AWS4-HMAC-SHA256"
	sigTime      = "20060102T150405Z"
)

// parseSignature reads the signature of r. It is an error if a header that changes the meaning of r is not signed.
func parseSignature(r *http.Request) (signature, error) {
	var sig signature
	fields, ok := strings.CutPrefix(r.Header.Get("Authorization"), sigAlgorithm+" ")
	if !ok {
		return sig, errors.New("header Authorization does not begin with " + sigAlgorithm)
	}
	parts := map[string]string{}
	for field := range strings.SplitSeq(fields, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(field), "=")
		parts[name] = value
	}
	scope := strings.Split(parts["Credential"], "/")
	if len(scope) != 5 || scope[4] != "aws4_request" {
		return sig, fmt.Errorf("the credential scope %q is not KEY/DATE/REGION/SERVICE/aws4_request", strings.Join(scope[1:], "/"))
	}
	sig = signature{scope[0], scope[1], scope[2], scope[3], strings.Split(parts["SignedHeaders"], ";"), parts["Signature"], time.Time{}}
	var err error
	if sig.time, err = time.Parse(sigTime, r.Header.Get("X-Amz-Date")); err != nil {
		return sig, errors.New("X-Amz-Date is missing or not of the form YYYYMMDDTHHMMSSZ")
	}
	if r.Header.Get("X-Amz-Date")[:len("YYYYMMDD")] != sig.date {
		return sig, errors.New("the date of the credential scope is not that of X-Amz-Date")
	}
	if !slices.IsSorted(sig.headers) {
		return sig, errors.New("SignedHeaders is not sorted")
	}
	if !slices.Contains(sig.headers, "host") {
		return sig, errors.New("the header host is not signed")
	}
	for name := range r.Header {
		if name = strings.ToLower(name); strings.HasPrefix(name, "x-amz-") && !slices.Contains(sig.headers, name) {
			return sig, fmt.Errorf("the header %s is not signed", name)
		}
	}
	return sig, nil
}

// checkPayloadHeader checks that the header with the hash of the body is there. S3 requires it.
func checkPayloadHeader(r *http.Request) error {
	if r.Header.Get("X-Amz-Content-Sha256") == "" {
		return errors.New("the header x-amz-content-sha256 is missing")
	}
	return nil
}

// verify reports whether the secret key has signed r with this body.
func (sig signature) verify(secret string, r *http.Request, body []byte) bool {
	payload := sha256.Sum256(body)
	sum := hex.EncodeToString(payload[:])
	switch said := r.Header.Get("X-Amz-Content-Sha256"); {
	case said == "UNSIGNED-PAYLOAD" && sig.service == "s3":
		sum = said
	case said != "" && said != sum:
		return false
	}
	canonical := make([]byte, 0, 1024)
	canonical = append(canonical, r.Method...)
	canonical = append(canonical, '\n')
	canonical = append(canonical, canonicalPath(r.URL)...)
	canonical = append(canonical, '\n')
	canonical = append(canonical, canonicalQuery(r.URL)...)
	canonical = append(canonical, '\n')
	for _, name := range sig.headers {
		canonical = append(canonical, name...)
		canonical = append(canonical, ':')
		canonical = append(canonical, canonicalHeader(r, name)...)
		canonical = append(canonical, '\n')
	}
	canonical = append(canonical, '\n')
	canonical = append(canonical, strings.Join(sig.headers, ";")...)
	canonical = append(canonical, '\n')
	canonical = append(canonical, sum...)
	hashed := sha256.Sum256(canonical)
	scope := sig.date + "/" + sig.region + "/" + sig.service + "/aws4_request"
	toSign := sigAlgorithm + "\n" + sig.time.Format(sigTime) + "\n" + scope + "\n" + hex.EncodeToString(hashed[:])

	key := []byte("AWS4" + secret)
	for _, part := range []string{sig.date, sig.region, sig.service, "aws4_request", toSign} {
		key = mac(key, part)
	}
	return subtle.ConstantTimeCompare([]byte(hex.EncodeToString(key)), []byte(sig.value)) == 1
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

// canonicalPath escapes the path again, in the form in which it was sent, as all services but S3 require.
func canonicalPath(u *url.URL) string {
	path := u.EscapedPath()
	if path == "" || path == "/" {
		return "/"
	}
	return strings.ReplaceAll(uriEscape(path), "%2F", "/")
}

func canonicalQuery(u *url.URL) string {
	if u.RawQuery == "" {
		return ""
	}
	var pairs []string
	for name, values := range u.Query() {
		for _, value := range values {
			pairs = append(pairs, uriEscape(name)+"="+uriEscape(value))
		}
	}
	slices.Sort(pairs)
	return strings.Join(pairs, "&")
}

func uriEscape(s string) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-._~", c) >= 0 {
			b.WriteByte(c)
			continue
		}
		fmt.Fprintf(&b, "%%%02X", c)
	}
	return b.String()
}

func canonicalHeader(r *http.Request, name string) string {
	switch name {
	case "host":
		return r.Host
	case "content-length":
		return strconv.FormatInt(r.ContentLength, 10)
	}
	values := slices.Clone(r.Header.Values(name))
	for i, value := range values {
		values[i] = strings.Join(strings.Fields(value), " ")
	}
	return strings.Join(values, ",")
}
