package catalog

import (
	"encoding/json"
	"os/exec"
	"reflect"
	"testing"
)

// python runs a script of testdata whose answers the tests compare with.
func python(t *testing.T, script string, module string) *json.Decoder {
	t.Helper()
	path, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is not on PATH")
	}
	if exec.Command(path, "-c", "import "+module).Run() != nil {
		t.Skip(module + " is not installed")
	}
	c := exec.CommandContext(t.Context(), path, "testdata/"+script)
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Wait() }) // the tests count the answers
	return json.NewDecoder(out)
}

// byDir finds services by their names in boto3.
func byDir() map[string]*Service {
	all := map[string]*Service{}
	for _, e := range Services() {
		s := Open(e.Name)
		all[s.Dir] = s
	}
	return all
}

func TestEndpointsAreBotocores(t *testing.T) {
	t.Parallel()
	answers := python(t, "endpoints.py", "botocore")
	services := byDir()
	compared, wrong := 0, 0
	for answers.More() {
		var want struct {
			Service                   string
			Values                    Parameters
			URL, Scheme, Name, Region string
			Set                       []string
			Headers                   map[string][]string
			Error                     bool
		}
		if err := answers.Decode(&want); err != nil {
			t.Fatal(err)
		}
		service := services[want.Service]
		if service == nil {
			t.Errorf("no service %s", want.Service)
			continue
		}
		got, err := service.Endpoint(want.Values)
		if (err != nil) != want.Error {
			t.Errorf("%s %v: error %v, botocore's: %v", want.Service, want.Values, err, want.Error)
			wrong++
		} else if err == nil {
			w := Endpoint{
				URL: want.URL, Headers: want.Headers, Scheme: want.Scheme, SigningName: want.Name, SigningRegion: want.Region, SigningRegionSet: want.Set,
				DisableDoubleEncoding: got.DisableDoubleEncoding,
			}
			if !reflect.DeepEqual(*got, w) {
				t.Errorf("%s %v:\n%+v, botocore's is\n%+v", want.Service, want.Values, *got, w)
				wrong++
			}
		}
		if compared++; wrong > 20 {
			t.Fatal("and more")
		}
	}
	t.Logf("%d endpoints of %d services", compared, len(services))
	if compared < 50_000 {
		t.Errorf("only %d endpoints compared", compared)
	}
}
