package cli

import "slices"

// topic explains what several commands have in common.
type topic struct{ name, title, text string }

// topics are each a screen long. Paragraphs are wrapped; indented lines are not.
var topics = []topic{
	{"accounts", "WHICH ACCOUNTS", `
Which accounts a command visits is said by one of these:

  (none)                      the current identity's: environment, AWS_PROFILE,
                              default profile, container or instance role
  --profile NAME[,NAME...]    one a profile; globs, as in 'prod-*'
  --all-profiles              one a profile of ~/.aws/config that can give
                              credentials; each account once
  --sso-session NAME          every account assigned in IAM Identity Center;
                              --role says which permission set
  --organization --role R     every active account of the organization, by
                              assuming R in each; --profile says who lists them

With --role A,B the first that can be had counts, in each account. In the organization's base account, where the role is often missing, the base's own credentials are used.

--account and --exclude-account take ids, names and globs; --ou takes names, paths and ids and holds for all OUs below; --account-tag takes KEY=VALUE. In globs, * stands for any characters, ? for one, [a-c] for one of these, [^a-c] for one that is none of these, {a,b} for either, and \ takes the next character as it is. A selection that means no account or no region is an error. 'exec', 'console' and 'credentials' also refuse an exclusion that matches nothing; other commands warn.

In each account every region is visited that is enabled there; --region and --exclude-region narrow them, globs allowed. 'muster accounts' and 'muster regions' show what would be visited, and 'muster accounts --sso-session NAME' which permission sets there are; 'muster profiles' shows the profiles and what is wrong with them.

Without any of these flags, --demo visits the simulated organization. The command of this name is told of by 'muster accounts --help'.`},

	{"output", "OUTPUT", `
-o FORMAT, --output=FORMAT says how records are shown:

  table (default), wide    aligned, for people; control characters as escapes
  tree                     the same below accounts and regions
  json, yaml               one list; keys are always there, lists never null
  ndjson                   a record a line
  csv, text                with a header, or tab-separated without one
  name                     the ids alone, for xargs
  template=TEXT            a Go template a record: see 'muster help templates'
  template-file=FILE       the same from a file

--jq EXPR prints what a jq filter makes of each record, strings as they are; with --slurp it gets one list of all. --query takes JMESPath, as in the AWS CLI.

--columns A,B,Tags.env picks columns, --sort-by F,-G sorts, --no-headers leaves the header out. Unknown fields are told before anything is asked of AWS.

--count-by F,G counts the records by these fields: a table with bars, biggest first, or records with the field Count in every other format. A list counts for each of its items.

--watch[=INTERVAL], -w 5s does it again and again, on the terminal's other screen, and marks what is new (+), changed (~), gone (-), or not to be looked for (?). In a pipe, what has changed is printed below.

table, wide, tree, json and yaml are sorted and printed at the end. ndjson, csv, text, name, templates and jq print each record as it arrives; --sort-by makes them wait.

Only records go to stdout. What is missing, and everything else, goes to stderr; --report FILE has what became of every account and region.`},

	{"templates", "TEMPLATES", `
-o 'template=TEXT' runs a Go template for each record and ends it with a newline. Delimiters are << and >>, so that braces need no quotes from the shell:

  muster instances --demo -o 'template=<<.InstanceId>> <<.PublicIPs>>'

A list prints as comma-joined text. 'Tags.env' is <<.Tags.env>>; a key with other characters is <<index .Tags "cost center">>. if, range, with, printf, len, index, eq and the others of Go are there, and:

  join SEP LIST, pluck FIELD LIST     <<pluck "GroupName" .SecurityGroups>>
  truncate N TEXT, upper, lower       <<truncate 20 .Name>>
  default D VALUE, json VALUE         <<default "-" .Name>>
  timeago T, timefmt LAYOUT T         <<timefmt "2006-01-02" .LaunchTime>>
  contains, hasPrefix, hasSuffix, regexMatch
                                      <<if contains "1.2.3.4" .PublicIPs>>
  color STYLE TEXT, autocolor         <<autocolor "green+b" .State>>
  hyperlink URL TEXT                  <<hyperlink "https://x.org/" .Name>>
  tableheader, tablerow VALUE...      <<tablerow .Region .InstanceId .Name>>

'muster instances --template-help' shows every field of that command's records with its type, every function, and examples.

autocolor and hyperlink print plain text where there is no terminal. Rows are collected and printed at the end, or at tablerender, sorted as tables are.

  muster instances --demo -o 'template=<<range .PublicIPs>><<.>>;<<end>>'

Fields are checked before anything is asked of AWS: a mistyped one is told with the nearest name.`},

	{"exit-codes", "EXIT STATUS", `
  0    complete: every account and region answered
  1    nothing could be done: no credentials, no such profile, no list of
       accounts, not one account reached; or the output could not be written
  2    the command line or the config file is wrong; nothing was asked of AWS
  3    partial: the records are printed, and some account or region is missing
  130  interrupted: what had arrived is printed, the rest is listed as missing

Each account or region that did not answer is a gap. stderr lists the gaps with the operation, AWS's error and the remedy; gaps with the same cause share a line. "Nothing there" and "could not look" are never confused.

--allow-denied does not count gaps that AWS denied; they are still listed, or with -q counted. --fail-fast gives up at the first gap. --report FILE has an entry for every account and region. Accounts that are suspended and regions that are not opted in to are no gaps.

Of 'exec' in one account the exit code is the command's own.`},

	{"environment", "ENVIRONMENT", `
Every flag but --watch can be given in the environment: --sso-session is MUSTER_SSO_SESSION, --all-profiles MUSTER_ALL_PROFILES=true. The command line wins, and a source of accounts on it (--profile, --all-profiles, --sso-session, --organization) replaces the one of the variables.

The AWS CLI's variables hold:

  AWS_PROFILE, AWS_REGION, AWS_DEFAULT_REGION
  AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN
  AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE
  AWS_ROLE_ARN, AWS_WEB_IDENTITY_TOKEN_FILE
  AWS_CONTAINER_CREDENTIALS_RELATIVE_URI, ..._FULL_URI
  AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_<SERVICE>
  AWS_CA_BUNDLE, AWS_MAX_ATTEMPTS, AWS_EC2_METADATA_DISABLED
  AWS_USE_FIPS_ENDPOINT, AWS_USE_DUALSTACK_ENDPOINT

HTTPS_PROXY, HTTP_PROXY and NO_PROXY are for the network; NO_COLOR, TERM=dumb and no TERM at all turn colour off.

Files are the AWS CLI's own: ~/.aws/config, ~/.aws/credentials, tokens in ~/.aws/sso/cache, credentials of roles in ~/.aws/cli/cache (--no-cache leaves that alone). Locks are in ~/.cache/muster, or under XDG_CACHE_HOME.

What 'exec' runs finds AWS_ACCESS_KEY_ID and the rest, AWS_REGION, MUSTER_ACCOUNT_ID, MUSTER_ACCOUNT_NAME and MUSTER_ROLE in its environment.`},
}

func topicNames() []string {
	var names []string
	for _, t := range topics {
		names = append(names, t.name)
	}
	return names
}

func findTopic(name string) *topic {
	i := slices.IndexFunc(topics, func(t topic) bool { return t.name == name })
	if i < 0 {
		return nil
	}
	return &topics[i]
}
