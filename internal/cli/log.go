package cli

import (
	"io"
	"log/slog"
	"regexp"
	"strings"
	"sync"
)

// Libraries write to Go's standard logger, net/http even what servers send that
// nobody has asked for: keys, where they send an answer twice. Without --debug
// nobody reads that; with it, it is a record like any other, without their bytes.

// debugLog is where --debug logs; nil without it.
func (a *App) debugLog(wanted bool) *slog.Logger {
	if !wanted {
		a.libraries(io.Discard)
		return nil
	}
	log := slog.New(slog.NewTextHandler(a.term.Log(), &slog.HandlerOptions{Level: slog.LevelDebug}))
	a.libraries(&libraryLog{log})
	return log
}

func (a *App) libraries(w io.Writer) {
	if a.LibraryLog != nil {
		a.LibraryLog(w)
	}
}

// libraryLog makes records of the lines of a standard logger.
type libraryLog struct{ log *slog.Logger }

// quoted is text from elsewhere, as Go quotes it.
var quoted = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`"(?:[^"\\]|\\.)*"`) })

func (l *libraryLog) Write(p []byte) (int, error) {
	l.log.Debug("library", slog.String("text", quoted().ReplaceAllString(strings.TrimSpace(string(p)), `"..."`)))
	return len(p), nil
}
