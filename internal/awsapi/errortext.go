package awsapi

import (
	"crypto/tls"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net"
	"net/url"
	"strings"
	"syscall"

	"github.com/aws/smithy-go"
)

// errorText returns the text of an error on one line, without the SDK's description of
// the operation and without the URL of the request.
func errorText(err error) string {
	var (
		bundle     *bundleError
		unreadable *smithy.DeserializationError
		request    *url.Error
	)
	switch {
	case errors.As(err, &bundle):
		return oneLine(bundle.Error())
	case errors.As(err, &unreadable) && unreadable.Err != nil:
		return networkText(unreadable.Err)
	case errors.As(err, &request):
		text := networkText(request.Err)
		var op *net.OpError
		if errors.As(request.Err, &op) && op.Op == "proxyconnect" {
			text = "the proxy: " + text
		}
		if u, parseErr := url.Parse(request.URL); parseErr == nil && u.Host != "" {
			text = u.Host + ": " + text
		}
		return text
	}
	return oneLine(err.Error())
}

// networkText returns the text of a connection's error without the addresses of its ends.
func networkText(err error) string {
	var (
		errno syscall.Errno
		dns   *net.DNSError
	)
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return "no such host"
	case isTimeout(err):
		return "no answer in time"
	case errors.As(err, &errno):
		return errno.Error()
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return "the connection was closed before the answer was complete"
	}
	return oneLine(err.Error())
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// isUnreadable reports whether an answer arrived that could not be decoded.
func isUnreadable(err error) bool {
	return errors.As(err, new(*smithy.DeserializationError)) || errors.As(err, new(*xml.SyntaxError)) || errors.As(err, new(*json.SyntaxError))
}

// isTimeout checks every error in the chain: url.Error asks only the one right below it,
// and net/http wraps the error of a connection once more.
func isTimeout(err error) bool {
	var timeout net.Error
	for ; errors.As(err, &timeout); err = errors.Unwrap(timeout) {
		if timeout.Timeout() {
			return true
		}
	}
	return false
}

func isConnection(err error) bool {
	return errors.As(err, new(*net.OpError)) || errors.As(err, new(*url.Error)) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// isTooManyOpenFiles reports whether the process or the system has reached its limit of
// open files. If a DNS lookup reaches it, package net keeps only the text of the error.
func isTooManyOpenFiles(err error) bool {
	var lookup *net.DNSError
	for _, limit := range []error{syscall.EMFILE, syscall.ENFILE} {
		if errors.Is(err, limit) || errors.As(err, &lookup) && strings.Contains(lookup.Err, limit.Error()) {
			return true
		}
	}
	return false
}

// isUntrusted reports whether the server's certificate, or the CA bundle, is invalid.
func isUntrusted(err error) bool {
	return errors.As(err, new(*bundleError)) || errors.As(err, new(*tls.CertificateVerificationError))
}
