package awsapi

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"muster/internal/catalog"
)

// ElsewhereClient returns a client for requests to other services than AWS's. It has the
// proxies, certificates and limits of all calls, but follows redirects as browsers do, and its
// requests are not retried. service names them in the log.
func (a *API) ElsewhereClient(service string) *http.Client {
	return &http.Client{Transport: &elsewhere{a, service}}
}

type elsewhere struct {
	api     *API
	service string
}

// RoundTrip logs the host and the status of a request. Its path, its query and its body may
// carry secrets.
func (e *elsewhere) RoundTrip(r *http.Request) (*http.Response, error) {
	start := time.Now()
	own, err := withOwnBody(r)
	if err != nil {
		return nil, err
	}
	if own.Header.Get("User-Agent") == "" {
		own.Header.Set("User-Agent", e.api.settings.UserAgent)
	}
	resp, err := e.api.http.roundTrip(own)
	if log := e.api.settings.Log; log != nil {
		status := 0
		if err == nil {
			status = resp.StatusCode
		}
		log.LogAttrs(context.WithoutCancel(r.Context()), slog.LevelDebug, "call", slog.String("service", e.service), slog.String("host", r.URL.Host),
			slog.Int("status", status), slog.Duration("duration", time.Since(start).Round(time.Microsecond)))
	}
	return resp, err
}

// SAMLPage returns the URL of AWS's sign-in page for SAML assertions; "" if the partition has
// no public one.
func (a *API) SAMLPage(t Target, partition string) string {
	if base := a.endpoint(t, "signin"); base != nil {
		return strings.TrimRight(*base, "/") + "/saml"
	}
	host := catalog.PartitionByID(partition).Signin
	if host == "" {
		return ""
	}
	return "https://" + host + "/saml"
}
