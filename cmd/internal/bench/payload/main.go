// Command payload is what make bench runs inside containers, of every tool the same: a static program that starts
// fast and does one small thing.
package main

import (
	"bufio"
	"io"
	"os"
	"os/signal"
	"strconv"
	"syscall"
)

func main() {
	if len(os.Args) < 2 {
		os.Exit(2)
	}
	switch os.Args[1] {
	case "hello":
		_, _ = os.Stdout.WriteString("Hello.\n")
	case "true":
	case "sleep": // until it is told to end: PID 1 has no default action for signals
		wait()
	case "seq": // as seq 1 N writes it
		n, _ := strconv.Atoi(os.Args[2])
		seq(n)
	case "flood": // the same when Enter is pressed, again and again
		n, _ := strconv.Atoi(os.Args[2])
		for enter() {
			seq(n)
			_, _ = os.Stdout.WriteString("the-flood-is-over\r\n")
		}
	case "burst": // the same, and then quiet
		n, _ := strconv.Atoi(os.Args[2])
		seq(n)
		wait()
	}
}

func wait() {
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	<-stop
}

func seq(n int) {
	w := bufio.NewWriterSize(os.Stdout, 32<<10)
	line := make([]byte, 0, 20)
	for i := 1; i <= n; i++ {
		line = append(strconv.AppendInt(line[:0], int64(i), 10), '\n')
		_, _ = w.Write(line)
	}
	_ = w.Flush()
}

// enter waits for the end of a line; false is the end of the input.
func enter() bool {
	b := make([]byte, 1)
	for {
		if _, err := io.ReadFull(os.Stdin, b); err != nil {
			return false
		}
		if b[0] == '\n' {
			return true
		}
	}
}
