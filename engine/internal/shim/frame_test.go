package shim

import (
	"bytes"
	"errors"
	"io"
	"testing"
)

func frameBytes(t frameType, payload []byte) []byte {
	var h [headerSize]byte
	putHeader(&h, t, len(payload))
	return append(h[:], payload...)
}

func TestFrames(t *testing.T) {
	r := bytes.NewReader(append(frameBytes(frameStdin, []byte("abc")), frameBytes(frameDetach, nil)...))
	var buf []byte
	typ, p, buf, err := readFrame(r, buf)
	if typ != frameStdin || string(p) != "abc" || err != nil {
		t.Errorf("got %d %q %v", typ, p, err)
	}
	typ, p, buf, err = readFrame(r, buf)
	if typ != frameDetach || len(p) != 0 || err != nil {
		t.Errorf("got %d %q %v", typ, p, err)
	}
	if _, _, _, err = readFrame(r, buf); err != io.EOF {
		t.Errorf("at the end: %v", err)
	}
}

func TestHostileFrames(t *testing.T) {
	for name, tt := range map[string]struct {
		in   []byte
		want error
	}{
		"too long":     {[]byte{0xff, 0xff, 0xff, 0xff, byte(frameStdin)}, errFrame},
		"unknown type": {[]byte{0, 0, 0, 0, 99}, errFrame},
		"type 0":       {[]byte{0, 0, 0, 0, 0}, errFrame},
		"half header":  {[]byte{0, 0}, io.ErrUnexpectedEOF},
		"half payload": {[]byte{0, 0, 0, 5, byte(frameStdin), 'a'}, io.ErrUnexpectedEOF},
		"no payload":   {[]byte{0, 0, 0, 5, byte(frameStdin)}, io.ErrUnexpectedEOF},
	} {
		if _, _, buf, err := readFrame(bytes.NewReader(tt.in), nil); !errors.Is(err, tt.want) || len(buf) > 5 {
			t.Errorf("%s: %v with %d bytes allocated", name, err, len(buf))
		}
	}
}

func FuzzReadFrame(f *testing.F) {
	f.Add(frameBytes(frameRequest, []byte(`{"Op":"state"}`)))
	f.Add(append(frameBytes(frameStdout, []byte("x")), frameBytes(frameCredit, []byte{0, 0, 0, 1})...))
	f.Fuzz(func(t *testing.T, data []byte) {
		r := bytes.NewReader(data)
		var buf, again []byte
		for {
			typ, p, grown, err := readFrame(r, buf)
			buf = grown
			if len(buf) > maxPayload {
				t.Fatalf("%d bytes allocated", len(buf))
			}
			if err != nil {
				break
			}
			again = append(again, frameBytes(typ, p)...)
		}
		if !bytes.HasPrefix(data, again) {
			t.Errorf("what was read is not what was sent")
		}
	})
}
