package catalog

import "strings"

// CLIName returns a name of the API as the AWS CLI usually writes it:
// describe-db-instances for DescribeDBInstances. Operation.CLIName and
// Operation.Parameter know the exceptions.
//
// botocore uses three regular expressions. This is faster: completion needs the names of
// all operations of a service.
func CLIName(name string) string {
	if strings.Contains(name, "-") {
		return name
	}
	return strings.ToLower(separateCapitals(separateWords(separatePlural(name))))
}

// separatePlural puts a dash before an acronym in the plural at the end: ARNs.
func separatePlural(name string) string {
	acronym, plural := strings.CutSuffix(name, "s")
	start := len(acronym)
	for start > 0 && isUpper(acronym[start-1]) {
		start--
	}
	if !plural || len(acronym)-start < 2 {
		return name
	}
	return name[:start] + "-" + strings.ToLower(name[start:])
}

// separateWords puts a dash between a character and a capital with small letters. The
// last letter of one such word is not the character before the next.
func separateWords(name string) string {
	b := make([]byte, 0, len(name)+8)
	for i := 0; i < len(name); i++ {
		b = append(b, name[i])
		if i+2 >= len(name) || !isUpper(name[i+1]) || !isLower(name[i+2]) {
			continue
		}
		b = append(b, '-', name[i+1])
		for i++; i+1 < len(name) && isLower(name[i+1]); i++ {
			b = append(b, name[i+1])
		}
	}
	return string(b)
}

// separateCapitals puts a dash between a small letter or digit and a capital.
func separateCapitals(name string) string {
	b := make([]byte, 0, len(name)+8)
	for i := range len(name) {
		if i > 0 && isUpper(name[i]) && (isLower(name[i-1]) || name[i-1] >= '0' && name[i-1] <= '9') {
			b = append(b, '-')
		}
		b = append(b, name[i])
	}
	return string(b)
}

func isUpper(c byte) bool { return c >= 'A' && c <= 'Z' }

func isLower(c byte) bool { return c >= 'a' && c <= 'z' }
