package display

import (
	"math"
	"strconv"
	"time"
)

// Bytes writes a size with three digits and a decimal unit, as Docker does: "78.1 MB".
func Bytes(n int64) string {
	sign := ""
	v := float64(n)
	if v < 0 {
		sign, v = "-", -v
	}
	return sign + scaled(v, 1000, []string{" B", " kB", " MB", " GB", " TB", " PB"})
}

// Rate writes bytes a second, "" for none or an unknown rate.
func Rate(perSecond float64) string {
	if !(perSecond > 0) || math.IsInf(perSecond, 1) { // not a number is not above 0 either
		return ""
	}
	return Bytes(int64(perSecond)) + "/s"
}

// Memory writes a size with a binary unit: "12.4 MiB".
func Memory(n int64) string {
	return scaled(float64(max(0, n)), 1024, []string{" B", " KiB", " MiB", " GiB", " TiB"})
}

// MemoryShort is Memory in at most seven cells: "12 MiB", "1.2 GiB".
func MemoryShort(n int64) string {
	v, units := float64(max(0, n)), []string{" B", " KiB", " MiB", " GiB", " TiB"}
	i := 0
	for v >= 999.5 && i < len(units)-1 {
		v /= 1024
		i++
	}
	digits := 0
	if i > 0 && v < 9.95 {
		digits = 1
	}
	return strconv.FormatFloat(v, 'f', digits, 64) + units[i]
}

func scaled(v, step float64, units []string) string {
	i := 0
	for v >= step-0.5 && i < len(units)-1 {
		v /= step
		i++
	}
	digits := 0
	if i > 0 && v < 99.95 {
		digits = 1
	}
	return strconv.FormatFloat(v, 'f', digits, 64) + units[i]
}

// Percent writes a share of one with one digit: "0.3%".
func Percent(share float64) string {
	if math.IsNaN(share) {
		return ""
	}
	digits := 1
	if share >= 0.9995 {
		digits = 0
	}
	return strconv.FormatFloat(share*100, 'f', digits, 64) + "%"
}

// ages are the units of Age, each from the age where it begins.
var ages = []struct {
	from, unit time.Duration
	name       string
}{
	{0, time.Second, "s"},
	{time.Minute, time.Minute, "m"},
	{time.Hour, time.Hour, "h"},
	{48 * time.Hour, 24 * time.Hour, "d"},
	{14 * 24 * time.Hour, 7 * 24 * time.Hour, "w"},
	{9 * 7 * 24 * time.Hour, 30 * 24 * time.Hour, "mo"},
	{2 * 365 * 24 * time.Hour, 365 * 24 * time.Hour, "y"},
}

// Age writes how long ago something was, in one unit: "7s", "<1m", "2m", "5d". next is how
// long the text stays true. A zero time gives "".
func Age(now, t time.Time) (text string, next time.Duration) {
	if t.IsZero() {
		return "", math.MaxInt64
	}
	d := max(0, now.Sub(t))
	u := ages[0]
	for _, a := range ages {
		if d >= a.from {
			u = a
		}
	}
	n := d / u.unit
	if u.unit == time.Second && n >= 10 { // nobody needs each of them, and a list that counts is never calm
		return "<1m", time.Minute - d
	}
	return strconv.FormatInt(int64(n), 10) + u.name, (n+1)*u.unit - d
}

// Duration writes a time left or taken: "12s", "3m04s", "1h20m".
func Duration(d time.Duration) string {
	switch {
	case d <= 0:
		return ""
	case d < time.Microsecond:
		return strconv.FormatInt(d.Nanoseconds(), 10) + "ns"
	case d < time.Millisecond:
		return strconv.FormatInt(d.Microseconds(), 10) + "µs"
	case d < time.Second:
		return strconv.FormatInt(d.Milliseconds(), 10) + "ms"
	case d < time.Minute:
		return strconv.Itoa(int(d.Seconds())) + "s"
	case d < time.Hour:
		return strconv.Itoa(int(d.Minutes())) + "m" + two(int(d.Seconds())%60) + "s"
	}
	return strconv.Itoa(int(d.Hours())) + "h" + two(int(d.Minutes())%60) + "m"
}

// Took writes how long a step took with three digits or so: "435µs", "12.7ms", "1.63s".
func Took(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return strconv.FormatInt(max(0, d.Microseconds()), 10) + "µs"
	case d < time.Second:
		return strconv.FormatFloat(float64(d)/1e6, 'f', 1, 64) + "ms"
	case d < time.Minute:
		return strconv.FormatFloat(d.Seconds(), 'f', 2, 64) + "s"
	}
	return Duration(d)
}

func two(n int) string {
	if n < 10 {
		return "0" + strconv.Itoa(n)
	}
	return strconv.Itoa(n)
}

// Count writes a number with its noun: "1 image", "12 images".
func Count(n int, noun string) string {
	s := strconv.Itoa(n) + " " + noun
	if n != 1 {
		s += "s"
	}
	return s
}

// Number writes a plain number.
func Number(n int) string { return strconv.Itoa(n) }
