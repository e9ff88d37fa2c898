package cli

import (
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"sync"

	"muster/internal/cli/complete"
)

// The program runs as muster, or as kubectl's plugin 'kubectl muster'. Messages and help
// spell its name as the user has typed it.
const (
	ownName         = "muster"
	pluginName      = "kubectl muster"
	pluginFile      = "kubectl-muster"
	pluginCompleter = "kubectl_complete-muster" // kubectl calls it to complete the plugin's command lines
)

// programName returns the program's name for the path by which it was called.
func programName(called string) string {
	switch base := strings.TrimSuffix(filepath.Base(called), ".exe"); base {
	case pluginFile:
		return pluginName
	case pluginCompleter:
		return pluginCompleter
	}
	return ownName
}

// commandLines matches the start of the program's command lines in a text, and "muster's",
// with the name of another program or the end of a path in front.
var commandLines = sync.OnceValue(func() *regexp.Regexp {
	commands := []string{"COMMAND"}
	for _, c := range complete.ReadGrammar(reflect.TypeFor[grammar](), helpVars()).Commands {
		commands = append(commands, c.Name)
	}
	return regexp.MustCompile(`(?:kubectl |aws |[-./\w])?` + ownName + `(?: (?:-|\[|` + strings.Join(commands, "|") + `)|'s )`)
})

// respelled replaces muster in a text by the name by which it was called.
func respelled(program, text string) string {
	if program == ownName {
		return text
	}
	return commandLines().ReplaceAllStringFunc(text, func(line string) string {
		if rest, ok := strings.CutPrefix(line, ownName); ok {
			return program + rest
		}
		return line
	})
}
