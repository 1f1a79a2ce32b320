package output

import (
	"bytes"
	"strings"
	"testing"

	"berth/engine"
)

func TestEscape(t *testing.T) {
	for in, want := range map[string]string{
		"plain":                    "plain",
		"größe, 鯨, 🚢":              "größe, 鯨, 🚢",
		"\x1b]0;title\x07":         `\x1b]0;title\x07`,
		"a\nb\tc\rd":               `a\x0ab\x09c\x0dd`,
		"bad\xff":                  `bad\xff`,
		"\u009b31m":                `\x9b31m`,
		"abc\u202egnp.exe":         `abc\u202egnp.exe`,
		"zero\u200bwidth\ufeff":    `zero\u200bwidth\ufeff`,
		"\x1b]52;c;ZXZpbA==\x1b\\": `\x1b]52;c;ZXZpbA==\x1b\`,
	} {
		if got := Escape(in); got != want {
			t.Errorf("Escape(%q) = %q, want %q", in, got, want)
		}
	}
	var b bytes.Buffer
	n, err := NewEscapeWriter(&b).Write([]byte("a\tb\x1b[2J\n"))
	if got := b.String(); got != "a\tb\\x1b[2J\n" || n != 8 || err != nil {
		t.Errorf("wrote %q, %d, %v", got, n, err)
	}
}

var ships = List{
	Fields:  []Field{{"Name", "NAME"}, {"Tons", "TONS"}, {"Labels", "LABELS"}},
	Raw:     []Field{{"Name", "vessel"}, {"Tons", "tons"}},
	Default: []string{"Name", "Tons"},
}

func fleet() []Row {
	return []Row{
		{"Name": "Cutty\x1b[31m Sark", "Tons": "963", "Labels": Labels{"home.port": "London", "a": "<b>"}},
		{"Name": "Passat", "Tons": "3091", "Labels": Labels(nil)},
	}
}

func TestPrint(t *testing.T) {
	for _, c := range []struct{ format, want string }{
		{"", "NAME                 TONS\nCutty\\x1b[31m Sark   963\nPassat               3091\n"},
		{"table", "NAME                 TONS\nCutty\\x1b[31m Sark   963\nPassat               3091\n"},
		{"json", "{\"Labels\":\"a=<b>,home.port=London\",\"Name\":\"Cutty\\u001b[31m Sark\",\"Tons\":\"963\"}\n{\"Labels\":\"\",\"Name\":\"Passat\",\"Tons\":\"3091\"}\n"},
		{`{{.Tons}}\t{{lower .Name}}`, "963\tcutty\x1b[31m sark\n3091\tpassat\n"},
		{`table {{.Tons}}\t{{upper (truncate .Name 3)}}\t{{.Label "home.port"}}`, "TONS      NAME      port\n963       CUT       London\n3091      PAS       \n"},
		{`{{.Tons}}{{"\n"}}-\n-`, "963\n-\n-\n3091\n-\n-\n"},
		{"raw", "vessel: Cutty\\x1b[31m Sark\ntons: 963\n\nvessel: Passat\ntons: 3091\n\n"},
		{`{{pad .Tons 1 2}}|{{title "abc"}}|{{join (split "a:b" ":") "/"}}|{{json .Labels}}`, " 963  |Abc|a/b|\"a=<b>,home.port=London\"\n 3091  |Abc|a/b|\"\"\n"},
	} {
		var b bytes.Buffer
		if err := ships.Print(&b, c.format, fleet()); err != nil || b.String() != c.want {
			t.Errorf("format %q: %v\ngot  %q\nwant %q", c.format, err, b.String(), c.want)
		}
	}
}

func TestPrintRefuses(t *testing.T) {
	for _, format := range []string{"{{.Captain}}", "table {{.Captain}}", "{{.Name", "{{nope .Name}}", "{{.Label}}"} {
		var b bytes.Buffer
		err := ships.Print(&b, format, fleet())
		if engine.ClassOf(err) != engine.ClassInvalid || b.Len() > 0 {
			t.Errorf("format %q: %v, wrote %q", format, err, b.String())
		}
	}
	if err := ships.Print(&bytes.Buffer{}, "{{.Captain}}", fleet()); !strings.Contains(engine.HintOf(err), "Name, Tons, Labels") {
		t.Errorf("the hint %q does not name the fields", engine.HintOf(err))
	}
}

func TestDocument(t *testing.T) {
	v := struct {
		ID    string `json:"Id"`
		State struct{ Pid int }
	}{ID: "abc"}
	v.State.Pid = 12345678
	for text, want := range map[string]string{"{{.ID}}": "abc\n", "{{.Id}} {{.State.Pid}}": "abc 12345678\n", "{{json .State}}": "{\"Pid\":12345678}\n"} {
		tmpl, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := Document(&b, tmpl, v); err != nil || b.String() != want {
			t.Errorf("%q: got %q, %v; want %q", text, b.String(), err, want)
		}
	}
}

func BenchmarkTable(b *testing.B) {
	rows := make([]Row, 1000)
	for i := range rows {
		rows[i] = fleet()[i%2]
	}
	for b.Loop() {
		var out bytes.Buffer
		if err := ships.Print(&out, "", rows); err != nil {
			b.Fatal(err)
		}
	}
}
