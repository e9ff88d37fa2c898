package awssim

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Proxy is an HTTP proxy that answers for every host of AWS: it terminates the TLS of a CONNECT with certificates of its
// own CA. It starts with the first call of URL or CAPEM.
type Proxy struct {
	handler http.Handler
	refuses func(host string) bool // nil: none

	once     sync.Once
	err      error
	listener net.Listener
	front    *http.Server // CONNECT, and plain requests
	tunnels  *tunnelListener
	behind   *http.Server // the requests in the tunnels
	ca       *x509.Certificate
	caKey    *ecdsa.PrivateKey
	leafKey  *ecdsa.PrivateKey

	mu      sync.Mutex
	leaves  map[string]*tls.Certificate
	configs map[string]*tls.Config
}

// NewProxy returns a proxy whose requests the handler answers, instead of a simulated organization.
func NewProxy(handler http.Handler) *Proxy { return &Proxy{handler: handler} }

// ProxyURL is for HTTPS_PROXY, together with CAPEM for AWS_CA_BUNDLE; "" if the proxy cannot start.
func (s *Server) ProxyURL() string { return s.proxy.URL() }

// CAPEM returns the certificate of the proxy's CA, for AWS_CA_BUNDLE.
func (s *Server) CAPEM() []byte { return s.proxy.CAPEM() }

// URL is for HTTPS_PROXY; "" if the proxy cannot start.
func (p *Proxy) URL() string {
	if p.start() != nil {
		return ""
	}
	return "http://" + p.listener.Addr().String()
}

// CAPEM returns the certificate of the CA, for AWS_CA_BUNDLE; nil if the proxy cannot start.
func (p *Proxy) CAPEM() []byte {
	if p.start() != nil {
		return nil
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.ca.Raw})
}

// Certificate returns a certificate of the CA for a host name or an IP address.
func (p *Proxy) Certificate(host string) (*tls.Certificate, error) {
	if err := p.start(); err != nil {
		return nil, err
	}
	return p.leaf(host)
}

func (p *Proxy) start() error {
	p.once.Do(func() {
		if p.err = p.makeCA(); p.err != nil {
			return
		}
		if p.listener, p.err = net.Listen("tcp", "127.0.0.1:0"); p.err != nil {
			return
		}
		quiet := log.New(io.Discard, "", 0)
		p.tunnels = &tunnelListener{conns: make(chan net.Conn), closed: make(chan struct{}), addr: p.listener.Addr()}
		p.behind = &http.Server{Handler: p.handler, ConnContext: rememberTunnel, ErrorLog: quiet}
		p.front = &http.Server{Handler: p, ErrorLog: quiet}
		go p.behind.Serve(p.tunnels)
		go p.front.Serve(p.listener)
	})
	return p.err
}

// Close closes the listener and all tunnels.
func (p *Proxy) Close() error {
	p.once.Do(func() { p.err = errors.New("the proxy is closed") })
	if p.front == nil {
		return nil
	}
	return errors.Join(p.front.Close(), p.behind.Close())
}

// ServeHTTP opens a tunnel for a CONNECT to a host of AWS; plain requests are answered at once.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodConnect {
		p.handler.ServeHTTP(w, r)
		return
	}
	host, _, err := net.SplitHostPort(r.Host)
	host = strings.ToLower(host)
	if err != nil || p.refuses != nil && p.refuses(host) {
		http.Error(w, "no endpoint of this world", http.StatusForbidden)
		return
	}
	w.WriteHeader(http.StatusOK)
	raw, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	if buffered.Reader.Buffered() > 0 {
		raw = &bufferedConn{raw, buffered.Reader}
	}
	conn := tls.Server(raw, p.config(host))
	select {
	case p.tunnels.conns <- &tunnel{conn, host}:
	case <-p.tunnels.closed:
		raw.Close()
	}
}

// config returns the TLS settings of a host, the same ones each time, so that sessions can be resumed.
func (p *Proxy) config(host string) *tls.Config {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.configs[host] == nil {
		p.configs[host] = &tls.Config{
			NextProtos:     []string{"http/1.1"},
			GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return p.leaf(host) },
		}
	}
	return p.configs[host]
}

// unknownHost reports whether a host is no endpoint of the world. It records a CONNECT to it as a problem.
func (s *Server) unknownHost(host string) bool {
	if _, ok := s.resolveHost(host); ok {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.problems = append(s.problems, "CONNECT to "+host+", which is no endpoint of this world")
	return true
}

// bufferedConn is a connection some of whose bytes have been read already.
type bufferedConn struct {
	net.Conn
	ahead *bufio.Reader
}

func (c *bufferedConn) Read(b []byte) (int, error) { return c.ahead.Read(b) }

func (c *bufferedConn) NetConn() net.Conn { return c.Conn }

// tunnel is the inside of a CONNECT to host.
type tunnel struct {
	*tls.Conn
	host string
}

type tunnelKey struct{}

// rememberTunnel puts the host of the CONNECT into the context of the tunnel's requests.
func rememberTunnel(ctx context.Context, conn net.Conn) context.Context {
	if t, ok := conn.(*tunnel); ok {
		return context.WithValue(ctx, tunnelKey{}, t.host)
	}
	return ctx
}

// tunnelListener accepts the tunnels.
type tunnelListener struct {
	conns  chan net.Conn
	once   sync.Once
	closed chan struct{}
	addr   net.Addr
}

func (l *tunnelListener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.conns:
		return conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *tunnelListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *tunnelListener) Addr() net.Addr { return l.addr }

func (p *Proxy) makeCA() error {
	var err error
	if p.caKey, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return err
	}
	if p.leafKey, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return err
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "muster simulated organization"},
		NotBefore: now.Add(-24 * time.Hour), NotAfter: now.AddDate(1, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, p.caKey.Public(), p.caKey)
	if err != nil {
		return err
	}
	p.leaves, p.configs = map[string]*tls.Certificate{}, map[string]*tls.Config{}
	p.ca, err = x509.ParseCertificate(der)
	return err
}

// leaf returns the certificate for a host name, and makes it the first time.
func (p *Proxy) leaf(host string) (*tls.Certificate, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if cert := p.leaves[host]; cert != nil {
		return cert, nil
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(int64(len(p.leaves)) + 2), Subject: pkix.Name{CommonName: host},
		NotBefore: p.ca.NotBefore, NotAfter: p.ca.NotAfter,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if ip := net.ParseIP(host); ip != nil {
		template.IPAddresses = []net.IP{ip}
	} else {
		template.DNSNames = []string{host}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, p.ca, p.leafKey.Public(), p.caKey)
	if err != nil {
		return nil, err
	}
	cert := &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: p.leafKey}
	p.leaves[host] = cert
	return cert, nil
}
