package auth

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// TestRetrieveFor: credentials stay valid for 14 minutes, or for half the lifetime
// of a short session, and are renewed only when they no longer do.
func TestRetrieveFor(t *testing.T) {
	t.Parallel()
	start := time.Now()
	type step struct {
		at  time.Duration
		key string // the access key id; "" for an error
	}
	for _, test := range []struct {
		name     string
		lifetime time.Duration // of each session; 0: unlimited
		failsAt  time.Duration // renewal fails from here on
		steps    []step
	}{
		{"an hour", time.Hour, 24 * time.Hour, []step{{0, "1"}, {46 * time.Minute, "1"}, {47 * time.Minute, "2"}, {90 * time.Minute, "2"}, {10 * time.Hour, "3"}}},
		{"the shortest session of AWS", 15 * time.Minute, time.Hour, []step{{0, "1"}, {30 * time.Second, "1"}, {2 * time.Minute, "2"}, {9 * time.Minute, "2"}, {10 * time.Minute, "3"}}},
		{"ten minutes", 10 * time.Minute, time.Hour, []step{{0, "2"}, {4 * time.Minute, "2"}, {6 * time.Minute, "3"}, {10 * time.Minute, "3"}}},
		{"long-term keys", 0, 0, []step{{0, "1"}, {100 * time.Hour, "1"}}},
		{"renewal fails", time.Hour, 30 * time.Minute, []step{{0, "1"}, {50 * time.Minute, "1"}, {61 * time.Minute, ""}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			now, given := start, 0
			id := &Identity{Credentials: &Credentials{CredentialsCache: aws.NewCredentialsCache(aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
				if test.lifetime > 0 && now.Sub(start) >= test.failsAt {
					return aws.Credentials{}, errors.New("no more")
				}
				given++
				return aws.Credentials{AccessKeyID: strconv.Itoa(given), SecretAccessKey: "s", CanExpire: test.lifetime > 0, Expires: now.Add(test.lifetime)}, nil
			}))}}
			for _, s := range test.steps {
				now = start.Add(s.at)
				creds, err := id.RetrieveFor(t.Context(), 14*time.Minute, now)
				if creds.AccessKeyID != s.key || (err == nil) != (s.key != "") {
					t.Errorf("after %s: key %q, %v; want %q", s.at, creds.AccessKeyID, err, s.key)
				}
			}
		})
	}
}
