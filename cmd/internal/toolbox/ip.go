package toolbox

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// ip shows what rtnetlink(7) tells of this network namespace: links, addresses and routes.
// Of changes it knows one, a link up or down.
func runIP(c *call) error {
	f := c.flags()
	v4, v6 := f.BoolP("ipv4", "4", false, ""), f.BoolP("ipv6", "6", false, "")
	if err := c.parse(f); err != nil {
		return err
	}
	family := uint8(unix.AF_UNSPEC)
	switch {
	case *v4:
		family = unix.AF_INET
	case *v6:
		family = unix.AF_INET6
	}
	object, rest := "", []string(nil)
	if len(c.args) > 0 {
		object, rest = c.args[0], c.args[1:]
	}
	is := func(full string) bool { return object != "" && strings.HasPrefix(full, object) }
	switch {
	case is("address"), object == "addr":
		return c.ipShow(rest, family, true)
	case is("link"):
		if len(rest) >= 2 && rest[0] == "set" {
			return c.ipSet(rest[1:])
		}
		return c.ipShow(rest, family, false)
	case is("route"):
		return c.ipRoutes(rest, family)
	}
	return c.misuse("one of addr, link and route is needed")
}

// netlink asks for a table and calls do with each entry: its fixed part and its attributes by type.
func netlink(request int, family uint8, fixed int, do func(entry []byte, attributes map[uint16][]byte)) error {
	data, err := syscall.NetlinkRIB(request, int(family))
	if err != nil {
		return fmt.Errorf("ask the kernel: %w", err)
	}
	messages, err := syscall.ParseNetlinkMessage(data)
	if err != nil {
		return err
	}
	for _, m := range messages {
		if m.Header.Type == unix.NLMSG_DONE || m.Header.Type == unix.NLMSG_ERROR || len(m.Data) < fixed {
			continue
		}
		parsed, err := syscall.ParseNetlinkRouteAttr(&m)
		if err != nil {
			return err
		}
		attributes := make(map[uint16][]byte, len(parsed))
		for _, a := range parsed {
			attributes[a.Attr.Type] = a.Value
		}
		do(m.Data, attributes)
	}
	return nil
}

// A link is one network interface.
type link struct {
	index, up int
	name      string
	kind      string
	flags     uint32
	mtu       uint32
	state     byte
	hardware  []byte
	master    uint32
	addresses []string
}

// linkStates are the operational states of RFC 2863, as linux/if.h numbers them.
var linkStates = []string{"UNKNOWN", "NOTPRESENT", "DOWN", "LOWERLAYERDOWN", "TESTING", "DORMANT", "UP"}

// links returns the interfaces, with their addresses of the family.
func links(family uint8) ([]*link, error) {
	var all []*link
	byIndex := map[int]*link{}
	err := netlink(unix.RTM_GETLINK, unix.AF_UNSPEC, unix.SizeofIfInfomsg, func(entry []byte, a map[uint16][]byte) {
		header := (*unix.IfInfomsg)(unsafe.Pointer(&entry[0]))
		l := &link{index: int(header.Index), flags: header.Flags, kind: "ether", name: unix.ByteSliceToString(a[unix.IFLA_IFNAME]), hardware: a[unix.IFLA_ADDRESS]}
		switch header.Type {
		case unix.ARPHRD_LOOPBACK:
			l.kind = "loopback"
		case unix.ARPHRD_ETHER:
		default:
			l.kind = "none"
		}
		l.mtu, l.master = number(a[unix.IFLA_MTU]), number(a[unix.IFLA_MASTER])
		l.up = int(number(a[unix.IFLA_LINK]))
		if s := a[unix.IFLA_OPERSTATE]; len(s) == 1 {
			l.state = s[0]
		}
		all = append(all, l)
		byIndex[l.index] = l
	})
	if err != nil {
		return nil, err
	}
	scopes := map[uint8]string{unix.RT_SCOPE_UNIVERSE: "global", unix.RT_SCOPE_LINK: "link", unix.RT_SCOPE_HOST: "host", unix.RT_SCOPE_SITE: "site"}
	err = netlink(unix.RTM_GETADDR, family, unix.SizeofIfAddrmsg, func(entry []byte, a map[uint16][]byte) {
		header := (*unix.IfAddrmsg)(unsafe.Pointer(&entry[0]))
		l := byIndex[int(header.Index)]
		value := a[unix.IFA_LOCAL]
		if value == nil {
			value = a[unix.IFA_ADDRESS]
		}
		address, ok := netip.AddrFromSlice(value)
		if l == nil || !ok {
			return
		}
		kind := "inet"
		if header.Family == unix.AF_INET6 {
			kind = "inet6"
		}
		line := fmt.Sprintf("%s %s/%d", kind, address, header.Prefixlen)
		if broadcast, ok := netip.AddrFromSlice(a[unix.IFA_BROADCAST]); ok {
			line += " brd " + broadcast.String()
		}
		l.addresses = append(l.addresses, line+" scope "+scopes[header.Scope])
	})
	return all, err
}

func number(b []byte) uint32 {
	if len(b) != 4 {
		return 0
	}
	return binary.NativeEndian.Uint32(b)
}

// ipShow prints links: [show] [[dev] NAME].
func (c *call) ipShow(args []string, family uint8, addresses bool) error {
	only, err := c.ipName(args)
	if err != nil {
		return err
	}
	all, err := links(family)
	if err != nil {
		return err
	}
	shown := false
	for _, l := range all {
		if only != "" && only != l.name {
			continue
		}
		shown = true
		state := "UNKNOWN"
		if int(l.state) < len(linkStates) {
			state = linkStates[l.state]
		}
		name := l.name
		if l.up != 0 && l.up != l.index {
			name += fmt.Sprintf("@if%d", l.up) // the other end of a veth pair lies in another namespace
		}
		fmt.Fprintf(c.out, "%d: %s: <%s> mtu %d", l.index, name, strings.Join(linkFlags(l.flags), ","), l.mtu)
		if l.master != 0 {
			fmt.Fprintf(c.out, " master if%d", l.master)
		}
		fmt.Fprintf(c.out, " state %s\n    link/%s %s\n", state, l.kind, hardwareAddress(l.hardware))
		if addresses {
			for _, address := range l.addresses {
				fmt.Fprintf(c.out, "    %s\n", address)
			}
		}
	}
	if only != "" && !shown {
		return fmt.Errorf("there is no interface %q", only)
	}
	return nil
}

// ipName reads "[show|list] [[dev] NAME]".
func (c *call) ipName(args []string) (string, error) {
	if len(args) > 0 && (args[0] == "show" || args[0] == "list" || args[0] == "ls") {
		args = args[1:]
	}
	if len(args) > 1 && args[0] == "dev" {
		args = args[1:]
	}
	switch len(args) {
	case 0:
		return "", nil
	case 1:
		if args[0] != "add" && args[0] != "del" {
			return args[0], nil
		}
	}
	return "", c.misuse("only show is here, and \"link set NAME up|down\"")
}

func linkFlags(flags uint32) []string {
	var set []string
	for _, f := range []struct {
		bit  uint32
		name string
	}{
		{unix.IFF_LOOPBACK, "LOOPBACK"}, {unix.IFF_BROADCAST, "BROADCAST"}, {unix.IFF_POINTOPOINT, "POINTOPOINT"},
		{unix.IFF_MULTICAST, "MULTICAST"}, {unix.IFF_NOARP, "NOARP"}, {unix.IFF_UP, "UP"}, {unix.IFF_LOWER_UP, "LOWER_UP"},
	} {
		if flags&f.bit != 0 {
			set = append(set, f.name)
		}
	}
	return set
}

func hardwareAddress(b []byte) string {
	parts := make([]string, len(b))
	for i, octet := range b {
		parts[i] = fmt.Sprintf("%02x", octet)
	}
	return strings.Join(parts, ":")
}

// ipRoutes prints the main routing table.
func (c *call) ipRoutes(args []string, family uint8) error {
	if len(args) > 1 || len(args) == 1 && args[0] != "show" && args[0] != "list" {
		return c.misuse("of routes only show is here")
	}
	if family == unix.AF_UNSPEC {
		family = unix.AF_INET
	}
	all, err := links(family)
	if err != nil {
		return err
	}
	interfaces := map[uint32]string{}
	for _, l := range all {
		interfaces[uint32(l.index)] = l.name
	}
	return netlink(unix.RTM_GETROUTE, family, unix.SizeofRtMsg, func(entry []byte, a map[uint16][]byte) {
		header := (*unix.RtMsg)(unsafe.Pointer(&entry[0]))
		if header.Table != unix.RT_TABLE_MAIN || header.Family != family || header.Type != unix.RTN_UNICAST {
			return
		}
		line := "default"
		if to, ok := netip.AddrFromSlice(a[unix.RTA_DST]); ok {
			line = fmt.Sprintf("%s/%d", to, header.Dst_len)
		}
		if via, ok := netip.AddrFromSlice(a[unix.RTA_GATEWAY]); ok {
			line += " via " + via.String()
		}
		if name := interfaces[number(a[unix.RTA_OIF])]; name != "" {
			line += " dev " + name
		}
		if header.Scope == unix.RT_SCOPE_LINK {
			line += " scope link"
		}
		if from, ok := netip.AddrFromSlice(a[unix.RTA_PREFSRC]); ok {
			line += " src " + from.String()
		}
		if metric := number(a[unix.RTA_PRIORITY]); metric != 0 {
			line += fmt.Sprintf(" metric %d", metric)
		}
		fmt.Fprintln(c.out, line)
	})
}

// ipSet switches an interface on or off: NAME up|down, by ioctl (netdevice(7)).
func (c *call) ipSet(args []string) error {
	if len(args) > 0 && args[0] == "dev" {
		args = args[1:]
	}
	if len(args) != 2 || args[1] != "up" && args[1] != "down" {
		return c.misuse("link set needs a name and up or down")
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return os.NewSyscallError("socket", err)
	}
	defer unix.Close(fd)
	request, err := unix.NewIfreq(args[0])
	if err != nil {
		return fmt.Errorf("%q is no name of an interface", args[0])
	}
	if err := unix.IoctlIfreq(fd, unix.SIOCGIFFLAGS, request); err != nil {
		return fmt.Errorf("interface %q: %w", args[0], err)
	}
	flags := request.Uint16() | unix.IFF_UP
	if args[1] == "down" {
		flags &^= unix.IFF_UP
	}
	request.SetUint16(flags)
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, request); err != nil {
		return fmt.Errorf("set interface %q %s: %w", args[0], args[1], err)
	}
	return nil
}
