package cli

import (
	"path/filepath"
	"strings"
)

// pluginName is what the plugin of kubectl is called as, and what kubectl calls to
// complete it.
const (
	pluginName      = "kubectl-muster"
	pluginCompleter = "kubectl_complete-muster"
)

// programName is how a user types the name of the file that the program was
// called as.
func programName(called string) string {
	base := strings.TrimSuffix(filepath.Base(called), ".exe")
	switch base {
	case pluginName:
		return "kubectl muster"
	case pluginCompleter:
		return pluginCompleter
	}
	return "muster"
}
