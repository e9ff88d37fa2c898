package change

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

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

// TestAnswerOfRepeatedCall: a call that is rejected has not been made, unless an earlier attempt
// had no answer: the first may have been carried out.
func TestAnswerOfRepeatedCall(t *testing.T) {
	t.Parallel()
	const rejected, throttled, lost, broken = "409 EntityTemporarilyUnmodifiable", "400 Throttling", "", "500 InternalFailure"
	for name, test := range map[string]struct {
		answers []string
		want    bool
	}{
		"rejected":  {[]string{rejected}, true},
		"throttled": {[]string{throttled, throttled, rejected}, true},
		"early":     {[]string{"403 RequestTimeTooSkewed", rejected}, true},
		"lost":      {[]string{lost, rejected}, false},
		"broken":    {[]string{broken, rejected}, false},
		"long ago":  {[]string{lost, throttled, rejected}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			calls := 0
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				answer := test.answers[calls]
				calls++
				status, code, _ := strings.Cut(answer, " ")
				if answer == lost {
					panic(http.ErrAbortHandler)
				}
				if code == "RequestTimeTooSkewed" {
					w.Header().Set("Date", time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat))
				}
				number, _ := strconv.Atoi(status)
				w.WriteHeader(number)
				fmt.Fprintf(w, "<ErrorResponse><Error><Code>%s</Code><Message>no</Message></Error></ErrorResponse>", code)
			}))
			t.Cleanup(server.Close)
			api := awsapi.New(awsapi.Settings{EndpointURL: server.URL, Concurrency: 1})
			update, err := api.Operation(write.Operation("iam", "UpdateAccessKey"))
			if err != nil {
				t.Fatal(err)
			}
			_, err = update.Call(t.Context(), awsapi.Target{}, "us-east-1", credentials.NewStaticCredentialsProvider("AKIA", "x", ""), nil)
			if got := awsapi.NotMade(err); got != test.want || calls != len(test.answers) {
				t.Errorf("%v after %d calls: %v", got, calls, err)
			}
		})
	}
}
