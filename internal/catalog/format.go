package catalog

//go:generate python3 generate.py catalog.zip

// catalog.zip holds text files, each compressed by itself, with fields between tabs:
//
//	index             the version of botocore; then a service per line: name, service id, full name, number of reads
//	partitions        botocore's partitions.json without descriptions
//	rules/N           a set of endpoint rules, as in botocore; <host> stands for the service's own host name
//	services/NAME     a service, by its name in the AWS CLI
//
// A service's file has these lines:
//
//	service KEY=VALUE...                    see Service
//	OPERATION INPUT OUTPUT KEY=VALUE...     the reads, sorted; INPUT and OUTPUT are numbers of shapes, or empty
//	                                        (an empty line)
//	WRITE WRITE...                          the names of the other operations, between spaces; ~ marks a stream of events
//	SHAPE...                                the shapes, the first of which has the number 0
//
// A shape's line begins with a letter for its type and its traits. A structure's
// members follow, a list's member, a map's key and value, or the values of an enum.
// A member is its name, the number of its shape, and its traits, between spaces:
//
//	S	VolumeIds 4 name=VolumeId	DryRun 7 ^	Filters 9 name=Filter	MaxResults 11 ^
//
// Here ^ says that the name on the wire is the member's with a small first letter.
