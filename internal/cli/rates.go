package cli

import (
	"sync"

	"muster/internal/awsapi"
	"muster/internal/awsconfig"
	"muster/internal/pace"
	"muster/internal/seen"
)

// ratesFile is the file of the rates that AWS allows a selection's identity, "" for none.
// Accounts share these limits, so that other files in ~/.aws or another endpoint have others.
func (a *App) ratesFile(g *Global, scope seen.Scope) string {
	files, err := awsconfig.Locate(a.Lookup)
	if err != nil || g.NoCache || g.simulated {
		return ""
	}
	key := seen.Digest("rates", files.Config, files.Credentials, a.env["AWS_ENDPOINT_URL"], g.EndpointURL, scope.Key(a.Lookup))
	return seen.Path(a.cacheHome, a.userHome, key)
}

// readRates returns a function that reads the rates of earlier runs, once.
func (a *App) readRates(path string) func() map[string]float64 {
	return sync.OnceValue(func() map[string]float64 {
		if path == "" {
			return nil
		}
		return pace.Read(path, a.Now())
	})
}

// saveRates writes the rates that a run has measured. Without any, it leaves the file alone.
// An error does not fail the run.
func (a *App) saveRates(path string, api *awsapi.API) {
	if rates := api.MeasuredRates(); path != "" && len(rates) > 0 {
		_ = pace.Save(path, a.Now(), rates)
	}
}
