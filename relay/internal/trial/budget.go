package trial

import (
	"sync"
	"time"
)

const (
	// rate is what a test room may have forwarded, in bytes a second; burst is what it may save up: a large picture.
	rate  = 6_000_000 / 8
	burst = rate
	// together is how many rooms have that at the same time; what more of them want takes from all.
	together = 25
)

// Budgets are those of the test rooms that something is shared in.
type Budgets struct {
	now func() time.Time
	all purse

	mu     sync.Mutex // guards what follows
	byRoom map[string]*Budget
}

// NewBudgets returns none.
func NewBudgets(now func() time.Time) *Budgets {
	return &Budgets{now: now, all: newPurse(now(), together), byRoom: make(map[string]*Budget)}
}

// Budget is what all shares of a room have together.
type Budget struct {
	budgets *Budgets
	room    string
	shares  int // under Budgets.mu
	own     purse
}

// Take returns the room's for one share more, until Give.
func (bs *Budgets) Take(room string) *Budget {
	bs.mu.Lock()
	defer bs.mu.Unlock()
	b := bs.byRoom[room]
	if b == nil {
		b = &Budget{budgets: bs, room: room, own: newPurse(bs.now(), 1)}
		bs.byRoom[room] = b
	}
	b.shares++
	return b
}

// Give says that a share has ended.
func (b *Budget) Give() {
	bs := b.budgets
	bs.mu.Lock()
	defer bs.mu.Unlock()
	if b.shares--; b.shares == 0 {
		delete(bs.byRoom, b.room)
	}
}

// Spend reports whether so many bytes may still be forwarded now. Those that may not are lost, as on a narrow way.
func (b *Budget) Spend(bytes int) bool {
	now := b.budgets.now()
	return b.own.spend(bytes, now) && b.budgets.all.spend(bytes, now)
}

// purse fills with time.
type purse struct {
	rooms float64 // whose rate and burst it has

	mu    sync.Mutex // guards what follows
	saved float64    // bytes
	at    time.Time  // of the latest look
}

func newPurse(now time.Time, rooms float64) purse {
	return purse{rooms: rooms, saved: burst * rooms, at: now}
}

func (p *purse) spend(bytes int, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if passed := now.Sub(p.at).Seconds(); passed > 0 {
		p.saved, p.at = min(p.saved+passed*rate*p.rooms, burst*p.rooms), now
	}
	if p.saved < float64(bytes) {
		return false
	}
	p.saved -= float64(bytes)
	return true
}
