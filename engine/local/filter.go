package local

import (
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"berth/engine"
)

// containerFilter makes one test out of Docker's ps filters. Values of one key are
// alternatives, except labels, which must all be there; keys must all hold.
func (e *Engine) containerFilter(ctx context.Context, f engine.Filters, all []engine.Container) (func(*engine.Container) bool, error) {
	var tests []func(*engine.Container) bool
	for key, values := range f {
		var alternatives []func(*engine.Container) bool
		for _, v := range values {
			test, err := e.containerTest(ctx, key, v, all)
			if err != nil {
				return nil, err
			}
			alternatives = append(alternatives, test)
		}
		if key == "label" {
			tests = append(tests, alternatives...)
			continue
		}
		tests = append(tests, func(c *engine.Container) bool {
			return slices.ContainsFunc(alternatives, func(t func(*engine.Container) bool) bool { return t(c) })
		})
	}
	return func(c *engine.Container) bool {
		return !slices.ContainsFunc(tests, func(t func(*engine.Container) bool) bool { return !t(c) })
	}, nil
}

var containerStates = []engine.ContainerState{
	engine.StateCreated, engine.StateRunning, engine.StatePaused, engine.StateRestarting,
	engine.StateExited, engine.StateDead, "removing",
}

func (e *Engine) containerTest(ctx context.Context, key, v string, all []engine.Container) (func(*engine.Container) bool, error) {
	switch key {
	case "id":
		return func(c *engine.Container) bool { return strings.HasPrefix(c.ID, v) }, nil
	case "name":
		re, err := regexp.Compile(strings.TrimPrefix(v, "/"))
		if err != nil {
			return nil, invalid("invalid filter 'name=%s': %w", v, err)
		}
		// Docker's names begin with a slash, and its users write ^/name$.
		return func(c *engine.Container) bool { return re.MatchString(c.Name) || re.MatchString("/"+c.Name) }, nil
	case "label":
		return func(c *engine.Container) bool { return hasLabel(c.Labels, v) }, nil
	case "exited":
		code, err := strconv.Atoi(v)
		if err != nil {
			return nil, invalid("invalid filter 'exited=%s': an exit code is a number", v)
		}
		return func(c *engine.Container) bool { return c.State == engine.StateExited && c.ExitCode == code }, nil
	case "status":
		if !slices.Contains(containerStates, engine.ContainerState(v)) {
			return nil, invalid("invalid filter 'status=%s': one of created, running, paused, restarting, exited, dead", v)
		}
		return func(c *engine.Container) bool { return string(c.State) == v }, nil
	case "ancestor":
		img, err := e.Store.Resolve(ctx, v)
		if engine.ClassOf(err) == engine.ClassNotFound {
			return func(c *engine.Container) bool { return c.Image == v }, nil
		}
		if err != nil {
			return nil, err
		}
		return func(c *engine.Container) bool { return c.ImageID == img.ID }, nil
	case "before", "since":
		id, err := e.state.Resolve(v)
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(all, func(c engine.Container) bool { return c.ID == id })
		if i < 0 {
			return nil, engine.Errorf(engine.ClassNotFound, "no such container: %s", v)
		}
		pivot := all[i].Created
		if key == "before" {
			return func(c *engine.Container) bool { return c.Created.Before(pivot) }, nil
		}
		return func(c *engine.Container) bool { return c.Created.After(pivot) }, nil
	case "volume":
		return func(c *engine.Container) bool {
			return slices.ContainsFunc(c.Mounts, func(m engine.Mount) bool { return m.Source == v || m.Target == v })
		}, nil
	case "network":
		return func(c *engine.Container) bool { return c.Network == v }, nil
	}
	fits, err := absentFeature(key, v)
	return func(*engine.Container) bool { return fits }, err
}

// absentFeature answers filters on what no container here has: whether all of them fit, or none.
func absentFeature(key, v string) (fits bool, err error) {
	switch key {
	case "health":
		if !slices.Contains([]string{"none", "starting", "healthy", "unhealthy"}, v) {
			return false, invalid("invalid filter 'health=%s': one of none, starting, healthy, unhealthy", v)
		}
		return v == "none", nil // no health check is run
	case "publish", "expose":
		return false, nil // no port is
	case "isolation":
		return v == "" || v == "default", nil // Windows has others
	case "is-task":
		is, err := strconv.ParseBool(v)
		if err != nil {
			return false, invalid("invalid filter 'is-task=%s': true or false", v)
		}
		return !is, nil // of a swarm
	}
	return false, invalid("invalid filter %q", key)
}

// hasLabel reports whether labels fit "key" or "key=value".
func hasLabel(labels map[string]string, want string) bool {
	key, value, exact := strings.Cut(want, "=")
	have, ok := labels[key]
	return ok && (!exact || have == value)
}

// pruneFilter makes one test out of the filters of container prune.
func pruneFilter(f engine.Filters, now time.Time) (func(*engine.Container) bool, error) {
	var until time.Time
	for key, values := range f {
		switch key {
		case "until":
			if len(values) != 1 {
				return nil, invalid("more than one until filter specified")
			}
			t, err := parseTime(values[0], now)
			if err != nil {
				return nil, err
			}
			until = t
		case "label", "label!":
		default:
			return nil, invalid("invalid filter %q", key)
		}
	}
	return func(c *engine.Container) bool {
		if !until.IsZero() && !c.Created.Before(until) {
			return false
		}
		for _, l := range f["label"] {
			if !hasLabel(c.Labels, l) {
				return false
			}
		}
		for _, l := range f["label!"] {
			if hasLabel(c.Labels, l) {
				return false
			}
		}
		return true
	}, nil
}

// parseTime reads a moment: RFC 3339 with parts left out, Unix seconds, or a duration before now.
func parseTime(s string, now time.Time) (time.Time, error) {
	if d, err := time.ParseDuration(s); err == nil {
		return now.Add(-d), nil
	}
	if secs, err := strconv.ParseFloat(s, 64); err == nil {
		return time.UnixMicro(int64(secs * 1e6)), nil
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02"} {
		if t, err := time.ParseInLocation(layout, s, time.Local); err == nil {
			return t, nil
		}
	}
	return time.Time{}, invalid("invalid time %q", s).WithHint("Write it as 2006-01-02T15:04:05, as Unix seconds, or as a duration such as 24h.")
}
