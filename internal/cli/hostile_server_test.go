package cli

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// hostile is a server between muster and the simulated organization. It forwards every
// request, and spoils the answers to some.
type hostile struct {
	url  string
	sim  string
	next *http.Transport

	mu     sync.Mutex
	spoil  spoiler
	meant  func(ask) bool
	spoilt int
}

// ask is a request as a hostile server sees it.
type ask struct {
	operation string
	text      string // its target and its text
}

// spoiler writes something to a connection instead of a good answer; the connection then
// ends.
type spoiler func(c net.Conn, good goodAnswer)

type goodAnswer struct {
	body func() []byte   // asks the organization
	done <-chan struct{} // the test is over
}

// kind is the content type of spoiled answers.
const kind = "text/html"

func startHostile(t *testing.T, sim string) *hostile {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h := &hostile{url: "http://" + listener.Addr().String(), sim: strings.TrimPrefix(sim, "http://"), next: &http.Transport{DisableCompression: true}}
	done := make(chan struct{})
	t.Cleanup(func() { close(done); listener.Close(); h.next.CloseIdleConnections() })
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			go h.serve(c, done)
		}
	}()
	return h
}

// aim makes spoil answer the selected requests from here on.
func (h *hostile) aim(meant func(ask) bool, spoil spoiler) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.meant, h.spoil, h.spoilt = meant, spoil, 0
}

func (h *hostile) serve(c net.Conn, done <-chan struct{}) {
	defer c.Close()
	for in := bufio.NewReader(c); ; {
		req, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return
		}
		a := ask{operationOf(req, body), req.Method + req.URL.String() + req.Header.Get("Authorization") + string(body)}
		h.mu.Lock()
		spoil := h.spoil
		if h.meant == nil || !h.meant(a) {
			spoil = nil
		} else {
			h.spoilt++
		}
		h.mu.Unlock()
		req.URL.Scheme, req.URL.Host = "http", h.sim // the Host that is signed stays
		req.RequestURI, req.Body, req.ContentLength = "", io.NopCloser(bytes.NewReader(body)), int64(len(body))
		req.Header.Del("Accept-Encoding")
		ask := func() (*http.Response, []byte) {
			resp, err := h.next.RoundTrip(req)
			if err != nil {
				return nil, nil
			}
			defer resp.Body.Close()
			good, _ := io.ReadAll(resp.Body)
			return resp, good
		}
		if spoil != nil {
			spoil(c, goodAnswer{func() []byte { _, good := ask(); return good }, done})
			return
		}
		resp, good := ask()
		if resp == nil {
			return
		}
		resp.Body, resp.ContentLength, resp.TransferEncoding = io.NopCloser(bytes.NewReader(good)), int64(len(good)), nil
		if resp.Write(c) != nil {
			return
		}
	}
}

// operationOf returns a request's operation, in any protocol of AWS.
func operationOf(r *http.Request, body []byte) string {
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		return target[strings.LastIndexByte(target, '.')+1:]
	}
	for path, operation := range map[string]string{
		"/assignment/accounts": "sso:ListAccounts", "/assignment/roles": "ListAccountRoles", "/federation/credentials": "GetRoleCredentials",
		"/token": "CreateToken", "/client/register": "RegisterClient", "/device_authorization": "StartDeviceAuthorization",
		"/listRegions": "ListRegions", "/federation": "GetSigninToken",
	} {
		if r.URL.Path == path {
			return operation
		}
	}
	form, _ := url.ParseQuery(string(body))
	return form.Get("Action")
}

// head returns a status line and headers, with a Content-Length unless it is below 0.
func head(status string, length int, more ...string) string {
	text := "HTTP/1.1 " + status + "\r\nConnection: close\r\nContent-Type: " + kind + "\r\n"
	if length >= 0 {
		text += fmt.Sprintf("Content-Length: %d\r\n", length)
	}
	return text + strings.Join(append(more, ""), "\r\n") + "\r\n"
}

// says answers with a text and status 200.
func says(text string) spoiler { return status("200 OK", text) }

func status(line, text string, more ...string) spoiler {
	return func(c net.Conn, _ goodAnswer) { io.WriteString(c, head(line, len(text), more...)+text) }
}

// raw answers with these bytes.
func raw(text string) spoiler { return func(c net.Conn, _ goodAnswer) { io.WriteString(c, text) } }

// changed answers with a change of the good answer.
func changed(change func(string) string) spoiler {
	return func(c net.Conn, good goodAnswer) {
		text := change(string(good.body()))
		io.WriteString(c, head("200 OK", len(text))+text)
	}
}

// cutAt announces the whole answer, and sends a part of it.
func cutAt(part func(n int) int) spoiler {
	return func(c net.Conn, good goodAnswer) {
		body := good.body()
		io.WriteString(c, head("200 OK", len(body)))
		c.Write(body[:part(len(body))])
	}
}

// packs sends a text as gzip, cut off after end bytes unless end is 0.
func packs(text io.Reader, end int) spoiler {
	return func(c net.Conn, _ goodAnswer) {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		io.Copy(z, text)
		z.Close()
		packed := b.Bytes()
		if end > 0 {
			packed = packed[:end]
		}
		io.WriteString(c, head("200 OK", -1, "Content-Encoding: gzip"))
		c.Write(packed)
	}
}

// endlessly sends a beginning and then repeats a text until the client stops reading.
func endlessly(begin, text string) spoiler {
	return func(c net.Conn, _ goodAnswer) {
		io.WriteString(c, begin)
		for piece := strings.Repeat(text, 1+64<<10/len(text)); ; {
			if _, err := io.WriteString(c, piece); err != nil {
				return
			}
		}
	}
}

// drips sends a text one byte at a time, and then falls silent.
func drips(begin, text string) spoiler {
	return func(c net.Conn, good goodAnswer) {
		io.WriteString(c, begin)
		for _, b := range []byte(text) {
			select {
			case <-time.After(200 * time.Millisecond):
			case <-good.done:
				return
			}
			if _, err := c.Write([]byte{b}); err != nil {
				return
			}
		}
		io.Copy(io.Discard, c) // until muster has gone
	}
}

func reset(c net.Conn, _ goodAnswer) { c.(*net.TCPConn).SetLinger(0) }

// halfClosed sends half of the announced answer, and closes only its own side.
func halfClosed(c net.Conn, good goodAnswer) {
	body := good.body()
	io.WriteString(c, head("200 OK", len(body)))
	c.Write(body[:len(body)/2])
	c.(*net.TCPConn).CloseWrite()
	io.Copy(io.Discard, c)
}

// zeros returns n zeros.
func zeros(n int64) io.Reader { return io.LimitReader(zero{}, n) }

type zero struct{}

func (zero) Read(p []byte) (int, error) { clear(p); return len(p), nil }
