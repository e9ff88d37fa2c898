package manual

import (
	"embed"
	"io/fs"
	"strings"
)

//go:embed topics/*.txt
var topics embed.FS

// Topics returns the names of the topics in alphabetical order.
func Topics() []string {
	files, err := fs.ReadDir(topics, "topics")
	if err != nil {
		return nil
	}
	var names []string
	for _, file := range files {
		names = append(names, strings.TrimSuffix(file.Name(), ".txt"))
	}
	return names
}

// topic returns the text of a topic, in the manual's names.
func (m Manual) topic(name string) (text string, found bool) {
	data, err := topics.ReadFile("topics/" + name + ".txt")
	text = string(data)
	for variable, value := range m.Vars {
		if variable = "{" + variable + "}"; strings.Contains(text, variable) {
			text = strings.ReplaceAll(text, variable, value())
		}
	}
	return m.Rename(text), err == nil
}
