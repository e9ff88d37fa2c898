package cli

import (
	"slices"
	"strings"
	"syscall"

	"muster/internal/awsapi"
	"muster/internal/sweep"
)

// A hint is the line below an error or a list of gaps that says what the user can do.
// It comes from the error itself, which any package gives a method Hint, or from here.
// Hints for a wrong command line are in parseerror.go and habits.go.

// gapHints returns the hints for gaps, each one once.
func gapHints(gaps []sweep.Entry) []string {
	var hints []string
	for _, gap := range gaps {
		if hint := gapHint(gap); hint != "" && !slices.Contains(hints, hint) {
			hints = append(hints, hint)
		}
	}
	return hints
}

// gapHint returns the hint for one gap, or "".
func gapHint(gap sweep.Entry) string {
	if hint := gap.Hint(); hint != "" {
		return string(gap.Status) + ": " + hint
	}
	if strings.HasSuffix(gap.Message, syscall.EMFILE.Error()) {
		return "too many open files: a lower --concurrency needs fewer, 'ulimit -n' shows and raises the limit"
	}
	switch gap.Status {
	case sweep.Status(awsapi.NoRole):
		if gap.Operation == "AssumeRole" {
			return "no-role: the role does not exist, its trust policy does not allow the caller, or the caller's policy does not allow sts:AssumeRole; try several roles with --role A,B, or skip accounts with --exclude-account"
		}
	case sweep.Status(awsapi.DeniedSCP):
		return "denied-scp: a service control policy denies the call; skip regions with --exclude-region, or accept denials with --allow-denied"
	case sweep.Status(awsapi.Denied):
		if gap.Operation == "AssumeRoot" {
			return "denied: AssumeRoot needs central root access in the organization ('aws iam enable-organizations-root-sessions'), a caller in the management account or a delegated administrator of IAM, and permission for sts:AssumeRoot"
		}
		if gap.Region != "" && (awsapi.Failure{Code: gap.Code}).UnknownCredentials() {
			return "denied: AWS does not recognize the credentials in this region, perhaps because it is not enabled in the account; skip regions with --exclude-region"
		}
		if gap.Region != "" {
			return "denied: the role's policies do not allow the call; accept denials with --allow-denied"
		}
	case sweep.Status(awsapi.Throttled):
		return "throttled: AWS throttled the calls for too long; try again with a lower --concurrency"
	case sweep.Status(awsapi.Expired):
		if gap.Code == "RequestExpired" {
			return "expired: this machine's clock differs from AWS's; set the clock"
		}
		if gap.Operation != "" {
			return "expired: the credentials have expired; sign in again or renew them"
		}
	case sweep.Status(awsapi.Unreachable):
		if hint := networkHint(gap.Code, gap.Message); hint != "" {
			return "unreachable: " + hint
		}
	}
	return ""
}

// networkHint returns the hint for a failure of the network between muster and AWS, or "".
func networkHint(code, message string) string {
	switch {
	case code == "Timeout":
		return "no answer in time; allow more with --cli-read-timeout and --cli-connect-timeout"
	case code == "NameResolution":
		return "the host has no address in the DNS: the network is down, HTTPS_PROXY must name a proxy, or the endpoint URL or the region is mistyped"
	case code == "Connection" && strings.Contains(message, ": the proxy: "):
		return "HTTPS_PROXY, HTTP_PROXY and NO_PROXY say for which hosts there is a proxy, and where"
	}
	return ""
}
