package cli

import (
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// TestHabits: the hints name commands and flags that muster has, for names that it does
// not have.
func TestHabits(t *testing.T) {
	t.Parallel()
	app := model(t)
	var known []string
	for _, node := range append(app.Leaves(true), app.Node) {
		known = append(known, node.Path())
		for _, f := range node.Flags {
			known = append(known, flagNames(f)...)
		}
	}
	for habit, own := range commandHabits {
		if slices.Contains(known, habit) || !slices.Contains(known, own) {
			t.Errorf("%s: %s", habit, own)
		}
	}
	for habit, own := range flagHabits {
		if name := strings.TrimRight(strings.Fields(own)[0], ","); strings.HasPrefix(name, "-") && !slices.Contains(known, name) {
			t.Errorf("%s: muster has no %s", habit, name)
		}
	}
}

func flagNames(f *kong.Flag) []string {
	names := []string{"--" + f.Name}
	if f.Short != 0 {
		names = append(names, "-"+string(f.Short))
	}
	return names
}
