// Package leak finds what an engine left behind on the host: mounts, cgroups, processes with their
// namespaces, and sockets that belong to a state directory. It is for the last test of a
// package that starts containers, after all of them have been removed.
//
// Several engines, of this machine's user and of tests in other processes, may work at the same time, so only
// what bears the state directory's path counts; of cgroups, which bear none, those of
// containers that the event log of the directory names.
package leak

import (
	"bufio"
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// settle is how long Check lets things end that are on their way: a shim that has been told to exit,
// a cgroup that the kernel still empties.
const settle = 10 * time.Second

// Check fails t for everything that is left of the state directory root, one error for each thing. It
// may be called at the end of a test, or deferred to it by t.Cleanup.
func Check(t testing.TB, root string) {
	t.Helper()
	for _, thing := range Wait(root, settle) {
		t.Errorf("left behind: %s", thing)
	}
}

// Wait returns what is left of root once nothing is, or when the limit has passed. For a TestMain, which has no testing.TB.
func Wait(root string, limit time.Duration) []string {
	for end := time.Now().Add(limit); ; time.Sleep(20 * time.Millisecond) {
		left := Find(root)
		if len(left) == 0 || time.Now().After(end) {
			return left
		}
	}
}

// Find returns a line for each thing that is there now and belongs to the state directory root, an absolute path.
// What this user may not look at is not found.
func Find(root string) []string {
	var left []string
	left = append(left, mounts(root)...)
	left = append(left, processes(root)...)
	left = append(left, sockets(root)...)
	left = append(left, cgroups(root)...)
	slices.Sort(left)
	return left
}

// mounts returns the mounts of this mount namespace on or of something below root.
func mounts(root string) []string {
	var found []string
	for _, line := range mentions("/proc/self/mountinfo", root) {
		if fields := strings.Fields(line); len(fields) > 4 {
			found = append(found, "mount "+fields[4])
		}
	}
	return found
}

// mentions returns the lines of a file of /proc that mention root as a path or the beginning of one.
func mentions(file, root string) []string {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil // the process has ended, or is another user's
	}
	var found []string
	for scanner := bufio.NewScanner(bytes.NewReader(data)); scanner.Scan(); {
		if mentioned(scanner.Text(), root) {
			found = append(found, scanner.Text())
		}
	}
	return found
}

// mentioned reports whether text holds root, and not as a part of another name.
func mentioned(text, root string) bool {
	for {
		at := strings.Index(text, root)
		if at < 0 {
			return false
		}
		text = text[at+len(root):]
		if text == "" || strings.IndexByte("/ ,:=\x00\"", text[0]) >= 0 {
			return true
		}
	}
}

// processes returns those that have root among their arguments, work or run below it, or live in a mount
// namespace in which something of it is mounted, as the processes of containers do.
func processes(root string) []string {
	entries, _ := os.ReadDir("/proc") // without /proc nothing can be said
	own, _ := os.Readlink("/proc/self/ns/mnt")
	var found []string
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil || pid == os.Getpid() || pid == os.Getppid() {
			continue
		}
		dir := filepath.Join("/proc", entry.Name())
		if why := belongs(dir, root, own); why != "" {
			name, _ := os.ReadFile(filepath.Join(dir, "comm"))
			found = append(found, "process "+entry.Name()+" ("+strings.TrimSpace(string(name))+"): "+why)
		}
	}
	return found
}

func belongs(dir, root, ownNamespace string) (why string) {
	if state, err := os.ReadFile(filepath.Join(dir, "stat")); err != nil || bytes.Contains(state, []byte(") Z ")) {
		return "" // gone, or a zombie that its parent has yet to notice
	}
	for _, link := range []string{"cwd", "root", "exe"} {
		if target, err := os.Readlink(filepath.Join(dir, link)); err == nil && mentioned(target, root) {
			return link + " is " + target
		}
	}
	if words, err := os.ReadFile(filepath.Join(dir, "cmdline")); err == nil && mentioned(string(words), root) {
		return "its arguments name " + root
	}
	namespace, err := os.Readlink(filepath.Join(dir, "ns/mnt"))
	if err == nil && namespace != ownNamespace && len(mentions(filepath.Join(dir, "mountinfo"), root)) > 0 {
		return "it has a mount of " + root + " in " + namespace
	}
	return ""
}

// sockets returns the Unix sockets below root that somebody listens on, and all abstract ones
// that bear Berth's name: there must be none, for no file mode protects them.
func sockets(root string) []string {
	data, err := os.ReadFile("/proc/net/unix")
	if err != nil {
		return nil
	}
	var found []string
	for line := range strings.Lines(string(data)) {
		fields := strings.Fields(line)
		if len(fields) < 8 {
			continue
		}
		if path := fields[7]; mentioned(path, root) || strings.HasPrefix(path, "@") && strings.Contains(path, "berth") {
			found = append(found, "socket "+path)
		}
	}
	return found
}

// madeHere matches the ID of a container in the event log.
var madeHere = regexp.MustCompile(`"i":"([0-9a-f]{64})"`)

// cgroups returns those of containers that were made in root, which its event log tells.
func cgroups(root string) []string {
	made := map[string]bool{}
	logs, _ := filepath.Glob(filepath.Join(root, "events", "*")) // the pattern is sound
	for _, file := range logs {
		data, err := os.ReadFile(file)
		if err != nil {
			continue // rotated away
		}
		for _, m := range madeHere.FindAllSubmatch(data, -1) {
			made[string(m[1])] = true
		}
	}
	var found []string
	_ = filepath.WalkDir("/sys/fs/cgroup", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return nil // vanished while we looked
		}
		// "berth/ID", or "berth-ID.scope" where systemd's names are used.
		if made[strings.TrimSuffix(strings.TrimPrefix(entry.Name(), "berth-"), ".scope")] {
			found = append(found, "cgroup "+path)
			return fs.SkipDir
		}
		return nil
	})
	return found
}
