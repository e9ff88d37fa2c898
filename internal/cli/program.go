package cli

import (
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"sync"

	"muster/internal/cli/complete"
)

// What the program is called as: muster, or the plugin of kubectl, which says
// 'kubectl muster' of itself, as its user types it.
const (
	ownName         = "muster"
	pluginName      = "kubectl muster"
	pluginFile      = "kubectl-muster"
	pluginCompleter = "kubectl_complete-muster" // what kubectl calls to complete the plugin
)

// programName is the name that goes with the file that was called.
func programName(called string) string {
	switch base := strings.TrimSuffix(filepath.Base(called), ".exe"); base {
	case pluginFile:
		return pluginName
	case pluginCompleter:
		return pluginCompleter
	}
	return ownName
}

// commandLines finds command lines of the program in a text, and what is said of
// it, with the name of another program or a path that may stand in front.
var commandLines = sync.OnceValue(func() *regexp.Regexp {
	commands := []string{"COMMAND"}
	for _, c := range complete.ReadGrammar(reflect.TypeFor[grammar](), helpVars()).Commands {
		commands = append(commands, c.Name)
	}
	return regexp.MustCompile(`(?:kubectl |aws |[-./\w])?` + ownName + `(?: (?:-|\[|` + strings.Join(commands, "|") + `)|'s )`)
})

// respelled puts the name by which the program was called into a text.
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
