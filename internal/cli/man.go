package cli

import "github.com/alecthomas/kong"

type manCmd struct {
	Command string `arg:"" optional:"" complete:"commands" help:"Command; without one, muster itself."`
}

func (*manCmd) Examples() []string {
	return []string{
		"muster man | man -l -",
		"muster man instances | man -l -",
		"muster man find > ~/muster-find.1",
	}
}

func (c *manCmd) Run(app *App, line *kong.Context) error {
	return written(app.manual(line.Model).Man(app.Stdout, c.Command))
}
