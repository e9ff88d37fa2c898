package sso

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"

	"muster/internal/awsconfig"
)

// A start URL may have a company's own domain that redirects to the access portal. The
// token service knows only the portal's URL, and the region in the portal's name
// replaces the config's. This file follows the rules of the AWS CLI
// (awscli/customizations/sso/resolve.py).

// portalSuffixes and portalHosts are the domains of AWS's access portals.
var (
	portalSuffixes = []string{
		".app.aws", ".portal.amazonaws.com", ".portal.amazonaws.com.cn", ".app.amazonwebservices.com.cn",
		".portal.amazonaws.eu", ".api.amazonwebservices.eu", ".awsapps.com", ".awsapps.cn",
	}
	portalHosts = []string{
		"identitycenter.amazonaws.com", "identitycenter.amazonaws.com.cn", "identitycenter.amazonaws.eu", "identitycenter.us-gov.amazonaws.com",
	}
)

// portalRegion matches the host of a portal with a region in it.
var portalRegion = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[^.]+\.(?:portal\.([a-z0-9-]+)\.(?:app\.aws|app\.amazonwebservices\.com\.cn|api\.amazonwebservices\.eu)|([a-z0-9-]+)\.portal\.amazonaws\.(?:com|com\.cn|eu))$`)
})

// redirectStatuses are the HTTP statuses of a redirect.
var redirectStatuses = []int{http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect}

// resolveStartURL returns the portal's URL and the session's region. It follows one
// redirect of a URL with another domain than AWS's.
func (s *Session) resolveStartURL(ctx context.Context) (startURL, region string, err error) {
	startURL = awsconfig.NormalizeStartURL(s.settings.StartURL)
	u, err := url.Parse(startURL)
	if err != nil || u.Hostname() == "" {
		return "", "", s.badStartURL("is not a URL")
	}
	if isPortal(u.Hostname()) {
		return startURL, s.settings.Region, nil
	}
	if u.Scheme != "https" {
		return "", "", s.badStartURL("is not an https URL")
	}
	target, err := s.followRedirect(ctx, u)
	switch {
	case err != nil:
		return "", "", err
	case target.Scheme != "https" || !isPortal(target.Hostname()):
		return "", "", s.badStartURL(fmt.Sprintf("leads to %s://%s, which is not an access portal of AWS", target.Scheme, target.Host))
	}
	resolved := url.URL{Scheme: target.Scheme, Host: strings.ToLower(target.Hostname()), Path: strings.TrimRight(target.Path, "/")}
	if port := target.Port(); port != "" && port != "443" {
		resolved.Host += ":" + port
	}
	region = s.settings.Region
	if match := portalRegion().FindStringSubmatch(normalizeHost(target.Hostname())); match != nil {
		region = match[1] + match[2]
	}
	return resolved.String(), region, nil
}

// followRedirect requests a URL and returns the URL that it redirects to, or the URL
// itself if it does not redirect.
func (s *Session) followRedirect(ctx context.Context, u *url.URL) (*url.URL, error) {
	for _, method := range []string{http.MethodHead, http.MethodGet} {
		status, location, err := s.client.API.FetchRedirect(ctx, method, u.String())
		switch {
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case err != nil:
			return nil, s.badStartURL("cannot be reached: " + err.Error())
		case method == http.MethodHead && (status == http.StatusMethodNotAllowed || status == http.StatusNotImplemented):
			continue
		case !slices.Contains(redirectStatuses, status) && status/100 != 2:
			return nil, s.badStartURL(fmt.Sprintf("answers with HTTP status %d instead of a redirect to the access portal", status))
		case status/100 == 2:
			return u, nil
		case location == "":
			return nil, s.badStartURL("redirects to nowhere")
		}
		target, err := u.Parse(location)
		if err != nil {
			return nil, s.badStartURL("redirects to something that is not a URL")
		}
		return target, nil
	}
	return nil, s.badStartURL("accepts neither HEAD nor GET")
}

func (s *Session) badStartURL(why string) error {
	return fmt.Errorf("%s: sso_start_url %s %s; check it in %s:%d", s, s.settings.StartURL, why, s.settings.File, s.settings.Line)
}

func normalizeHost(host string) string { return strings.TrimRight(strings.ToLower(host), ".") }

// isPortal reports whether a host is an access portal of AWS.
func isPortal(host string) bool {
	host = normalizeHost(host)
	return slices.Contains(portalHosts, host) || slices.ContainsFunc(portalSuffixes, func(suffix string) bool {
		return strings.HasSuffix(host, suffix) || host == suffix[1:]
	})
}
