package catalog

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
)

// Endpoint is where a call goes.
type Endpoint struct {
	URL     string
	Headers map[string][]string

	// Scheme is the signature that the rules ask for, as sigv4, sigv4a or none; ""
	// where they leave it to the service. The names are "" where they leave those.
	Scheme        string
	SigningName   string
	SigningRegion string
	// SigningRegionSet are the regions for which a signature of version 4a is valid: their
	// names, or *.
	SigningRegionSet []string

	DisableDoubleEncoding bool // the signature takes the path as it is sent, as S3's does
}

// Parameters are the inputs of a service's endpoint rules: Region, UseFIPS,
// UseDualStack, Endpoint (a URL of the user's), AccountId, and those of the operation
// (Operation.Static, Operation.Context, Member.Context). A value is a string, a bool or
// a []any of strings.
type Parameters map[string]any

// Endpoint evaluates the service's endpoint rules.
func (s *Service) Endpoint(p Parameters) (*Endpoint, error) {
	rules := openRules(s.rules)
	scope := scope{}
	for name, spec := range rules.Parameters {
		switch value, given := p[name]; {
		case given && value != nil:
			scope[name] = value
		case spec.Default != nil:
			scope[name] = spec.Default
		case spec.Required:
			return nil, fmt.Errorf("the endpoint of %s needs the parameter %s", s.Name, name)
		}
	}
	found, err := evaluate(rules.Rules, scope)
	if err != nil {
		return nil, err
	}
	if found == nil {
		return nil, fmt.Errorf("%s has no endpoint for region %v", s.Name, p["Region"])
	}
	found.URL = strings.Replace(found.URL, "<host>", s.host, 1)
	return found, nil
}

// HasParameter reports whether the service's endpoint rules take a parameter.
func (s *Service) HasParameter(name string) bool {
	_, ok := openRules(s.rules).Parameters[name]
	return ok
}

// ruleSet is a set of endpoint rules in the form of botocore's data.
type ruleSet struct {
	Parameters map[string]struct {
		Required bool
		Default  any
	}
	Rules []rule
}

// rule leads to an endpoint, an error or further rules where all its conditions hold.
type rule struct {
	Type       string
	Conditions []call
	Rules      []rule
	Error      any
	Endpoint   struct {
		URL        any
		Properties struct {
			AuthSchemes []struct {
				Name                  string
				SigningName           string
				SigningRegion         string
				SigningRegionSet      []string
				DisableDoubleEncoding bool
			}
		}
		Headers map[string][]any
	}
}

var (
	rulesMutex sync.Mutex
	ruleSets   = map[string]*ruleSet{}
)

func openRules(number string) *ruleSet {
	rulesMutex.Lock()
	defer rulesMutex.Unlock()
	if r := ruleSets[number]; r != nil {
		return r
	}
	text, _ := readFile("rules/" + number)
	r := new(ruleSet)
	if err := json.Unmarshal([]byte(text), r); err != nil {
		panic("catalog.zip: rules " + number + ": " + err.Error())
	}
	ruleSets[number] = r
	return r
}

// evaluate returns the endpoint of the first rule that leads to one; nil if none does.
func evaluate(rules []rule, outer scope) (*Endpoint, error) {
	for i := range rules {
		r, scope := &rules[i], maps.Clone(outer)
		holds, err := r.holds(scope)
		if err != nil || !holds {
			if err != nil {
				return nil, err
			}
			continue
		}
		switch r.Type {
		case "error":
			message, err := scope.value(r.Error)
			if err != nil {
				return nil, err
			}
			return nil, errors.New(message.(string))
		case "endpoint":
			return r.endpoint(scope)
		}
		if found, err := evaluate(r.Rules, scope); found != nil || err != nil {
			return found, err
		}
	}
	return nil, nil
}

func (r *rule) holds(s scope) (bool, error) {
	for i := range r.Conditions {
		c := &r.Conditions[i]
		value, err := s.call(c)
		if err != nil {
			return false, err
		}
		if c.Assign != "" {
			s[c.Assign] = value
		}
		if value == nil || value == false {
			return false, nil
		}
	}
	return true, nil
}

func (r *rule) endpoint(s scope) (*Endpoint, error) {
	url, err := s.value(r.Endpoint.URL)
	if err != nil {
		return nil, err
	}
	e := &Endpoint{URL: url.(string)}
	for name, values := range r.Endpoint.Headers {
		for _, v := range values {
			text, err := s.value(v)
			if err != nil {
				return nil, err
			}
			if e.Headers == nil {
				e.Headers = map[string][]string{}
			}
			e.Headers[name] = append(e.Headers[name], text.(string))
		}
	}
	schemes := r.Endpoint.Properties.AuthSchemes
	if len(schemes) == 0 {
		return e, nil
	}
	scheme := &schemes[0] // the preferred one
	for i := range schemes {
		if scheme.Name == "sigv4a" && schemes[i].Name == "sigv4" { // as good, and cheaper
			scheme = &schemes[i]
		}
	}
	e.Scheme, e.DisableDoubleEncoding, e.SigningRegionSet = scheme.Name, scheme.DisableDoubleEncoding, scheme.SigningRegionSet
	if e.SigningName, err = s.expand(scheme.SigningName); err != nil {
		return nil, err
	}
	if e.SigningRegion, err = s.expand(scheme.SigningRegion); err != nil {
		return nil, err
	}
	return e, nil
}
