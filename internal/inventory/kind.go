package inventory

import (
	"embed"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"
)

//go:embed kinds/*.yaml
var kindFiles embed.FS

// Kind is a sort of resource that people list: volumes, buckets, access keys. It is data, a
// file in the folder kinds, which is read when the kind is first used.
type Kind struct {
	Name    string // in the plural, as in muster list volumes
	Title   string // a few words for help
	Aliases []string
	Columns []string         // default columns of a table, behind the account and the region
	Find    []string         // fields with addresses or DNS names
	Demo    []map[string]any // records of the simulated organization
	Service string           // the AWS CLI's name of the service; of several, the first

	colors  map[string][]string // states by color
	listers []*lister
	compile func() error
}

var (
	kindsMutex  sync.Mutex
	openedKinds = map[string]*Kind{}
)

// openKind reads the file of a kind.
func openKind(name string) (*Kind, error) {
	kindsMutex.Lock()
	defer kindsMutex.Unlock()
	if k := openedKinds[name]; k != nil {
		return k, nil
	}
	data, err := kindFiles.ReadFile(kindFile(name))
	if err != nil {
		return nil, err
	}
	k, err := parseKind(name, data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", kindFile(name), err)
	}
	openedKinds[name] = k
	return k, nil
}

// kindData is the form of a kind in its file kinds/NAME.yaml. To add a kind, add a file: the
// command, help, completion and the demo take all from it. 'muster aws SERVICE OPERATION
// --help' shows the parameters of the operation and the members of its items; 'muster
// accounts --demo' and 'muster regions --demo' show the places for the demo's records.
//
//	title: EBS volumes           # on one line, as the aliases
//	aliases: [ebs]               # besides the singular
//	service: ec2                 # its name in the AWS CLI
//	operation: DescribeVolumes   # its name in the API
//	id: VolumeId
//	arn: arn:{Partition}:ec2:{Region}:{AccountId}:volume/{VolumeId}
//	state: State
//	created: CreateTime
//	columns: [VolumeId, Name, State, Size]
//	filters: {id: volume-id, name: "tag:Name", state: status, tag: "tag:"}
//	demo:
//	  - {AccountName: Production, Region: eu-west-1, VolumeId: vol-0a1b2c3d4e5f60718, State: in-use, Size: 8}
//
// The fields id, name, arn, state, created, tags and region are expressions; see texts. A
// kind needs an id. Name is the tag Name if it is not declared, and tags are looked for
// under their usual names; tags: [] says that AWS's list leaves them out. The region is for
// kinds that one call lists for the whole account.
//
// parameters are the input of the operation. items is the path of its list where that is not
// the main one, and value names the member of items that are plain values; see lister.
// steps follow for kinds that need more than one call; see step. A kind that several
// operations list has sources, which take over what stands above them. columns come behind
// AccountName and Region. colors are states by color, where stateWords do not do. find names
// fields with addresses and DNS names for muster find. demo has records for the simulated
// organization, as AWS's JSON.
//
// TestKindsFitTheCatalogue checks all names against the catalogue, and TestREADMEKinds, with
// UPDATE_README=1, writes the README's table. Where moto is installed, TestKindsAgainstMoto
// compares the records with those of boto3: kinds_fill.py creates a resource, and kinds.py
// says where boto3 finds it.
type kindData struct {
	Title      string              `yaml:"title"`
	Aliases    []string            `yaml:"aliases"`
	Columns    []string            `yaml:"columns"`
	Colors     map[string][]string `yaml:"colors"`
	Find       []string            `yaml:"find"`
	Demo       []map[string]any    `yaml:"demo"`
	Sources    []*lister           `yaml:"sources"`
	OnlySource lister              `yaml:",inline"` // without sources
}

// parseKind reads a kind. It does not look into the catalogue yet: help and completion
// need only names.
func parseKind(name string, data []byte) (*Kind, error) {
	var file kindData
	if err := yaml.UnmarshalWithOptions(data, &file, yaml.Strict()); err != nil {
		return nil, err
	}
	for _, s := range file.Sources {
		s.inherit(&file.OnlySource)
	}
	if len(file.Sources) == 0 {
		file.Sources = []*lister{&file.OnlySource}
	}
	k := &Kind{
		Name: name, Title: file.Title, Aliases: file.Aliases, Columns: file.Columns, Find: file.Find, Demo: file.Demo,
		Service: file.Sources[0].Service, colors: file.Colors, listers: file.Sources,
	}
	k.compile = sync.OnceValue(func() error {
		for _, s := range k.listers {
			if err := s.compile(); err != nil {
				return fmt.Errorf("%s: %w", kindFile(name), err)
			}
		}
		return nil
	})
	return k, nil
}

// ID returns the expression of the resources' ids, such as VolumeId. Sources that differ have
// commas between them.
func (k *Kind) ID() string {
	var all []string
	for _, l := range k.listers {
		all = append(all, l.ID.String())
	}
	return strings.Join(slices.Compact(all), ", ")
}

// stateWords are the usual words for states, by color. A kind may have others.
var stateWords = map[string][]string{
	"green":  {"available", "active", "running", "in-use", "ok", "enabled", "issued", "deployed", "completed", "inservice", "create_complete", "update_complete", "import_complete", "attached"},
	"yellow": {"creating", "pending", "updating", "modifying", "starting", "stopping", "provisioning", "backing-up", "rebooting", "pending_validation", "insufficient_data", "inprogress", "update_in_progress", "create_in_progress"},
	"red":    {"failed", "error", "alarm", "stopped", "expired", "impaired", "revoked", "create_failed", "rollback_complete", "rollback_failed", "update_rollback_failed", "delete_failed", "storage-full"},
	"faint":  {"deleted", "deleting", "inactive", "disabled", "pendingdeletion", "deregistered", "delete_in_progress", "delete_complete"},
}

// StateColor returns the color of a state: green, yellow, red, faint, or "".
func (k *Kind) StateColor(state string) string {
	state = strings.ToLower(state)
	for _, words := range []map[string][]string{k.colors, stateWords} {
		for color, states := range words {
			if slices.ContainsFunc(states, func(s string) bool { return strings.ToLower(s) == state }) {
				return color
			}
		}
	}
	return ""
}

// Singular returns the name of one resource: load-balancer, of load-balancers.
func (k *Kind) Singular() string {
	if stem, ok := strings.CutSuffix(k.Name, "ies"); ok {
		return stem + "y"
	}
	if stem, ok := strings.CutSuffix(k.Name, "sses"); ok {
		return stem + "ss"
	}
	return strings.TrimSuffix(k.Name, "s")
}
