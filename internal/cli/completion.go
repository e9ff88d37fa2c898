package cli

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"muster/internal/awsapi"
	"muster/internal/awsconfig"
	"muster/internal/inventory"
	"muster/internal/render"
)

type completionCmd struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

// Help tells how to install the script.
func (*completionCmd) Help() string {
	return `  bash:  source <(muster completion bash)
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

// completeCmd answers the completion scripts: the words of the line so far, the
// last being the one to complete; a line CANDIDATE<TAB>DESCRIPTION each. It never
// fails and asks nobody, since it runs at a key press.
type completeCmd struct {
	Words []string `arg:"" optional:""`
}

func (c *completeCmd) Run(app *App) error {
	words := c.Words
	if len(words) > 0 && words[0] == "--" {
		words = words[1:]
	}
	var g grammar
	parser, err := newParser(&g, app)
	if err != nil || len(words) == 0 {
		return nil
	}
	for _, candidate := range complete(app, parser.Model.Node, joinAssignments(words)) {
		line := render.Safe(candidate.text)
		if candidate.help != "" {
			line += "\t" + render.Safe(candidate.help)
		}
		fmt.Fprintln(app.Stdout, line)
	}
	return nil
}

type candidate struct{ text, help string }

// joinAssignments undoes bash's splitting of --flag=value into three words.
func joinAssignments(words []string) []string {
	var joined []string
	for i := 0; i < len(words); i++ {
		if words[i] == "=" && len(joined) > 0 && strings.HasPrefix(joined[len(joined)-1], "--") {
			joined[len(joined)-1] += "="
			if i++; i < len(words) {
				joined[len(joined)-1] += words[i]
			}
			continue
		}
		joined = append(joined, words[i])
	}
	return joined
}

func complete(app *App, node *kong.Node, words []string) []candidate {
	words, last := words[:len(words)-1], words[len(words)-1]
	var pending *kong.Flag // whose value comes next
	for _, word := range words {
		switch {
		case pending != nil:
			pending = nil
		case strings.HasPrefix(word, "-"):
			if f := findFlag(node, word); f != nil && !f.IsBool() && !strings.Contains(word, "=") {
				pending = f
			}
		default:
			for _, child := range node.Children {
				if child.Name == word {
					node = child
					break
				}
			}
		}
	}
	name, value, assigned := strings.Cut(last, "=")
	switch {
	case pending != nil:
		return list(app, pending.Name, pending.Enum, last, "")
	case assigned && strings.HasPrefix(name, "--"):
		if f := findFlag(node, name); f != nil {
			return list(app, f.Name, f.Enum, value, name+"=")
		}
		return nil
	case strings.HasPrefix(last, "-"):
		return flags(node, last)
	}
	var found []candidate
	for _, child := range node.Children {
		if !child.Hidden && strings.HasPrefix(child.Name, last) {
			found = append(found, candidate{child.Name, child.Help})
		}
	}
	for _, arg := range node.Positional {
		found = append(found, list(app, node.Name+" "+arg.Name, arg.Enum, last, "")...)
	}
	return found
}

func findFlag(node *kong.Node, word string) *kong.Flag {
	word, _, _ = strings.Cut(word, "=")
	for n := node; n != nil; n = n.Parent {
		for _, f := range n.Flags {
			if word == "--"+f.Name || f.Short != 0 && word == "-"+string(f.Short) {
				return f
			}
		}
	}
	return nil
}

func flags(node *kong.Node, prefix string) []candidate {
	var found []candidate
	for n := node; n != nil; n = n.Parent {
		for _, f := range n.Flags {
			if !f.Hidden && strings.HasPrefix("--"+f.Name, prefix) {
				found = append(found, candidate{"--" + f.Name, f.Help})
			}
		}
	}
	slices.SortFunc(found, func(a, b candidate) int { return strings.Compare(a.text, b.text) })
	return found
}

// list completes a value, in a comma-separated list its last item, keeping what
// stands before it.
func list(app *App, name, enum, text, before string) []candidate {
	values := known(app, name, enum)
	if i := strings.LastIndexByte(text, ',') + 1; i > 0 && enum == "" {
		before, text = before+text[:i], text[i:]
	}
	var found []candidate
	for _, v := range values {
		if strings.HasPrefix(v.text, text) {
			found = append(found, candidate{before + v.text, v.help})
		}
	}
	return found
}

// known are the values that a flag or argument can have, as far as the machine
// tells.
func known(app *App, name, enum string) []candidate {
	var names []string
	switch {
	case enum != "":
		names = strings.Split(enum, ",")
	case name == "profile" || name == "profiles what":
		return configured(app, func(c *awsconfig.Config) (found []candidate) {
			for _, p := range c.Profiles {
				found = append(found, candidate{p.Name, strings.TrimSpace(string(p.Kind) + " " + p.AccountID())})
			}
			return found
		})
	case name == "sso-session":
		return configured(app, func(c *awsconfig.Config) (found []candidate) {
			for _, s := range c.Sessions {
				found = append(found, candidate{s.Name, s.StartURL})
			}
			return found
		})
	case name == "output":
		names = render.Formats()
	case name == "state":
		names = inventory.States
	case name == "region" || name == "exclude-region":
		names = awsapi.KnownRegions()
	}
	found := make([]candidate, len(names))
	for i, n := range names {
		found[i].text = n
	}
	return found
}

func configured(app *App, pick func(*awsconfig.Config) []candidate) []candidate {
	files, err := awsconfig.Locate(app.Lookup)
	if err != nil {
		return nil
	}
	config, err := awsconfig.Load(files)
	if err != nil {
		return nil
	}
	return pick(config)
}
