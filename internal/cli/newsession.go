package cli

import (
	"context"

	"muster/internal/awsconfig"
)

// newSession are the settings of an sso-session that is in no file yet.
type newSession struct {
	StartURL  string `name:"start-url" placeholder:"URL" help:"Of a session that is not in ~/.aws/config yet."`
	SSORegion string `name:"sso-region" placeholder:"R" help:"Its region."`
}

func (n *newSession) ask(ctx context.Context, app *App, config *awsconfig.Config, name string) (*awsconfig.Session, func() error, error) {
	return nil, nil, usage("no sso-session in %s: run 'aws configure sso-session'", config.Files.Config)
}
