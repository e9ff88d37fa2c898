package awssim

import (
	"encoding/base64"
	"strconv"
	"strings"
)

// page is a part of a list and the token for the next part.
type page struct {
	from, to int
	next     string
}

// paged returns one page of a list of n items. The token is bound to the caller, the operation and the parameters that
// choose the list; ok is false for the token of another list.
func (s *Server) paged(r *request, how Paging, n, size int, token string, parameters ...string) (p page, ok bool) {
	if how.PageSize > 0 {
		size = min(size, how.PageSize)
	}
	var who string
	if r.principal != nil {
		who = r.principal.arn
	}
	list := strings.Join(append([]string{r.service, r.name, r.region, who}, parameters...), "\x00")
	from, afterEmpty := 0, !how.EmptyPages
	if token != "" {
		if from, afterEmpty, ok = s.readToken(token, list); !ok {
			r.problem("a NextToken that is not of this list")
			return page{}, false
		}
	}
	if !afterEmpty {
		return page{from, from, s.makeToken(list, from, true)}, true
	}
	p = page{from: min(from, n), to: min(from+size, n)}
	if p.to < n {
		p.next = s.makeToken(list, p.to, !how.EmptyPages)
	}
	return p, true
}

func (s *Server) makeToken(list string, offset int, afterEmpty bool) string {
	position := strconv.Itoa(offset)
	if afterEmpty {
		position += "!"
	}
	return base64.StdEncoding.EncodeToString(append(mac(s.pageKey, position+"\x00"+list)[:18], position...))
}

func (s *Server) readToken(token, list string) (offset int, afterEmpty, ok bool) {
	raw, err := base64.StdEncoding.DecodeString(token)
	if err != nil || len(raw) <= 18 {
		return 0, false, false
	}
	digits, afterEmpty := strings.CutSuffix(string(raw[18:]), "!")
	if offset, err = strconv.Atoi(digits); err != nil {
		return 0, false, false
	}
	return offset, afterEmpty, s.makeToken(list, offset, afterEmpty) == token
}

// jsonPage answers one page of a list under the key. show converts an item to its JSON.
func jsonPage[T any](r *request, p page, key, tokenKey string, items []T, show func(T) any) *answer {
	shown := make([]any, 0, p.to-p.from)
	for _, item := range items[p.from:p.to] {
		shown = append(shown, show(item))
	}
	out := map[string]any{key: shown}
	if p.next != "" {
		out[tokenKey] = p.next
	}
	return r.jsonAnswer(out)
}
