package enginetest

import (
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"berth/engine"
)

// imageFilter turns Docker's filters into a predicate. Before and since look their image up in all.
func imageFilter(fs engine.Filters, all []engine.Image, now time.Time) (func(engine.Image) bool, error) {
	var tests []func(engine.Image) bool
	for key, values := range fs {
		var one func(engine.Image, string) bool
		switch key {
		case "dangling":
			one = func(im engine.Image, v string) bool { return strconv.FormatBool(im.Dangling()) == v }
		case "reference":
			one = func(im engine.Image, v string) bool {
				return slices.ContainsFunc(im.RepoTags, func(t string) bool {
					name, _ := repository(t)
					a, _ := path.Match(v, t)
					b, _ := path.Match(v, name)
					return a || b
				})
			}
		case "label":
			one = func(im engine.Image, v string) bool { return hasLabel(im.Labels, v) }
		case "until":
			one = func(im engine.Image, v string) bool { return im.Created.Before(parseTime(v, now)) }
		case "before", "since":
			one = func(im engine.Image, v string) bool {
				i := slices.IndexFunc(all, func(o engine.Image) bool {
					name, _ := familiar(v)
					return slices.Contains(o.RepoTags, name) || strings.HasPrefix(o.ID.Hex(), v)
				})
				return i >= 0 && (key == "before" && im.Created.Before(all[i].Created) || key == "since" && im.Created.After(all[i].Created))
			}
		default:
			return nil, engine.Errorf(engine.ClassInvalid, "list images: invalid filter %q", key)
		}
		tests = append(tests, func(im engine.Image) bool {
			return slices.ContainsFunc(values, func(v string) bool { return one(im, v) })
		})
	}
	return func(im engine.Image) bool {
		return !slices.ContainsFunc(tests, func(t func(engine.Image) bool) bool { return !t(im) })
	}, nil
}

// containerFilter turns Docker's filters into a predicate.
func containerFilter(fs engine.Filters, all []engine.Container, now time.Time) (func(engine.Container) bool, error) {
	var tests []func(engine.Container) bool
	for key, values := range fs {
		var one func(engine.Container, string) bool
		switch key {
		case "id":
			one = func(c engine.Container, v string) bool { return strings.HasPrefix(c.ID, v) }
		case "name":
			one = func(c engine.Container, v string) bool { return strings.Contains(c.Name, strings.TrimPrefix(v, "/")) }
		case "label":
			one = func(c engine.Container, v string) bool { return hasLabel(c.Labels, v) }
		case "exited":
			one = func(c engine.Container, v string) bool {
				return c.State == engine.StateExited && strconv.Itoa(c.ExitCode) == v
			}
		case "status":
			one = func(c engine.Container, v string) bool { return string(c.State) == v }
		case "ancestor":
			one = func(c engine.Container, v string) bool {
				name, _ := familiar(v)
				own, _ := familiar(c.Image)
				return own == name || strings.HasPrefix(c.ImageID.Hex(), strings.TrimPrefix(v, "sha256:"))
			}
		case "until":
			one = func(c engine.Container, v string) bool { return c.Created.Before(parseTime(v, now)) }
		case "before", "since":
			one = func(c engine.Container, v string) bool {
				i := slices.IndexFunc(all, func(o engine.Container) bool { return o.Name == v || strings.HasPrefix(o.ID, v) })
				return i >= 0 && (key == "before" && c.Created.Before(all[i].Created) || key == "since" && c.Created.After(all[i].Created))
			}
		case "network":
			one = func(c engine.Container, v string) bool { return c.Network == v }
		case "volume":
			one = func(c engine.Container, v string) bool {
				return slices.ContainsFunc(c.Mounts, func(m engine.Mount) bool { return m.Source == v || m.Target == v })
			}
		default:
			return nil, engine.Errorf(engine.ClassInvalid, "list containers: invalid filter %q", key)
		}
		tests = append(tests, func(c engine.Container) bool {
			return slices.ContainsFunc(values, func(v string) bool { return one(c, v) })
		})
	}
	return func(c engine.Container) bool {
		return !slices.ContainsFunc(tests, func(t func(engine.Container) bool) bool { return !t(c) })
	}, nil
}

func hasLabel(labels map[string]string, want string) bool {
	key, value, exact := strings.Cut(want, "=")
	v, ok := labels[key]
	return ok && (!exact || v == value)
}

// parseTime reads RFC 3339, Unix seconds, or a duration before now.
func parseTime(s string, now time.Time) time.Time {
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t
	}
	if d, err := time.ParseDuration(s); err == nil {
		return now.Add(-d)
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return time.Unix(n, 0)
	}
	return time.Time{}
}
