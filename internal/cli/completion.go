package cli

import (
	"io/fs"
)

type completionCmd struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

// Help tells how to install the script.
func (*completionCmd) Help() string {
	return `bash:  source <(muster completion bash)
zsh:   source <(muster completion zsh)
fish:  muster completion fish | source
Put that line into the shell's start-up file to keep it.`
}

func (c *completionCmd) Run(app *App) error {
	script, err := fs.ReadFile(app.Completions, "completions/muster."+c.Shell)
	if err != nil {
		return err
	}
	_, err = app.Stdout.Write(script)
	return err
}
