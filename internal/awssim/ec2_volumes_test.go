package awssim

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
)

// TestVolumes lists the volumes that DescribeInstances shows, and no others.
func TestVolumes(t *testing.T) {
	t.Parallel()
	s := start(t, `{"accounts": [{"id": "000000000001", "name": "one"}], "users": [{"account": "one", "name": "u"}], "ec2": {"page_size": 1}, "instances": [
		{"account": "one", "region": "us-east-1", "name": "web", "tags": {"env": "prod"}},
		{"account": "one", "region": "us-east-1", "name": "db"},
		{"account": "one", "region": "us-east-1", "name": "gone", "state": "terminated"}]}`)
	ctx := context.Background()
	api := ec2.NewFromConfig(firstUser(s, "us-east-1"))
	volumes := map[string]string{} // of instances
	for pages := ec2.NewDescribeVolumesPaginator(api, &ec2.DescribeVolumesInput{}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range page.Volumes {
			if len(v.Attachments) != 1 || *v.Size != 8 || v.State != "in-use" || v.VolumeType != "gp3" {
				t.Errorf("got %+v", v)
			}
			volumes[*v.Attachments[0].InstanceId] = *v.VolumeId
		}
	}
	if len(volumes) != 2 {
		t.Errorf("got %v, want the volumes of two instances", volumes)
	}
	for _, in := range s.Truth()[:2] {
		if volumes[in.ID] != volume(&in) {
			t.Errorf("%s has %q, want %q", in.ID, volumes[in.ID], volume(&in))
		}
	}
	out, err := api.DescribeVolumes(ctx, &ec2.DescribeVolumesInput{Filters: filter("tag:env", "prod")})
	if err != nil || len(out.Volumes) != 1 || len(out.Volumes[0].Tags) != 2 {
		t.Error(out, err)
	}
	_, err = api.DescribeVolumes(ctx, &ec2.DescribeVolumesInput{VolumeIds: []string{"vol-00000000000000000"}})
	wantCode(t, err, "InvalidVolume.NotFound")
	wantProblems(t, s)
}
