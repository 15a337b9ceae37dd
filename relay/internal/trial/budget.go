package trial

import (
	"sync"
	"time"
)

const (
	// rate is what a test room may have forwarded, in bytes a second; burst is what it may save up: a large picture.
	rate  = 6_000_000 / 8
	burst = rate
)

// Budgets are those of the test rooms that something is shared in.
type Budgets struct {
	now func() time.Time

	mu     sync.Mutex // guards what follows
	byRoom map[string]*Budget
}

// NewBudgets returns none.
func NewBudgets(now func() time.Time) *Budgets {
	return &Budgets{now: now, byRoom: make(map[string]*Budget)}
}

// Budget is what all shares of a room have together.
type Budget struct {
	budgets *Budgets
	room    string
	shares  int // under Budgets.mu

	mu    sync.Mutex // guards what follows
	saved float64    // bytes
	at    time.Time  // of the latest look
}

// Take returns the room's for one share more, until Give.
func (bs *Budgets) Take(room string) *Budget {
	bs.mu.Lock()
	defer bs.mu.Unlock()
	b := bs.byRoom[room]
	if b == nil {
		b = &Budget{budgets: bs, room: room, saved: burst, at: bs.now()}
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
	b.mu.Lock()
	defer b.mu.Unlock()
	if passed := now.Sub(b.at).Seconds(); passed > 0 {
		b.saved, b.at = min(b.saved+passed*rate, burst), now
	}
	if b.saved < float64(bytes) {
		return false
	}
	b.saved -= float64(bytes)
	return true
}
