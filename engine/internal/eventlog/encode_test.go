package eventlog

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"berth/engine"
)

// FuzzEncodersEqualPackageJSON holds that nobody can tell the encoders here from package json's.
func FuzzEncodersEqualPackageJSON(f *testing.F) {
	f.Add("create", "web", "a\x00\x1f\"\\/<>&\u2028\u2029\xff\xe2\x28é\U0001f600", int64(1), true)
	f.Add("", "", "", int64(-1), false)
	f.Fuzz(func(t *testing.T, a, b, c string, n int64, done bool) {
		at := time.Unix(n%(1<<35), n&0x3fffffff).UTC()
		if at.Year() < 0 || at.Year() > 9999 {
			return // json refuses them; the clock does not show them
		}
		step := engine.Step{Op: a, OpName: b, Subject: c, Seq: int(n), Name: a, Explain: c, Start: at, Duration: time.Duration(n), Done: done, Error: b}
		if done {
			step.Data, _ = json.Marshal(map[string]string{a: c})
			step.Hint = c
		}
		want, err := json.Marshal(step)
		if err != nil {
			t.Fatal(err)
		}
		got := EncodeStep(&step)
		if string(got) != string(want) {
			t.Errorf("step\n%s\nwant\n%s", got, want)
		}
		rec := Record{Time: at.UTC(), Kind: a, Action: b, ID: c}
		if done {
			rec.Attrs, rec.Data = map[string]string{a: b, b: c, c: a}, got
		}
		if want, err = json.Marshal(rec); err != nil {
			t.Fatal(err)
		}
		got, err = appendRecord(nil, &rec)
		if err != nil || string(got) != string(want)+"\n" {
			t.Errorf("record\n%s\nwant\n%s\n%v", got, want, err)
		}
	})
}

func TestRecordIsOneLineWhateverItsDataLooksLike(t *testing.T) {
	got, err := appendRecord(nil, &Record{Data: json.RawMessage("{\n\"a\": 1\n}")})
	if err != nil || strings.Count(string(got), "\n") != 1 || !strings.HasSuffix(string(got), `"d":{"a":1}}`+"\n") {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := appendRecord(nil, &Record{Data: json.RawMessage("{\n")}); err == nil {
		t.Error("data that is no JSON was taken")
	}
}

func BenchmarkEncode(b *testing.B) {
	step := engine.Step{Op: "0123456789abcdef", OpName: "start", Name: "mount proc", Explain: "Mount it.", Start: time.Now(),
		Data: json.RawMessage(`{"calls":["` + strings.Repeat(`fsopen(\"proc\", 0x1) → fs`, 30) + `"]}`)}
	b.ReportAllocs()
	var buf []byte
	for b.Loop() {
		buf, _ = appendRecord(buf[:0], &Record{Time: step.Start, Kind: "step", Action: step.Name, ID: step.Op, Data: EncodeStep(&step)})
	}
}
