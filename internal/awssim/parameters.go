package awssim

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// parameterType is the type of an operation's parameter.
type parameterType int

const (
	textParameter parameterType = iota
	numberParameter
	textsParameter // a list of strings
)

// parameters has the input of an operation: a string, an int or a []string for each parameter in the request.
type parameters map[string]any

func (in parameters) text(name string) string {
	text, _ := in[name].(string)
	return text
}

func (in parameters) texts(name string) []string {
	texts, _ := in[name].([]string)
	return texts
}

// parameters reads the input in the format of the request. Unknown parameters and wrong types are mistakes of the client.
func (r *request) parameters(known map[string]parameterType) (parameters, *apiError) {
	var in parameters
	var unread string // the parameter that could not be read
	switch r.protocol {
	case protocolQuery:
		in, unread = formParameters(r.form, known)
	case protocolREST:
		in, unread = formParameters(r.URL.Query(), known)
	default:
		given, ok := r.document()
		if !ok {
			return nil, fail(400, "SerializationException", "The input cannot be read.").blame("the body is not in the format of the service")
		}
		in, unread = documentParameters(given, known)
	}
	if unread != "" {
		return nil, r.invalidParameter("the parameter %s is unknown or has the wrong type", unread)
	}
	return in, nil
}

// invalidParameter returns the service's own error for a mistake of the client.
func (r *request) invalidParameter(format string, args ...any) *apiError {
	err := fail(400, r.api.invalid, format, args...)
	return err.blame("%s", err.message)
}

// document reads a body of JSON or CBOR.
func (r *request) document() (map[string]any, bool) {
	if r.protocol == protocolCBOR {
		v, rest, err := readCBOR(r.body)
		m, ok := v.(map[string]any)
		return m, ok && err == nil && len(rest) == 0
	}
	var m map[string]any
	dec := json.NewDecoder(bytes.NewReader(r.body))
	dec.UseNumber()
	return m, dec.Decode(&m) == nil && m != nil && !dec.More()
}

// formParameters reads NAME=VALUE and NAME.member.N=VALUE; the names of members of structures have dots. It returns the name of the first parameter that is wrong.
func formParameters(form url.Values, known map[string]parameterType) (in parameters, unread string) {
	in = parameters{}
	for _, key := range slices.Sorted(maps.Keys(form)) {
		base, _, _ := strings.Cut(key, ".member.")
		kind, ok := known[base]
		switch {
		case key == "Action" || key == "Version":
			continue
		case !ok || len(form[key]) != 1 || kind != textsParameter && key != base:
			return nil, key
		case kind == textParameter:
			in[key] = form.Get(key)
		case kind == numberParameter:
			n, err := strconv.Atoi(form.Get(key))
			if err != nil {
				return nil, key
			}
			in[key] = n
		case key == base && form.Get(key) == "":
			in[base] = []string{} // an empty list
		default:
			texts := list(form, base+".member")
			if i, err := strconv.Atoi(strings.TrimPrefix(key, base+".member.")); err != nil || i < 1 || i > len(texts) {
				return nil, key
			}
			in[base] = texts
		}
	}
	return in, ""
}

// documentParameters checks the types of a JSON or CBOR input. It returns the name of the first parameter that is wrong.
func documentParameters(given map[string]any, known map[string]parameterType) (in parameters, unread string) {
	in = parameters{}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		kind, ok := known[name]
		if !ok {
			return nil, name
		}
		switch v := given[name].(type) {
		case string:
			in[name], ok = v, kind == textParameter
		case int:
			in[name], ok = v, kind == numberParameter
		case json.Number:
			n, err := strconv.Atoi(v.String())
			in[name], ok = n, kind == numberParameter && err == nil
		case []any:
			texts := make([]string, len(v))
			ok = kind == textsParameter
			for i := range v {
				text, isText := v[i].(string)
				texts[i], ok = text, ok && isText
			}
			in[name] = texts
		default:
			ok = false
		}
		if !ok {
			return nil, name
		}
	}
	return in, ""
}

// paging says how an operation pages its list.
type paging struct {
	limit, token  string // names of parameters
	least, most   int    // values that limit may have
	usual         int    // items on a page without a limit
	invalidMarker string // code of the error for a wrong token; "": that for every wrong parameter
}

// pageOf returns the page of a list of n items that the input asks for.
func (s *Server) pageOf(r *request, in parameters, how paging, n int) (page, *apiError) {
	size, given := in[how.limit].(int)
	if !given {
		size = how.usual
	} else if size < how.least || size > how.most {
		return page{}, r.invalidParameter("%s is %d, not between %d and %d", how.limit, size, how.least, how.most)
	}
	var chosen []string // the parameters that choose the list
	for _, name := range slices.Sorted(maps.Keys(in)) {
		if name != how.limit && name != how.token {
			text, _ := json.Marshal(in[name])
			chosen = append(chosen, name, string(text))
		}
	}
	part, ok := s.paged(r, s.world.Lists, n, size, in.text(how.token), chosen...)
	if !ok {
		code := how.invalidMarker
		if code == "" {
			code = r.api.invalid
		}
		return page{}, fail(400, code, "The value of %s is not valid.", how.token)
	}
	return part, nil
}
