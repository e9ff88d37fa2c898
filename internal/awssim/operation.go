package awssim

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// Operation is an operation that the world does not have, and that somebody else answers: see WithOperations. The server
// checks its requests as all others, but leaves the parameters to Answer. Clients reach it at the server's own address,
// not under AWS's host names.
type Operation struct {
	Service     string // as in Call
	Name        string
	SigningName string
	Protocol    string // AWS's name: ec2, query, json, rest-json, rest-xml or smithy-rpc-v2-cbor
	JSONVersion string // 1.0 or 1.1, for the protocol json
	// Key is how requests name the operation: VERSION:ACTION in the protocols ec2 and query, the X-Amz-Target, or METHOD
	// PATH. A path can have {LABELS} in place of segments.
	Key       string
	OneRegion bool // the service has one region in a partition
	Answer    func(Question) (*http.Response, error)
}

// Question is a request for an Operation.
type Question struct {
	AccountName, Region string
	Parameters          map[string][]string // texts, numbers and booleans by their names in the request; of a list, all
}

// WithOperations adds operations. The server calls load when a client first asks for an operation that the world does not
// have.
func WithOperations(load func() []*Operation) Option { return func(o *options) { o.operations = load } }

// addedOperations are Operations in the form of the server's own.
type addedOperations struct {
	byKey     map[string]*operation
	templates []template // of paths with labels
}

// template is a key of an operation, METHOD PATH, in segments.
type template struct {
	segments  []string
	operation *operation
}

func compileOperations(all []*Operation) addedOperations {
	added := addedOperations{byKey: map[string]*operation{}}
	for _, o := range all {
		op := o.compile()
		key := strings.TrimSuffix(o.Key, "/")
		added.byKey[key] = op
		if strings.Contains(key, "{") {
			added.templates = append(added.templates, template{strings.Split(key, "/"), op})
		}
	}
	return added
}

// action is the IAM action that allows an operation. Two services do not name it after the operation.
func (o *Operation) action() string {
	switch method, _, _ := strings.Cut(o.Key, " "); {
	case o.SigningName == "apigateway":
		return "apigateway:" + method
	case o.SigningName == "budgets" && strings.HasPrefix(o.Name, "Describe"):
		return "budgets:ViewBudget"
	}
	return o.SigningName + ":" + o.Name
}

func (o *Operation) compile() *operation {
	a := &api{service: o.Service, signingName: o.SigningName, throttling: throttlingJSON}
	op := &operation{service: o.Service, name: o.Name, api: a, action: o.action(), oneRegion: o.OneRegion, identify: (*Server).signed}
	switch {
	case o.Protocol == "ec2":
		op.protocol, op.api = protocolEC2, nil
	case o.Service == "s3":
		op.protocol, op.api = protocolS3, nil
	case o.Protocol == "query" || o.Protocol == "rest-xml": // their errors have the same form
		op.protocol, a.throttling = protocolQuery, throttlingQuery
	case o.Protocol == "smithy-rpc-v2-cbor":
		op.protocol = protocolCBOR
	case o.Protocol == "json" && o.JSONVersion == "1.1":
		op.protocol = protocolJSON
	case o.Protocol == "json":
		op.protocol = protocolJSON10
	default:
		op.protocol, a.throttling.status = protocolREST, http.StatusTooManyRequests
	}
	labels := template{segments: strings.Split(strings.TrimSuffix(o.Key, "/"), "/")}
	op.serve = func(_ *Server, r *request) (*answer, *apiError) {
		q := Question{AccountName: r.principal.account.Name, Region: r.region, Parameters: r.allParameters()}
		if path, ok := labels.match(r.restKey()); ok {
			for name, value := range path {
				q.Parameters[name] = append(q.Parameters[name], value)
			}
		}
		resp, err := o.Answer(q)
		if err != nil {
			return nil, fail(http.StatusInternalServerError, "InternalFailure", "%v", err).blame("no answer: %v", err)
		}
		return answerOf(resp)
	}
	return op
}

// answerOf returns a response as an answer.
func answerOf(resp *http.Response) (*answer, *apiError) {
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, fail(http.StatusInternalServerError, "InternalFailure", "%v", err)
	}
	a := &answer{status: resp.StatusCode, contentType: resp.Header.Get("Content-Type"), header: map[string]string{}, body: body}
	for name := range resp.Header {
		a.header[name] = resp.Header.Get(name)
	}
	return a, nil
}

// added finds one of the added operations. key is as in the table of operations.
func (r *request) added(key string) *operation {
	if r.server.operations == nil {
		return nil
	}
	all := r.server.operations()
	if op := all.byKey[strings.TrimSuffix(key, "/")]; op != nil {
		return op
	}
	for _, t := range all.templates {
		if _, ok := t.match(key); ok {
			return t.operation
		}
	}
	return nil
}

// restKey returns the method and the path, with its escapes.
func (r *request) restKey() string { return r.Method + " " + r.URL.EscapedPath() }

// match returns the labels of a key that fits the template.
func (t template) match(key string) (labels map[string]string, ok bool) {
	segments := strings.Split(strings.TrimSuffix(key, "/"), "/")
	if len(segments) != len(t.segments) {
		return nil, false
	}
	labels = map[string]string{}
	for i, segment := range t.segments {
		name, isLabel := strings.CutPrefix(segment, "{")
		value, err := url.PathUnescape(segments[i])
		switch {
		case !isLabel && segment != segments[i], value == "" && isLabel, err != nil:
			return nil, false
		case isLabel:
			labels[strings.Trim(name, "+}")] = value
		}
	}
	return labels, true
}

// allParameters reads the parameters of the query, and of the form or the document that the body is.
func (r *request) allParameters() map[string][]string {
	all := map[string][]string{}
	form := r.form
	if form == nil {
		form = r.URL.Query()
	}
	for key, values := range form {
		// The items of a list are NAME.N or NAME.member.N.
		if at := strings.LastIndexByte(key, '.'); at >= 0 {
			if _, err := strconv.Atoi(key[at+1:]); err == nil {
				key, _, _ = strings.Cut(key, ".")
			}
		}
		all[key] = append(all[key], values...)
	}
	if document, ok := r.document(); ok && len(r.body) > 0 {
		for name, value := range document {
			list, isList := value.([]any)
			if !isList {
				list = []any{value}
			}
			for _, item := range list {
				switch item.(type) {
				case string, bool, int, json.Number:
					all[name] = append(all[name], fmt.Sprint(item))
				}
			}
		}
	}
	return all
}
