package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"muster/internal/awssim"
)

// TestKubernetesJob: kubectl accepts the manifest and numbers its pods. The command of
// each pod, in its environment, visits one shard.
func TestKubernetesJob(t *testing.T) {
	t.Parallel()
	kubectl, err := exec.LookPath("kubectl")
	if err != nil {
		t.Skip("kubectl is not on PATH")
	}
	// kubectl asks a server for the kinds there are, and no more for a dry run.
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch r.URL.Path {
		case "/api":
			fmt.Fprint(w, `{"kind": "APIVersions", "versions": []}`)
		case "/apis":
			fmt.Fprint(w, `{"kind": "APIGroupList", "apiVersion": "v1", "groups": [{"name": "batch",
				"versions": [{"groupVersion": "batch/v1", "version": "v1"}], "preferredVersion": {"groupVersion": "batch/v1", "version": "v1"}}]}`)
		case "/apis/batch/v1":
			fmt.Fprint(w, `{"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": "batch/v1",
				"resources": [{"name": "jobs", "singularName": "job", "namespaced": true, "kind": "Job", "verbs": ["create"]}]}`)
		default:
			http.NotFound(w, r)
		}
	}))
	defer server.Close()
	home := t.TempDir()
	run := func(args ...string) []byte {
		cmd := exec.Command(kubectl, append([]string{"--server", server.URL, "--cache-dir", home}, args...)...)
		cmd.Env = []string{"HOME=" + home, "PATH=" + os.Getenv("PATH"), "KUBECONFIG=" + filepath.Join(home, "none")}
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("kubectl %s: %v", strings.Join(args, " "), err)
		}
		return out
	}
	manifest := filepath.Join("..", "..", "testdata", "kubernetes-job.yaml")
	if got := string(run("create", "--dry-run=client", "--validate=false", "-o", "name", "-f", manifest)); got != "job.batch/muster\n" {
		t.Errorf("kubectl says %q", got)
	}

	// --local makes kubectl read the manifest into its own types and write what it understood.
	var job struct {
		Spec struct {
			CompletionMode           string
			Completions, Parallelism int
			BackoffLimitPerIndex     int
			Template                 struct {
				Spec struct {
					Containers []struct {
						Command, Args []string
						Env           []struct{ Name, Value string }
					}
				}
			}
		}
	}
	if err := json.Unmarshal(run("label", "--local", "-o", "json", "-f", manifest, "a=b"), &job); err != nil {
		t.Fatal(err)
	}
	spec := job.Spec
	if spec.CompletionMode != "Indexed" || spec.Completions != 8 || spec.Parallelism != 8 || spec.BackoffLimitPerIndex != 2 || len(spec.Template.Spec.Containers) != 1 {
		t.Fatalf("kubectl understood %+v", spec)
	}

	container := spec.Template.Spec.Containers[0]
	dir := t.TempDir()
	_, environ := simulated(t, awssim.DefaultWorld(), false)
	for _, v := range container.Env {
		environ = append(environ, v.Name+"="+v.Value)
	}
	binary, err := built()
	if err != nil {
		t.Fatal(err)
	}
	var together []string
	for pod := range spec.Completions {
		command := append(container.Command, container.Args...)
		for i := range command {
			command[i] = strings.ReplaceAll(command[i], "/data", dir)
		}
		cmd := exec.Command(command[0], command[1:]...)
		cmd.Env = append(environ, "JOB_COMPLETION_INDEX="+strconv.Itoa(pod), "PATH="+filepath.Dir(binary)+":"+os.Getenv("PATH"))
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		out, err := os.ReadFile(filepath.Join(dir, fmt.Sprintf("instances-%d.ndjson", pod)))
		if err != nil {
			t.Fatal(err)
		}
		together = append(together, strings.FieldsFunc(string(out), func(r rune) bool { return r == '\n' })...)
		if _, err := os.Stat(filepath.Join(dir, fmt.Sprintf("report-%d.json", pod))); err != nil {
			t.Error(err)
		}
	}
	whole := ndjsonLines(t, []string{"instances", "--organization", "--role=EC2ReadAccess", "--output=ndjson"}, environ[:len(environ)-len(container.Env)])
	slices.Sort(together)
	slices.Sort(whole)
	if len(whole) == 0 || !slices.Equal(together, whole) {
		t.Errorf("the pods print %q, want %q", together, whole)
	}
}

// ndjsonLines runs muster and returns its output lines.
func ndjsonLines(t *testing.T, args, environ []string) []string {
	t.Helper()
	var out, errs bytes.Buffer
	if code := Main(context.Background(), args, &App{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, Environ: environ}); code != exitOK {
		t.Fatalf("exit code %d: %s", code, errs.String())
	}
	return strings.FieldsFunc(out.String(), func(r rune) bool { return r == '\n' })
}
