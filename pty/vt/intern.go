package vt

// Limits of the side tables. What the cells use always fits: the tables are
// swept when they reach twice what the last sweep found in use. Links carry
// strings that the program chose, so they have a byte budget too.
const (
	minSweep     = 1024
	maxLinkBytes = 1 << 20 // all URIs and ids together; further links are dropped
	maxLink      = 2083    // one URI, as in other terminals
	maxCluster   = 64      // bytes of one grapheme cluster; further marks are dropped
)

// Link is the target of an OSC 8 hyperlink.
type Link struct {
	// ID joins cells of one link that are not adjacent; often empty.
	ID  string
	URI string
}

// tables hold what does not fit into 8 bytes. Index 0 of each is the empty
// entry. Scrollback does not refer to them (it stores styles and clusters in
// line), so a sweep reads only the cells of the two grids.
type tables struct {
	styles      []Style
	styleIndex  styleIndex
	freeStyle   []uint32
	clusters    []string
	clusterIDs  map[string]uint32
	freeCluster []uint32
	links       []Link
	linkIDs     map[Link]uint32
	freeLink    []uint32
	linkBytes   int

	sweepStyles, sweepClusters, sweepLinks int // sizes that trigger a sweep

	// hold forbids sweeping while cells that are in neither grid refer to
	// the tables: lines just read from the scrollback.
	hold bool
}

func newTables() tables {
	return tables{
		styles: make([]Style, 1, 16), styleIndex: styleIndex{slots: make([]uint32, 64)},
		clusters: make([]string, 1), clusterIDs: map[string]uint32{},
		links: make([]Link, 1), linkIDs: map[Link]uint32{},
		sweepStyles: minSweep, sweepClusters: minSweep, sweepLinks: minSweep,
	}
}

// styleID interns st.
func (s *Screen) styleID(st Style) uint32 {
	if st == (Style{}) {
		return 0
	}
	t := &s.tab
	id, slot := t.styleIndex.find(t.styles, &st)
	if id != 0 {
		return id
	}
	if t.styleIndex.n >= t.sweepStyles && s.sweep() {
		_, slot = t.styleIndex.find(t.styles, &st)
	}
	id = put(&t.styles, &t.freeStyle, st)
	t.styleIndex.add(t.styles, slot, id)
	return id
}

// clusterID interns the grapheme cluster b.
func (s *Screen) clusterID(b []byte) uint32 {
	t := &s.tab
	if id, ok := t.clusterIDs[string(b)]; ok {
		return id
	}
	if len(t.clusterIDs) >= t.sweepClusters {
		s.sweep()
	}
	str := string(b)
	id := put(&t.clusters, &t.freeCluster, str)
	t.clusterIDs[str] = id
	return id
}

// linkID interns l; 0 when it is empty, too long, or the budget is spent.
func (s *Screen) linkID(l Link) uint32 {
	t := &s.tab
	size := len(l.URI) + len(l.ID)
	if l.URI == "" || len(l.URI) > maxLink || len(l.ID) > maxLink {
		return 0
	}
	if id, ok := t.linkIDs[l]; ok {
		return id
	}
	if len(t.linkIDs) >= t.sweepLinks || t.linkBytes+size > maxLinkBytes {
		s.sweep()
		if t.linkBytes+size > maxLinkBytes {
			return 0
		}
	}
	id := put(&t.links, &t.freeLink, l)
	t.linkIDs[l] = id
	t.linkBytes += size
	return id
}

// put stores v in a free place of list and returns its index.
func put[T any](list *[]T, free *[]uint32, v T) uint32 {
	if n := len(*free); n > 0 {
		id := (*free)[n-1]
		*free = (*free)[:n-1]
		(*list)[id] = v
		return id
	}
	*list = append(*list, v)
	return uint32(len(*list) - 1)
}

// sweep drops every entry that no cell, pen or saved cursor uses, and reports
// whether it did: not while sweeps are held off. Its cost is one pass over the
// cells, paid at most once per minSweep new entries.
func (s *Screen) sweep() bool {
	t := &s.tab
	if t.hold {
		return false
	}
	styles := make([]bool, len(t.styles))
	clusters := make([]bool, len(t.clusters))
	links := make([]bool, len(t.links))
	styles[0], clusters[0], links[0] = true, true, true
	for _, g := range []*grid{s.primary, s.alt} {
		if g == nil {
			continue
		}
		for _, r := range g.rows {
			for _, c := range r.cells[:r.used] {
				styles[c.style()] = true
				if c.ch&clusterBit != 0 {
					clusters[c.ch&^clusterBit] = true
				}
			}
		}
		links[g.saved.pen.Link] = true
	}
	if s.last&clusterBit != 0 {
		clusters[s.last&^clusterBit] = true
	}
	// The pen's are kept though no cell has them yet.
	styles[s.pen.id], styles[s.pen.eraseID] = true, true
	links[s.pen.Link] = true
	for id, used := range styles {
		if used {
			links[t.styles[id].Link] = true
		}
	}
	s.hist.read.chunk = nil
	t.freeStyle = drop(t.styles, styles, t.freeStyle, nil)
	t.styleIndex.build(t.styles)
	t.freeCluster = drop(t.clusters, clusters, t.freeCluster, t.clusterIDs)
	t.freeLink = drop(t.links, links, t.freeLink, t.linkIDs)
	t.linkBytes = 0
	for l := range t.linkIDs {
		t.linkBytes += len(l.URI) + len(l.ID)
	}
	least := max(minSweep, s.cols*s.rows/16) // a pass over a large screen is dear
	t.sweepStyles = max(least, 2*t.styleIndex.n)
	t.sweepClusters = max(least, 2*len(t.clusterIDs))
	t.sweepLinks = max(least, 2*len(t.linkIDs))
	return true
}

// drop frees the entries of list that are not used, takes them out of ids and
// returns the free list.
func drop[T comparable](list []T, used []bool, free []uint32, ids map[T]uint32) []uint32 {
	var zero T
	free = free[:0]
	for id := range list {
		if used[id] {
			continue
		}
		delete(ids, list[id])
		list[id] = zero
		free = append(free, uint32(id))
	}
	return free
}
