package packet

// gap is a run of packets that are left out. Gaps are kept in a ring, of which the newest are known.
type gap struct {
	first, next uint64 // from first on, up to next
	packets     uint64 // left out up to here, since the first gap
	pictures    uint16 // and pictures, where their ids close up too
}

// skip leaves out a packet that is newer than all before, and returns the gap that it is in; count is of all gaps so far.
func skip(ring []gap, count *int, index uint64) *gap {
	var last gap
	if *count > 0 {
		last = ring[(*count-1)%len(ring)]
	}
	if *count == 0 || last.next != index {
		last.first = index
		*count++
	}
	last.next = index + 1
	last.packets++
	at := &ring[(*count-1)%len(ring)]
	*at = last
	return at
}

// before returns the latest gap before a packet, the zero one when there is none; false within a gap, and before those that
// are known.
func before(ring []gap, count int, index uint64) (gap, bool) {
	for i := count - 1; i >= max(0, count-len(ring)); i-- {
		switch g := &ring[i%len(ring)]; {
		case index >= g.next:
			return *g, true
		case index >= g.first:
			return gap{}, false
		}
	}
	return gap{}, count <= len(ring)
}
