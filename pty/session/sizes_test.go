package session

import (
	"fmt"
	"io"
	"strings"
	"testing"
)

// A client that asks for it hears of every size exactly where the stream changes to it,
// whichever client caused that.
func TestSizesAreToldInTheStream(t *testing.T) {
	s, slave := terminal(t, &tape{}, Config{Size: Size{80, 24}})
	watcher := s.Attach(ClientOptions{Stdout: true, Stdin: true, Size: Size{100, 30}, Sizes: true})
	other := s.Attach(ClientOptions{Stdout: true, Stdin: true, Size: Size{60, 20}})
	s.Start()
	var story strings.Builder
	until := func(want string) {
		t.Helper()
		for !strings.HasSuffix(story.String(), want) {
			o, err := watcher.Next()
			if err != nil {
				t.Fatalf("after %q: %v", story.String(), err)
			}
			if o.Size != (Size{}) {
				fmt.Fprintf(&story, "<%dx%d>", o.Size.Cols, o.Size.Rows)
			}
			story.Write(o.Data)
			watcher.Release(o)
		}
	}
	_, _ = io.WriteString(slave, "a")
	until("<60x20>a")
	watcher.Resize(Size{90, 25})
	until("<90x25>")
	_, _ = io.WriteString(slave, "b")
	until("b")
	other.Resize(Size{50, 10})
	_, _ = io.WriteString(slave, "c")
	until("c")
	other.Close(false)
	until("<90x25>")
	if got := story.String(); !strings.HasSuffix(got, "<60x20>a<90x25>b<50x10>c<90x25>") {
		t.Errorf("it was told %q", got)
	}
}

// A repaint is told with the size that it was made for.
func TestARepaintComesWithItsSize(t *testing.T) {
	s, slave := terminal(t, &tape{}, Config{Size: Size{80, 24}})
	s.Start()
	first := s.Attach(ClientOptions{Stdout: true, Stdin: true, Size: Size{70, 20}})
	_, _ = io.WriteString(slave, "x")
	for {
		o, err := first.Next()
		if err != nil {
			t.Fatal(err)
		}
		first.Release(o)
		if len(o.Data) > 0 {
			break
		}
	}
	late := s.Attach(ClientOptions{Stdout: true, ReadOnly: true, Sizes: true})
	o, err := late.Next()
	if err != nil || o.Size != (Size{70, 20}) || o.Data != nil {
		t.Fatalf("first comes %+v, %v", o, err)
	}
	late.Release(o)
	if o, err = late.Next(); err != nil || string(o.Data) != "x" {
		t.Fatalf("then comes %+v, %v", o, err)
	}
	late.Release(o)
}

// A program that wants to hear of sizes in band does, also of those of clients that came
// after it said so and whose terminals don't know.
func TestSizesAreReportedInBand(t *testing.T) {
	s, slave := terminal(t, &tape{}, Config{Size: Size{80, 24}})
	s.Start()
	first := s.Attach(ClientOptions{Stdout: true, Stdin: true, Size: Size{70, 20}, NoReplay: true})
	_, _ = io.WriteString(slave, "\x1b[?2048h")
	o, err := first.Next()
	if err != nil {
		t.Fatal(err)
	}
	first.Release(o)
	second := s.Attach(ClientOptions{Stdout: true, Stdin: true, Size: Size{60, 20}, NoReplay: true})
	defer second.Close(false)
	buf := make([]byte, 100)
	if n, err := slave.Read(buf); err != nil || string(buf[:n]) != "<60x20>" {
		t.Errorf("the program read %q, %v", buf[:n], err)
	}
}
