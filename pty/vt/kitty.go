package vt

// KittyFlags are the progressive enhancements of the kitty keyboard protocol
// (https://sw.kovidgoyal.net/kitty/keyboard-protocol/).
type KittyFlags uint8

// Flags of the kitty keyboard protocol.
const (
	KittyDisambiguate KittyFlags = 1 << iota
	KittyEventTypes
	KittyAlternateKeys
	KittyAllKeys
	KittyText
	kittyMask = 1<<iota - 1
)

// kittyDepth bounds the stack; the oldest entry is dropped, as the protocol says.
const kittyDepth = 16

// kittyStack is one per grid. The entry on top is in force.
type kittyStack struct {
	entries [kittyDepth]KittyFlags
	n       int
	base    KittyFlags // in force when nothing is pushed
}

func (k *kittyStack) flags() KittyFlags {
	if k.n == 0 {
		return k.base
	}
	return k.entries[k.n-1]
}

func (k *kittyStack) set(f KittyFlags) {
	if k.n == 0 {
		k.base = f & kittyMask
		return
	}
	k.entries[k.n-1] = f & kittyMask
}

func (k *kittyStack) push(f KittyFlags) {
	if k.n == kittyDepth {
		k.base = k.entries[0]
		copy(k.entries[:], k.entries[1:])
		k.n--
	}
	k.entries[k.n] = f & kittyMask
	k.n++
}

func (k *kittyStack) pop(n int) {
	if n > k.n {
		k.base = 0
	}
	k.n -= min(n, k.n)
}

// change is CSI = flags ; how u: 1 replaces, 2 adds, 3 removes.
func (k *kittyStack) change(f KittyFlags, how int) {
	switch how {
	case 1:
		k.set(f)
	case 2:
		k.set(k.flags() | f)
	case 3:
		k.set(k.flags() &^ f)
	}
}
