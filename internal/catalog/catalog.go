// Package catalog holds facts about AWS's services: the operations that read, the
// shapes of their input and output, their pagination, their endpoints. The facts are
// generated from botocore's models, and a service is decompressed when it is opened.
package catalog

import (
	"archive/zip"
	"bytes"
	_ "embed"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"
)

//go:embed catalog.zip
var archive []byte

var openArchive = sync.OnceValue(listArchive)

func listArchive() []*zip.File {
	r, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		panic(fmt.Sprintf("catalog.zip: %v", err)) // it is part of the program
	}
	return r.File
}

// readFile returns the text of a file of the archive, and whether there is one.
func readFile(name string) (string, bool) { return readFrom(openArchive(), name) }

// readFrom looks for the file from the first to the last: the index that zip.Reader.Open
// would build takes longer than a file takes to read.
func readFrom(files []*zip.File, name string) (string, bool) {
	i := slices.IndexFunc(files, func(f *zip.File) bool { return f.Name == name })
	if i < 0 {
		return "", false
	}
	var text strings.Builder
	text.Grow(int(files[i].UncompressedSize64))
	f, err := files[i].Open()
	if err == nil {
		defer f.Close()
		_, err = io.Copy(&text, f)
	}
	if err != nil {
		panic(fmt.Sprintf("catalog.zip: %s: %v", name, err))
	}
	return text.String(), true
}

// Entry describes a service in the list of all services.
type Entry struct {
	Name     string // in the AWS CLI: s3api, elbv2
	ID       string // AWS's service id: S3, Elastic Load Balancing v2
	FullName string
	Reads    int // the number of operations that the catalogue has
}

// Services returns all services, sorted by name.
func Services() []Entry { return readIndex() }

var readIndex = sync.OnceValue(func() (all []Entry) {
	text, _ := readFile("index")
	_, lines, _ := strings.Cut(text, "\n") // the first line names the release of botocore
	for line := range strings.SplitSeq(lines, "\n") {
		f := strings.Split(line, "\t")
		reads, err := strconv.Atoi(f[3])
		if err != nil {
			panic("catalog.zip: index: " + line)
		}
		all = append(all, Entry{Name: f[0], ID: f[1], FullName: f[2], Reads: reads})
	}
	return all
})

var (
	openMutex sync.Mutex
	opened    = map[string]*Service{}
)

// Open returns the service with a name of the AWS CLI, or nil. A service is read once
// in a run.
func Open(name string) *Service {
	openMutex.Lock()
	defer openMutex.Unlock()
	if s := opened[name]; s != nil {
		return s
	}
	text, ok := readFile("services/" + name)
	if !ok {
		return nil
	}
	s := Parse(name, text)
	opened[name] = s
	return s
}
