package runtime

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"berth/engine/enginetest/ability"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

func TestNetworkIsMadeAhead(t *testing.T) {
	ability.Need(t, ability.Root)
	b := testBundle(t, image(t), "facts")
	n := PrepareNetwork(b)
	defer n.Close()
	out, ws, err := try(t, b, Options{Network: n})
	if err != nil || ws != 0 {
		t.Fatal(err, ws, out)
	}
	f := decode(t, out)
	var st unix.Stat_t
	mustDo(t, unix.Fstat(int(n.wait().Fd()), &st))
	if want := fmt.Sprintf("net:[%d]", st.Ino); f.Namespaces["net"] != want || !f.Loopback {
		t.Errorf("the program is in %s, want %s; loopback is up: %v", f.Namespaces["net"], want, f.Loopback)
	}
	checkDescriptors(t, f)
	host, err := os.Readlink("/proc/self/ns/net")
	mustDo(t, err)
	threads, _ := filepath.Glob("/proc/self/task/*/ns/net")
	for _, link := range threads {
		if ns, err := os.Readlink(link); err == nil && ns != host {
			t.Errorf("%s is %s: a thread of this process was left in a container's network", link, ns)
		}
	}
}

func TestNoNetworkToPrepare(t *testing.T) {
	b := testBundle(t, image(t), "true")
	b.Spec.Linux.Namespaces = []specs.LinuxNamespace{{Type: specs.PIDNamespace}, {Type: specs.MountNamespace}}
	if n := PrepareNetwork(b); n != nil {
		t.Error("a container with the host's network got one of its own")
	}
}
