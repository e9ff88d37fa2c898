package awssim

import (
	"testing"
)

// TestVolumes lists the volumes that DescribeInstances shows, and no others.
func TestVolumes(t *testing.T) {
	t.Parallel()
	s := start(t, `{"accounts": [{"id": "000000000001", "name": "one"}], "users": [{"account": "one", "name": "u"}], "ec2": {"page_size": 1}, "instances": [
		{"account": "one", "region": "us-east-1", "name": "web", "tags": {"env": "prod"}},
		{"account": "one", "region": "us-east-1", "name": "db"},
		{"account": "one", "region": "us-east-1", "name": "gone", "state": "terminated"}]}`)
	api := firstUser(s, "us-east-1")
	volumes := map[string]string{} // of instances
	for _, v := range invokeAll(t, api, "ec2", "DescribeVolumes", "Volumes") {
		attachments := v.Objects("Attachments")
		if len(attachments) != 1 || v.Get("Size") != int64(8) || v.Text("State") != "in-use" || v.Text("VolumeType") != "gp3" {
			t.Fatalf("got %+v", v)
		}
		volumes[attachments[0].Text("InstanceId")] = v.Text("VolumeId")
	}
	if len(volumes) != 2 {
		t.Errorf("got %v, want the volumes of two instances", volumes)
	}
	for _, in := range s.Truth()[:2] {
		if volumes[in.ID] != volume(&in) {
			t.Errorf("%s has %q, want %q", in.ID, volumes[in.ID], volume(&in))
		}
	}
	out, err := invoke(api, "ec2", "DescribeVolumes", "Filters", filter("tag:env", "prod"))
	if err != nil || len(out.Objects("Volumes")) != 1 || len(out.Objects("Volumes")[0].Objects("Tags")) != 2 {
		t.Error(out, err)
	}
	_, err = invoke(api, "ec2", "DescribeVolumes", "VolumeIds", []string{"vol-00000000000000000"})
	wantCode(t, err, "InvalidVolume.NotFound")
	wantProblems(t, s)
}
