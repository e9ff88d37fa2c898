package auth

import (
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/credentials/endpointcreds"
)

// inContainer reports whether an ECS or EKS agent offers credentials.
func (r *Resolver) inContainer() bool {
	return r.env("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") != "" || r.env("AWS_CONTAINER_CREDENTIALS_FULL_URI") != ""
}

// fromContainer returns the role of the container. The SDK's provider gets its
// credentials.
func (r *Resolver) fromContainer() (*Identity, error) {
	endpoint := r.env("AWS_CONTAINER_CREDENTIALS_FULL_URI")
	if relative := r.env("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"); relative != "" {
		endpoint = "http://169.254.170.2" + relative
	} else if err := checkContainerURL(endpoint); err != nil {
		return nil, err
	}
	provider := endpointcreds.New(endpoint, func(o *endpointcreds.Options) {
		o.HTTPClient = r.machineClient(0)
		o.AuthorizationToken = r.env("AWS_CONTAINER_AUTHORIZATION_TOKEN")
		if file := r.env("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"); file != "" {
			o.AuthorizationTokenProvider = endpointcreds.TokenProviderFunc(func() (string, error) {
				token, err := os.ReadFile(file)
				return strings.TrimSpace(string(token)), err
			})
		}
	})
	return &Identity{
		Target: r.ambientTarget(), Hops: []Hop{{hopContainer, ""}},
		Credentials: r.oncePerSource("container", r.newCredentials(provider)),
	}, nil
}

// checkContainerURL protects the authorization token: over plain HTTP it may only go
// to this machine or to the agents of ECS and EKS.
func checkContainerURL(endpoint string) error {
	u, err := url.Parse(endpoint)
	if err != nil || u.Hostname() == "" {
		return &NoCredentialsError{"AWS_CONTAINER_CREDENTIALS_FULL_URI is not a URL"}
	}
	ip, _ := netip.ParseAddr(u.Hostname())
	switch {
	case u.Scheme == "https", u.Hostname() == "localhost", ip.IsLoopback():
		return nil
	case ip.String() == "169.254.170.2", ip.String() == "169.254.170.23", ip.String() == "fd00:ec2::23":
		return nil
	}
	return &NoCredentialsError{fmt.Sprintf("AWS_CONTAINER_CREDENTIALS_FULL_URI names %s: expected https, this machine, or the agent of ECS or EKS", u.Hostname())}
}
