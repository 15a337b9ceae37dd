package packet

// maxRuns is how many runs of padding are known: two seconds of a browser that probes behind each of 60 pictures.
const maxRuns = 128

// Padding closes up the numbers of packets that carry nothing: presenters send them, up to hundreds a second, to probe their
// own way. The zero value knows of none.
type Padding struct {
	runs  [maxRuns]gap
	count int
}

// Skip leaves out a packet that is newer than all before.
func (p *Padding) Skip(index uint64) { skip(p.runs[:], &p.count, index) }

// Index is a packet's without the padding before it; false for what has been left out, and for a packet from before the
// runs that are known.
func (p *Padding) Index(index uint64) (uint64, bool) {
	run, ok := before(p.runs[:], p.count, index)
	return index - run.packets, ok
}
