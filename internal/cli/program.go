package cli

import (
	"io"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
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

// spell puts the program's name into command lines that a text shows.
func (a *App) spell(text string) string {
	if a.name == ownName || !strings.Contains(text, ownName) {
		return text
	}
	var commands []string
	for _, c := range readSyntax("", "", reflect.TypeFor[grammar](), nil).commands {
		commands = append(commands, c.name)
	}
	shown := regexp.MustCompile(`(?:kubectl |aws |[-./\w])?` + ownName + `(?: (?:-|\[|<|` + strings.Join(commands, "|") + `)|'s )`)
	return shown.ReplaceAllStringFunc(text, func(line string) string {
		if rest, ok := strings.CutPrefix(line, ownName); ok {
			return a.name + rest
		}
		return line
	})
}

// spelling is a writer of such texts.
type spelling struct {
	app *App
	w   io.Writer
}

func (s spelling) Write(p []byte) (int, error) {
	if _, err := io.WriteString(s.w, s.app.spell(string(p))); err != nil {
		return 0, err
	}
	return len(p), nil
}
