package toolbox

import (
	"bufio"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
)

// names reads a file of the form of /etc/passwd and /etc/group: name, password, number.
// A missing or broken file has no names: ids are numbers first of all.
func names(file string) map[int]string {
	f, err := os.Open(file)
	if err != nil {
		return nil
	}
	defer f.Close()
	found := map[int]string{}
	for scanner := bufio.NewScanner(f); scanner.Scan(); {
		if fields := strings.Split(scanner.Text(), ":"); len(fields) > 2 {
			if id, err := strconv.Atoi(fields[2]); err == nil && found[id] == "" {
				found[id] = fields[0]
			}
		}
	}
	return found
}

// named returns the id's name, or the id in digits.
func named(in map[int]string, id int) string {
	if name := in[id]; name != "" {
		return name
	}
	return strconv.Itoa(id)
}

func runWhoami(c *call) error {
	if err := c.parse(c.flags()); err != nil {
		return err
	}
	fmt.Fprintln(c.out, named(names("/etc/passwd"), os.Geteuid()))
	return nil
}

// An identity is what id prints.
type identity struct {
	uid, gid int
	groups   []int
}

func runID(c *call) error {
	f := c.flags()
	user, group := f.BoolP("user", "u", false, ""), f.BoolP("group", "g", false, "")
	groups, name := f.BoolP("groups", "G", false, ""), f.BoolP("name", "n", false, "")
	if err := c.parse(f); err != nil {
		return err
	}
	var who identity
	var err error
	switch len(c.args) {
	case 0:
		who = identity{uid: os.Geteuid(), gid: os.Getegid()}
		who.groups, err = os.Getgroups()
	case 1:
		who, err = lookup(c.args[0])
	default:
		return c.misuse("one user at most")
	}
	if err != nil {
		return err
	}
	if !slices.Contains(who.groups, who.gid) {
		who.groups = append([]int{who.gid}, who.groups...)
	}
	users, groupNames := names("/etc/passwd"), names("/etc/group")
	show := func(in map[int]string, id int) string {
		if *name {
			return named(in, id)
		}
		return strconv.Itoa(id)
	}
	list := func(show func(int) string, separator string) string {
		shown := make([]string, len(who.groups))
		for i, id := range who.groups {
			shown[i] = show(id)
		}
		return strings.Join(shown, separator)
	}
	switch {
	case *user:
		fmt.Fprintln(c.out, show(users, who.uid))
	case *group:
		fmt.Fprintln(c.out, show(groupNames, who.gid))
	case *groups:
		fmt.Fprintln(c.out, list(func(id int) string { return show(groupNames, id) }, " "))
	default:
		both := func(in map[int]string, id int) string {
			if in[id] == "" {
				return strconv.Itoa(id)
			}
			return fmt.Sprintf("%d(%s)", id, in[id])
		}
		fmt.Fprintf(c.out, "uid=%s gid=%s groups=%s\n", both(users, who.uid), both(groupNames, who.gid),
			list(func(id int) string { return both(groupNames, id) }, ","))
	}
	return nil
}

// lookup finds a user of /etc/passwd by name or number, with the groups that list it.
func lookup(user string) (identity, error) {
	passwd, err := os.ReadFile("/etc/passwd")
	if err != nil {
		return identity{}, err
	}
	for line := range strings.Lines(string(passwd)) {
		fields := strings.Split(strings.TrimSpace(line), ":")
		if len(fields) < 4 || fields[0] != user && fields[2] != user {
			continue
		}
		uid, err := strconv.Atoi(fields[2])
		if err != nil {
			continue
		}
		gid, err := strconv.Atoi(fields[3])
		if err != nil {
			continue
		}
		return identity{uid, gid, memberOf(fields[0])}, nil
	}
	return identity{}, fmt.Errorf("%q: no such user", user)
}

// memberOf returns the groups of /etc/group that list the user.
func memberOf(user string) []int {
	data, _ := os.ReadFile("/etc/group") // without the file there are none
	var groups []int
	for line := range strings.Lines(string(data)) {
		fields := strings.Split(strings.TrimSpace(line), ":")
		if len(fields) < 4 || !slices.Contains(strings.Split(fields[3], ","), user) {
			continue
		}
		if gid, err := strconv.Atoi(fields[2]); err == nil {
			groups = append(groups, gid)
		}
	}
	return groups
}
