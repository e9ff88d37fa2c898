package cli

import (
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"muster/internal/awssim"
)

// BenchmarkFind searches 100 accounts x 17 regions with 5 instances each for an address of
// one instance, at 80 ms a call. times-bound compares with a chain of calls that need each
// other (the pages of accounts, the role, the regions, one call of the search, and the name of
// the owner), and the calls beyond the width. %-bytes compares the answers, with their
// headers, with those of muster instances.
func BenchmarkFind(b *testing.B) {
	const latency, chain = 80 * time.Millisecond, 9
	world := awssim.Large(awssim.LargeSpec{Accounts: 100, MinInstances: 5, Seed: 1})
	addresses := map[string]string{"Private": "10.99.98.97", "Public": "3.99.98.97", "IPv6": "2600:1f18:99:98::97"}
	world.Instances = append(world.Instances, awssim.Instance{
		Account: "account-00042", Region: "eu-west-1", Name: "wanted",
		PrivateIPs: []string{addresses["Private"]}, PublicIPs: []string{addresses["Public"]}, IPv6s: []string{addresses["IPv6"]},
	})
	sim, environ := simulated(b, world, false, awssim.WithLatency(latency))
	var received atomic.Int64
	environ = slices.DeleteFunc(environ, func(pair string) bool { return strings.HasPrefix(pair, "AWS_ENDPOINT_URL=") })
	environ = append(environ, "AWS_ENDPOINT_URL="+countedProxy(b, sim.URL(), &received))
	run := func(args ...string) (took time.Duration, calls int, bytes int64) {
		before := len(sim.Calls())
		received.Store(0)
		start := time.Now()
		got := muster(b, environ, append(args, "--org", "--role", "OrganizationAccountAccessRole", "--no-cache", "-o", "name")...)
		if got.code != exitOK || got.stdout == "" {
			b.Fatalf("exit code %d: %.2000s", got.code, got.stderr)
		}
		return time.Since(start), len(sim.Calls()) - before, received.Load()
	}
	_, _, all := run("instances")
	for name, address := range addresses {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				took, calls, bytes := run("find", address)
				bound := chain*latency + time.Duration(calls)*latency/defaultConcurrency
				atMost(b, took.Seconds()/bound.Seconds(), 10, "times-bound")
				atMost(b, 100*float64(bytes)/float64(all), 25, "%-bytes")
				b.ReportMetric(float64(calls), "calls")
			}
		})
	}
}

// countedProxy starts a server that hands all requests on to another one, and adds the bytes
// that it writes to a counter. It returns its URL.
func countedProxy(b *testing.B, target string, bytes *atomic.Int64) string {
	to, err := url.Parse(target)
	if err != nil {
		b.Fatal(err)
	}
	proxy := httptest.NewUnstartedServer(&httputil.ReverseProxy{
		Rewrite:   func(r *httputil.ProxyRequest) { r.Out.URL.Scheme, r.Out.URL.Host = to.Scheme, to.Host }, // keeps the signed Host
		Transport: &http.Transport{MaxIdleConnsPerHost: defaultConcurrency, DisableCompression: true},
	})
	proxy.Listener = countedListener{proxy.Listener, bytes}
	proxy.Start()
	b.Cleanup(proxy.Close)
	return proxy.URL
}

type countedListener struct {
	net.Listener
	bytes *atomic.Int64
}

func (l countedListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	return countedConn{conn, l.bytes}, err
}

type countedConn struct {
	net.Conn
	bytes *atomic.Int64
}

func (c countedConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.bytes.Add(int64(n))
	return n, err
}
