package awsapi

import (
	"context"
	"net/http"
)

// FetchRedirect sends a request and returns the HTTP status and the Location header of the
// answer. It does not follow the redirect.
func (a *API) FetchRedirect(ctx context.Context, method, url string) (status int, location string, err error) {
	req, err := http.NewRequestWithContext(ctx, method, url, http.NoBody)
	if err != nil {
		return 0, "", err
	}
	req.Header.Set("User-Agent", a.settings.UserAgent)
	resp, err := a.http.Do(req)
	if err != nil {
		return 0, "", err
	}
	resp.Body.Close()
	return resp.StatusCode, resp.Header.Get("Location"), nil
}
