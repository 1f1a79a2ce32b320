package tty

import (
	"errors"
	"io"
	"strings"

	"berth/engine"
)

// ErrDetach is what a [DetachReader] returns once the user typed the detach keys.
var ErrDetach = errors.New("detached by the user")

// DefaultPrefix is the key that speaks to Berth instead of the program: ctrl-].
// Docker's ctrl-p is every shell's "previous line"; no common program needs this one.
const DefaultPrefix = 0x1d

// Keys are what detaches.
type Keys struct {
	seq []byte
	// literal makes a doubled first key stand for itself, once.
	literal bool
}

// DefaultKeys are the prefix, then d. The prefix twice sends it once.
func DefaultKeys() Keys { return Keys{seq: []byte{DefaultPrefix, 'd'}, literal: true} }

// ParseKeys reads Docker's notation: keys separated by commas, each a single
// character or ctrl- and one of a-z @ [ \ ] ^ _. "" means the default.
func ParseKeys(s string) (Keys, error) {
	if s == "" {
		return DefaultKeys(), nil
	}
	var seq []byte
	for _, word := range strings.Split(s, ",") {
		key, ok := parseKey(word)
		if !ok {
			return Keys{}, engine.Errorf(engine.ClassInvalid, "detach keys %q: unknown key %q", s, word).
				WithHint("Separate keys by commas: each is one character, or ctrl- with a letter or one of @ [ \\ ] ^ _.")
		}
		seq = append(seq, key)
	}
	return Keys{seq: seq}, nil
}

func parseKey(word string) (byte, bool) {
	if len(word) == 1 {
		return word[0], true
	}
	rest, ok := strings.CutPrefix(strings.ToLower(word), "ctrl-")
	if !ok || len(rest) != 1 {
		return 0, false
	}
	switch c := rest[0]; {
	case c >= 'a' && c <= 'z':
		return c - 'a' + 1, true
	case c == '@':
		return 0, true
	case strings.IndexByte("[\\]^_", c) >= 0:
		return c - '[' + 0x1b, true
	}
	return 0, false
}

// A DetachReader passes input on until the detach keys come.
type DetachReader struct {
	src     io.Reader
	keys    Keys
	matched int    // keys of the sequence seen so far and held back
	ready   []byte // to be handed out before reading more
	err     error  // comes after ready
	buf     []byte
}

// NewDetachReader returns a reader on src that ends with [ErrDetach] at the keys.
// Keys that might begin the sequence are held back until the next key decides.
func NewDetachReader(src io.Reader, keys Keys) *DetachReader {
	return &DetachReader{src: src, keys: keys, buf: make([]byte, 4096)}
}

// Read implements io.Reader.
func (d *DetachReader) Read(p []byte) (int, error) {
	for len(d.ready) == 0 {
		if d.err != nil {
			return 0, d.err
		}
		n, err := d.src.Read(d.buf)
		d.feed(d.buf[:n])
		if err != nil && d.err == nil {
			d.ready = append(d.ready, d.keys.seq[:d.matched]...)
			d.matched, d.err = 0, err
		}
	}
	n := copy(p, d.ready)
	d.ready = d.ready[n:]
	return n, nil
}

// feed moves input to ready and leaves out what belongs to the sequence.
func (d *DetachReader) feed(input []byte) {
	d.ready = d.ready[:0]
	seq := d.keys.seq
	for _, c := range input {
		if c == seq[d.matched] {
			if d.matched++; d.matched == len(seq) {
				d.matched, d.err = 0, ErrDetach
				return
			}
			continue
		}
		if d.keys.literal && d.matched == 1 && c == seq[0] {
			d.ready, d.matched = append(d.ready, c), 0
			continue
		}
		held := d.matched
		d.ready, d.matched = append(d.ready, seq[:held]...), 0
		if c == seq[0] {
			d.matched = 1
			if len(seq) == 1 {
				d.matched, d.err = 0, ErrDetach
				return
			}
			continue
		}
		d.ready = append(d.ready, c)
	}
}
