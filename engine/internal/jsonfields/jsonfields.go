// Package jsonfields writes and reads JSON objects without reflection: records and
// messages that the start of a container or an exec waits for.
//
// Package json learns a type when it first meets it, in every new process, and a
// process of Berth mostly meets each once: that took longer than the reading and
// writing, a tenth of an exec altogether. Here a type names its fields itself, in one
// method for both directions, with tags as package json has them:
//
//	func (e *exit) Fields(c *jsonfields.Codec) {
//		c.Int("Code", &e.Code)
//		jsonfields.String(c, "Error,omitempty", &e.Error)
//	}
//
// What is written is what package json writes, byte for byte, but that times are UTC.
// What is read is whatever it writes; names must have the right case.
package jsonfields

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// An Object is a type with named fields. Its method hands each to the codec, which writes
// or sets it.
type Object interface{ Fields(c *Codec) }

// A Codec goes through the fields of one object, in either direction.
type Codec struct {
	out  []byte // what is being written; nil when reading
	more bool   // a field was written

	in   []member // what is being read
	next int      // the member behind the one that was read last
	all  *members
	err  error
}

// A member is one name of an object that is read, with the text of its value.
type member struct{ name, value string }

// Append appends o as JSON.
func Append(dst []byte, o Object) ([]byte, error) {
	c := Codec{out: append(dst, '{')}
	o.Fields(&c)
	return append(c.out, '}'), c.err
}

// Parse sets what data, one JSON object, names of o. Names that o does not have are passed over. After an
// error o is partly set.
func Parse(data []byte, o Object) error {
	// All strings are parts of this one: what is read once is mostly kept whole.
	return parse(string(data), o, new(members))
}

func parse(text string, o Object, all *members) error {
	s := scanner{text: text}
	c := Codec{all: all}
	before := len(*all)
	s.object(func(m member) { *all = append(*all, m) })
	c.in = (*all)[before:]
	if s.blank(); s.err == nil && s.pos != len(text) {
		s.fail("the end")
	}
	if s.err == nil {
		o.Fields(&c)
		s.err = c.err
	}
	*all = (*all)[:before]
	return s.err
}

// members are those of an object and of the objects that it is in.
type members []member

// field begins a field. Writing, it returns true if the value is to be written now.
// Reading, it returns the field's text, "" if there is none.
func (c *Codec) field(tag string, empty bool) (value string, write bool) {
	name, omit := strings.CutSuffix(tag, ",omitempty")
	if c.out == nil {
		return c.find(name), false
	}
	if c.err != nil || omit && empty {
		return "", false
	}
	if c.more {
		c.out = append(c.out, ',')
	}
	c.more = true
	c.out = append(append(append(c.out, '"'), name...), '"', ':')
	return "", true
}

// nullable is field for what is written as null if it is nil.
func (c *Codec) nullable(tag string, empty, isNil bool) (value string, write bool) {
	value, write = c.field(tag, empty)
	if write && isNil {
		c.out = append(c.out, "null"...)
	}
	return value, write && !isNil
}

// find looks a member up: mostly it is the next one. null is as good as none.
func (c *Codec) find(name string) string {
	for i := range c.in {
		m := &c.in[(c.next+i)%len(c.in)]
		if m.name == name {
			c.next += i + 1
			if m.value[0] == 'n' {
				return ""
			}
			return m.value
		}
	}
	return ""
}

// mistake notes that a value is not of the field's type.
func (c *Codec) mistake(tag string, err error) {
	if err != nil && c.err == nil {
		name, _, _ := strings.Cut(tag, ",")
		c.err = fmt.Errorf("field %q: %w", name, err)
	}
}

// Bool is a field.
func (c *Codec) Bool(tag string, p *bool) {
	v, write := c.field(tag, !*p)
	switch {
	case write:
		c.out = strconv.AppendBool(c.out, *p)
	case v != "":
		*p = v[0] == 't'
		if v != "true" && v != "false" {
			c.mistake(tag, errKind)
		}
	}
}

var errKind = errors.New("the value is of another type")

// Int is a field.
func (c *Codec) Int(tag string, p *int) { Int(c, tag, p) }

// Int is a field.
func Int[T ~int | ~int64](c *Codec, tag string, p *T) {
	v, write := c.field(tag, *p == 0)
	switch {
	case write:
		c.out = strconv.AppendInt(c.out, int64(*p), 10)
	case v != "":
		n, err := strconv.ParseInt(v, 10, 64)
		c.mistake(tag, err)
		*p = T(n)
	}
}

// Uint is a field.
func Uint[T ~uint | ~uint16 | ~uint32 | ~uint64](c *Codec, tag string, p *T) {
	v, write := c.field(tag, *p == 0)
	switch {
	case write:
		c.out = strconv.AppendUint(c.out, uint64(*p), 10)
	case v != "":
		n, err := strconv.ParseUint(v, 10, 64)
		if err == nil && uint64(T(n)) != n {
			err = strconv.ErrRange
		}
		c.mistake(tag, err)
		*p = T(n)
	}
}

// String is a field.
func String[T ~string](c *Codec, tag string, p *T) {
	v, write := c.field(tag, *p == "")
	switch {
	case write:
		c.out = AppendString(c.out, string(*p))
	case v != "":
		s, err := unquote(v)
		c.mistake(tag, err)
		*p = T(s)
	}
}

// Time is a field; omitempty leaves the zero time out, as package json's omitzero.
func (c *Codec) Time(tag string, p *time.Time) {
	v, write := c.field(tag, p.IsZero())
	switch {
	case write:
		c.out = append(p.UTC().AppendFormat(append(c.out, '"'), time.RFC3339Nano), '"')
	case v != "":
		s, err := unquote(v)
		if err == nil {
			*p, err = time.Parse(time.RFC3339Nano, s)
		}
		c.mistake(tag, err)
	}
}

// Bytes is a field, in base64.
func (c *Codec) Bytes(tag string, p *[]byte) {
	v, write := c.nullable(tag, len(*p) == 0, *p == nil)
	switch {
	case write:
		c.out = append(base64.StdEncoding.AppendEncode(append(c.out, '"'), *p), '"')
	case v != "":
		s, err := unquote(v)
		if err == nil {
			*p, err = base64.StdEncoding.DecodeString(s)
		}
		c.mistake(tag, err)
	}
}

// Strings is a field.
func (c *Codec) Strings(tag string, p *[]string) {
	v, write := c.nullable(tag, len(*p) == 0, *p == nil)
	switch {
	case write:
		c.out = append(c.out, '[')
		for i, s := range *p {
			if i > 0 {
				c.out = append(c.out, ',')
			}
			c.out = AppendString(c.out, s)
		}
		c.out = append(c.out, ']')
	case v != "":
		elements, err := elements(v)
		*p = make([]string, len(elements))
		for i := 0; i < len(elements) && err == nil; i++ {
			(*p)[i], err = unquote(elements[i])
		}
		c.mistake(tag, err)
	}
}

// Map is a field.
func (c *Codec) Map(tag string, p *map[string]string) {
	v, write := c.nullable(tag, len(*p) == 0, *p == nil)
	switch {
	case write:
		c.out = append(c.out, '{')
		for i, k := range slices.Sorted(maps.Keys(*p)) {
			if i > 0 {
				c.out = append(c.out, ',')
			}
			c.out = AppendString(append(AppendString(c.out, k), ':'), (*p)[k])
		}
		c.out = append(c.out, '}')
	case v != "":
		s := scanner{text: v}
		*p = map[string]string{}
		s.object(func(m member) {
			text, err := unquote(m.value)
			c.mistake(tag, err)
			(*p)[m.name] = text
		})
		c.mistake(tag, s.err)
	}
}

// Raw is a field that is JSON already, or read later.
func (c *Codec) Raw(tag string, p *json.RawMessage) {
	v, write := c.nullable(tag, len(*p) == 0, *p == nil)
	switch {
	case write:
		c.out = append(c.out, *p...)
	case v != "":
		*p = json.RawMessage(v)
	}
}

// Any is a field that package json writes and reads: for what few objects have.
func (c *Codec) Any(tag string, p any, empty bool) {
	v, write := c.field(tag, empty)
	switch {
	case write:
		data, err := json.Marshal(p)
		c.mistake(tag, err)
		c.out = append(c.out, data...)
	case v != "":
		c.mistake(tag, json.Unmarshal([]byte(v), p))
	}
}

// Struct is a field that is an object.
func (c *Codec) Struct(tag string, o Object) {
	v, write := c.field(tag, false)
	var err error
	if write {
		c.out, err = Append(c.out, o)
	} else if v != "" {
		err = parse(v, o, c.all)
	}
	c.mistake(tag, err)
}

// object is a pointer to T that is an Object.
type object[T any] interface {
	*T
	Object
}

// Pointer is a field that is an object, or null.
func Pointer[T any, P object[T]](c *Codec, tag string, p **T) {
	PointerAs(c, tag, p, func(t *T) Object { return P(t) })
}

// PointerAs is Pointer for a type of another package, which as makes an Object of.
func PointerAs[T any](c *Codec, tag string, p **T, as func(*T) Object) {
	v, write := c.nullable(tag, *p == nil, *p == nil)
	var err error
	switch {
	case write:
		c.out, err = Append(c.out, as(*p))
	case v != "":
		if *p == nil {
			*p = new(T)
		}
		err = parse(v, as(*p), c.all)
	}
	c.mistake(tag, err)
}

// List is a field that is an array of objects.
func List[T any, P object[T]](c *Codec, tag string, p *[]T) {
	ListAs(c, tag, p, func(t *T) Object { return P(t) })
}

// ListAs is List for a type of another package, which as makes an Object of.
func ListAs[T any](c *Codec, tag string, p *[]T, as func(*T) Object) {
	v, write := c.nullable(tag, len(*p) == 0, *p == nil)
	switch {
	case write:
		c.out = append(c.out, '[')
		for i := range *p {
			if i > 0 {
				c.out = append(c.out, ',')
			}
			var err error
			c.out, err = Append(c.out, as(&(*p)[i]))
			c.mistake(tag, err)
		}
		c.out = append(c.out, ']')
	case v != "":
		elements, err := elements(v)
		*p = make([]T, len(elements))
		for i := 0; i < len(elements) && err == nil; i++ {
			err = parse(elements[i], as(&(*p)[i]), c.all)
		}
		c.mistake(tag, err)
	}
}
