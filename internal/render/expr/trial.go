package expr

import (
	"context"
	"iter"
	"math/rand/v2"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"muster/internal/render/shape"
)

// A trial runs an expression over trialCount fake records, with at most trialSteps
// steps in all. A check knows only the schema. Whether the expression makes an access
// that the check objects to can depend on anything in the language, so the trial decides.
const trialCount, trialSteps = 300, 200_000

// trialRecords makes up fake records. The first has a value in every field. The others are
// filled at random with the constants of the expression, to meet its conditions, and
// are the same in every run.
func trialRecords(s *shape.Schema, expression string) iter.Seq[shape.Value] {
	return func(yield func(shape.Value) bool) {
		m := &faker{random: rand.New(rand.NewPCG(1, 2)), past: time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)}
		m.constants, m.names = wordsOf(expression)
		first := reflect.New(s.GoType()).Elem()
		fillSample(first, "", m.past)
		if !yield(shape.ValueOf(s, first)) {
			return
		}
		for range trialCount {
			record := reflect.New(s.GoType()).Elem()
			m.fill(record)
			if !yield(shape.ValueOf(s, record)) {
				return
			}
		}
	}
}

var quotedWords = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile("\"((?:[^\"\\\\]|\\\\.)*)\"|`([^`]*)`|-?\\d+(?:\\.\\d+)?|[A-Za-z_]\\w*")
})

// wordsOf returns the constants in an expression, with a few that suit any expression,
// and its names, which may be keys of maps. A constant with the anchors of a regular
// expression is also there without them, so that the expression can match.
func wordsOf(text string) (constants, names []string) {
	constants = []string{"", "2024-05-06T07:08:09Z", "10.0.0.1"}
	for _, match := range quotedWords().FindAllStringSubmatch(text, 64) {
		word := match[0]
		switch {
		case strings.HasPrefix(word, `"`):
			word = match[1]
			if plain, err := strconv.Unquote(match[0]); err == nil {
				word = plain
			}
		case strings.HasPrefix(word, "`"):
			word = match[2]
		case !strings.ContainsAny(word[:1], "-0123456789"):
			names = append(names, word)
			continue
		}
		constants = append(constants, word)
		if plain := strings.Trim(word, "^$"); plain != word {
			constants = append(constants, plain)
		}
	}
	return constants, append(names, constants...)
}

// faker fills values with random data.
type faker struct {
	random           *rand.Rand
	constants, names []string
	past             time.Time
}

func (m *faker) word() string { return m.constants[m.random.IntN(len(m.constants))] }

func (m *faker) number() float64 {
	if n, err := strconv.ParseFloat(m.word(), 64); err == nil && m.random.IntN(4) > 0 {
		return n + float64(m.random.IntN(3)-1)
	}
	return float64(m.random.IntN(4))
}

func (m *faker) fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if m.random.IntN(4) > 0 {
			v.Set(reflect.New(v.Type().Elem()))
			m.fill(v.Elem())
		}
	case reflect.String:
		v.SetString(m.word())
	case reflect.Bool:
		v.SetBool(m.random.IntN(2) > 0)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(int64(m.number()))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(uint64(max(0, m.number())))
	case reflect.Float32, reflect.Float64:
		v.SetFloat(m.number())
	case reflect.Slice:
		n := m.random.IntN(4)
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			m.fill(v.Index(i))
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for _, name := range m.names {
			if m.random.IntN(2) > 0 {
				value := reflect.New(v.Type().Elem()).Elem()
				m.fill(value)
				v.SetMapIndex(reflect.ValueOf(name).Convert(v.Type().Key()), value)
			}
		}
	case reflect.Struct:
		if t, ok := v.Addr().Interface().(*time.Time); ok {
			*t = m.past
			return
		}
		for _, f := range reflect.VisibleFields(v.Type()) {
			if f.IsExported() && !f.Anonymous {
				m.fill(v.FieldByIndex(f.Index))
			}
		}
	}
}

// stepLimit is a context that ends after Done and Err have been called a number of
// times. Unlike a deadline, it ends at the same step on every machine.
type stepLimit struct {
	context.Context
	left int
	end  context.CancelFunc
}

func newStepLimit(n int) *stepLimit {
	s := &stepLimit{left: n}
	s.Context, s.end = context.WithCancel(context.Background())
	return s
}

func (s *stepLimit) Done() <-chan struct{} {
	s.step()
	return s.Context.Done()
}

func (s *stepLimit) Err() error {
	s.step()
	return s.Context.Err()
}

func (s *stepLimit) step() {
	if s.left--; s.left == 0 {
		s.end()
	}
}
