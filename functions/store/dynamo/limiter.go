package dynamo

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"sync"
	"time"

	"github.com/coopnet/coopnet/functions/conference"
	"github.com/coopnet/coopnet/functions/identity"
)

// Limiter counts in a domain's own table, so that all processes count together. It is the same arithmetic as
// conference.Counters: a bucket is the moment at which it will be empty.
//
// What it costs: nothing where this process knows already that a bucket is full, since a bucket empties only as time
// passes; else one read of half a unit for Peek and mostly one write for Spend. Guests who are let in only Peek, so no
// write and no hot key comes of a thousand of them, and a flood of refused ones stops at what each process knows. Of a
// large bucket a busy process takes several events at a time, more the busier it is; what it does not use is lost to the
// others.
type Limiter struct {
	table table
	now   func() time.Time

	mu    sync.Mutex
	known map[string]knowledge
}

var (
	_ conference.Limiter = (*Limiter)(nil)
	_ identity.Limiter   = (*Limiter)(nil)
)

// knowledge is what this process knows of a bucket. The real one empties no sooner.
type knowledge struct {
	empty   int64 // in milliseconds, as all times here
	ahead   int64 // events that were counted and not used yet
	took    int64 // how many were taken the last time
	aheadTo int64 // until when they are good
}

const (
	knownMost = 1 << 14 // buckets; a process that knows more forgets them all, and asks again
	aheadPart = 64      // of a bucket's size may be taken at once
	aheadLife = 5 * time.Second
	limitLate = time.Minute // clocks differ: an empty bucket is kept for a while
)

// Limiter counts for the domain of conferences.
func (s *Conference) Limiter() *Limiter { return newLimiter(s.table, s.db.cfg.Now) }

// Limiter counts for the domain of identities.
func (s *Identity) Limiter() *Limiter { return newLimiter(s.table, s.db.cfg.Now) }

func newLimiter(t table, now func() time.Time) *Limiter {
	return &Limiter{table: t, now: now, known: make(map[string]knowledge)}
}

// limitKey hides what is counted: addresses are personal.
func limitKey(name string) key {
	sum := sha256.Sum256([]byte(name))
	return key{"limit#" + base64.RawURLEncoding.EncodeToString(sum[:16]), "limit"}
}

// bucket is one call's arithmetic.
type bucket struct {
	now, every, size int64 // size is the time that a full bucket takes to be empty
}

func (l *Limiter) bucket(burst int, every time.Duration) bucket {
	step := max(every.Milliseconds(), 1)
	return bucket{l.now().UnixMilli(), step, step * int64(burst)}
}

// wait is how long until there is room for one event.
func (b bucket) wait(empty int64) time.Duration {
	return time.Duration(max(empty-b.now+b.every-b.size, 0)) * time.Millisecond
}

func (b bucket) held(empty int64) int {
	return int((max(empty-b.now, 0) + b.every - 1) / b.every)
}

// Peek implements conference.Limiter. What others counted a moment ago may be missing.
func (l *Limiter) Peek(ctx context.Context, name string, burst int, every time.Duration) (int, time.Duration, error) {
	b := l.bucket(burst, every)
	if empty := l.knows(name).empty; b.wait(empty) > 0 {
		return b.held(empty), b.wait(empty), nil
	}
	i, err := l.table.glance(ctx, limitKey(name))
	if err != nil {
		return 0, 0, err
	}
	empty := max(i.number("empty"), l.knows(name).empty)
	if empty > b.now {
		l.learn(name, empty)
	}
	return b.held(empty), b.wait(empty), nil
}

// Spend implements conference.Limiter.
func (l *Limiter) Spend(ctx context.Context, name string, burst int, every time.Duration) (time.Duration, error) {
	b := l.bucket(burst, every)
	empty, ready, events := l.use(name, b, burst)
	if ready {
		return 0, nil
	}
	if wait := b.wait(empty); wait > 0 {
		return wait, nil
	}
	for range tries {
		after, done, err := l.count(ctx, name, b, events, empty > b.now)
		if err != nil {
			return 0, err
		}
		if done {
			l.take(name, b, after, events)
			return 0, nil
		}
		i, err := l.table.get(ctx, limitKey(name))
		if err != nil {
			return 0, err
		}
		empty = i.number("empty")
		l.learn(name, empty)
		if wait := b.wait(empty); wait > 0 {
			return wait, nil
		}
		events = 1 // there is little room
	}
	return 0, crowded("count event")
}

// count adds events to the real bucket if there is room for them and it is as the caller thinks, empty or not.
func (l *Limiter) count(ctx context.Context, name string, b bucket, events int64, begun bool) (empty int64, done bool, err error) {
	more := b.every * events
	k := limitKey(name)
	if !begun {
		i := k.item()
		i["empty"] = number(b.now + more)
		i[TTL] = seconds(time.UnixMilli(b.now + b.size).Add(limitLate))
		done, err = l.table.put(ctx, i, when("attribute_not_exists(#pk) OR #empty <= :now", item{":now": number(b.now)}))
		return b.now + more, done, err
	}
	add := edit{add: item{"empty": number(more)}, set: item{TTL: seconds(time.UnixMilli(b.now + b.size).Add(limitLate))}}
	i, err := l.table.update(ctx, k, add, when("#empty > :now AND #empty <= :room",
		item{":now": number(b.now), ":room": number(b.now + b.size - more)}))
	return i.number("empty"), i != nil, err
}

func (l *Limiter) knows(name string) knowledge {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.known[name]
}

func (l *Limiter) learn(name string, empty int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	k := l.room(name)
	k.empty = max(k.empty, empty)
	l.known[name] = k
}

// room makes place for one more.
func (l *Limiter) room(name string) knowledge {
	k, ok := l.known[name]
	if !ok && len(l.known) >= knownMost {
		clear(l.known)
	}
	return k
}

// use takes an event that was counted ahead, or says how many to count now.
func (l *Limiter) use(name string, b bucket, burst int) (empty int64, ready bool, events int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	k := l.known[name]
	fresh := b.now < k.aheadTo
	if fresh && k.ahead > 0 {
		k.ahead--
		l.known[name] = k
		return k.empty, true, 0
	}
	events = 1
	if fresh { // it was used up soon: this process is busy
		events = max(1, min(k.took*2, int64(burst/aheadPart)))
	}
	return k.empty, false, events
}

func (l *Limiter) take(name string, b bucket, empty, events int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	k := l.room(name)
	k.empty = max(k.empty, empty)
	k.ahead += events - 1
	k.took, k.aheadTo = events, b.now+aheadLife.Milliseconds()
	l.known[name] = k
}
