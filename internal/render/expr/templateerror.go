package expr

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"text/template"

	"muster/internal/names"
	"muster/internal/render/caret"
)

// templateSyntaxError returns the error for a template that text/template cannot parse.
// The parser reports lines only. The action at fault is the first one whose removal,
// with all text behind it, also removes the error.
func templateSyntaxError(flag, text string, err error, funcs template.FuncMap) *caret.Error {
	e := &caret.Error{Flag: flag, Text: text, Msg: err.Error(), Offset: -1}
	match := regexp.MustCompile(`(?s)^template: output:\d+(?::\d+)?: (.*)$`).FindStringSubmatch(err.Error())
	if match == nil {
		return e
	}
	e.Msg = withUserDelims(match[1], text)
	switch {
	case e.Msg == "unexpected EOF":
		e.Msg, e.Hint, e.Offset = "the template ends too early", "is an <<end>> missing?", len(text)
		return e
	case strings.HasPrefix(e.Msg, "unclosed action"), strings.HasPrefix(e.Msg, "bad character U+003E"):
		e.Hint = "an action ends with >>"
	case strings.HasPrefix(e.Msg, "bad character"):
		e.Hint = "for a key with such a character use index, as in index .Tags \"aws:cloudformation:stack-name\""
	}
	locateAction(e, match[0], funcs)
	if quoted := strings.Split(e.Msg, `"`); len(quoted) == 3 && e.Offset >= 0 {
		word := quoted[1]
		if i := strings.Index(text[e.Offset:e.Offset+e.Length], word); i > 0 {
			e.Offset, e.Length = e.Offset+i, len(word)
		}
		if strings.HasPrefix(e.Msg, "function ") {
			if e.Hint = names.Suggest(word, functionNames()); e.Hint == "" {
				e.Hint = "the functions are " + strings.Join(functionNames(), ", ")
			}
		}
	}
	return e
}

// locateAction sets the offset of e to the first action up to which the text fails with
// the message.
func locateAction(e *caret.Error, message string, funcs template.FuncMap) {
	for end := 0; ; {
		start := strings.Index(e.Text[end:], leftDelim)
		if start < 0 {
			return
		}
		start += end
		end = len(e.Text)
		if i := strings.Index(e.Text[start:], rightDelim); i >= 0 {
			end = start + i + len(rightDelim)
		}
		if _, err := parseTemplate(e.Text[:end], funcs); err != nil && err.Error() == message {
			e.Offset, e.Length = start, end-start
			return
		}
	}
}

var executionError = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?s)^template: output:(\d+):(\d+): executing .*? at <(.*?)>: (?:error calling \w+: )?(.*)$`)
})

// locateFailure turns an error of a running template into a *caret.TextError with a
// message in the user's words.
func locateFailure(err error, text string) error {
	match := executionError().FindStringSubmatch(err.Error())
	if match == nil {
		return err
	}
	line, _ := strconv.Atoi(match[1])
	column, _ := strconv.Atoi(match[2]) // from 0, in bytes
	offset := column
	for before := range strings.Lines(text) {
		if line--; line == 0 {
			break
		}
		offset += len(before)
	}
	place, length := asWritten(withUserDelims(match[3], text)), 0
	if offset = min(offset, len(text)); strings.HasPrefix(text[offset:], place) {
		length = len(place)
	}
	return &caret.TextError{Err: errors.New(place + ": " + reworded(match[4])), Text: text, Offset: offset, Length: length}
}

// withUserDelims replaces the {{ and }} of text/template's messages by the delimiters
// that the user writes.
func withUserDelims(msg, text string) string {
	if !strings.Contains(text, "{{") {
		msg = strings.NewReplacer("{{", leftDelim, "}}", rightDelim).Replace(msg)
	}
	return msg
}
