// Package quota counts what each of many holds, such as connections of one address, and refuses more than is allowed.
package quota

import (
	"net/netip"
	"sync"
)

// Quota bounds what each key holds, and what all hold together. It knows only keys that hold something.
type Quota[K comparable] struct {
	each, all int

	mu    sync.Mutex
	total int
	held  map[K]int
}

// New makes a quota.
func New[K comparable](each, all int) *Quota[K] {
	return &Quota[K]{each: each, all: all, held: make(map[K]int)}
}

// Take reports whether k may hold one more, and counts it if so.
func (q *Quota[K]) Take(k K) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.total >= q.all || q.held[k] >= q.each {
		return false
	}
	q.total++
	q.held[k]++
	return true
}

// Give returns what Take took.
func (q *Quota[K]) Give(k K) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.total--
	if q.held[k]--; q.held[k] == 0 {
		delete(q.held, k)
	}
}

// Total is what all hold.
func (q *Quota[K]) Total() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.total
}

// Source is what a quota should see of an address: one home has a whole /64 of IPv6.
func Source(a netip.Addr) netip.Addr {
	if p, err := a.Prefix(64); err == nil && a.Is6() {
		return p.Addr()
	}
	return a
}
