package cli

import (
	"bufio"
	"context"
	"io"
	"strings"
)

// answer waits for what the user types, or for the end of ctx: a read of a terminal
// cannot be interrupted, so it is left behind, and the program ends before it returns.
func answer(ctx context.Context, read func() (string, error)) (string, error) {
	type result struct {
		text string
		err  error
	}
	done := make(chan result, 1)
	go func() {
		text, err := read()
		done <- result{text, err}
	}()
	select {
	case r := <-done:
		return r.text, r.err
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

// askLine reads one line of at most limit bytes from the standard input, without its end and
// the spaces around it. At the end of the input the error is io.EOF, beside what came before it.
func (a *App) askLine(ctx context.Context, limit int64) (string, error) {
	line, err := answer(ctx, func() (string, error) {
		return bufio.NewReader(io.LimitReader(a.In, limit)).ReadString('\n')
	})
	return strings.TrimSpace(line), err
}
