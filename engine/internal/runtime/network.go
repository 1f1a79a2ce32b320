package runtime

import (
	"os"
	"runtime"

	"berth/engine/internal/bundle"
	"berth/engine/internal/idmap"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// A Network is a network namespace that is made before its container. Most of what the
// kernel does for a container's clone is this namespace, and it can do it meanwhile.
type Network struct {
	made chan struct{} // closed when file is set
	file *os.File      // nil: the clone makes it, or tells why it can't
}

// PrepareNetwork begins to make the network namespace of b's next start, and returns at
// once: nil if there is nothing to make, or if it must belong to a user namespace, which
// the clone makes too. A nil b is not known yet; most containers need one. The caller
// gives it to Start and closes it afterwards.
func PrepareNetwork(b *bundle.Bundle) *Network {
	if os.Geteuid() != 0 || b != nil && !wantsNetwork(b) {
		return nil
	}
	n := &Network{made: make(chan struct{})}
	go n.make()
	return n
}

// wantsNetwork reports whether b's container gets a network namespace that can be made
// outside it.
func wantsNetwork(b *bundle.Bundle) bool {
	if b.IDMap.Mode != "" && b.IDMap.Mode != idmap.Host || b.Spec.Linux == nil {
		return false
	}
	for _, ns := range b.Spec.Linux.Namespaces {
		if ns.Type == specs.NetworkNamespace {
			return ns.Path == ""
		}
	}
	return false
}

func (n *Network) make() {
	defer close(n.made)
	const own = "/proc/thread-self/ns/net"
	runtime.LockOSThread() // a namespace is a thread's
	before, err := os.Open(own)
	if err != nil {
		runtime.UnlockOSThread()
		return
	}
	defer before.Close()
	if unix.Unshare(unix.CLONE_NEWNET) != nil {
		runtime.UnlockOSThread()
		return
	}
	n.file, _ = os.Open(own) // without it the namespace is gone again
	if unix.Setns(int(before.Fd()), unix.CLONE_NEWNET) == nil {
		runtime.UnlockOSThread()
	} // else the thread, which nothing may run on, ends with this goroutine
}

// wait returns the namespace, nil if there is none.
func (n *Network) wait() *os.File {
	if n == nil {
		return nil
	}
	<-n.made
	return n.file
}

// Close lets go of the namespace, which lasts as long as a process is in it.
func (n *Network) Close() {
	if f := n.wait(); f != nil {
		f.Close()
	}
}
