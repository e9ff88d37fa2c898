package complete

import (
	"cmp"
	"os"
	"path/filepath"
	"strings"
)

// file completes a path. The shell does so itself if the path is a word of its own.
func file(path, before string) answer {
	if before == "" {
		return answer{files: true}
	}
	return listFiles(path, before)
}

// fileURL completes file://PATH, as the AWS CLI takes it where text could be given, too.
func fileURL(text, before string) answer {
	const scheme = "file://"
	if path, ok := strings.CutPrefix(text, scheme); ok {
		return listFiles(path, before+scheme)
	}
	return answer{candidates: match(named([]string{scheme}), text, before), open: true}
}

// listFiles completes a path within a word. Shells complete only whole words.
func listFiles(path, before string) (a answer) {
	dir, prefix := filepath.Split(path)
	files, err := os.ReadDir(cmp.Or(dir, "."))
	if err != nil {
		return a
	}
	for _, f := range files {
		name := f.Name()
		if !strings.HasPrefix(name, prefix) || prefix == "" && name[0] == '.' {
			continue
		}
		if info, err := os.Stat(filepath.Join(dir, name)); err == nil && info.IsDir() {
			name += "/"
		}
		a.candidates = append(a.candidates, candidate{text: before + dir + name})
	}
	a.open = len(a.candidates) == 1 && strings.HasSuffix(a.candidates[0].text, "/")
	return a
}
