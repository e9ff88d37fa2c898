package awsapi

import (
	"bytes"
	"crypto/md5"
	"encoding/base64"
	"io"
	"net/http"
	"net/url"
	"strings"

	"muster/internal/catalog"
	"muster/internal/wire"
)

// handlers correct an operation where AWS's model is incomplete, as the functions in
// botocore's handlers.py do. Each may be nil.
type handlers struct {
	input   func(in wire.Object) wire.Object // gets a copy
	request func(req *http.Request) error
	output  func(in, out wire.Object) wire.Object // in is the caller's input
}

func handlersOf(op *catalog.Operation) handlers {
	switch op.Service.ID {
	case "S3":
		return s3Handlers(op.Name)
	case "Route 53":
		return handlers{input: withPlainIDs}
	case "Glacier":
		return handlers{input: withOwnAccount}
	case "EC2":
		if op.Name == "GetConsoleOutput" {
			return handlers{output: func(_, out wire.Object) wire.Object { return replaced(out, "Output", fromBase64) }}
		}
	case "CloudSearch Domain":
		if op.Name == "Search" { // an expression can be longer than a URL
			return handlers{request: sendQueryAsForm}
		}
	}
	return handlers{}
}

func s3Handlers(operation string) handlers {
	switch operation {
	case "ListObjects":
		return keyHandlers("Delimiter", "Marker", "NextMarker", "Contents.Key", "CommonPrefixes.Prefix")
	case "ListObjectsV2":
		return keyHandlers("Delimiter", "Prefix", "StartAfter", "Contents.Key", "CommonPrefixes.Prefix")
	case "ListObjectVersions":
		return keyHandlers("KeyMarker", "NextKeyMarker", "Prefix", "Delimiter", "Versions.Key", "DeleteMarkers.Key", "CommonPrefixes.Prefix")
	case "GetBucketLocation":
		return handlers{output: func(_, out wire.Object) wire.Object {
			if out.Get("LocationConstraint") == "" { // us-east-1
				return out.Without("LocationConstraint")
			}
			return out
		}}
	case "GetObject", "HeadObject":
		return handlers{input: func(in wire.Object) wire.Object {
			if operation == "GetObject" && in.Get("ChecksumMode") == nil {
				in = in.Set("ChecksumMode", "ENABLED")
			}
			return withKeyChecksum(in)
		}}
	}
	return handlers{}
}

// keyHandlers ask S3 for names of objects in percent-encoding, since XML cannot express
// all of them, and decode the members that have names: MEMBER, or LIST.MEMBER. If the user
// asks for the encoding, the members stay encoded.
func keyHandlers(members ...string) handlers {
	const encoding = "EncodingType"
	return handlers{
		input: func(in wire.Object) wire.Object {
			if in.Get(encoding) == nil {
				in = in.Set(encoding, "url")
			}
			return in
		},
		output: func(in, out wire.Object) wire.Object {
			if in.Get(encoding) != nil || out.Get(encoding) != "url" {
				return out
			}
			for _, member := range members {
				list, name, nested := strings.Cut(member, ".")
				if !nested {
					out = replaced(out, member, fromQuery)
					continue
				}
				items, _ := out.Get(list).([]any)
				for i := range items {
					if item, ok := items[i].(wire.Object); ok {
						items[i] = replaced(item, name, fromQuery)
					}
				}
			}
			return out
		},
	}
}

// replaced applies a function to a member that is text.
func replaced(o wire.Object, member string, f func(string) string) wire.Object {
	if text, ok := o.Get(member).(string); ok {
		return o.Set(member, f(text))
	}
	return o
}

// fromQuery returns text that is not percent-encoded as it is.
func fromQuery(text string) string {
	if plain, err := url.QueryUnescape(text); err == nil {
		return plain
	}
	return text
}

// fromBase64 returns text that is not base64 as it is, and replaces bytes that are not
// UTF-8.
func fromBase64(text string) string {
	if plain, err := base64.StdEncoding.DecodeString(text); err == nil {
		return string([]rune(string(plain)))
	}
	return text
}

// withKeyChecksum encodes the key with which S3 encrypted an object, and adds its MD5.
func withKeyChecksum(in wire.Object) wire.Object {
	key, ok := in.Get("SSECustomerKey").(string)
	if !ok || in.Get("SSECustomerKeyMD5") != nil {
		return in
	}
	sum := md5.Sum([]byte(key))
	in = in.Set("SSECustomerKey", base64.StdEncoding.EncodeToString([]byte(key)))
	return in.Set("SSECustomerKeyMD5", base64.StdEncoding.EncodeToString(sum[:]))
}

// withPlainIDs removes the type in front of Route 53's ids. Its answers have it, and its
// requests must not.
func withPlainIDs(in wire.Object) wire.Object {
	for i := range in {
		id, _ := in[i].Value.(string)
		for _, kind := range []string{"/hostedzone/", "/change/", "/delegationset/"} {
			if plain, found := strings.CutPrefix(id, kind); found {
				in[i].Value = plain
			}
		}
	}
	return in
}

// withOwnAccount names the account of the credentials where the caller names none.
func withOwnAccount(in wire.Object) wire.Object {
	if in.Get("accountId") == nil {
		in = in.Set("accountId", "-")
	}
	return in
}

// sendQueryAsForm moves the query of a GET request into the body of a POST request.
func sendQueryAsForm(req *http.Request) error {
	body := []byte(strings.ReplaceAll(req.URL.RawQuery, "+", "%20"))
	if req.Method != http.MethodGet || len(body) == 0 {
		return nil
	}
	req.Method, req.URL.RawQuery, req.ContentLength = http.MethodPost, "", int64(len(body))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	var err error
	req.Body, err = req.GetBody()
	return err
}
