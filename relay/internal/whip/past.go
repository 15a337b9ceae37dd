package whip

// maxPast bounds the ended sessions that are remembered; the oldest is forgotten first.
const maxPast = 4096

// past remembers sessions that have ended, so that deleting one again is fine.
type past struct {
	known  map[string]bool
	oldest []string // a ring once it is full
	next   int
}

func newPast() *past { return &past{known: make(map[string]bool)} }

func (p *past) add(id string) {
	if len(p.oldest) < maxPast {
		p.oldest = append(p.oldest, id)
	} else {
		delete(p.known, p.oldest[p.next])
		p.oldest[p.next] = id
		p.next = (p.next + 1) % maxPast
	}
	p.known[id] = true
}

func (p *past) has(id string) bool { return p.known[id] }
