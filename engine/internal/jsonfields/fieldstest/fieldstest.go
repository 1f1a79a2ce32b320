// Package fieldstest tests that a type names all its fields to package jsonfields, as
// package json would find them by itself. Tests use it only.
package fieldstest

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"berth/engine/internal/jsonfields"
)

// Same fails t unless package jsonfields writes and reads what package json does: for the
// zero value of o's type, and with a value in every field. Fields that package json leaves
// out stay zero.
func Same(t *testing.T, o jsonfields.Object) {
	t.Helper()
	full := reflect.New(reflect.TypeOf(o).Elem())
	fill(full.Elem(), 1)
	for _, v := range []reflect.Value{reflect.New(full.Type().Elem()), full} {
		want, err := json.Marshal(v.Interface())
		if err != nil {
			t.Fatal(err)
		}
		got, err := jsonfields.Append(nil, v.Interface().(jsonfields.Object))
		if err != nil || string(got) != string(want) {
			t.Errorf("%T is written\n%s, %v, not\n%s", o, got, err, want)
		}
		read, expected := reflect.New(full.Type().Elem()), reflect.New(full.Type().Elem())
		if err := json.Unmarshal(want, expected.Interface()); err != nil {
			t.Fatal(err)
		}
		if err := jsonfields.Parse(want, read.Interface().(jsonfields.Object)); err != nil || !reflect.DeepEqual(read.Interface(), expected.Interface()) {
			t.Errorf("%s is read as\n%+v, %v, not\n%+v", want, read.Elem(), err, expected.Elem())
		}
	}
}

// fill puts n, or something with it, into every field of v.
func fill(v reflect.Value, n int) {
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(time.Date(2026, 1, 2, 3, 4, 5, n, time.UTC)))
		return
	case json.RawMessage:
		v.SetBytes([]byte(`{"raw":[]}`))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if f.IsExported() && f.Tag.Get("json") != "-" {
				fill(v.Field(i), n+i)
			}
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), n)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(v.Index(0), n)
		fill(v.Index(1), n+1)
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(key, n)
		fill(value, n)
		v.SetMapIndex(key, value)
	case reflect.String:
		v.SetString("<" + time.Duration(n).String() + `>"`)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64, reflect.Int32, reflect.Int16:
		v.SetInt(int64(-n))
	case reflect.Uint, reflect.Uint64, reflect.Uint32, reflect.Uint16, reflect.Uint8:
		v.SetUint(uint64(n))
	default:
		panic("no value for a field of type " + v.Type().String())
	}
}
