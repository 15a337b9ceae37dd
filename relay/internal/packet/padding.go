package packet

// maxRuns is how many runs of padding are known: two seconds of a browser that probes behind each of 60 pictures.
const maxRuns = 128

// Padding closes up the numbers of packets that carry nothing: presenters send them, up to hundreds a second, to probe their
// own way. The zero value knows of none.
type Padding struct {
	runs  [maxRuns]run
	count int // the newest maxRuns are known
}

// run is padding without anything between it.
type run struct {
	first, next uint64 // from first on, up to next
	packets     uint64 // of padding, up to here
}

// Skip leaves out a packet that is newer than all before.
func (p *Padding) Skip(index uint64) {
	var last run
	if p.count > 0 {
		last = p.runs[(p.count-1)%maxRuns]
	}
	if p.count == 0 || last.next != index {
		last.first = index
		p.count++
	}
	last.next = index + 1
	last.packets++
	p.runs[(p.count-1)%maxRuns] = last
}

// Index is a packet's without the padding before it; false for what has been left out, and for a packet from before the
// runs that are known.
func (p *Padding) Index(index uint64) (uint64, bool) {
	for i := p.count - 1; i >= max(0, p.count-maxRuns); i-- {
		switch r := &p.runs[i%maxRuns]; {
		case index >= r.next:
			return index - r.packets, true
		case index >= r.first:
			return 0, false
		}
	}
	return index, p.count <= maxRuns
}
