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

func topicText(name string) (text string, found bool) {
	data, err := topics.ReadFile("topics/" + name + ".txt")
	return string(data), err == nil
}
