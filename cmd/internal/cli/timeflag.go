package cli

import (
	"math"
	"strconv"
	"strings"
	"time"

	"berth/engine"
)

// timeLayouts are the forms that Docker's --since and --until accept.
var timeLayouts = []string{
	time.RFC3339Nano, "2006-01-02T15:04Z07:00", "2006-01-02Z07:00",
	"2006-01-02T15:04:05.999999999", "2006-01-02T15:04", "2006-01-02",
}

// parseTime reads a time: a date, seconds since 1970, or a duration before now.
// "" is the zero time.
func (a *App) parseTime(flag, s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	if d, err := time.ParseDuration(s); err == nil && s != "0" {
		return a.now().Add(-d), nil
	}
	if sec, err := strconv.ParseFloat(s, 64); err == nil && !strings.ContainsAny(s, "eExXpP") && math.Abs(sec) < 1e11 {
		whole, frac, _ := strings.Cut(s, ".")
		n, _ := strconv.ParseInt(whole, 10, 64)
		ns, _ := strconv.ParseInt((frac + "000000000")[:9], 10, 64)
		return time.Unix(n, ns), nil
	}
	for _, layout := range timeLayouts {
		if t, err := time.ParseInLocation(layout, s, time.Local); err == nil {
			return t, nil
		}
	}
	return time.Time{}, engine.Errorf(engine.ClassInvalid, "--%s %q is not a time", flag, s).
		WithHint("Give a date such as 2026-01-02T13:23:37Z, seconds since 1970, or an age such as 42m.")
}
