package session

import (
	"bytes"
	"fmt"
	"io"
	"runtime"
	"sync"
	"testing"
	"time"
)

// What little a program prints comes to who named a function for it, else by Next: all of
// it, once, in order.
func TestDirectOutputIsNeitherLostNorRepeated(t *testing.T) {
	sc := &tape{}
	s, program := terminal(t, sc, Config{})
	c := s.Attach(ClientOptions{Stdout: true})
	var mu sync.Mutex
	var got []byte
	var directly int
	c.Direct(func(p []byte) bool {
		mu.Lock()
		defer mu.Unlock()
		if len(got)%3 == 0 {
			return false // it can't just now
		}
		got = append(got, p...)
		directly++
		return true
	})
	s.Start()
	ended := make(chan error, 1)
	go func() {
		for {
			o, err := c.Next()
			if err != nil {
				ended <- err
				return
			}
			mu.Lock()
			got = append(got, o.Data...)
			mu.Unlock()
			c.Release(o)
		}
	}()
	var want []byte
	for i := range 300 {
		line := fmt.Appendf(nil, "%d %s\n", i, bytes.Repeat([]byte("x"), i%7*i%900))
		want = append(want, line...)
		if _, err := program.Write(line); err != nil {
			t.Fatal(err)
		}
		if i%10 == 0 { // a pause, as before a key
			wait(t, "the output", func() bool { mu.Lock(); defer mu.Unlock(); return len(got) == len(want) })
			for start := time.Now(); time.Since(start) < 2*burstGap; {
				runtime.Gosched()
			}
		}
	}
	_ = program.Close()
	s.StopReading(time.Second, time.Second)
	<-s.Drained()
	s.Close()
	if err := <-ended; err != io.EOF {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("got %d bytes, want %d", len(got), len(want))
	}
	if directly == 0 {
		t.Error("nothing came directly")
	}
	if !bytes.Equal(sc.all, want) {
		t.Errorf("the screen got %d bytes, want %d", len(sc.all), len(want))
	}
}

// One that can't take it does not keep it from the others, nor from the screen.
func TestDirectOutputWithOthers(t *testing.T) {
	sc := &tape{}
	s, program := terminal(t, sc, Config{})
	var mu sync.Mutex
	var got []byte
	quick, slow := s.Attach(ClientOptions{Stdout: true}), s.Attach(ClientOptions{Stdout: true})
	quick.Direct(func(p []byte) bool { mu.Lock(); defer mu.Unlock(); got = append(got, p...); return true })
	s.Start()
	var all [2][]byte
	var wg sync.WaitGroup
	for i, c := range []*Client{quick, slow} {
		wg.Go(func() { all[i], _ = collect(c) })
	}
	if _, err := io.WriteString(program, "echo"); err != nil {
		t.Fatal(err)
	}
	wait(t, "the output", func() bool { sc.mu.Lock(); defer sc.mu.Unlock(); return string(sc.all) == "echo" })
	_ = program.Close()
	s.StopReading(time.Second, time.Second)
	s.Close()
	wg.Wait()
	if one := string(got) + string(all[0]); one != "echo" || string(all[1]) != "echo" {
		t.Errorf("got %q and %q", one, all[1])
	}
}
