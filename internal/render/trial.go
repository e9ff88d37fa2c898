package render

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
)

// A check infers from the schema alone what an expression will meet, and cannot know
// all that the language would make of it. So what it objects to counts only if the
// expression itself, run over made-up records, gets there.

// Trials of one expression: so many records, and so many steps with all of them.
const trialCount, trialSteps = 300, 200_000

// trials are records of the type: the first holds something everywhere, the others
// what the expression speaks of.
func trials(typ reflect.Type, expression string) iter.Seq[reflect.Value] {
	return func(yield func(reflect.Value) bool) {
		m := &trialMaker{random: rand.New(rand.NewPCG(1, 2)), past: time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)}
		m.constants, m.names = expressionWords(expression)
		first := reflect.New(typ)
		fillSample(first.Elem(), "", m.past)
		if !yield(first) {
			return
		}
		for range trialCount {
			record := reflect.New(typ)
			m.fill(record.Elem())
			if !yield(record) {
				return
			}
		}
	}
}

var quotedWords = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile("\"((?:[^\"\\\\]|\\\\.)*)\"|`([^`]*)`|-?\\d+(?:\\.\\d+)?|[A-Za-z_]\\w*")
})

// expressionWords are the constants in an expression, also as what a regular expression
// would match, and some that any may be about; and its names, which may be keys of maps.
func expressionWords(text string) (constants, names []string) {
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

// trialMaker makes up values.
type trialMaker struct {
	random           *rand.Rand
	constants, names []string
	past             time.Time
}

func (m *trialMaker) word() string { return m.constants[m.random.IntN(len(m.constants))] }

func (m *trialMaker) number() float64 {
	if n, err := strconv.ParseFloat(m.word(), 64); err == nil && m.random.IntN(4) > 0 {
		return n + float64(m.random.IntN(3)-1)
	}
	return float64(m.random.IntN(4))
}

func (m *trialMaker) fill(v reflect.Value) {
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

// steps is a context that ends once it has been asked so often whether it has. Unlike
// a deadline it does so at the same place on every machine.
type steps struct {
	context.Context
	left int
	end  context.CancelFunc
}

func newSteps(n int) *steps {
	s := &steps{left: n}
	s.Context, s.end = context.WithCancel(context.Background())
	return s
}

func (s *steps) Done() <-chan struct{} {
	s.step()
	return s.Context.Done()
}

func (s *steps) Err() error {
	s.step()
	return s.Context.Err()
}

func (s *steps) step() {
	if s.left--; s.left == 0 {
		s.end()
	}
}
