package turn

import (
	"hash/maphash"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/coopnet/coopnet/relay/internal/quota"
)

// Limits bound what clients may hold. A browser makes an allocation for each of its addresses and each TURN URL, and a
// participant may view and share at the same time.
type Limits struct {
	PerCredential        int           // allocations of one participant
	PerSource            int           // allocations from one address: a company's whole staff may come through one
	Allocations          int           // in all
	Tests                int           // of them for test rooms, whose credentials anybody gets
	ConnectionsPerSource int           // open TCP and TLS connections from one address
	Connections          int           // in all
	FirstFrame           time.Duration // until the first message on a connection, TLS included
	Unallocated          time.Duration // that a connection may be without an allocation
	Idle                 time.Duration // without a message from the client
	AnswerBurst          int           // error answers over UDP to one address at once
	AnswerInterval       time.Duration // and then one in each
	RequestBurst         int           // requests on one allocation or connection at once; more are not read
	RequestInterval      time.Duration // and then one in each
	AttemptBurst         int           // requests over UDP without an allocation, from one address at once
	AttemptInterval      time.Duration // and then one in each
}

func (l Limits) withDefaults() Limits {
	standard := Limits{
		PerCredential: 32, PerSource: 2000, Allocations: 8000, Tests: 1000, ConnectionsPerSource: 1024, Connections: 4096,
		FirstFrame: 10 * time.Second, Unallocated: 30 * time.Second, Idle: 60 * time.Second,
		AnswerBurst: 100, AnswerInterval: 40 * time.Millisecond, RequestBurst: 128, RequestInterval: 50 * time.Millisecond,
		AttemptBurst: 1000, AttemptInterval: 5 * time.Millisecond,
	}
	for _, n := range []struct{ have, want *int }{
		{&l.PerCredential, &standard.PerCredential}, {&l.PerSource, &standard.PerSource}, {&l.Allocations, &standard.Allocations}, {&l.Tests, &standard.Tests},
		{&l.ConnectionsPerSource, &standard.ConnectionsPerSource}, {&l.Connections, &standard.Connections}, {&l.AnswerBurst, &standard.AnswerBurst},
		{&l.RequestBurst, &standard.RequestBurst}, {&l.AttemptBurst, &standard.AttemptBurst},
	} {
		if *n.have == 0 {
			*n.have = *n.want
		}
	}
	for _, d := range []struct{ have, want *time.Duration }{
		{&l.FirstFrame, &standard.FirstFrame}, {&l.Unallocated, &standard.Unallocated}, {&l.Idle, &standard.Idle},
		{&l.AnswerInterval, &standard.AnswerInterval}, {&l.RequestInterval, &standard.RequestInterval}, {&l.AttemptInterval, &standard.AttemptInterval},
	} {
		if *d.have == 0 {
			*d.have = *d.want
		}
	}
	return l
}

// pace lets burst through at once and then one in each interval (generic cell rate algorithm). A bucket is due when it is
// empty again, in Unix nanoseconds.
type pace struct{ burst, interval int64 }

func newPace(burst int, interval time.Duration) pace {
	return pace{burst: int64(burst) * int64(interval), interval: int64(interval)}
}

func (p pace) allow(bucket *atomic.Int64, now time.Time) bool {
	at := now.UnixNano()
	for {
		old := bucket.Load()
		due := max(old, at)
		if old > at+p.burst { // the clock was put back
			due = at
		}
		if due+p.interval > at+p.burst {
			return false
		}
		if bucket.CompareAndSwap(old, due+p.interval) {
			return true
		}
	}
}

// buckets of a limiter. Addresses share them by their hash under a secret seed: memory is fixed whatever addresses are
// forged, and who wants to silence others must fill all buckets all the time.
const buckets = 1 << 14

// limiter is a pace for each address.
type limiter struct {
	pace
	seed maphash.Seed
	due  []atomic.Int64
}

func newLimiter(burst int, interval time.Duration) *limiter {
	return &limiter{pace: newPace(burst, interval), seed: maphash.MakeSeed(), due: make([]atomic.Int64, buckets)}
}

func (l *limiter) allow(a netip.Addr, now time.Time) bool {
	return l.pace.allow(&l.due[maphash.Comparable(l.seed, quota.Source(a))%buckets], now)
}
