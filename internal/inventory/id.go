package inventory

import (
	"regexp"
	"slices"
	"sync"
)

// idLookups are the ids that find knows, by their prefix, and the lookups that find them.
var idLookups = map[string]lookup{
	"eni":        {inInterfaces, "network-interface-id", nil},
	"i":          {inInterfaces, "attachment.instance-id", nil},
	"sg":         {inInterfaces, "group-id", nil},
	"subnet":     {inInterfaces, "subnet-id", nil},
	"vpc":        {inInterfaces, "vpc-id", nil},
	"vpce":       {inInterfaces, descriptionFilter, nil},
	"nat":        {inInterfaces, descriptionFilter, nil},
	"tgw-attach": {inInterfaces, descriptionFilter, nil},
	"fs":         {inInterfaces, descriptionFilter, nil},
	"fsmt":       {inInterfaces, descriptionFilter, nil},
	"eipalloc":   {inAddresses, "allocation-id", nil},
	"eipassoc":   {inAddresses, "association-id", nil},
}

// instanceFilters are DescribeInstances' filters for ids of other resources, by the id's
// prefix. Messages suggest them.
var instanceFilters = map[string]string{
	"ami":    "image-id",
	"eni":    "network-interface.network-interface-id",
	"r":      "reservation-id",
	"sg":     "instance.group-id",
	"subnet": "subnet-id",
	"vol":    "block-device-mapping.volume-id",
	"vpc":    "vpc-id",
}

// unrelatedIDs are the prefixes of ids that neither an interface nor an instance has.
var unrelatedIDs = []string{"acl", "cgw", "dopt", "eigw", "igw", "lt", "pcx", "pl", "rtb", "sgr", "snap", "tgw", "vgw"}

func isIDPrefix(prefix string) bool {
	_, found := idLookups[prefix]
	return found || instanceFilters[prefix] != "" || slices.Contains(unrelatedIDs, prefix)
}

// isID reports whether text is an id, and not a name like one, such as backup-20260102.
func isID(text string) bool {
	id := idPattern().FindStringSubmatch(text)
	return id != nil && isIDPrefix(id[1])
}

// endsInDate reports whether text is an id that may also be a name that ends in a date,
// such as nat-20260102.
func endsInDate(text string) bool { return dateSuffix().MatchString(text) && isID(text) }

var (
	dateSuffix = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`-20[0-9]{2}[01][0-9][0-3][0-9]$`) })

	// idPattern matches the ids of EC2: a prefix, and 8 or 17 hexadecimal digits.
	idPattern = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^([a-z]+(?:-attach)?)-([0-9a-f]{8}|[0-9a-f]{17})$`)
	})
	// almostID matches ids with a few digits too many or too few. Much shorter texts,
	// such as nat-1, may be names.
	almostID = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^([a-z]+(?:-attach)?)-([0-9a-f]{15,16}|[0-9a-f]{18,})$`)
	})
)
