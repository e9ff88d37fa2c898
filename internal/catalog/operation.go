package catalog

import (
	"encoding/json"
	"iter"
	"slices"
	"strings"
)

// Operation describes an operation that reads.
type Operation struct {
	Service  *Service
	Name     string // in the API: DescribeVolumes
	CLIName  string // in the AWS CLI: describe-volumes
	WireName string // in requests; CloudFront's have a date in them
	Input    *Shape // nil: none
	Output   *Shape // nil: none

	Method, URI   string // URI has labels, as in /2015-03-31/functions/{FunctionName}
	HostPrefix    string // in front of the host, with labels; "" for none
	Auth          []string
	AuthType      string // none, v4, v4-unsigned-body, bearer, ...; "" is the service's
	UnsignedBody  bool   // the signature leaves the payload out
	Checksum      bool   // the request needs a checksum of its body
	NamesEndpoint bool   // the answer is an endpoint of the service
	Discovery     bool   // the operation needs an endpoint from the service itself

	Static  map[string]any    // endpoint parameters with fixed values: string, bool or list of strings
	Context map[string]string // endpoint parameters from the input, by JMESPath

	Once       bool // AWS answers for the whole account in any region
	Deprecated bool
	Hidden     bool // not a command of the AWS CLI
	Pages      *Pagination

	renamed map[string]string // member of the input to parameter of the AWS CLI
}

// Pagination says how an operation's answer continues. All but Limit are JMESPath
// expressions over the output; Input and Limit name members of the input.
type Pagination struct {
	Input, Output []string // tokens, in pairs
	Limit         string
	More          string
	Results       []string // the lists that grow from page to page, the main one first
}

// Operations yields the reads of the service, by API name.
func (s *Service) Operations() iter.Seq[*Operation] {
	return func(yield func(*Operation) bool) {
		for _, line := range s.operations {
			if !yield(s.parseOperation(line)) {
				return
			}
		}
	}
}

// Operation finds a read by its name in the AWS CLI or in the API; nil if there is none.
func (s *Service) Operation(name string) *Operation {
	i, found := slices.BinarySearchFunc(s.operations, name, func(line, name string) int {
		api, _, _ := strings.Cut(line, "\t")
		return strings.Compare(api, name)
	})
	if found {
		return s.parseOperation(s.operations[i])
	}
	for _, line := range s.operations {
		if api, _, _ := strings.Cut(line, "\t"); CLIName(api) == name || strings.Contains(line, "\tcli="+name) {
			if o := s.parseOperation(line); o.CLIName == name || CLIName(api) == name {
				return o
			}
		}
	}
	return nil
}

// Other returns the API name of an operation that the catalogue does not describe, by its
// name in the AWS CLI or in the API; "" if there is none. It changes something, or
// its request or answer is a stream of events.
func (s *Service) Other(name string) (api string, stream bool) {
	for _, api := range s.writes {
		api, stream := strings.CutSuffix(api, "~")
		if api == name || CLIName(api) == name {
			return api, stream
		}
	}
	return "", false
}

// StreamOutput returns the member of the answer that is a body of unknown length, as the
// content of an object; nil if there is none.
func (o *Operation) StreamOutput() *Member {
	if o.Output == nil {
		return nil
	}
	m := o.Output.Member(o.Output.Traits().Payload)
	if m == nil || m.Shape.Kind() != Blob || !m.Traits.Stream && !m.Shape.Traits().Stream {
		return nil
	}
	return m
}

// NeedsBearerToken reports whether the operation accepts no signature.
func (o *Operation) NeedsBearerToken() bool {
	return o.AuthType == "bearer" || o.AuthType == "" && o.Service.Signature == "bearer"
}

func (s *Service) parseOperation(line string) *Operation {
	name, rest, _ := strings.Cut(line, "\t")
	input, rest, _ := strings.Cut(rest, "\t")
	output, rest, _ := strings.Cut(rest, "\t")
	o := &Operation{
		Service: s, Name: name, CLIName: CLIName(name), WireName: name, Method: "POST", URI: "/",
		Input: s.shape(input), Output: s.shape(output),
	}
	if rest == "" {
		return o
	}
	fields("\t"+rest, o.set)
	return o
}

func (o *Operation) set(key, value string) {
	switch key {
	case "cli":
		o.CLIName = value
	case "wire":
		o.WireName = value
	case "hidden":
		o.Hidden = true
	case "method":
		o.Method = value
	case "uri":
		o.URI = value
	case "host":
		o.HostPrefix = value
	case "auth":
		o.Auth = list(value)
	case "authtype":
		o.AuthType = value
	case "unsignedbody":
		o.UnsignedBody = true
	case "static":
		o.Static = parseStatic(value)
	case "context":
		o.Context = pairs(value, "&", "=")
	case "endpoint":
		o.NamesEndpoint = true
	case "discovery":
		o.Discovery = true
	case "md5":
		o.Checksum = true
	case "deprecated":
		o.Deprecated = true
	case "once":
		o.Once = true
	case "rename":
		o.renamed = pairs(value, ",", ":")
	default:
		o.setPage(key, value)
	}
}

func (o *Operation) setPage(key, value string) {
	if o.Pages == nil {
		o.Pages = new(Pagination)
	}
	switch key {
	case "in.token":
		o.Pages.Input = list(value)
	case "out.token":
		o.Pages.Output = list(value)
	case "limit":
		o.Pages.Limit = value
	case "more":
		o.Pages.More = value
	case "result":
		o.Pages.Results = list(value)
	}
}

// Parameter returns the name of the AWS CLI's parameter for a member of the input.
func (o *Operation) Parameter(member string) string {
	if name, ok := o.renamed[member]; ok {
		return name
	}
	return CLIName(member)
}

func pairs(text, between, within string) map[string]string {
	all := map[string]string{}
	for pair := range strings.SplitSeq(text, between) {
		key, value, _ := strings.Cut(pair, within)
		all[key] = value
	}
	return all
}

// parseStatic reads NAME=JSON&NAME=JSON.
func parseStatic(text string) map[string]any {
	all := map[string]any{}
	for name, value := range pairs(text, "&", "=") {
		var v any
		if err := json.Unmarshal([]byte(value), &v); err != nil {
			panic("catalog.zip: static parameter " + text)
		}
		all[name] = v
	}
	return all
}
