package session

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

func TestSlowTerminalClientIsRepaintedAndStallsNobody(t *testing.T) {
	s, slave := terminal(t, &tape{keep: 1000}, Config{})
	slow := s.Attach(ClientOptions{Stdout: true})
	s.Start()
	fast := s.Attach(ClientOptions{Stdout: true})
	done := make(chan []byte)
	go func() { b, _ := collect(fast); done <- b }()
	line := []byte(strings.Repeat("x", 4000))
	for range 3 * maxChunks * chunkSize / len(line) {
		if _, err := slave.Write(line); err != nil {
			t.Fatal(err)
		}
	}
	_, _ = slave.WriteString("END")
	_ = slave.Close()
	<-done
	got, err := collect(slow)
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(got, []byte("~")); n != 1 || !bytes.HasSuffix(got, []byte("xEND")) {
		t.Errorf("slow client got %d bytes with %d repaints, ending in %q", len(got), n, got[max(0, len(got)-10):])
	}
}

func TestSlowPipeClients(t *testing.T) {
	for _, tt := range []struct {
		name  string
		dir   string
		limit int64 // of the spill
		waits bool  // the program does
	}{
		{"kept on disk", t.TempDir(), maxSpill, false},
		{"disk full", t.TempDir(), 3 * chunkSize, true},
		{"no disk", "", maxSpill, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, w, _ := os.Pipe()
			er, ew, _ := os.Pipe()
			s := mustNew(t, Config{Stdout: pollable(t, r), Stderr: pollable(t, er), SpillDir: tt.dir})
			defer s.Close()
			slow := s.Attach(ClientOptions{Stdout: true})
			hold := s.Attach(ClientOptions{Stdout: true, Hold: true})
			hold.cu.spill.limit = tt.limit
			s.Start()
			total := 2 * maxChunks * chunkSize
			want := make([]byte, total)
			for i := range want {
				want[i] = byte(i / 7)
			}
			written := make(chan struct{})
			go func() {
				defer close(written)
				for i := 0; i < total; i += 4096 {
					_, _ = w.Write(want[i : i+4096])
					_, _ = ew.Write([]byte("not wanted"))
				}
				_ = w.Close()
				_ = ew.Close()
			}()
			first, err := hold.Next() // a view that is out while the rest is spilled
			if err != nil {
				t.Fatal(err)
			}
			got := append([]byte(nil), first.Data...)
			if !tt.waits {
				<-written
			}
			hold.Release(first)
			rest, err := collect(hold)
			if got = append(got, rest...); err != nil || !bytes.Equal(got, want) {
				t.Errorf("holding client got %d of %d bytes, %v", len(got), total, err)
			}
			<-written
			if _, err := collect(slow); err != ErrTooSlow {
				t.Errorf("slow client ended with %v, want ErrTooSlow", err)
			}
			if tt.dir != "" {
				if left, _ := os.ReadDir(tt.dir); len(left) > 0 {
					t.Errorf("left on disk: %v", left)
				}
			}
		})
	}
}

func TestClientThatReadsAtAllMissesNothing(t *testing.T) {
	s, slave := terminal(t, &tape{keep: 1000}, Config{})
	c := s.Attach(ClientOptions{Stdout: true, NoReplay: true})
	s.Start()
	line := []byte(strings.Repeat("x", 4000))
	total := 3 * maxChunks * chunkSize / len(line)
	written := make(chan struct{})
	go func() {
		defer close(written)
		for range total {
			_, _ = slave.Write(line)
		}
		_ = slave.Close()
	}()
	st := s.stream
	var got int
	for {
		// Read only when the program can't go on otherwise.
		st.mu.Lock()
		for st.until.IsZero() && !st.ended {
			st.cond.Wait()
		}
		st.mu.Unlock()
		o, err := c.Next()
		if err != nil {
			break
		}
		if bytes.Contains(o.Data, []byte("~")) {
			t.Fatal("a client that reads was moved forward")
		}
		got += len(o.Data)
		c.Release(o)
	}
	<-written
	if got != total*len(line) {
		t.Errorf("got %d of %d bytes", got, total*len(line))
	}
}
