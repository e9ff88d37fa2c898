package awsapi

import (
	"log/slog"
	"net/http"
	"strings"

	"muster/internal/catalog"
)

// Elsewhere returns an HTTP client for servers other than AWS's, with the proxies, certificates
// and limits of calls; the text of User-Agent; and the log, which may be nil. The client
// retries nothing.
func (a *API) Elsewhere() (client *http.Client, userAgent string, log *slog.Logger) {
	return &http.Client{Transport: elsewhere{a.http}}, a.settings.UserAgent, a.settings.Log
}

type elsewhere struct{ http *httpClient }

func (e elsewhere) RoundTrip(r *http.Request) (*http.Response, error) {
	own, err := withOwnBody(r)
	if err != nil {
		return nil, err
	}
	return e.http.roundTrip(own)
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
