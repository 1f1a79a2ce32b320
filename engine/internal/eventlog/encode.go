package eventlog

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"time"

	"berth/engine"
	"berth/engine/internal/jsonfields"
)

// The start of a container writes some forty records, tens of kilobytes. Package json
// would learn the types first, once in each process, and go over the text of a step
// several times, since it stands in other JSON. What is written here is the same, byte for byte.

// appendRecord appends r as one line.
func appendRecord(dst []byte, r *Record) ([]byte, error) {
	dst = appendTime(append(dst, `{"t":`...), r.Time)
	dst = jsonfields.AppendString(append(dst, `,"k":`...), r.Kind)
	dst = jsonfields.AppendString(append(dst, `,"a":`...), r.Action)
	dst = jsonfields.AppendString(append(dst, `,"i":`...), r.ID)
	if len(r.Attrs) > 0 {
		sep := `,"m":{`
		for _, k := range slices.Sorted(maps.Keys(r.Attrs)) {
			dst = jsonfields.AppendString(append(dst, sep...), k)
			dst = jsonfields.AppendString(append(dst, ':'), r.Attrs[k])
			sep = ","
		}
		dst = append(dst, '}')
	}
	if len(r.Data) > 0 {
		dst = append(dst, `,"d":`...)
		if bytes.IndexByte(r.Data, '\n') < 0 {
			dst = append(dst, r.Data...)
		} else {
			buf := bytes.NewBuffer(dst) // a record is one line
			if err := json.Compact(buf, r.Data); err != nil {
				return nil, err
			}
			dst = buf.Bytes()
		}
	}
	return append(dst, "}\n"...), nil
}

// EncodeStep returns s as it goes into Record.Data. s.Data must be JSON, or nil.
func EncodeStep(s *engine.Step) []byte {
	dst := make([]byte, 0, 512+len(s.Explain)+len(s.Hint)+len(s.Error)+len(s.Data)*9/8) // some characters get longer
	dst = jsonfields.AppendString(append(dst, `{"Op":`...), s.Op)
	dst = jsonfields.AppendString(append(dst, `,"OpName":`...), s.OpName)
	dst = jsonfields.AppendString(append(dst, `,"Subject":`...), s.Subject)
	dst = strconv.AppendInt(append(dst, `,"Seq":`...), int64(s.Seq), 10)
	dst = jsonfields.AppendString(append(dst, `,"Name":`...), s.Name)
	dst = jsonfields.AppendString(append(dst, `,"Explain":`...), s.Explain)
	dst = append(dst, `,"Data":`...)
	if s.Data == nil {
		dst = append(dst, "null"...)
	}
	dst = append(dst, s.Data...)
	dst = appendTime(append(dst, `,"Start":`...), s.Start)
	dst = strconv.AppendInt(append(dst, `,"Duration":`...), int64(s.Duration), 10)
	dst = strconv.AppendBool(append(dst, `,"Done":`...), s.Done)
	dst = jsonfields.AppendString(append(dst, `,"Error":`...), s.Error)
	if s.Hint != "" {
		dst = jsonfields.AppendString(append(dst, `,"Hint":`...), s.Hint)
	}
	return append(dst, '}')
}

// appendTime writes UTC: for the local time a process would have to read its zone first.
func appendTime(dst []byte, t time.Time) []byte {
	return append(t.UTC().AppendFormat(append(dst, '"'), time.RFC3339Nano), '"')
}
