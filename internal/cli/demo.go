package cli

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"

	"muster/internal/awssim"
	"muster/internal/catalog"
	"muster/internal/inventory"
	"muster/internal/shell"
)

// demoRole is a role that every account of the simulated organization has.
const demoRole = "EC2ReadAccess"

// simulate starts the simulated organization if --demo is given, and points the run to it.
// Call cleanUp at the end.
func (g *Global) simulate(app *App) (cleanUp func(), err error) {
	if !g.Demo {
		return func() {}, nil
	}
	sim, err := startSimulation("127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	app.setEnviron(append(withoutAWS(app.Environ), sim.environ...))
	app.LookupHost = sim.server.LookupHost
	g.EndpointURL, g.CABundle, g.NoVerifySSL, g.simulated = "", "", false, true
	app.note("this is a simulated organization (--demo), not AWS")
	return sim.close, nil
}

// withoutAWS drops the variables that could lead to the user's own accounts.
func withoutAWS(environ []string) []string {
	var kept []string
	for _, pair := range environ {
		if !strings.HasPrefix(pair, "AWS_") {
			kept = append(kept, pair)
		}
	}
	return kept
}

// simulation is a running organization, and a home directory with its ~/.aws.
type simulation struct {
	server  *awssim.Server
	home    string
	environ []string
}

func startSimulation(addr string) (*simulation, error) {
	home, err := os.MkdirTemp("", "muster-demo-")
	if err != nil {
		return nil, fmt.Errorf("the simulated organization's home: %w", err)
	}
	server, err := awssim.Start(awssim.DefaultWorld(), awssim.WithAddr(addr), awssim.WithOperations(demoOperations))
	if err != nil {
		os.RemoveAll(home)
		return nil, fmt.Errorf("the simulated organization: %w", err)
	}
	s := &simulation{server: server, home: home, environ: append(server.Env(home), "HOME="+home, "USERPROFILE="+home)}
	if err := server.WriteHome(home); err != nil {
		s.close()
		return nil, fmt.Errorf("the simulated organization's home: %w", err)
	}
	return s, nil
}

// demoOperations are those of the kinds, with the records that the kinds bring. It takes
// longer than a small command, so that the server calls it when it is needed.
func demoOperations() (all []*awssim.Operation) {
	operations, err := inventory.DemoOperations()
	if err != nil {
		panic(err) // the kinds are part of the program
	}
	for _, o := range operations {
		service := o.Operation.Service
		all = append(all, &awssim.Operation{
			Service: service.Dir, Name: o.Operation.Name, SigningName: service.SigningName,
			Protocol: service.Protocol, JSONVersion: service.JSONVersion, Key: requestKey(o.Operation), OneRegion: service.Once,
			Answer: func(q awssim.Question) (*http.Response, error) {
				return o.Answer(context.Background(), q.AccountName, q.Region, func(parameter, value string) bool {
					return slices.Contains(q.Parameters[nameInRequest(o.Operation, parameter)], value)
				})
			},
		})
	}
	return all
}

// requestKey returns how requests name an operation: see awssim.Operation.
func requestKey(o *catalog.Operation) string {
	switch service := o.Service; service.Protocol {
	case "ec2", "query":
		return service.Version + ":" + o.WireName
	case "json":
		return service.TargetPrefix + "." + o.WireName
	case "smithy-rpc-v2-cbor":
		return "POST /service/" + service.TargetPrefix + "/operation/" + o.WireName
	}
	path, _, _ := strings.Cut(o.URI, "?")
	return o.Method + " " + path
}

// nameInRequest returns the name that a member of the input has in a request.
func nameInRequest(o *catalog.Operation, member string) string {
	m := o.Input.Member(member)
	switch {
	case m.Traits.QueryName != "":
		return m.Traits.QueryName
	case m.Traits.Name == "":
		return member
	case o.Service.Protocol == "ec2":
		return strings.ToUpper(m.Traits.Name[:1]) + m.Traits.Name[1:]
	}
	return m.Traits.Name
}

func (s *simulation) close() {
	s.server.Close()
	os.RemoveAll(s.home)
}

type demoCmd struct {
	Listen string `placeholder:"ADDR" default:"127.0.0.1:0" complete:"none" help:"Address to listen on (127.0.0.1 and a free port)."`
}

func (*demoCmd) Examples() []string {
	return []string{
		"muster demo",
		"muster demo --listen 127.0.0.1:8080",
	}
}

func (c *demoCmd) Run(ctx context.Context, app *App) error {
	sim, err := startSimulation(c.Listen)
	if err != nil {
		return err
	}
	defer sim.close()
	var text strings.Builder
	fmt.Fprintf(&text, "# A simulated organization at %s, until interrupted.\n", sim.server.URL())
	fmt.Fprintln(&text, "# In a shell with this environment muster, the AWS CLI and any SDK talk to it.")
	fmt.Fprintln(&text, "unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_REGION AWS_DEFAULT_REGION")
	for _, pair := range sim.environ {
		switch key, value, _ := strings.Cut(pair, "="); key {
		case "USERPROFILE":
		case "HOME":
			fmt.Fprintf(&text, "export HOME=%s # where the SSO token is looked for\n", shell.Word(value))
		default:
			fmt.Fprintf(&text, "export %s=%s\n", key, shell.Word(value))
		}
	}
	if _, err := io.WriteString(app.Stdout, text.String()); err != nil {
		return written(err)
	}
	<-ctx.Done()
	return nil
}
