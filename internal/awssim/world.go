package awssim

import (
	"slices"
	"time"
)

// World is a simulated organization as data. Every list is optional. Keys that name an account accept its id or its
// name.
type World struct {
	Partition         string             `json:"partition,omitempty"` // aws (default), aws-cn or aws-us-gov
	Regions           []string           `json:"regions,omitempty"`   // the regions that exist, with us-east-1, on which clients rely; default: all of the partition
	Seed              uint64             `json:"seed,omitempty"`      // changes every derived value
	Organization      *Organization      `json:"organization,omitempty"`
	Accounts          []Account          `json:"accounts"`
	Users             []User             `json:"users,omitempty"`
	Roles             []Role             `json:"roles,omitempty"`
	SAMLProviders     []SAMLProvider     `json:"saml_providers,omitempty"`
	OIDCProviders     []OIDCProvider     `json:"oidc_providers,omitempty"`
	IdentityProviders []IdentityProvider `json:"identity_providers,omitempty"` // that people sign in to over SAML
	Deny              []Deny             `json:"deny,omitempty"`
	SSO               []SSOSession       `json:"sso,omitempty"`
	Metadata          *Metadata          `json:"metadata,omitempty"`
	Container         *Container         `json:"container,omitempty"`
	EC2               Paging             `json:"ec2,omitzero"`
	Lists             Paging             `json:"lists,omitzero"` // of the services in apis
	Instances         []Instance         `json:"instances,omitempty"`
	Interfaces        []NetworkInterface `json:"interfaces,omitempty"` // of other services
	Addresses         []ElasticIP        `json:"addresses,omitempty"`  // unassociated Elastic IPs
	Resources         []Resource         `json:"resources,omitempty"`  // of services other than EC2
	StackSets         StackSets          `json:"stack_sets,omitzero"`
	Faults            []Fault            `json:"faults,omitempty"`
	Home              Home               `json:"home,omitzero"`
}

// Paging is how a service pages its lists. EmptyPages puts an empty page with a NextToken before each page, as AWS may.
type Paging struct {
	PageSize   int  `json:"page_size,omitempty"` // 0: the service's own default
	EmptyPages bool `json:"empty_pages,omitempty"`
}

// Organization is an AWS organization. Without it, the accounts are independent, and Organizations answers
// AWSOrganizationsNotInUseException.
type Organization struct {
	ID             string   `json:"id,omitempty"`
	Root           string   `json:"root,omitempty"`       // r-...
	Management     string   `json:"management,omitempty"` // default: the first account
	Delegated      []string `json:"delegated,omitempty"`  // delegated administrators, which may list accounts
	OUs            []OU     `json:"ous,omitempty"`
	StateField     string   `json:"state_field,omitempty"`      // state, status (as in older simulators), or both (default)
	NoPaths        bool     `json:"no_paths,omitempty"`         // answer without Account.Paths
	NoRootSessions bool     `json:"no_root_sessions,omitempty"` // central root access is off: AssumeRoot is refused
	Paging
}

// OU is an organizational unit. By default its id is derived from its path.
type OU struct {
	ID   string `json:"id,omitempty"`
	Name string `json:"name"`
	OUs  []OU   `json:"ous,omitempty"`
}

// Account is one account. OU is the path of names from the root ("Workloads/Prod"), or an OU's id.
type Account struct {
	ID          string            `json:"id"`
	Name        string            `json:"name"`
	Email       string            `json:"email,omitempty"`
	Alias       string            `json:"alias,omitempty"` // on the console's sign-in page
	State       string            `json:"state,omitempty"` // State in Organizations; default ACTIVE
	OU          string            `json:"ou,omitempty"`
	Tags        map[string]string `json:"tags,omitempty"`
	OptedIn     []string          `json:"opted_in,omitempty"`     // opt-in regions enabled here
	Buckets     []string          `json:"buckets,omitempty"`      // of S3, in us-east-1 or the home region of the partition
	HideManaged bool              `json:"hide_managed,omitempty"` // EC2 hides the resources that services manage, unless a call includes them
}

// User is an IAM user with one access key. Its MFA codes are those listed and those of the TOTP secret (base32); each
// works once.
type User struct {
	Account         string   `json:"account"`
	Name            string   `json:"name"`
	AccessKeyID     string   `json:"access_key_id,omitempty"`
	SecretAccessKey string   `json:"secret_access_key,omitempty"`
	MFASerial       string   `json:"mfa_serial,omitempty"`
	MFACodes        []string `json:"mfa_codes,omitempty"`
	MFASecret       string   `json:"mfa_secret,omitempty"`
	Allow           []string `json:"allow,omitempty"`   // actions, globs; default *
	Profile         string   `json:"profile,omitempty"` // in the files of WriteHome; default: the user's name; -: none

	SecondKey *AccessKey `json:"second_key,omitempty"`
}

// AccessKey is the second access key of a user: AWS allows two.
type AccessKey struct {
	ID       string    `json:"id,omitempty"`
	Status   string    `json:"status,omitempty"` // Active (default) or Inactive
	Created  time.Time `json:"created,omitzero"`
	LastUsed time.Time `json:"last_used,omitzero"` // default: never
}

// Role is an IAM role that several accounts have.
type Role struct {
	Name        string       `json:"name"`
	Path        string       `json:"path,omitempty"`     // default /
	Accounts    []string     `json:"accounts,omitempty"` // default: every account
	Except      []string     `json:"except,omitempty"`   // accounts without it
	Trust       []string     `json:"trust,omitempty"`    // accounts, user and role ARNs, or *; default: the management account
	ExternalID  string       `json:"external_id,omitempty"`
	RequireMFA  bool         `json:"require_mfa,omitempty"`
	MaxSession  Duration     `json:"max_session,omitempty"`  // 1h (default) to 12h
	Allow       []string     `json:"allow,omitempty"`        // default: read-only, and sts:AssumeRole
	SAML        string       `json:"saml,omitempty"`         // the trusted SAML provider of its account; Trust then has no default
	WebIdentity *WebIdentity `json:"web_identity,omitempty"` // the trusted web identities; Trust then has no default
}

// WebIdentity selects the tokens of an OIDC provider that a role trusts.
type WebIdentity struct {
	Provider string `json:"provider"`           // its URL
	Audience string `json:"audience,omitempty"` // "": any audience of the provider
	Subject  string `json:"subject,omitempty"`  // a glob; "": any subject
}

// SAMLProvider is an identity provider of SAML in IAM. SAMLAssertion makes its assertions.
type SAMLProvider struct {
	Name            string   `json:"name"`
	Accounts        []string `json:"accounts,omitempty"`         // default: every account
	SessionDuration Duration `json:"session_duration,omitempty"` // the attribute SessionDuration of assertions; 0: none
}

// OIDCProvider is an identity provider of OpenID Connect in IAM. WebIdentityToken makes its tokens.
type OIDCProvider struct {
	URL       string   `json:"url"`                // https://...
	Accounts  []string `json:"accounts,omitempty"` // default: every account
	Audiences []string `json:"audiences"`
}

// Metadata is the EC2 instance that clients run on. Its metadata service, IMDSv2, is at MetadataURL.
type Metadata struct {
	Account  string   `json:"account"`
	Role     string   `json:"role,omitempty"`     // name of the role in its instance profile; "": no instance profile
	Region   string   `json:"region,omitempty"`   // default: us-east-1 or the home region of the partition
	Instance string   `json:"instance,omitempty"` // its id; default: derived
	Lifetime Duration `json:"lifetime,omitempty"` // of the credentials; default 6h
}

// Container is the container that clients run in. Its credentials are at ContainerURL.
type Container struct {
	Account  string   `json:"account"`
	Role     string   `json:"role"`               // by name
	Lifetime Duration `json:"lifetime,omitempty"` // of the credentials; default 6h
}

// Deny denies actions: as a service control policy (kind scp), which does not affect the management account, or as a
// missing permission (kind iam). An empty list means all.
type Deny struct {
	Kind     string   `json:"kind"`
	Accounts []string `json:"accounts,omitempty"`
	Actions  []string `json:"actions,omitempty"` // ec2:DescribeRegions, sts:*
	Regions  []string `json:"regions,omitempty"`
}

// SSOSession is an instance of IAM Identity Center with one user.
type SSOSession struct {
	Name        string              `json:"name"`
	StartURL    string              `json:"start_url"`
	Region      string              `json:"region"`
	Scopes      []string            `json:"scopes,omitempty"`      // default sso:account:access
	User        string              `json:"user,omitempty"`        // the user's name, as in role session names
	Assignments map[string][]string `json:"assignments,omitempty"` // account, or * for all, to permission sets
	Allow       map[string][]string `json:"allow,omitempty"`       // permission set to actions; default as for roles
	Duration    Duration            `json:"duration,omitempty"`    // of role credentials, default 1h
	Tokens      []SSOToken          `json:"tokens,omitempty"`      // default: one, valid and refreshable; []: signed out
	Login       Login               `json:"login,omitzero"`
	Paging
}

// Login is how the session's user signs in. In a browser (/authorize, or the page for a user code) the user allows the
// request at once.
type Login struct {
	Refuse        bool      `json:"refuse,omitempty"`          // the user refuses; a device code, after Polls
	Polls         int       `json:"polls,omitempty"`           // of a device code before the user allows it without Confirm; 0: never
	Interval      *Duration `json:"interval,omitempty"`        // between polls, in whole seconds; default 1s; below 0: none in the answer, so that clients use 5s
	ExpiresIn     Duration  `json:"expires_in,omitempty"`      // of a device code; default 10m
	CodeExpiresIn Duration  `json:"code_expires_in,omitempty"` // of an authorization code; default 10m
}

// SSOToken is an issued access token. WriteHome caches the first.
type SSOToken struct {
	AccessToken           string   `json:"access_token,omitempty"`
	ExpiresIn             Duration `json:"expires_in,omitempty"`    // from the server's start, may be negative; default 8h
	RefreshToken          string   `json:"refresh_token,omitempty"` // "": none
	ClientID              string   `json:"client_id,omitempty"`
	ClientSecret          string   `json:"client_secret,omitempty"`
	RegistrationExpiresIn Duration `json:"registration_expires_in,omitempty"` // default 90 days
	Dead                  bool     `json:"dead,omitempty"`                    // rejected, although it has not expired
	Legacy                bool     `json:"legacy,omitempty"`                  // cached under the start URL, as for profiles without an sso-session
}

// Instance is an EC2 instance or, with Count, several. Account "*" means every active account, Region "*" every enabled
// region. "auto" as a type, a state or an address stands for a value derived from the place and the number. In the
// instances of Truth, every field is filled in.
type Instance struct {
	Account      string            `json:"account"`
	AccountName  string            `json:"account_name,omitempty"` // filled in by Truth
	Region       string            `json:"region"`
	ID           string            `json:"id,omitempty"`
	Name         string            `json:"name,omitempty"`
	Type         string            `json:"type,omitempty"`  // default t3.micro
	State        string            `json:"state,omitempty"` // default running
	Zone         string            `json:"zone,omitempty"`
	PrivateIPs   []string          `json:"private_ips,omitempty"` // of one interface, primary first; default: one address
	PublicIPs    []string          `json:"public_ips,omitempty"`  // associated with the private ones in order
	IPv6s        []string          `json:"ipv6s,omitempty"`
	Interfaces   []Interface       `json:"interfaces,omitempty"` // instead of the three above
	Secondary    []Secondary       `json:"secondary,omitempty"`  // interfaces in secondary networks
	VPC          string            `json:"vpc,omitempty"`
	Subnet       string            `json:"subnet,omitempty"`
	Image        string            `json:"image,omitempty"`
	Key          string            `json:"key,omitempty"`
	Architecture string            `json:"architecture,omitempty"` // default x86_64
	Platform     string            `json:"platform,omitempty"`     // windows or ""
	Lifecycle    string            `json:"lifecycle,omitempty"`    // spot, scheduled or ""
	Operator     string            `json:"operator,omitempty"`     // the service that manages it, as eks.amazonaws.com
	Profile      string            `json:"profile,omitempty"`      // name of the IAM instance profile; an ARN in Truth
	IMDSv1       bool              `json:"imdsv1,omitempty"`       // allows IMDSv1; default: it requires a token
	Launched     time.Time         `json:"launched,omitzero"`
	Reservation  string            `json:"reservation,omitempty"` // adjacent instances with the same value share a reservation
	Groups       []Group           `json:"groups,omitempty"`
	Tags         map[string]string `json:"tags,omitempty"`
	Count        int               `json:"count,omitempty"`
	CountMax     int               `json:"count_max,omitempty"` // between Count and CountMax in each place
}

// Interface is a network interface. By default its device index is its index in the list.
type Interface struct {
	ID          string    `json:"id,omitempty"`
	DeviceIndex *int      `json:"device_index,omitempty"`
	VPC         string    `json:"vpc,omitempty"`
	Subnet      string    `json:"subnet,omitempty"`
	MAC         string    `json:"mac,omitempty"`
	Addresses   []Address `json:"addresses"` // primary first
	IPv6s       []string  `json:"ipv6s,omitempty"`
	Prefixes    []string  `json:"prefixes,omitempty"` // delegated to it, IPv4 or IPv6
	Groups      []Group   `json:"groups,omitempty"`
}

// Address is a private IPv4 address and the public address that is associated with it, an Elastic IP if it has an
// allocation id.
type Address struct {
	Private      string `json:"private"`
	Public       string `json:"public,omitempty"`
	Carrier      string `json:"carrier,omitempty"`       // associated address of a Wavelength Zone
	Customer     string `json:"customer,omitempty"`      // associated address of the customer, on an Outpost
	AllocationID string `json:"allocation_id,omitempty"` // eipalloc-..., or auto
}

// associated returns the addresses that are associated with the private one.
func (a Address) associated() []string {
	return slices.DeleteFunc([]string{a.Public, a.Carrier, a.Customer}, func(ip string) bool { return ip == "" })
}

// Secondary is an interface in a secondary network.
type Secondary struct {
	ID          string   `json:"id,omitempty"`
	DeviceIndex *int     `json:"device_index,omitempty"`
	PrivateIPs  []string `json:"private_ips"`
}

// Group is a security group.
type Group struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Fault makes calls fail. An empty Service, Operation, Account or Region matches all. Account is the account that a call
// names (AssumeRole, GetRoleCredentials), else the caller's. Of several matching faults, the first one takes effect.
type Fault struct {
	Service   string   `json:"service,omitempty"` // as in Call
	Operation string   `json:"operation,omitempty"`
	Account   string   `json:"account,omitempty"`
	Region    string   `json:"region,omitempty"`
	Kind      string   `json:"kind"`            // one of the constants Fault...
	After     int      `json:"after,omitempty"` // number of matching calls in a place that succeed first
	Times     int      `json:"times,omitempty"` // number of calls that fail after that; 0: all
	Chance    float64  `json:"chance,omitempty"`
	Shared    bool     `json:"shared,omitempty"` // After, Times and the limiter count the calls of all places together
	Delay     Duration `json:"delay,omitempty"`
	Status    int      `json:"status,omitempty"`
	Code      string   `json:"code,omitempty"`
	Message   string   `json:"message,omitempty"`
	Burst     int      `json:"burst,omitempty"` // limiter: calls at a time
	Rate      float64  `json:"rate,omitempty"`  // limiter: calls a second
}

// Home has the settings that WriteHome and Env add to those of the users and the SSO sessions.
type Home struct {
	Profile     string `json:"profile,omitempty"`     // AWS_PROFILE
	Region      string `json:"region,omitempty"`      // of the users' profiles
	Config      string `json:"config,omitempty"`      // appended to .aws/config, verbatim
	Credentials string `json:"credentials,omitempty"` // appended to .aws/credentials, verbatim
}

// auto stands for a value that is derived from the place and the number of an instance.
const auto = "auto"
