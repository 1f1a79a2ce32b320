package eventlog

import (
	"bytes"
	"encoding/json"

	"berth/engine"
	"berth/engine/internal/jsonfields"
)

// appendRecord appends r as one line.
func appendRecord(dst []byte, r *Record) ([]byte, error) {
	line := *r
	if bytes.IndexByte(r.Data, '\n') >= 0 {
		var buf bytes.Buffer
		if err := json.Compact(&buf, r.Data); err != nil {
			return nil, err
		}
		line.Data = buf.Bytes()
	}
	dst, err := jsonfields.Append(dst, &line)
	return append(dst, '\n'), err
}

// Fields names the fields, for package jsonfields.
func (r *Record) Fields(c *jsonfields.Codec) {
	c.Time("t", &r.Time)
	jsonfields.String(c, "k", &r.Kind)
	jsonfields.String(c, "a", &r.Action)
	jsonfields.String(c, "i", &r.ID)
	c.Map("m,omitempty", &r.Attrs)
	c.Raw("d,omitempty", &r.Data)
}

// EncodeStep returns s as it goes into Record.Data. s.Data must be JSON, or nil.
func EncodeStep(s *engine.Step) []byte {
	dst := make([]byte, 0, 512+len(s.Explain)+len(s.Hint)+len(s.Error)+len(s.Data)*9/8) // some characters get longer
	dst, _ = jsonfields.Append(dst, (*step)(s))                                         // of its fields each can be written
	return dst
}

type step engine.Step

func (s *step) Fields(c *jsonfields.Codec) {
	jsonfields.String(c, "Op", &s.Op)
	jsonfields.String(c, "OpName", &s.OpName)
	jsonfields.String(c, "Subject", &s.Subject)
	c.Int("Seq", &s.Seq)
	jsonfields.String(c, "Name", &s.Name)
	jsonfields.String(c, "Explain", &s.Explain)
	c.Raw("Data", &s.Data)
	c.Time("Start", &s.Start)
	jsonfields.Int(c, "Duration", &s.Duration)
	c.Bool("Done", &s.Done)
	jsonfields.String(c, "Error", &s.Error)
	jsonfields.String(c, "Hint,omitempty", &s.Hint)
}
