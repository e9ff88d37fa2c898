package names

import (
	"math/rand/v2"
	"strings"
	"testing"
)

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

// TestDistancesEarly: giving up early does not change a distance that counts.
func TestDistancesEarly(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	word := func() []rune {
		text := make([]rune, r.IntN(12))
		for i := range text {
			text[i] = rune('a' + r.IntN(3))
		}
		return text
	}
	var d distances
	for range 20_000 {
		a, b, most := word(), word(), r.IntN(6)
		whole, beginning := d.between(a, b, 100)
		gotWhole, gotBeginning := d.between(a, b, most)
		if gotWhole != whole && (whole <= most || gotWhole <= most) || gotBeginning != beginning && (beginning <= most || gotBeginning <= most) {
			t.Fatalf("%q and %q up to %d: %d and %d, want %d and %d", string(a), string(b), most, gotWhole, gotBeginning, whole, beginning)
		}
	}
}

func TestDidYouMean(t *testing.T) {
	t.Parallel()
	accounts := []string{"Production", "PRODUCTION", "Development", "shop-eu", "shop-us", ""}
	for text, want := range map[string]string{
		"production":    `; did you mean "Production" or "PRODUCTION"?`,
		"prod*":         `; did you mean "Production" or "PRODUCTION"?`,
		"productio[^x]": `; did you mean "Production" or "PRODUCTION"?`,
		"SHOP-*":        `; did you mean "shop-eu" or "shop-us"?`,
		"Devlopment":    `; did you mean "Development"?`,
		"Devlop*":       `; did you mean "Development"?`,
		"nope*":         "",
		"":              "",
	} {
		if got := DidYouMean(text, accounts); got != want {
			t.Errorf("DidYouMean(%q) = %q, want %q", text, got, want)
		}
		if got := Suggest(text, accounts); got != strings.TrimPrefix(want, "; ") {
			t.Errorf("Suggest(%q) = %q, want %q without the semicolon", text, got, want)
		}
	}
}
