package cli

import (
	"io/fs"
	"reflect"

	"muster/internal/auth"
	"muster/internal/catalog"
	"muster/internal/cli/complete"
	"muster/internal/cli/manual"
	"muster/internal/inventory"
	"muster/internal/render"
)

type completionCmd struct {
	Shell string `arg:"" enum:"bash,zsh,fish,powershell,kubectl,aws-alias" help:"bash, zsh, fish, powershell, kubectl or aws-alias."`
}

func (*completionCmd) Examples() []string {
	return []string{
		"source <(muster completion bash)",
		"muster completion zsh > ~/.zsh-muster",
		"muster completion fish > ~/.muster.fish",
	}
}

// Help is the text below the usage line: how to install each script.
func (*completionCmd) Help() string {
	return `In the shell's start-up file:

    bash         source <(muster completion bash)
    zsh          source <(muster completion zsh)      # after compinit
    fish         muster completion fish | source
    PowerShell   muster completion powershell | Out-String | Invoke-Expression

zsh and fish complete an alias by themselves; bash needs one more line after 'alias m=muster':

    complete -o default -F _muster m

As a plugin of kubectl ('kubectl muster'), if ~/bin is on PATH:

    mkdir -p ~/bin
    ln -s "$(command -v muster)" ~/bin/kubectl-muster
    muster completion kubectl > ~/bin/kubectl_complete-muster
    chmod +x ~/bin/kubectl_complete-muster

As a command of the AWS CLI ('aws muster'), if you have no aliases yet:

    mkdir -p ~/.aws/cli
    muster completion aws-alias >> ~/.aws/cli/alias

The AWS CLI takes its own options (--profile, --region, --output, --query, ...) for itself. After '--' they are muster's: 'aws muster -- instances --profile prod'.`
}

// completionFiles are the files of the scripts that are not named muster.SHELL.
var completionFiles = map[string]string{
	"powershell": "muster.ps1", "kubectl": "kubectl_complete-muster", "aws-alias": "aws-alias",
}

// completer completes command lines of the grammar.
func (a *App) completer() *complete.Completer {
	return &complete.Completer{
		Grammar: reflect.TypeFor[grammar](), Vars: helpVars(),
		Words: map[string]func() []string{
			"formats":            render.Formats,
			"aws-services":       serviceNames,
			"console-services":   consoleServices,
			"credential-formats": func() []string { return exportFormats },
			"regions":            catalog.Regions,
			"task-policies":      func() []string { return auth.TaskPolicies },
			"states":             func() []string { return inventory.States },
			"topics":             manual.Topics,
			"contexts":           a.contextNames,
			"snapshots":          a.snapshotNames,
			"context-flags":      contextFlagNames,
			"listings":           listingNames,

			"snapshot-selections": a.snapshotSelections,
		},
		Described:  map[string]func(prefix string) []complete.Value{"kinds": kindValues},
		ShortForms: "kinds", Expand: expandKind,
		Settings: a.contextSettings,
		Lookup:   a.Lookup, Variable: variableName, SeenFile: a.seenFile, Now: a.Now,
	}
}

func (c *completionCmd) Run(app *App) error {
	name, ok := completionFiles[c.Shell]
	if !ok {
		name = "muster." + c.Shell
	}
	script, err := fs.ReadFile(app.Completions, "completions/"+name)
	if err != nil {
		return err
	}
	_, err = app.Stdout.Write(script)
	return written(err)
}
