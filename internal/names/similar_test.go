package names

import "testing"

func TestNearest(t *testing.T) {
	t.Parallel()
	names := []string{
		"AccountId", "AccountName", "Region", "AvailabilityZone", "InstanceId", "Name", "InstanceType", "State",
		"PrivateIPs", "PublicIPs", "IPv6s", "NetworkInterfaces", "VpcId", "SubnetId", "ImageId", "KeyName", "Architecture", "Platform",
		"Lifecycle", "IamInstanceProfile", "LaunchTime", "ReservationId", "SecurityGroups", "Tags", "Profile", "Role",
	}
	for word, want := range map[string]string{
		"PublcIPs": "PublicIPs", "publicips": "PublicIPs", "PublicIpAddress": "PublicIPs", "PrivateIpAddresses": "PrivateIPs", "instance": "InstanceId", "Instnce": "InstanceId",
		"Id": "", "Nmae": "Name", "x": "", "": "", "Zone": "AvailabilityZone", "securtygroup": "SecurityGroups", "AccountNmae": "AccountName", "whatever": "", "tag": "Tags",
	} {
		if got := Nearest(word, names); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", word, got, want)
		}
	}
}
