package image

import (
	"path"
	"strconv"
	"strings"
	"time"

	"berth/engine"
)

type predicate func(*Entry) bool

// selector turns list options into one predicate.
func (v *view) selector(opts engine.ImageListOptions) (predicate, error) {
	all := []predicate{}
	if opts.Ref != "" {
		p, err := byRepository(opts.Ref)
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	for key, values := range opts.Filters {
		p, err := v.filter(key, values)
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return func(e *Entry) bool {
		for _, p := range all {
			if !p(e) {
				return false
			}
		}
		return true
	}, nil
}

// byRepository keeps images with this repository, or repository and tag. A pattern works too, as in Docker.
func byRepository(ref string) (predicate, error) {
	if strings.ContainsAny(ref, "*?[") {
		return byPattern(ref)
	}
	named, err := ParseReference(ref)
	if err != nil {
		return nil, err
	}
	exact := named.String()
	last := ref[strings.LastIndexByte(ref, '/')+1:]
	whole := strings.ContainsAny(last, ":@")
	return func(e *Entry) bool {
		for _, names := range [][]string{e.Tags, e.Digests} {
			for _, n := range names {
				if n == exact || !whole && repository(n) == named.Name() {
					return true
				}
			}
		}
		return false
	}, nil
}

// byPattern matches as Docker's filter "reference" does: the pattern against the
// familiar name, with and without tag.
func byPattern(pattern string) (predicate, error) {
	if _, err := path.Match(pattern, ""); err != nil {
		return nil, engine.Errorf(engine.ClassInvalid, "invalid filter reference=%q: %w", pattern, err)
	}
	return func(e *Entry) bool {
		for _, names := range [][]string{e.Tags, e.Digests} {
			for _, n := range names {
				for _, form := range []string{familiar(n), familiar(repository(n)), n, repository(n)} {
					if ok, _ := path.Match(pattern, form); ok {
						return true
					}
				}
			}
		}
		return false
	}, nil
}

// filter makes the predicate of one key; any of the values may hold.
func (v *view) filter(key string, values []string) (predicate, error) {
	var each func(value string) (predicate, error)
	switch key {
	case "dangling":
		each = func(value string) (predicate, error) {
			want, err := strconv.ParseBool(value)
			if err != nil {
				return nil, engine.Errorf(engine.ClassInvalid, "invalid filter dangling=%q: neither true nor false", value)
			}
			return func(e *Entry) bool { return (len(e.Tags) == 0) == want }, nil
		}
	case "reference":
		each = byPattern
	case "label", "label!":
		each = func(value string) (predicate, error) {
			p := byLabel(value)
			return func(e *Entry) bool { return p(e) == (key == "label") }, nil
		}
	case "before", "since":
		each = func(value string) (predicate, error) { return v.byAge(key, value) }
	case "until":
		each = func(value string) (predicate, error) {
			limit, err := parseUntil(value, time.Now())
			return func(e *Entry) bool { return e.Created.Before(limit) }, err
		}
	default:
		return nil, engine.Errorf(engine.ClassInvalid, "invalid filter %q", key)
	}
	return anyOf(values, each)
}

func anyOf(values []string, each func(string) (predicate, error)) (predicate, error) {
	ps := make([]predicate, 0, len(values))
	for _, value := range values {
		p, err := each(value)
		if err != nil {
			return nil, err
		}
		ps = append(ps, p)
	}
	return func(e *Entry) bool {
		for _, p := range ps {
			if p(e) {
				return true
			}
		}
		return len(ps) == 0
	}, nil
}

func byLabel(value string) predicate {
	key, want, exact := strings.Cut(value, "=")
	return func(e *Entry) bool {
		got, ok := e.Labels[key]
		return ok && (!exact || got == want)
	}
}

func (v *view) byAge(key, ref string) (predicate, error) {
	m, err := v.find(ref)
	if err != nil {
		return nil, err
	}
	limit := m.entry.Created
	if key == "before" {
		return func(e *Entry) bool { return e.Created.Before(limit) }, nil
	}
	return func(e *Entry) bool { return e.Created.After(limit) }, nil
}

// parseUntil reads Docker's forms of a time: a duration before now, seconds since
// 1970, or a date with as much of the time as is given.
func parseUntil(value string, now time.Time) (time.Time, error) {
	if d, err := time.ParseDuration(value); err == nil {
		return now.Add(-d), nil
	}
	if sec, err := strconv.ParseInt(value, 10, 64); err == nil {
		return time.Unix(sec, 0), nil
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02T15", "2006-01-02"} {
		if t, err := time.ParseInLocation(layout, value, time.Local); err == nil {
			return t, nil
		}
	}
	return time.Time{}, engine.Errorf(engine.ClassInvalid, "invalid filter until=%q: neither a duration nor a time", value)
}
