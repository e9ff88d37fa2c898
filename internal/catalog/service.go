package catalog

import (
	"slices"
	"strconv"
	"strings"
)

// Service describes a service and how it is called.
type Service struct {
	Name string // in the AWS CLI
	ID   string // AWS's service id
	Dir  string // the service's name in boto3

	Version         string   // of the API, as 2016-11-15
	Protocol        string   // ec2, query, json, rest-json, rest-xml or smithy-rpc-v2-cbor: botocore's choice
	Protocols       []string // all that the service has
	JSONVersion     string   // 1.0 or 1.1, for the protocol json
	TargetPrefix    string   // of X-Amz-Target
	XMLNamespace    string
	QueryCompatible bool // errors have the codes of the query protocol

	EndpointPrefix string
	SigningName    string
	Signature      string   // v4, s3v4, bearer, ...
	Auth           []string // AWS's ids, as aws.auth#sigv4, the preferred one first

	// Once marks a service that has one endpoint for all regions of a partition.
	Once bool

	host    string // what <host> stands for in the endpoint rules
	rules   string // number of the rules
	regions map[string]uint64

	operations []string // lines
	writes     []string
	shapes     []*Shape
}

// Parse reads a service from the text of its file; see format.go.
func Parse(name, text string) *Service {
	s := &Service{Name: name}
	head, _, _ := strings.Cut(text, "\n")
	fields(head, func(key, value string) { s.set(key, value) })
	if s.SigningName == "" {
		s.SigningName = s.EndpointPrefix
	}
	s.read(text)
	return s
}

// With returns the service with the operations and shapes of another text, whose first
// line holds nothing else. Package change/write has such texts.
func (s *Service) With(text string) *Service {
	other := *s
	other.read(text)
	return &other
}

// read takes all but the first line of a service's file.
func (s *Service) read(text string) {
	operations, rest, _ := strings.Cut(text, "\n\n")
	s.operations = strings.Split(operations, "\n")[1:]
	writes, shapes, _ := strings.Cut(rest, "\n")
	s.writes, s.shapes = strings.Fields(writes), nil
	if shapes == "" {
		return
	}
	lines := strings.Split(shapes, "\n")
	all := make([]Shape, len(lines))
	s.shapes = make([]*Shape, len(lines))
	for i, line := range lines {
		all[i].Number, all[i].service, all[i].line = i, s, line
		s.shapes[i] = &all[i]
	}
}

// fields calls set for each KEY=VALUE of a line, or with True for each bare KEY.
func fields(line string, set func(key, value string)) {
	_, line, _ = strings.Cut(line, "\t")
	for field := range strings.SplitSeq(line, "\t") {
		key, value, _ := strings.Cut(field, "=")
		set(key, value)
	}
}

func (s *Service) set(key, value string) {
	switch key {
	case "id":
		s.ID = value
	case "dir":
		s.Dir = value
	case "version":
		s.Version = value
	case "protocol":
		s.Protocol = value
	case "protocols":
		s.Protocols = list(value)
	case "json":
		s.JSONVersion = value
	case "target":
		s.TargetPrefix = value
	case "xmlns":
		s.XMLNamespace = value
	case "prefix":
		s.EndpointPrefix = value
	case "signing":
		s.SigningName = value
	case "signature":
		s.Signature = value
	case "auth":
		s.Auth = list(value)
	case "querycompatible":
		s.QueryCompatible = true
	case "rules":
		s.rules = value
	case "host":
		s.host = value
	case "once":
		s.Once = true
	case "regions":
		s.regions = map[string]uint64{}
		for part := range strings.SplitSeq(value, ";") {
			partition, mask, _ := strings.Cut(part, ":")
			s.regions[partition], _ = strconv.ParseUint(mask, 16, 64)
		}
	}
}

func list(value string) []string {
	if value == "" {
		return nil
	}
	return strings.Split(value, ",")
}

// Offered reports whether the service has an endpoint in a region, or one for all regions.
// It is true where botocore does not know the service's regions, or the region.
func (s *Service) Offered(region string) bool {
	partition := PartitionOf(region)
	mask, known := s.regions[partition.ID]
	if len(s.regions) == 0 {
		return true
	}
	i, found := slices.BinarySearch(partition.regions, region)
	switch {
	case !found:
		return true
	case !known:
		return s.Once && partition.ID == "aws" // generate.py sets Once for this partition
	}
	return mask&(1<<i) != 0
}
