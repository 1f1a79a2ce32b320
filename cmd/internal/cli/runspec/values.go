package runspec

import (
	"fmt"
	"math/big"
	"net/netip"
	"strings"

	"berth/engine"

	units "github.com/docker/go-units"
)

// A list is a flag that may be given several times. Commas are part of the value.
type list struct {
	values []string
	check  func(string) error
}

func (l *list) String() string { return "" }
func (l *list) Type() string   { return "list" }
func (l *list) Set(s string) error {
	if l.check != nil {
		if err := l.check(s); err != nil {
			return err
		}
	}
	l.values = append(l.values, s)
	return nil
}

// A size is a number of bytes with a unit as in "512m", powers of 1024.
type size int64

func (s *size) String() string { return "" }
func (s *size) Type() string   { return "bytes" }
func (s *size) Set(v string) error {
	n, err := units.RAMInBytes(v)
	if err == nil && n < 0 {
		err = fmt.Errorf("a size can't be negative")
	}
	*s = size(n)
	return err
}

// A swap is a size, or -1 for no limit.
type swap int64

func (s *swap) String() string { return "" }
func (s *swap) Type() string   { return "bytes" }
func (s *swap) Set(v string) error {
	if v == "-1" {
		*s = -1
		return nil
	}
	return (*size)(s).Set(v)
}

// cpus is a decimal number of processors, kept in billionths.
type cpus int64

func (c *cpus) String() string { return "" }
func (c *cpus) Type() string   { return "decimal" }
func (c *cpus) Set(v string) error {
	// ParseFloat would round 0.1; and big.Rat alone would take "1e999999999" and compute.
	if strings.ContainsAny(v, "eEpPxX_/") || len(v) > 32 {
		return fmt.Errorf("%q is not a decimal number", v)
	}
	r, ok := new(big.Rat).SetString(v)
	if !ok {
		return fmt.Errorf("%q is not a decimal number", v)
	}
	nano := r.Mul(r, big.NewRat(1e9, 1))
	switch {
	case !nano.IsInt():
		return fmt.Errorf("%q has more than nine decimal places", v)
	case nano.Sign() < 0 || !nano.Num().IsInt64():
		return fmt.Errorf("%q is out of range", v)
	}
	*c = cpus(nano.Num().Int64())
	return nil
}

// ulimits are the limits of setrlimit(2) by Docker's names.
type ulimits []engine.Ulimit

func (u *ulimits) String() string { return "" }
func (u *ulimits) Type() string   { return "ulimit" }
func (u *ulimits) Set(v string) error {
	l, err := units.ParseUlimit(v)
	if err != nil {
		return err
	}
	for i := range *u {
		if (*u)[i].Name == l.Name {
			(*u)[i] = engine.Ulimit{Name: l.Name, Soft: l.Soft, Hard: l.Hard}
			return nil
		}
	}
	*u = append(*u, engine.Ulimit{Name: l.Name, Soft: l.Soft, Hard: l.Hard})
	return nil
}

func checkStream(s string) error {
	switch strings.ToLower(s) {
	case "stdin", "stdout", "stderr":
		return nil
	}
	return fmt.Errorf("valid streams are STDIN, STDOUT and STDERR")
}

func checkHost(s string) error {
	host, addr, ok := cutHost(s)
	if !ok || host == "" {
		return fmt.Errorf("the form is host:ip")
	}
	if addr == "host-gateway" {
		return fmt.Errorf("host-gateway needs a network that Berth does not have yet")
	}
	return checkIP(strings.Trim(addr, "[]"))
}

// cutHost splits at '=' or at the first ':', so that IPv6 addresses need no brackets.
func cutHost(s string) (host, addr string, ok bool) {
	if host, addr, ok = strings.Cut(s, "="); ok {
		return host, addr, ok
	}
	return strings.Cut(s, ":")
}

func normalHost(s string) string {
	host, addr, _ := cutHost(s)
	return host + ":" + strings.Trim(addr, "[]")
}

func checkIP(s string) error {
	if _, err := netip.ParseAddr(s); err != nil {
		return fmt.Errorf("%q is not an IP address", s)
	}
	return nil
}

func checkTmpfs(s string) error {
	path, _, _ := strings.Cut(s, ":")
	if !strings.HasPrefix(path, "/") {
		return fmt.Errorf("%q is not an absolute path", path)
	}
	return nil
}
