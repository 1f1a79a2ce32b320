package local

import (
	"encoding/json"

	"berth/engine"
	"berth/engine/internal/jsonfields"
	"berth/engine/internal/state"
)

// encodeData returns what a step worked on as JSON. What each start tells of is an Object.
func encodeData(data any) (json.RawMessage, error) {
	if o, ok := data.(jsonfields.Object); ok {
		return jsonfields.Append(nil, o)
	}
	return json.Marshal(data)
}

// A containerObject is a container as its events have it.
type containerObject engine.Container

// Fields names the fields, for package jsonfields.
func (o *containerObject) Fields(c *jsonfields.Codec) {
	jsonfields.String(c, "ID", &o.ID)
	jsonfields.String(c, "Name", &o.Name)
	jsonfields.String(c, "Image", &o.Image)
	jsonfields.String(c, "ImageID", &o.ImageID)
	c.Strings("Command", &o.Command)
	c.Time("Created", &o.Created)
	c.Time("Started", &o.Started)
	c.Time("Finished", &o.Finished)
	jsonfields.String(c, "State", &o.State)
	c.Int("ExitCode", &o.ExitCode)
	c.Bool("OOMKilled", &o.OOMKilled)
	jsonfields.String(c, "Error", &o.Error)
	c.Int("Pid", &o.Pid)
	c.Int("RestartCount", &o.RestartCount)
	c.Map("Labels", &o.Labels)
	c.Bool("TTY", &o.TTY)
	c.Bool("OpenStdin", &o.OpenStdin)
	c.Bool("AutoRemove", &o.AutoRemove)
	jsonfields.String(c, "Network", &o.Network)
	jsonfields.ListAs(c, "Mounts", &o.Mounts, state.Mount)
	jsonfields.Int(c, "SizeRw", &o.SizeRw)
	jsonfields.Int(c, "SizeRootFs", &o.SizeRootFs)
}
