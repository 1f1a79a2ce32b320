package dockerjson

import (
	"maps"
	"strings"

	"berth/engine"
)

// An Event is one message of the events stream.
type Event struct {
	Status   string `json:"status,omitempty"`
	ID       string `json:"id,omitempty"`
	From     string `json:"from,omitempty"`
	Type     string
	Action   string
	Actor    Actor
	Scope    string `json:"scope"`
	Time     int64  `json:"time"`
	TimeNano int64  `json:"timeNano"`
}

// An Actor is what an event is about.
type Actor struct {
	ID         string
	Attributes map[string]string
}

// FromEvent converts e, which is about an image or a container.
func FromEvent(e engine.Event) Event {
	action, attributes := e.Action, orEmptyMap(maps.Clone(e.Attributes))
	if command, ok := attributes["command"]; ok && strings.HasPrefix(action, "exec_") {
		delete(attributes, "command")
		action += ": " + command
	}
	return Event{
		Status: action, ID: e.ID, From: attributes["image"],
		Type: string(e.Kind), Action: action,
		Actor: Actor{ID: e.ID, Attributes: attributes},
		Scope: "local", Time: e.Time.Unix(), TimeNano: e.Time.UnixNano(),
	}
}

// AttributeNames returns an event's attribute names, sorted, as `events` prints them.
func (e Event) AttributeNames() []string { return sortedKeys(e.Actor.Attributes) }
