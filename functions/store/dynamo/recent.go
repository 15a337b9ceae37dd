package dynamo

import (
	"sync"
	"time"
)

const (
	recentAge  = time.Second
	recentMost = 1 << 10 // a function sees few conferences in a second; one that sees more forgets them all
)

// recent remembers for a second what was read, for the reads that a thousand guests of one conference make at once: so
// an item is read once a second by each process, however many guests come. What is missing is remembered too where the
// answer must not be slower for it.
type recent struct {
	now func() time.Time

	mu    sync.Mutex
	items map[key]memory
}

type memory struct {
	item item // nobody changes it
	at   int64
}

func newRecent(now func() time.Time) *recent { return &recent{now: now, items: make(map[key]memory)} }

// item counts by the clock on the wall: a process that was frozen must not take its memories for fresh.
func (r *recent) item(k key) (i item, ok bool) {
	now := r.now().UnixMilli()
	r.mu.Lock()
	defer r.mu.Unlock()
	m, ok := r.items[k]
	age := now - m.at
	return m.item, ok && age >= 0 && age < recentAge.Milliseconds()
}

func (r *recent) remember(k key, i item) {
	now := r.now().UnixMilli()
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.items) >= recentMost {
		clear(r.items)
	}
	r.items[k] = memory{i, now}
}

func (r *recent) forget(k key) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.items, k)
}
