package dockerjson

import "berth/engine"

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
	return Event{
		Status: e.Action, ID: e.ID, From: e.Attributes["image"],
		Type: string(e.Kind), Action: e.Action,
		Actor: Actor{ID: e.ID, Attributes: orEmptyMap(e.Attributes)},
		Scope: "local", Time: e.Time.Unix(), TimeNano: e.Time.UnixNano(),
	}
}

// AttributeNames returns an event's attribute names, sorted, as `events` prints them.
func (e Event) AttributeNames() []string { return sortedKeys(e.Actor.Attributes) }
