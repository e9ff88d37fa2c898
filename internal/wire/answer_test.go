package wire

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"reflect"
	"strings"
	"testing"

	"muster/internal/catalog"
)

// TestAnswersAreBotocores encodes a generated output of every read. botocore's parser and
// ours must make the same output of it.
func TestAnswersAreBotocores(t *testing.T) {
	t.Parallel()
	python, services := botocore(t)
	command := exec.CommandContext(t.Context(), python, "testdata/answers.py", "1")
	command.Stderr = os.Stderr
	in, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	j := &answerJudge{lines: json.NewDecoder(out), answers: json.NewEncoder(in)}
	compared, wrong := 0, 0
	for ; j.lines.More(); compared++ {
		var given generatedOutput
		if err := j.lines.Decode(&given); err != nil {
			t.Fatal(err)
		}
		if !t.Run(given.Service+"/"+given.Operation, func(t *testing.T) { j.compare(t, services[given.Service], given) }) {
			if wrong++; wrong > 20 {
				t.Fatal("and more")
			}
		}
	}
	if err := command.Wait(); err != nil {
		t.Error(err)
	}
	t.Logf("%d answers", compared)
	if compared < 7000 {
		t.Errorf("only %d answers compared", compared)
	}
}

// generatedOutput is a line of testdata/answers.py.
type generatedOutput struct {
	Service, Operation string
	Output             json.RawMessage
}

// answerJudge passes answers to testdata/answers.py.
type answerJudge struct {
	lines   *json.Decoder
	answers *json.Encoder
}

func (j *answerJudge) compare(t *testing.T, service *catalog.Service, given generatedOutput) {
	sent := false
	defer func() {
		if !sent {
			j.answers.Encode(nil)
		}
	}()
	operation := service.Operation(given.Operation)
	if operation == nil {
		t.Fatal("not in the catalogue")
	}
	codec, err := For(operation)
	if err != nil {
		t.Fatal(err)
	}
	var want Object
	if operation.Output != nil {
		if want, err = (Input{Partial: true}).Structure(operation.Output, decodeJSON(t, given.Output)); err != nil {
			t.Fatal(err)
		}
	}
	resp, err := codec.Answer(t.Context(), want)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	headers := map[string]string{}
	for name := range resp.Header {
		headers[strings.ToLower(name)] = resp.Header.Get(name) // as net/http does not know their case
	}
	sent = true
	if err := j.answers.Encode(map[string]any{"status": resp.StatusCode, "headers": headers, "body": base64.StdEncoding.EncodeToString(body)}); err != nil {
		t.Fatal(err)
	}
	var botocores json.RawMessage
	if err := j.lines.Decode(&botocores); err != nil {
		t.Fatal(err)
	}
	compareOutput(t, "botocore reads", botocores, given.Output, resp.Header, body)
	resp.Body = io.NopCloser(bytes.NewReader(body))
	got, err := codec.Response(t.Context(), resp, 1<<20)
	if err != nil {
		t.Fatalf("%v\n%v\n%s", err, resp.Header, body)
	}
	compareOutput(t, "Response reads", AppendJSON(nil, got), AppendJSON(nil, want), resp.Header, body)
}

func compareOutput(t *testing.T, reader string, got, want []byte, header http.Header, body []byte) {
	t.Helper()
	var g, w any
	if json.Unmarshal(got, &g) != nil || json.Unmarshal(want, &w) != nil || !reflect.DeepEqual(g, w) {
		t.Errorf("%s\n     %s\nwant %s\n%v\n%s", reader, got, want, header, body)
	}
}
