package wire

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"muster/internal/catalog"
)

var protocols = []string{"ec2", "query", "json", "rest-json", "rest-xml", "smithy-rpc-v2-cbor"}

// randomService writes the catalogue's text of a service with one operation and random
// shapes, which can contain themselves.
func randomService(r *rand.Rand, protocol string) *catalog.Service {
	pick := func(texts ...string) string { return texts[r.IntN(len(texts))] }
	const shapes = 24
	lines := make([]string, shapes)
	for i := range lines {
		other := func() int { return r.IntN(shapes) }
		switch kind := pick("S", "S", "L", "M", "s", "l", "d", "b", "x", "t"); {
		case i == 0 || i == 1 || kind == "S":
			line := "S" + pick("", "", " union", " document")
			if i < 2 {
				line = "S" + pick("", "", " payload=A")
			}
			for m := range r.IntN(6) + 1 {
				line += fmt.Sprintf("\t%c %d", 'A'+m, other())
				line += pick("", "", " ^", " name=x", " flat", " attribute", " time=rfc822", " at=hX-A", " at=HX-B", " at=qq", " at=c", " token")
			}
			lines[i] = line
		case kind == "L":
			lines[i] = fmt.Sprintf("L%s\t %d%s", pick("", " flat", " sparse"), other(), pick("", " name=item"))
		case kind == "M":
			lines[i] = fmt.Sprintf("M%s\t 23\t %d%s", pick("", " flat", " sparse"), other(), pick("", " name=v"))
		case kind == "s":
			lines[i] = "s" + pick("", " jsonvalue", " urljson")
		case kind == "t":
			lines[i] = "t" + pick("", " time=iso8601", " time=unixTimestamp")
		default:
			lines[i] = kind
		}
	}
	lines[shapes-1] = "s"
	head := "service\tid=Random\tversion=2020-01-01\tprotocol=" + protocol + "\ttarget=Random\tjson=" + pick("1.0", "1.1") + pick("", "\tquerycompatible")
	return catalog.Parse("random", head+"\nGetIt\t0\t1\tmethod="+pick("GET", "POST")+"\turi=/a\n\n\n"+strings.Join(lines, "\n"))
}

// randomValue returns a value of a shape, or seldom of another type.
func randomValue(r *rand.Rand, s *catalog.Shape, depth int) any {
	kind := s.Kind()
	if r.IntN(30) == 0 {
		kind = []catalog.Kind{catalog.String, catalog.Long, catalog.Double, catalog.Boolean, catalog.Blob, catalog.Timestamp, 0}[r.IntN(7)]
	}
	switch kind {
	case catalog.Structure:
		object := Object{}
		for _, m := range s.Members() {
			if depth < 5 && r.IntN(3) > 0 {
				object = append(object, Field{m.Name, randomValue(r, m.Shape, depth+1)})
			}
		}
		return object
	case catalog.List:
		list := []any{}
		for range r.IntN(3) {
			if depth < 5 {
				list = append(list, randomValue(r, s.Element().Shape, depth+1))
			}
		}
		return list
	case catalog.Map:
		object := Object{}
		for i := range r.IntN(3) {
			if depth < 5 {
				object = append(object, Field{fmt.Sprint("k", i), randomValue(r, s.Element().Shape, depth+1)})
			}
		}
		return object
	case catalog.Integer, catalog.Long:
		return int64(r.Uint64())
	case catalog.Float, catalog.Double:
		return r.NormFloat64() * 1e9
	case catalog.Boolean:
		return r.IntN(2) == 0
	case catalog.Blob:
		return fmt.Append(nil, r.Uint32())
	case catalog.Timestamp:
		return time.Unix(int64(r.Uint32()), 0).UTC()
	case 0:
		return nil
	}
	return []string{"", "text", "<a>&", "日本語", "\x00\xff", "a b/c?d=e"}[r.IntN(6)]
}

// respond reads a response, and checks that it takes little memory and time.
func respond(t *testing.T, c *Codec, status int, body []byte) {
	t.Helper()
	resp := &http.Response{StatusCode: status, Header: http.Header{"X-A": {"1"}, "X-B-c": {"text"}, "Smithy-Protocol": {"rpc-v2-cbor"}}, Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body))}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	object, err := c.Response(t.Context(), resp, 1<<26)
	took := time.Since(start)
	runtime.ReadMemStats(&after)
	if err == nil {
		AppendJSON(nil, object)
	}
	const base, times = 16 << 20, 500 // other tests allocate too
	if allocated := after.TotalAlloc - before.TotalAlloc; allocated > base+times*uint64(len(body)) {
		t.Errorf("%d bytes of memory for a body of %d", allocated, len(body))
	}
	if took > 10*time.Second {
		t.Errorf("%s for a body of %d bytes", took, len(body))
	}
}

// FuzzWire sends a random value of a random schema, and reads a body as its response.
func FuzzWire(f *testing.F) {
	bodies := []string{
		"", "{", "null", "[]", `{"A":{"A":[1,null,"x"]},"B":1e999,"C":"\ud800"}`, `{"A":`, `{"__type":"a#B","message":1}`, "\xa1\x61A\xf6", "\xbf\x61A\x9f", "\xbf\x61A\x9f\xff\xff", "\xc1\xfb\x7f\xf0",
		"\x9b\xff\xff\xff\xff\xff\xff\xff\xff", "\xbb\x7f\xff\xff\xff\xff\xff\xff\xff", "<GetItResponse/>", "<GetItResponse><GetItResult><A><A/></A><B>1</B><x>-</x></GetItResult></GetItResponse>", "<GetItResponse><A", "<Error><Code>X</Code></Error>",
	}
	for seed := range uint64(300) {
		f.Add(seed, byte(seed), seed%7 == 0, []byte(bodies[seed%uint64(len(bodies))]))
	}
	f.Fuzz(func(t *testing.T, seed uint64, protocol byte, failed bool, body []byte) {
		r := rand.New(rand.NewPCG(seed, 7))
		codec, err := For(randomService(r, protocols[int(protocol)%len(protocols)]).Operation("GetIt"))
		if err != nil {
			t.Fatal(err)
		}
		in, _ := randomValue(r, codec.operation.Input, 0).(Object)
		if req, err := codec.Request(t.Context(), in); err == nil {
			sent, err := io.ReadAll(req.Body)
			if err != nil {
				t.Fatal(err)
			}
			respond(t, codec, http.StatusOK, sent) // a body that has something to do with the protocol
		}
		status := http.StatusOK
		if failed {
			status = http.StatusBadRequest
		}
		respond(t, codec, status, body)
	})
}

// TestHostileResponses reads bodies that make a naive decoder run out of stack or
// memory.
func TestHostileResponses(t *testing.T) {
	t.Parallel()
	const many = 3_000_000
	for _, c := range []struct{ name, service, operation, protocol, start, repeated, end string }{
		{"json members", "dynamodb", "ListTables", "json", "{", `"":0,`, `"":0}`},
		{"json nulls", "dynamodb", "ListTables", "json", "{", `"TableNames":null,`, `"":0}`},
		{"json depth", "dynamodb", "ListTables", "json", `{"TableNames":`, "[", ""},
		{"cbor members", "cloudwatch", "ListMetrics", "smithy-rpc-v2-cbor", "\xbf", "\x60\x00", "\xff"},
		{"cbor length", "cloudwatch", "ListMetrics", "smithy-rpc-v2-cbor", "\xba\xff\xff\xff\xff", "\x60\x00", ""},
		{"cbor depth", "cloudwatch", "ListMetrics", "smithy-rpc-v2-cbor", "\xa1\x60", "\x81", "\x00"},
		{"cbor open depth", "cloudwatch", "ListMetrics", "smithy-rpc-v2-cbor", "\xa1\x60", "\x9f", ""},
		{"cbor tags", "cloudwatch", "ListMetrics", "smithy-rpc-v2-cbor", "\xa1\x60", "\xc1", "\x00"},
		{"xml depth", "ec2", "DescribeVolumes", "ec2", "<DescribeVolumesResponse>", "<a>", ""},
		{"xml cut", "ec2", "DescribeVolumes", "ec2", "<DescribeVolumesResponse><volumeSet>", "<item/>", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			codec, err := ForProtocol(catalog.Open(c.service).Operation(c.operation), c.protocol)
			if err != nil {
				t.Fatal(err)
			}
			body := c.start + strings.Repeat(c.repeated, many) + c.end
			resp := xmlResponse(body)
			resp.Header.Set("Smithy-Protocol", "rpc-v2-cbor")
			if _, err := codec.Response(t.Context(), resp, 1<<28); err == nil {
				t.Error("no error")
			}
		})
	}
}

// TestForeignXML: a page of a proxy, and an error that S3 sends with status 200, are no
// empty answers.
func TestForeignXML(t *testing.T) {
	t.Parallel()
	codec, err := For(catalog.Open("s3api").Operation("ListObjectsV2"))
	if err != nil {
		t.Fatal(err)
	}
	for body, want := range map[string]string{
		"<html><body>sign in</body></html>":                                     "HTML page",
		"<Error><Code>InternalError</Code><Message>try again</Message></Error>": "api error InternalError: try again",
	} {
		if _, err := codec.Response(t.Context(), xmlResponse(body), 1<<20); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", body, err)
		}
	}
}

// TestResponsesAreComplete: JSON and CBOR that end early are errors.
func TestResponsesAreComplete(t *testing.T) {
	t.Parallel()
	for protocol, body := range map[string]string{
		"json":               `{"Metrics":[{"Namespace":"a","Dimensions":[{"Name":"b","Value":"c"}]}],"NextToken":"d"}`,
		"smithy-rpc-v2-cbor": "\xbf\x67Metrics\x81\xa1\x69Namespace\x61a\x69NextToken\x61d\xff",
	} {
		codec, err := ForProtocol(catalog.Open("cloudwatch").Operation("ListMetrics"), protocol)
		if err != nil {
			t.Fatal(err)
		}
		for end := 1; end <= len(body); end++ {
			resp := xmlResponse(body[:end])
			resp.Header.Set("Smithy-Protocol", "rpc-v2-cbor")
			if object, err := codec.Response(t.Context(), resp, 1<<20); (err == nil) != (end == len(body)) {
				t.Errorf("%q: %s, %v", body[:end], AppendJSON(nil, object), err)
			}
		}
	}
}
