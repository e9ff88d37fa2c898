package cli

import (
	"bytes"
	"fmt"
	"io"
	"log"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestUnsolicited: what a server sends that nobody has asked for, as where it sends
// an answer twice, is not printed, and with --debug said without its bytes. The
// standard logger is the process's: it runs beside no other test.
func TestUnsolicited(t *testing.T) {
	const answer = `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>` +
		`<Arn>arn:aws:iam::100000000001:user/ann</Arn><UserId>AIDA</UserId><Account>100000000001</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`
	const stray = "<SecretAccessKey>wJalrXUtnFEMIK7MDENGbPxRfiCYzzzzzzzzzzzz</SecretAccessKey>"
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			io.ReadAtLeast(conn, make([]byte, 4096), 100)
			fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s%s", len(answer), answer, "HTTP/1.1 200 OK\r\n\r\n"+stray)
		}
	}()
	home := t.TempDir()
	environ := []string{"HOME=" + home, "AWS_ACCESS_KEY_ID=AKIAANNANNANNANNANNA", "AWS_SECRET_ACCESS_KEY=ann", "AWS_ENDPOINT_URL=http://" + listener.Addr().String()}
	heard := make(chan string, 10)
	defer log.SetOutput(log.Writer())
	for _, flags := range [][]string{nil, {"--debug"}} {
		var stdout bytes.Buffer
		var stderr lockedBuffer
		app := &App{
			Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr, Environ: environ,
			SetLibraryLog: func(w io.Writer) { log.SetOutput(io.MultiWriter(w, writerFunc(func(p []byte) { heard <- string(p) }))) },
		}
		if code := Main(t.Context(), append([]string{"whoami"}, flags...), app); code != 0 {
			t.Fatalf("exit code %d: %s", code, stderr.text())
		}
		select {
		case line := <-heard:
			if !strings.Contains(line, stray[20:40]) {
				t.Errorf("net/http says %q", line)
			}
		case <-time.After(30 * time.Second):
			t.Fatal("net/http has nothing to say about stray bytes any more")
		}
		text := stderr.text()
		if said := strings.Contains(text, `msg=library text="`); said != (flags != nil) || strings.Contains(text, "wJalr") {
			t.Errorf("%v: %s", flags, text)
		}
	}
}

// lockedBuffer is a stream to which goroutines may still write.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

type writerFunc func([]byte)

func (f writerFunc) Write(p []byte) (int, error) { f(p); return len(p), nil }
