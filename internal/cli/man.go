package cli

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

func (c *manCmd) Run(app *App) error {
	m, err := app.wholeManual()
	if err != nil {
		return err
	}
	return written(m.Man(app.Stdout, c.Command))
}
