package auth

import (
	"testing"

	"muster/internal/awssim"
)

const userKeyWorld = `{"regions": ["us-east-1"],
	"accounts": [{"id": "000000000001", "name": "one"}, {"id": "000000000002", "name": "two"}],
	"users": [{"account": "one", "name": "ann", "access_key_id": "AKIAANNANNANNANNANN1"}],
	"roles": [{"name": "Hub"}, {"name": "Ops", "trust": ["000000000002"]}],
	"home": {"region": "us-east-1", "config": "[profile hub]\nrole_arn = arn:aws:iam::000000000002:role/Hub\nsource_profile = ann\n[profile ops]\nrole_arn = arn:aws:iam::000000000001:role/Ops\nsource_profile = hub\n"}}`

// TestUserKey: the key at the beginning of a chain of roles is known, and the user of a
// session that muster was given.
func TestUserKey(t *testing.T) {
	t.Parallel()
	w, err := awssim.ParseWorld([]byte(userKeyWorld))
	if err != nil {
		t.Fatal(err)
	}
	h := newHome(t, w)
	r := h.resolver(t, "AWS_PROFILE=ops")
	keysOf := func(r *Resolver) (keys []UserKey) {
		t.Helper()
		id, err := r.Current()
		if err != nil {
			t.Fatal(err)
		}
		for base := range id.Bases() {
			key, err := r.UserKey(t.Context(), base)
			if err != nil {
				t.Fatal(err)
			}
			keys = append(keys, key)
		}
		return keys
	}
	if keys := keysOf(r); len(keys) != 3 || keys[0] != (UserKey{}) || keys[1] != (UserKey{}) || keys[2].AccessKeyID != "AKIAANNANNANNANNANN1" {
		t.Errorf("%+v", keys)
	}
	ann, err := h.resolver(t, "AWS_PROFILE=ann").Current()
	if err != nil {
		t.Fatal(err)
	}
	session, err := r.SessionToken(ann, "", 0).Credentials.Retrieve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	given := h.resolver(t, "AWS_ACCESS_KEY_ID="+session.AccessKeyID, "AWS_SECRET_ACCESS_KEY="+session.SecretAccessKey, "AWS_SESSION_TOKEN="+session.SessionToken)
	if keys := keysOf(given); len(keys) != 1 || keys[0] != (UserKey{UserARN: "arn:aws:iam::000000000001:user/ann"}) {
		t.Errorf("%+v", keys)
	}
}
