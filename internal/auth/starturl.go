package auth

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

// A start URL may be of a company's own domain. The token service knows only the
// URL of AWS that it redirects to, and the region in that one's name counts. This
// file follows the AWS CLI's rules (awscli/customizations/sso/resolve.py).

// ownSuffixes and ownHosts are the domains of AWS's access portals.
var (
	ownSuffixes = []string{
		".app.aws", ".portal.amazonaws.com", ".portal.amazonaws.com.cn", ".app.amazonwebservices.com.cn",
		".portal.amazonaws.eu", ".api.amazonwebservices.eu", ".awsapps.com", ".awsapps.cn",
	}
	ownHosts = []string{
		"identitycenter.amazonaws.com", "identitycenter.amazonaws.com.cn", "identitycenter.amazonaws.eu", "identitycenter.us-gov.amazonaws.com",
	}
)

// portalRegion finds the region in the name of a portal.
var portalRegion = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[^.]+\.(?:portal\.([a-z0-9-]+)\.(?:app\.aws|app\.amazonwebservices\.com\.cn|api\.amazonwebservices\.eu)|([a-z0-9-]+)\.portal\.amazonaws\.(?:com|com\.cn|eu))$`)
})

// redirects are the statuses that lead elsewhere.
var redirects = []int{http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect}

// resolveStartURL returns the URL and the region to sign in by. Only a URL that is
// not AWS's own is asked, by one request, for one redirect.
func (s *SSO) resolveStartURL(ctx context.Context) (startURL, region string, err error) {
	startURL = awsconfig.NormalizeStartURL(s.session.StartURL)
	u, err := url.Parse(startURL)
	if err != nil || u.Hostname() == "" {
		return "", "", s.badStartURL("is not a URL")
	}
	if isPortal(u.Hostname()) {
		return startURL, s.session.Region, nil
	}
	if u.Scheme != "https" {
		return "", "", s.badStartURL("is not a URL of https")
	}
	to, err := s.redirectOf(ctx, u)
	switch {
	case err != nil:
		return "", "", err
	case to.Scheme != "https" || !isPortal(to.Hostname()):
		return "", "", s.badStartURL(fmt.Sprintf("leads to %s://%s, which is not an access portal of AWS", to.Scheme, to.Host))
	}
	resolved := url.URL{Scheme: to.Scheme, Host: strings.ToLower(to.Hostname()), Path: strings.TrimRight(to.Path, "/")}
	if port := to.Port(); port != "" && port != "443" {
		resolved.Host += ":" + port
	}
	region = s.session.Region
	if match := portalRegion().FindStringSubmatch(portalHost(to.Hostname())); match != nil {
		region = match[1] + match[2]
	}
	return resolved.String(), region, nil
}

// redirectOf asks where a URL leads.
func (s *SSO) redirectOf(ctx context.Context, u *url.URL) (*url.URL, error) {
	for _, method := range []string{http.MethodHead, http.MethodGet} {
		status, location, err := s.r.API.FetchRedirect(ctx, method, u.String())
		switch {
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case err != nil:
			return nil, s.badStartURL("cannot be reached: " + err.Error())
		case method == http.MethodHead && (status == http.StatusMethodNotAllowed || status == http.StatusNotImplemented):
			continue
		case !slices.Contains(redirects, status) && status/100 != 2:
			return nil, s.badStartURL(fmt.Sprintf("answers with HTTP status %d instead of a redirect to the access portal", status))
		case status/100 == 2:
			return u, nil
		case location == "":
			return nil, s.badStartURL("redirects to nowhere")
		}
		to, err := u.Parse(location)
		if err != nil {
			return nil, s.badStartURL("redirects to what is not a URL")
		}
		return to, nil
	}
	return nil, s.badStartURL("accepts neither HEAD nor GET")
}

func (s *SSO) badStartURL(why string) error {
	return fmt.Errorf("SSO session %q: sso_start_url %s %s; check it in %s:%d", s.Name, s.session.StartURL, why, s.session.File, s.session.Line)
}

func portalHost(host string) string { return strings.TrimRight(strings.ToLower(host), ".") }

// isPortal says whether a host is AWS's own.
func isPortal(host string) bool {
	host = portalHost(host)
	return slices.Contains(ownHosts, host) || slices.ContainsFunc(ownSuffixes, func(suffix string) bool {
		return strings.HasSuffix(host, suffix) || host == suffix[1:]
	})
}
