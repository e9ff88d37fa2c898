package wire

import (
	"encoding/base64"
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

// xmlResponse returns a response with an XML body.
func xmlResponse(body string) *http.Response {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body))}
}

// readBoth reads a response through the scanner and through smithy-go's decoder.
func readBoth(t testing.TB, c *Codec, resp func() *http.Response) (scanned, decoded string) {
	t.Helper()
	text := func(o Object, err error) string {
		if err != nil {
			return "error: " + err.Error()
		}
		if o == nil {
			o = Object{}
		}
		return string(AppendJSON(nil, o))
	}
	return text(c.Response(t.Context(), resp(), 1<<24)), text(c.smithyResponse(t.Context(), resp()))
}

// TestXMLAsSmithy reads the cases of the shared protocol tests with both decoders.
func TestXMLAsSmithy(t *testing.T) {
	t.Parallel()
	compared := 0
	for _, c := range protocolCases(t, "output") {
		if !strings.HasPrefix(strings.TrimSpace(c.Response.Body), "<") || c.Response.StatusCode >= 300 || leftOut(c.ID) != "" {
			continue
		}
		codec, err := For(c.operation)
		if err != nil {
			t.Fatal(err)
		}
		compared++
		scanned, decoded := readBoth(t, codec, func() *http.Response {
			resp := xmlResponse(c.Response.Body)
			for name, value := range c.Response.Headers {
				resp.Header.Set(name, value)
			}
			return resp
		})
		if scanned != decoded {
			t.Errorf("%s: %s\nsmithy-go's decoder: %s", c.name(), scanned, decoded)
		}
	}
	t.Logf("%d cases", compared)
	if compared < 100 {
		t.Error("expected at least 100")
	}
}

// xmlWriter writes a random value of a shape as XML.
type xmlWriter struct {
	*rand.Rand
	strings.Builder
	long int // items of a list
}

func (w *xmlWriter) members(n *node, depth int) {
	for _, i := range w.Perm(len(n.members)) {
		if m := n.members[i]; m.location == catalog.Body && w.IntN(4) > 0 {
			w.member(m, m.tag, depth)
		}
		if w.IntN(8) == 0 {
			w.WriteString(`<notInTheModel a="1"><b/>text</notInTheModel>`)
		}
	}
}

func (w *xmlWriter) element(tag string, content func()) {
	w.WriteString("<" + tag + ">")
	content()
	w.WriteString("</" + tag + ">\n")
}

func (w *xmlWriter) member(m *member, tag string, depth int) {
	if depth > 6 {
		return
	}
	times := 1
	if m.flat {
		times = w.IntN(w.long) + 1
	}
	switch m.shape.Kind() {
	case catalog.List:
		for range times {
			if m.flat {
				w.member(m.element, tag, depth+1)
			} else {
				w.element(tag, func() {
					for range w.IntN(w.long) {
						w.member(m.element, m.element.tag, depth+1)
					}
				})
			}
		}
	case catalog.Map:
		entry := func() {
			w.element(m.key.tag, func() { fmt.Fprintf(w, "key%d", w.IntN(100)) })
			w.element(m.element.tag, func() { w.content(m.element, depth+1) })
		}
		for range times {
			w.element(tag, func() {
				if m.flat {
					entry()
					return
				}
				for range w.IntN(w.long) {
					w.element("entry", entry)
				}
			})
		}
	default:
		w.element(tag, func() { w.content(m, depth) })
	}
}

// content writes what is inside of a member's element.
func (w *xmlWriter) content(m *member, depth int) {
	pick := func(texts ...string) { w.WriteString(texts[w.IntN(len(texts))]) }
	switch m.shape.Kind() {
	case catalog.Structure:
		if m.shape.Traits().Union {
			if len(m.members) > 0 {
				one := m.members[w.IntN(len(m.members))]
				w.member(one, one.tag, depth+1)
			}
			return
		}
		w.members(m.node, depth+1)
	case catalog.List, catalog.Map: // within a map
		w.member(m, "member", depth+1)
	case catalog.Boolean:
		pick("true", "false")
	case catalog.Integer, catalog.Long:
		pick("0", "-1", "255", "9007199254740993")
	case catalog.Float, catalog.Double:
		pick("0", "-1.5", "1e21", "NaN", "Infinity")
	case catalog.Timestamp:
		switch time := m.shape.Traits().Time; {
		case time == "rfc822" || m.node.shape.Traits().Time == "rfc822":
			pick("Tue, 29 Apr 2014 18:30:38 GMT")
		default:
			pick("2014-04-29T18:30:38Z", "2014-04-29T18:30:38.125Z", "2014-04-29T18:30:38+02:00")
		}
	case catalog.Blob:
		w.WriteString(base64.StdEncoding.EncodeToString(fmt.Append(nil, w.Uint32())))
	default:
		pick("", "plain", "a &lt; b &amp; c", "日本語", " space ", "<![CDATA[x<y]]>", strings.Repeat("long ", 100))
	}
}

// xmlBody returns a random response of an operation.
func (c *Codec) xmlBody(seed uint64, long int) string {
	w := &xmlWriter{Rand: rand.New(rand.NewPCG(seed, 1)), long: long}
	w.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n")
	root := c.operation.WireName + "Response"
	switch c.protocol.ID().Name {
	case "awsQuery":
		w.element(root, func() {
			w.element(c.operation.WireName+"Result", func() { w.members(c.output, 0) })
			w.element("ResponseMetadata", func() {})
		})
		return w.String()
	case "restXml":
		if payload := c.output.shape.Traits().Payload; payload != "" {
			w.element(root, func() { w.members(c.output.members[c.output.index[payload]].node, 0) })
			return w.String()
		}
	}
	w.element(root, func() { w.members(c.output, 0) })
	return w.String()
}

// TestRandomXMLAsSmithy reads random responses of all operations with XML with both
// decoders.
func TestRandomXMLAsSmithy(t *testing.T) {
	t.Parallel()
	compared := 0
	for _, entry := range catalog.Services() {
		service := catalog.Open(entry.Name)
		if p := service.Protocol; p != "ec2" && p != "query" && p != "rest-xml" {
			continue
		}
		wrong := 0
		for operation := range service.Operations() {
			codec, err := For(operation)
			if err != nil {
				t.Fatal(err)
			}
			if codec.output == nil || codec.rawPayload() || operation.Name == "GetBucketNotification" { // it has two members with one name
				continue
			}
			compared++
			body := codec.xmlBody(uint64(compared), 3)
			if scanned, decoded := readBoth(t, codec, func() *http.Response { return xmlResponse(body) }); scanned != decoded || strings.HasPrefix(scanned, "error: ") {
				t.Errorf("%s %s: %s\nsmithy-go's decoder: %s\nof %s", entry.Name, operation.Name, scanned, decoded, body)
				if wrong++; wrong == 2 {
					break
				}
			}
		}
	}
	t.Logf("%d operations", compared)
}

// volumes is an answer of DescribeVolumes as EC2 writes it.
func volumes(n int) string {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<DescribeVolumesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">` + "\n    <requestId>59dbff89-35bd-4eac-99ed-be587EXAMPLE</requestId>\n    <volumeSet>\n")
	for i := range n {
		fmt.Fprintf(&b, `        <item>
            <volumeId>vol-%017x</volumeId>
            <size>80</size>
            <snapshotId/>
            <availabilityZone>us-east-1a</availabilityZone>
            <status>in-use</status>
            <createTime>2026-03-%02dT10:11:12.000Z</createTime>
            <attachmentSet>
                <item>
                    <volumeId>vol-%017x</volumeId>
                    <instanceId>i-%017x</instanceId>
                    <device>/dev/sdh</device>
                    <status>attached</status>
                    <attachTime>2026-03-%02dT10:11:13.000Z</attachTime>
                    <deleteOnTermination>false</deleteOnTermination>
                </item>
            </attachmentSet>
            <tagSet><item><key>Name</key><value>disk %d</value></item><item><key>team</key><value>core</value></item></tagSet>
            <volumeType>gp3</volumeType>
            <iops>3000</iops>
            <encrypted>true</encrypted>
            <multiAttachEnabled>false</multiAttachEnabled>
        </item>
`, i, i%28+1, i, i, i%28+1, i)
	}
	b.WriteString("    </volumeSet>\n</DescribeVolumesResponse>\n")
	return b.String()
}

// TestXMLIsComplete: a document that ends early is an error wherever it ends.
func TestXMLIsComplete(t *testing.T) {
	t.Parallel()
	codec, err := For(catalog.Open("ec2").Operation("DescribeVolumes"))
	if err != nil {
		t.Fatal(err)
	}
	whole := strings.TrimSpace(volumes(1))
	for end := range len(whole) {
		if _, err := codec.Response(t.Context(), xmlResponse(whole[:end]), 1<<20); err == nil {
			t.Fatalf("no error for a document that ends after %q", whole[:end])
		}
	}
	for _, body := range []string{whole + whole, "<html/>", "<DescribeVolumesResponse><a></DescribeVolumesResponse>"} {
		if _, err := codec.Response(t.Context(), xmlResponse(body), 1<<20); err == nil {
			t.Errorf("no error for %.100q", body)
		}
	}
}

// BenchmarkXML compares the scanner with smithy-go's decoder on a page of 1,000 volumes.
func BenchmarkXML(b *testing.B) {
	const items = 1000
	codec, err := For(catalog.Open("ec2").Operation("DescribeVolumes"))
	if err != nil {
		b.Fatal(err)
	}
	body := volumes(items)
	const tries = 10 // the fastest counts: others share the processors
	ours, smithys := time.Hour, time.Hour
	var before, after runtime.MemStats
	var allocated uint64
	for b.Loop() {
		for range tries {
			runtime.ReadMemStats(&before)
			start := time.Now()
			object, err := codec.Response(b.Context(), xmlResponse(body), 1<<24)
			ours = min(ours, time.Since(start))
			runtime.ReadMemStats(&after)
			allocated = after.TotalAlloc - before.TotalAlloc
			if list, _ := object.Get("Volumes").([]any); err != nil || len(list) != items {
				b.Fatalf("%d volumes, %v", len(list), err)
			}
			start = time.Now()
			if _, err := codec.smithyResponse(b.Context(), xmlResponse(body)); err != nil {
				b.Fatal(err)
			}
			smithys = min(smithys, time.Since(start))
		}
	}
	b.ReportMetric(float64(ours.Nanoseconds())/1000/items, "us/item")
	b.ReportMetric(float64(allocated)/items, "B/item")
	b.ReportMetric(float64(len(body))/items, "B-of-XML/item")
	b.ReportMetric(float64(smithys)/float64(ours), "times-faster")
	if smithys < 3*ours {
		b.Errorf("%s a page, smithy-go's decoder %s: expected to be at least 3 times faster", ours, smithys)
	}
}
