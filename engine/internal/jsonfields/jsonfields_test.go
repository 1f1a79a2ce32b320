package jsonfields

import (
	"encoding/json"
	"math"
	"reflect"
	"testing"
	"time"
)

// A sample has a field of each kind.
type sample struct {
	Flag     bool
	Number   int
	Size     int64  `json:",omitempty"`
	Count    uint32 `json:",omitempty"`
	Text     kind
	Note     string    `json:"note,omitempty"`
	At       time.Time `json:",omitzero"`
	Code     []byte
	Args     []string
	Env      []string `json:",omitempty"`
	Labels   map[string]string
	Later    json.RawMessage `json:",omitempty"`
	Rest     map[string]int  `json:",omitempty"`
	Inner    inner
	Optional *inner `json:",omitempty"`
	Null     *inner
	Parts    []inner
}

type kind string

type inner struct{ A, B int }

func (s *sample) Fields(c *Codec) {
	c.Bool("Flag", &s.Flag)
	c.Int("Number", &s.Number)
	Int(c, "Size,omitempty", &s.Size)
	Uint(c, "Count,omitempty", &s.Count)
	String(c, "Text", &s.Text)
	String(c, "note,omitempty", &s.Note)
	c.Time("At,omitempty", &s.At)
	c.Bytes("Code", &s.Code)
	c.Strings("Args", &s.Args)
	c.Strings("Env,omitempty", &s.Env)
	c.Map("Labels", &s.Labels)
	c.Raw("Later,omitempty", &s.Later)
	c.Any("Rest,omitempty", &s.Rest, len(s.Rest) == 0)
	c.Struct("Inner", &s.Inner)
	Pointer(c, "Optional,omitempty", &s.Optional)
	Pointer(c, "Null", &s.Null)
	List(c, "Parts", &s.Parts)
}

func (i *inner) Fields(c *Codec) {
	c.Int("A", &i.A)
	c.Int("B", &i.B)
}

var samples = []sample{
	{},
	{
		Flag: true, Number: math.MinInt64, Size: math.MaxInt64, Count: math.MaxUint32, Text: "a\"\\\x00\n\u2028<é\xff",
		Note: "}],{:", At: time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC), Code: []byte{0, 255}, Args: []string{}, Env: []string{"", "[", `\"`},
		Labels: map[string]string{"b": "2", "a\"": "", "": "\\"}, Later: json.RawMessage(`{"x":[1,{"y":"]"}]}`), Rest: map[string]int{"k": -1},
		Inner: inner{1, 2}, Optional: &inner{}, Null: &inner{B: 3}, Parts: []inner{{}, {4, 5}},
	},
	{Code: []byte{}, Labels: map[string]string{}, Parts: []inner{}},
}

func TestWritesWhatPackageJSONWrites(t *testing.T) {
	for _, s := range samples {
		want, err := json.Marshal(&s)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Append([]byte("x"), &s)
		if err != nil || string(got) != "x"+string(want) {
			t.Errorf("got  %s, %v\nwant x%s", got, err, want)
		}
	}
}

func TestReadsWhatPackageJSONReads(t *testing.T) {
	texts := []string{
		`{}`, ` { } `, "{\"Number\" :\t1 ,\n\"Flag\": true}", `{"Unknown":{"deep":[1,"}"]},"Number":2,"other":null}`,
		`{"Parts":[{"B":2,"A":1}],"Text":"\u00e9\ud83d\ude00\t","Inner":{"A":null},"Args":null}`, // another order, escapes, nulls
	}
	for _, s := range samples {
		data, err := json.Marshal(&s)
		if err != nil {
			t.Fatal(err)
		}
		indented, err := json.MarshalIndent(&s, " ", "\t")
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, string(data), string(indented))
	}
	for _, text := range texts {
		var got, want sample
		if err := json.Unmarshal([]byte(text), &want); err != nil {
			t.Fatal(err)
		}
		if err := Parse([]byte(text), &got); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s\ngot  %+v, %v\nwant %+v", text, got, err, want)
		}
	}
}

func TestRefusesWhatIsNoObject(t *testing.T) {
	whole, err := Append(nil, &samples[1])
	if err != nil {
		t.Fatal(err)
	}
	for n := range whole { // torn anywhere
		if err := Parse(whole[:n], &sample{}); err == nil {
			t.Errorf("%s was read", whole[:n])
		}
	}
	for _, text := range []string{
		`[]`, `null`, `{]`, `{}}`, `{}x`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{,}`, `{"a":1 "b":2}`, `{1:2}`, `{"a":tru}`, `{"a":nil}`, `{"a":"\"}`,
		`{"Number":"1"}`, `{"Number":1.5}`, `{"Number":99999999999999999999}`, `{"Count":4294967296}`, `{"Count":-1}`, `{"Flag":1}`, `{"Text":1}`,
		`{"Text":"\x"}`, `{"At":"yesterday"}`, `{"Code":"?"}`, `{"Args":{}}`, `{"Args":[1]}`, `{"Labels":[]}`, `{"Labels":{"a":1}}`, `{"Inner":[]}`, `{"Parts":{}}`, `{"Parts":[1]}`,
	} {
		if err := Parse([]byte(text), &sample{}); err == nil {
			t.Errorf("%s was read", text)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range samples {
		data, _ := Append(nil, &s)
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var got sample
		if Parse(data, &got) != nil {
			return
		}
		again, err := Append(nil, &got) // what was read can be written, and read again
		if err != nil {
			return // JSON inside is not checked until somebody uses it
		}
		if err := Parse(again, &sample{}); err != nil {
			t.Errorf("%s\nwas read, and written as\n%s\nwhich is not: %v", data, again, err)
		}
	})
}
