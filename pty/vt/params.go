package vt

// params are the parameters of a control sequence.
type params struct {
	v   [maxParams]int32 // -1 is an omitted parameter
	n   int
	sub uint32 // bit i: v[i+1] is a subparameter (colon) of v[i]
}

func (p *params) clear() { p.v[0], p.n, p.sub = -1, 0, 0 }

// digit and separator build the list; end completes it.
func (p *params) digit(b byte) {
	if p.n < maxParams {
		p.v[p.n] = min(max(p.v[p.n], 0)*10+int32(b-'0'), maxParam)
	}
}

func (p *params) separator(b byte) {
	if p.n >= maxParams {
		return
	}
	if b == ':' {
		p.sub |= 1 << p.n
	}
	if p.n++; p.n < maxParams {
		p.v[p.n] = -1
	}
}

func (p *params) end() {
	if p.n < maxParams && (p.n > 0 || p.v[0] >= 0) {
		p.n++
	}
}

// get returns parameter i, or def when it is missing.
func (p *params) get(i, def int) int {
	if i >= p.n || p.v[i] < 0 {
		return def
	}
	return int(p.v[i])
}

// count returns parameter i as a count: missing and 0 mean 1.
func (p *params) count(i int) int { return max(1, p.get(i, 1)) }

func (p *params) isSub(i int) bool { return i > 0 && p.sub&(1<<(i-1)) != 0 }
