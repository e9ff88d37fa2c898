package auth

import (
	"strings"

	"muster/internal/awsapi"
	"muster/internal/awsconfig"
	"muster/internal/catalog"
)

// Target returns the region and endpoints of a profile's calls. p may be nil.
func (r *Resolver) Target(p *awsconfig.Profile) awsapi.Target { return r.target(p, partitionOf(p)) }

// target is Target for credentials of one partition; "" if it is not known. It ignores
// a region of the environment that is in another partition.
func (r *Resolver) target(p *awsconfig.Profile, partition string) awsapi.Target {
	t := awsapi.Target{Region: r.givenRegion(partition)}
	if p != nil {
		if t.Region == "" && p.RegionProblem == nil {
			t.Region = p.Region
		}
		t.EndpointURL, t.Services, t.IgnoreURLs = p.EndpointURL, p.Endpoints, p.IgnoreConfiguredEndpoints
		t.FIPS, t.DualStack = p.UseFIPS, p.UseDualStack
	}
	if t.Region == "" {
		t.Assumed = partitionOf(p) == ""
		t.Region = catalog.PartitionByID(partitionOf(p)).Home
	}
	t.Region = catalog.Regional(t.Region)
	if region, ok := strings.CutPrefix(t.Region, "fips-"); ok { // the older form of use_fips_endpoint
		t.Region, t.FIPS = region, true
	}
	if v := r.env("AWS_USE_FIPS_ENDPOINT"); v != "" {
		t.FIPS = strings.EqualFold(v, "true")
	}
	if v := r.env("AWS_USE_DUALSTACK_ENDPOINT"); v != "" {
		t.DualStack = strings.EqualFold(v, "true")
	}
	return t
}

// givenRegion returns the region that overrides a profile's own, "" for none.
func (r *Resolver) givenRegion(partition string) string {
	if r.Region != "" {
		return r.Region
	}
	for _, variable := range []string{"AWS_REGION", "AWS_DEFAULT_REGION"} {
		region := r.env(variable)
		named := catalog.PartitionOf(catalog.Regional(strings.TrimPrefix(region, "fips-")))
		if region != "" && (partition == "" || named.ID == partition) {
			return region
		}
	}
	return ""
}

// partitionOf returns the partition of a profile's credentials, "" if the config does
// not name it. An unknown partition counts as the commercial one, as do unknown regions.
func partitionOf(p *awsconfig.Profile) string {
	switch {
	case p == nil:
	case p.RoleARN != "":
		return catalog.PartitionByID(arnPart(p.RoleARN, arnPartition)).ID
	case p.Kind == awsconfig.KindSAML && IsRoleARN(p.SAML.Role):
		return catalog.PartitionByID(arnPart(p.SAML.Role, arnPartition)).ID
	case p.SSOSession != nil && (p.Kind == awsconfig.KindSSO || p.Kind == awsconfig.KindSSOLegacy):
		return catalog.PartitionOf(p.SSOSession.Region).ID
	}
	return ""
}

// Anonymous returns an identity without credentials, whose calls are not signed. The profile
// gives the region and the endpoints; "" is that of the environment.
func (r *Resolver) Anonymous(profile string) (*Identity, error) {
	named := profile != ""
	if !named {
		profile, named = r.profileName()
	}
	p, err := r.Config.Profile(profile)
	if err != nil && named {
		return nil, err
	}
	id := &Identity{Target: r.Target(p)}
	id.Target.Unsigned = true
	return id, nil
}
