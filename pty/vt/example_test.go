package vt_test

import (
	"fmt"

	"berth/pty/vt"
)

func Example() {
	s := vt.New(vt.Options{Cols: 40, Rows: 3})
	fmt.Fprint(s, "\x1b]2;demo\a$ ls\r\n\x1b[1;34msrc\x1b[m  main.go\r\n$ \x1b[6n")
	fmt.Println(s)
	fmt.Printf("title %q, cursor %d,%d, replies %q\n", s.Title(), s.Cursor().X, s.Cursor().Y, s.Replies())

	cells, _ := s.Line(nil, 1)
	fmt.Println(string(cells[0].Rune), cells[0].Style.Attrs == vt.Bold, cells[0].Style.Fg == vt.Indexed(4))
	// Output:
	// $ ls
	// src  main.go
	// $
	// title "demo", cursor 2,2, replies "\x1b[3;3R"
	// s true true
}

// A client that attaches gets a repaint and then the stream.
func ExampleScreen_RepaintWith() {
	shim := vt.New(vt.Options{Cols: 20, Rows: 2})
	fmt.Fprint(shim, "one\r\ntwo\r\n\x1b[3")

	terminal := vt.New(vt.Options{Cols: 20, Rows: 2})
	terminal.Write(shim.RepaintWith(nil, vt.RepaintOptions{Scrollback: 100}))
	fmt.Fprint(terminal, "1mthree") // the sequence that was cut in two
	fmt.Println(terminal.ScrollbackLen(), terminal)
	// Output:
	// 1 two
	// three
}
