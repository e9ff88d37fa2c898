package auth

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// TestMachineServices: a server in the place of the container's or the instance's
// cannot redirect the token or send an endless answer.
func TestMachineServices(t *testing.T) {
	t.Parallel()
	var elsewhere atomic.Int32
	trap := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		elsewhere.Add(1)
		w.Write([]byte(`{"AccessKeyId": "ASIATRAP", "SecretAccessKey": "s", "Token": "t", "Expiration": "2999-01-01T00:00:00Z"}`))
	}))
	defer trap.Close()
	var sent atomic.Int64
	hostile := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/away") || r.URL.Path == "/latest/api/token" && r.Header.Get("X-Away") == "" {
			http.Redirect(w, r, trap.URL+r.URL.Path, http.StatusTemporaryRedirect)
			return
		}
		w.Write([]byte(`{"AccessKeyId": "`))
		for filler := []byte(strings.Repeat("A", 1<<16)); r.Context().Err() == nil && sent.Load() < 64<<20; {
			n, err := w.Write(filler)
			if sent.Add(int64(n)); err != nil {
				return
			}
		}
	}))
	defer hostile.Close()
	h := newHome(t, testWorld())
	for name, variables := range map[string][]string{
		"container, redirect": {"AWS_CONTAINER_CREDENTIALS_FULL_URI=" + hostile.URL + "/away", "AWS_CONTAINER_AUTHORIZATION_TOKEN=token"},
		"container, endless":  {"AWS_CONTAINER_CREDENTIALS_FULL_URI=" + hostile.URL + "/endless"},
		"instance":            {"AWS_EC2_METADATA_SERVICE_ENDPOINT=" + hostile.URL},
	} {
		r := h.resolver(t, append(variables, "AWS_EC2_METADATA_DISABLED=false")...)
		start := time.Now()
		id, err := r.fromMachine(nil, r.noCredentials)
		if err != nil {
			t.Fatal(err)
		}
		if creds, err := id.Credentials.Retrieve(t.Context()); err == nil {
			t.Errorf("%s: %s", name, creds.AccessKeyID)
		} else if text := err.Error(); len(text) > 2000 || strings.Contains(text, "AAAAAAAA") {
			t.Errorf("%s: %.300s", name, text)
		}
		if took := time.Since(start); took > 30*time.Second {
			t.Errorf("%s: %v", name, took)
		}
	}
	if n := elsewhere.Load(); n > 0 {
		t.Errorf("%d calls were sent elsewhere", n)
	}
	if n := sent.Load(); n > 32<<20 {
		t.Errorf("%d MiB were read", n>>20)
	}
}
