package change

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/aws/aws-sdk-go-v2/credentials"

	"muster/internal/awsapi"
	"muster/internal/change/write"
)

// TestNoAnswerOfAWS: the page of a proxy does not count as a change.
func TestNoAnswerOfAWS(t *testing.T) {
	t.Parallel()
	page := "<!DOCTYPE html><html><body>Please sign in.</body></html>"
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.Write([]byte(page)) }))
	t.Cleanup(server.Close)
	api := awsapi.New(awsapi.Settings{EndpointURL: server.URL, MaxAttempts: 1, Concurrency: 1})
	update, err := api.Operation(write.Operation("iam", "UpdateAccessKey"))
	if err != nil {
		t.Fatal(err)
	}
	call := func() error {
		_, err := update.Call(t.Context(), awsapi.Target{}, "us-east-1", credentials.NewStaticCredentialsProvider("AKIA", "x", ""), nil)
		return err
	}
	if err := call(); err == nil || awsapi.Explain(err).Rejected() {
		t.Errorf("%v", err)
	}
	page = `<UpdateAccessKeyResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><ResponseMetadata/></UpdateAccessKeyResponse>`
	if err := call(); err != nil {
		t.Error(err)
	}
}
