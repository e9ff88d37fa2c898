package inventory

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"muster/internal/account"
	"muster/internal/awssim"
)

// TestResolve: a host name finds its addresses if it resolves, and otherwise its name.
func TestResolve(t *testing.T) {
	t.Parallel()
	sim, r := newResolver(t, awssim.DefaultWorld(), 8)
	organization := account.Selection{Organization: true, Roles: []string{"EC2ReadAccess"}}
	const balancer = "shop-1845302976.eu-west-1.elb.amazonaws.com"
	failing := func(_ context.Context, host string) ([]netip.Addr, error) {
		return nil, &net.DNSError{Err: "no such host", Name: host}
	}
	for _, c := range []struct {
		what   string
		lookup func(context.Context, string) ([]netip.Addr, error)
		note   string
		want   string
	}{
		{balancer, sim.LookupHost, balancer + " is 54.171.20.40, 54.171.20.41", "eni-0a41c7e2d95b3f860 eni-0b93d5f4170e6c2a8 shop"},
		{balancer, failing, balancer + " does not resolve (no such host); searching for it by the load balancer's name in it", "eni-0a41c7e2d95b3f860 eni-0b93d5f4170e6c2a8 shop"},
		{"db.example.com", func(context.Context, string) ([]netip.Addr, error) {
			return []netip.Addr{netip.MustParseAddr("::ffff:10.20.2.40")}, nil
		}, "db.example.com is 10.20.2.40", "eni-0d1b64e8f7c3a5902"},
		{"db.example.com", failing, "db.example.com does not resolve (no such host); searching for it as a name only", ""},
	} {
		f := newFinder(t, r, c.what)
		notes := f.Resolve(t.Context(), c.lookup)
		got, _ := findAll(t, r, organization, f)
		var ids []string
		for _, f := range got {
			ids = append(ids, f.Id)
		}
		if !slices.Equal(notes, []string{c.note}) || strings.Join(ids, " ") != c.want {
			t.Errorf("%s: %q\n%s, want %s", c.what, notes, ids, c.want)
		}
	}
	for _, what := range []string{"web", "*.example.com", "10.0.0.1", "ip-10-0-0-1.ec2.internal", "my shop.web"} {
		if notes := newFinder(t, r, what).Resolve(t.Context(), failing); len(notes) > 0 {
			t.Errorf("%s: %q", what, notes)
		}
	}
}
