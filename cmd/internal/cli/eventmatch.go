package cli

import (
	"slices"
	"strings"

	"berth/engine"
)

// eventTests tell whether an event fits one value of a filter. Docker's keys, and
// those that steps add.
var eventTests = map[string]func(e engine.Event, want string) bool{
	"type":      func(e engine.Event, want string) bool { return string(e.Kind) == want },
	"event":     func(e engine.Event, want string) bool { return e.Action == want },
	"container": containerEvent,
	"image": func(e engine.Event, want string) bool {
		return imageFits(e.Attributes["image"], want) || e.Kind == engine.KindImage && (imageFits(e.ID, want) || imageFits(e.Attributes["name"], want))
	},
	"label": func(e engine.Event, want string) bool {
		key, value, hasValue := strings.Cut(want, "=")
		have, ok := e.Attributes[key]
		return ok && (!hasValue || have == value)
	},
	"scope": func(_ engine.Event, want string) bool { return want == "local" },
	// What these are about does not exist here, so nothing happens to it.
	"network": never, "volume": never, "daemon": never, "plugin": never, "node": never,
	"service": never, "secret": never, "config": never,
	"op": func(e engine.Event, want string) bool {
		return e.Step != nil && (e.Step.OpName == want || e.Step.Op == want)
	},
	"step": func(e engine.Event, want string) bool { return e.Step != nil && e.Step.Name == want },
}

func never(engine.Event, string) bool { return false }

func containerEvent(e engine.Event, want string) bool {
	if e.Step != nil {
		return strings.HasPrefix(e.Step.Subject, want) || e.Attributes["name"] == want
	}
	return e.Kind == engine.KindContainer && (strings.HasPrefix(e.ID, want) || e.Attributes["name"] == want)
}

func imageFits(have, want string) bool {
	if have == "" {
		return false
	}
	return have == want || familiarName(have) == familiarName(want) || strings.TrimSuffix(have, ":latest") == want
}

// An eventMatch selects events.
type eventMatch struct{ filters engine.Filters }

func newEventMatch(f *eventsFlags) (*eventMatch, error) {
	for key := range f.filter.filters {
		if _, ok := eventTests[key]; !ok || (key == "op" || key == "step") && !f.steps {
			return nil, engine.Errorf(engine.ClassInvalid, "unknown filter %q", key).
				WithHint("See berth events --help for the filters.")
		}
	}
	return &eventMatch{filters: f.filter.filters}, nil
}

// fits reports whether every filter has a value that e fits.
func (m *eventMatch) fits(e engine.Event) bool {
	for key, values := range m.filters {
		if !slices.ContainsFunc(values, func(v string) bool { return eventTests[key](e, v) }) {
			return false
		}
	}
	return true
}
