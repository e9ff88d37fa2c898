package awsapi

import (
	"context"
	"net/http"
)

// FetchRedirect asks where a URL leads, by the transport of all calls, and follows no
// redirect. It returns the HTTP status and the Location of the answer.
func (a *API) FetchRedirect(ctx context.Context, method, url string) (status int, location string, err error) {
	req, err := http.NewRequestWithContext(ctx, method, url, http.NoBody)
	if err != nil {
		return 0, "", err
	}
	req.Header.Set("User-Agent", a.settings.UserAgent)
	answer, err := a.http.Do(req)
	if err != nil {
		return 0, "", err
	}
	answer.Body.Close()
	return answer.StatusCode, answer.Header.Get("Location"), nil
}
