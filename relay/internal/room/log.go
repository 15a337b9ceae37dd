package room

import "slices"

// maxLogged bounds what the events of a log hold beside what the room keeps anyway, in bytes.
const maxLogged = 1 << 20

// slot names something of which only the last state is worth telling: where somebody points, a shape that grows. An event
// takes the place of the earlier one of its slot, so that a flood of them makes nobody miss what only comes once.
type slot struct {
	kind Kind
	id   string
}

// entry is an event in the log, and who hears of it.
type entry struct {
	Event
	slot   slot     // zero: told in any case
	only   []string // nil: everybody
	except string

	number        uint64
	before, after *entry
}

func (e *entry) isFor(participant string) bool {
	return e.except != participant && (e.only == nil || slices.Contains(e.only, participant))
}

// size is about what the event holds, in bytes.
func (e *entry) size() int {
	size := 200 + 20*len(e.IDs)
	if e.Message != nil {
		size += len(e.Message.Text)
	}
	if e.Shape != nil {
		size += e.Shape.Size()
	}
	return size
}

// eventLog keeps the last events of a room, numbered from 0, in their order. Those whose slot has a later one are not
// kept: who has not read them misses nothing. When there are too many, the oldest are lost.
type eventLog struct {
	oldest, latest *entry
	slots          map[slot]*entry
	length, size   int
	limit          int
	end            uint64        // number of the next event
	lost           uint64        // events before this number are lost
	changed        chan struct{} // closed after an append, then replaced
}

func newEventLog(limit int) eventLog {
	return eventLog{limit: limit, slots: make(map[slot]*entry), changed: make(chan struct{})}
}

func (l *eventLog) append(e entry) {
	if e.slot != (slot{}) {
		l.drop(e.slot)
		l.slots[e.slot] = &e
	}
	e.number, e.before = l.end, l.latest
	l.end++
	if l.latest == nil {
		l.oldest = &e
	} else {
		l.latest.after = &e
	}
	l.latest = &e
	l.length++
	l.size += e.size()
	for l.length > l.limit || l.size > maxLogged {
		l.lost = l.oldest.number + 1
		l.take(l.oldest)
	}
}

// drop takes out what is not worth telling any more.
func (l *eventLog) drop(s slot) {
	if e := l.slots[s]; e != nil {
		l.take(e)
	}
}

func (l *eventLog) take(e *entry) {
	if e.before == nil {
		l.oldest = e.after
	} else {
		e.before.after = e.after
	}
	if e.after == nil {
		l.latest = e.before
	} else {
		e.after.before = e.before
	}
	if l.slots[e.slot] == e {
		delete(l.slots, e.slot)
	}
	l.length--
	l.size -= e.size()
}

// since lists what is kept of the events from this number on.
func (l *eventLog) since(number uint64) []*entry {
	var entries []*entry
	for e := l.latest; e != nil && e.number >= number; e = e.before {
		entries = append(entries, e)
	}
	slices.Reverse(entries)
	return entries
}

// swap replaces the channel that readers wait on and returns the one to close once the lock is released. A second
// change under the same lock needs no second channel: nobody can have seen the first.
func (l *eventLog) swap(pending chan struct{}) chan struct{} {
	if pending != nil {
		return pending
	}
	old := l.changed
	l.changed = make(chan struct{})
	return old
}
