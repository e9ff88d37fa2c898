package cli

import (
	"strings"

	"github.com/alecthomas/kong"
)

// flagWords finds muster's own flags among the words of a command line that also has other
// programs' words. The keys are --NAME, --ALIAS, --no-NAME and -N.
type flagWords map[string]*kong.Flag

func newFlagWords(flags []*kong.Flag) flagWords {
	words := flagWords{}
	for _, f := range flags {
		words["--"+f.Name] = f
		for _, alias := range f.Aliases {
			words["--"+alias] = f
		}
		if f.Short != 0 {
			words["-"+string(f.Short)] = f
		}
		if f.Tag.Negatable != "" {
			words["--no-"+f.Name] = f
		}
	}
	return words
}

// at returns the flag of muster at i, and how many words it has with its value; nil and 0
// if there is none.
func (w flagWords) at(args []string, i int) (*kong.Flag, int) {
	word, _, hasValue := strings.Cut(args[i], "=")
	f := w[word]
	if f == nil && len(word) > 2 && word[1] != '-' {
		f, hasValue = w[word[:2]], true // -ojson
	}
	switch {
	case f == nil:
		return nil, 0
	case hasValue, f.IsBool(), i+1 == len(args), strings.HasPrefix(args[i+1], "--"): // the last: the value is missing
		return f, 1
	}
	return f, 2
}

// skip returns the index of the first word from i on that belongs to no flag of muster.
func (w flagWords) skip(args []string, i int) int {
	for i < len(args) {
		_, n := w.at(args, i)
		if n == 0 {
			break
		}
		i += n
	}
	return i
}
