package inventory

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	smithytime "github.com/aws/smithy-go/time"

	"muster/internal/account"
	"muster/internal/auth"
	"muster/internal/sweep"
)

var here = sweep.Place{
	Account:  &account.Account{ID: "012345678901", Name: "root"},
	Identity: &auth.Identity{Profile: "admin", Role: "Ops"},
	Region:   "eu-west-1",
}

// shared is used by all tests, so that they notice if an answer leaks into the next.
var shared decoders

// decode decodes an answer that arrives at once, and again in small pieces, so that every
// token meets the end of the buffer. Both results must be the same.
func decode(t testing.TB, body string) ([]Instance, string, error) {
	t.Helper()
	all := func(*Instance) bool { return true }
	found, next, err := shared.instances(strings.NewReader(body), here, all, func() {})
	again, nextAgain, errAgain := shared.instances(&fewBytes{strings.NewReader(body)}, here, all, func() {})
	if (err == nil) != (errAgain == nil) || next != nextAgain || !reflect.DeepEqual(found, again) {
		t.Fatalf("at once: %+v %q %v\nin pieces: %+v %q %v\nof %s", found, next, err, again, nextAgain, errAgain, body)
	}
	return slices.Concat(found...), next, err
}

type fewBytes struct{ r io.Reader }

func (f *fewBytes) Read(p []byte) (int, error) { return f.r.Read(p[:min(len(p), 7)]) }

// wellFormed returns encoding/xml's error if a text is not one complete document.
func wellFormed(body string) error {
	d, roots, depth := xml.NewDecoder(strings.NewReader(body)), 0, 0
	for {
		token, err := d.Token()
		if err != nil {
			if err == io.EOF && roots != 1 {
				err = fmt.Errorf("%d documents", roots)
			}
			if err == io.EOF {
				err = nil
			}
			return err
		}
		switch t := token.(type) {
		case xml.StartElement:
			if depth == 0 {
				roots++
			}
			depth++
		case xml.EndElement:
			depth--
		case xml.CharData:
			if depth == 0 && len(bytes.TrimSpace(t)) > 0 {
				return errors.New("text outside of the document")
			}
		case xml.Directive:
			return errors.New("a directive") // as in xmlscan
		}
	}
}

// compare checks that the decoder and the oracle return the same records, and that the
// decoder rejects malformed documents.
func compare(t *testing.T, body string) {
	t.Helper()
	got, next, err := decode(t, body)
	if malformed := wellFormed(body); malformed != nil {
		if err == nil {
			t.Fatalf("no error for a malformed document (%v):\n%s", malformed, body)
		}
		return
	}
	want, wantNext, oracleErr := oracle(body)
	if oracleErr != nil {
		return
	}
	if err != nil {
		if strings.Contains(err.Error(), "not a DescribeInstancesResponse") {
			return // the oracle does not check the root element
		}
		if !complete(body) {
			return
		}
		t.Fatalf("%v, but the oracle has no error:\n%s", err, body)
	}
	if next != wantNext || !reflect.DeepEqual(got, want) {
		t.Fatalf("got  %+v %q\nwant %+v %q\nof %s", got, next, want, wantNext, body)
	}
}

func TestDecoderAgreesWithOracle(t *testing.T) {
	t.Parallel()
	records := 0
	for seed := range uint64(400) {
		g := &generator{Rand: rand.New(rand.NewPCG(seed, 1))}
		body := g.answer()
		if err := wellFormed(body); err != nil {
			t.Fatalf("the generator wrote a malformed document: %v\n%s", err, body)
		}
		if _, _, err := oracle(body); err != nil {
			t.Fatalf("the oracle does not read the generator's document: %v\n%s", err, body)
		}
		compare(t, body)
		page, _, _ := decode(t, body)
		records += len(page)

		// An answer that is cut off is an error. With one byte changed, both decoders agree.
		at := g.IntN(len(body))
		if _, _, err := decode(t, body[:at]); err == nil {
			t.Fatalf("no error for an answer cut after %d bytes:\n%s", at, body[:at])
		}
		changed := []byte(body)
		changed[at] = "<>&/;]!-'\"= aX\x00\xff"[g.IntN(16)]
		compare(t, string(changed))
	}
	if records < 300 {
		t.Errorf("only %d records compared", records)
	}
}

func FuzzDecode(f *testing.F) {
	for seed := range uint64(20) {
		f.Add((&generator{Rand: rand.New(rand.NewPCG(seed, 2))}).answer())
	}
	for _, odd := range []string{
		"", "<", "<?A\x80?><DescribeInstancesResponse></DescribeInstancesResponse>", "<a", "<a/>", "<DescribeInstancesResponse/>", "<DescribeInstancesResponse><!-- -- --></DescribeInstancesResponse>",
		"<DescribeInstancesResponse>]]></DescribeInstancesResponse>", "<html><body>x</body></html>", "<!DOCTYPE html><html></html>",
		"<DescribeInstancesResponse><a b=1/></DescribeInstancesResponse>", "<DescribeInstancesResponse/><DescribeInstancesResponse/>",
	} {
		f.Add(odd)
	}
	f.Fuzz(compare)
}

// TestUsualTime: what isUsualTime accepts, smithy-go parses too, to the same second.
func TestUsualTime(t *testing.T) {
	t.Parallel()
	const usual = "2026-03-02T07:41:59.000Z"
	if !isUsualTime([]byte(usual)) {
		t.Errorf("%s is not usual", usual)
	}
	for i := range usual {
		for _, c := range []byte("0123456789-T:.Z+ ") {
			text := []byte(usual)
			text[i] = c
			parsed, err := smithytime.ParseDateTime(string(text))
			if isUsualTime(text) && (err != nil || parsed.Format(time.RFC3339) != string(text[:19])+"Z") {
				t.Errorf("%s: %v %v", text, parsed, err)
			}
		}
	}
}
