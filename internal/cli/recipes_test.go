package cli

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"muster/internal/awssim"
	"muster/internal/shell"
)

// recipes returns what README's lines for other tools print, by the name of the file that each
// writes. The instances have equal names, none, and names with a line break and quotes.
func recipes(t *testing.T) (world *awssim.World, files map[string]string) {
	t.Helper()
	world = &awssim.World{
		Accounts: []awssim.Account{{ID: "100000000001", Name: "main"}},
		Users:    []awssim.User{{Account: "main", Name: "admin"}},
		Home:     awssim.Home{Profile: "admin"},
	}
	for i, name := range []string{"web", "web", "", "", "1st", "Größe", "a\nHost *\n  ProxyCommand x", `"} # <<.}`, "*"} {
		world.Instances = append(world.Instances, awssim.Instance{
			Account: "main", Region: "us-east-1", ID: fmt.Sprintf("i-0a00000000000000%d", i), Name: name, PrivateIPs: []string{fmt.Sprintf("10.0.0.%d", i+10)},
		})
	}
	world.Instances = append(world.Instances, awssim.Instance{Account: "main", Region: "us-east-1", ID: "i-0a000000000000099", Name: "web", State: "terminated"})
	_, environ := simulated(t, world, false)
	readme, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	files = map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^muster (instances .*) > ~/(ssh_config|inventory\.yaml|imports\.tf|targets\.json)$`).FindAllStringSubmatch(string(readme), -1) {
		words, err := shell.Split(m[1])
		if err != nil {
			t.Fatal(err)
		}
		got := muster(t, environ, words...)
		if got.code != 0 || got.stderr != "" {
			t.Fatalf("%s: exit code %d, %s", m[1], got.code, got.stderr)
		}
		files[m[2]] = got.stdout
	}
	world.Instances = world.Instances[:len(world.Instances)-1]
	return world, files
}

// TestRecipes: each line of the README that writes a file for another tool names every
// instance, and the tool reads it.
func TestRecipes(t *testing.T) {
	t.Parallel()
	world, files := recipes(t)
	for name, check := range map[string]func(*testing.T, *awssim.World, string){
		"ssh_config": checkSSHConfig, "imports.tf": checkImports, "inventory.yaml": checkInventory, "targets.json": checkTargets,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if files[name] == "" {
				t.Fatal("the README has no line that writes it")
			}
			check(t, world, files[name])
		})
	}
}

// checkSSHConfig asks ssh for the address of each host.
func checkSSHConfig(t *testing.T, world *awssim.World, text string) {
	ssh, err := exec.LookPath("ssh")
	if err != nil {
		t.Skip("ssh is not on PATH")
	}
	path := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	hosts := regexp.MustCompile(`(?m)^Host (\S+)$`).FindAllStringSubmatch(text, -1)
	if len(hosts) != len(world.Instances) {
		t.Errorf("%d hosts, want %d:\n%s", len(hosts), len(world.Instances), text)
	}
	for _, i := range world.Instances {
		host := ""
		for _, h := range hosts {
			if strings.HasSuffix(h[1], i.ID) {
				host = h[1]
			}
		}
		out, err := exec.Command(ssh, "-G", "-F", path, host).CombinedOutput()
		if want := "\nhostname " + i.PrivateIPs[0] + "\n"; err != nil || !strings.Contains(string(out), want) || strings.Contains(string(out), "\nproxycommand ") {
			t.Errorf("%q: ssh does not go to %s: %v", host, i.PrivateIPs[0], err)
		}
	}
}

// checkImports has Terraform read the blocks, and compares their ids.
func checkImports(t *testing.T, world *awssim.World, text string) {
	blocks := regexp.MustCompile(`(?m)^import \{\n  to = aws_instance\.([A-Za-z_][\w-]*) # [a-z0-9-]*\n  id = "(i-[0-9a-f]+)"\n\}$`).FindAllStringSubmatch(text, -1)
	labels, ids := map[string]bool{}, map[string]bool{}
	for _, b := range blocks {
		labels[b[1]], ids[b[2]] = true, true
	}
	if n := len(world.Instances); len(blocks) != n || len(labels) != n || len(ids) != n || strings.Count(text, "\n") != 4*n {
		t.Errorf("%d blocks with %d labels and %d ids for %d instances:\n%s", len(blocks), len(labels), len(ids), n, text)
	}
	terraform, err := exec.LookPath("terraform")
	if err != nil {
		t.Skip("terraform is not on PATH")
	}
	command := exec.Command(terraform, "fmt", "-")
	command.Stdin = strings.NewReader(text)
	if out, err := command.CombinedOutput(); err != nil {
		t.Errorf("terraform: %v: %s", err, out)
	}
}

// checkInventory reads the file as YAML, as Ansible does.
func checkInventory(t *testing.T, world *awssim.World, text string) {
	var inventory struct {
		All struct {
			Hosts map[string]struct {
				Address string `json:"ansible_host"`
			}
		}
	}
	if err := json.Unmarshal(pythonJSON(t, "import json, sys, yaml; print(json.dumps(yaml.safe_load(sys.stdin)))", text), &inventory); err != nil {
		t.Fatal(err)
	}
	for _, i := range world.Instances {
		if got := inventory.All.Hosts[i.ID].Address; got != i.PrivateIPs[0] || len(inventory.All.Hosts) != len(world.Instances) {
			t.Errorf("%s has the address %q, want %s", i.ID, got, i.PrivateIPs[0])
		}
	}
}

// checkTargets reads the file as Prometheus does: a list of targets with labels, all texts.
func checkTargets(t *testing.T, world *awssim.World, text string) {
	var groups []struct {
		Targets []string
		Labels  map[string]string
	}
	if err := json.Unmarshal(pythonJSON(t, "import json, sys; print(json.dumps(json.load(sys.stdin)))", text), &groups); err != nil {
		t.Fatal(err)
	}
	names := map[string]string{}
	for _, g := range groups {
		for _, target := range g.Targets {
			address, err := netip.ParseAddrPort(target)
			if err != nil || address.Port() != 9100 {
				t.Errorf("%q: %v", target, err)
			}
			names[address.Addr().String()] = g.Labels["name"]
		}
	}
	for _, i := range world.Instances {
		if name, ok := names[i.PrivateIPs[0]]; !ok || name != i.Name || len(names) != len(world.Instances) {
			t.Errorf("%s has the name %q, want %q", i.PrivateIPs[0], name, i.Name)
		}
	}
}

// pythonJSON returns the output of a Python program that reads a text; without Python or its
// yaml module it skips the test.
func pythonJSON(t *testing.T, program, text string) []byte {
	t.Helper()
	if err := exec.Command("python3", "-c", "import yaml").Run(); err != nil {
		t.Skip("python3 with yaml is not on PATH")
	}
	command := exec.Command("python3", "-c", program)
	command.Stdin = strings.NewReader(text)
	out, err := command.Output()
	if err != nil {
		t.Fatalf("python3: %v in\n%s", err, text)
	}
	return out
}
