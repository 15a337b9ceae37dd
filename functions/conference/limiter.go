package conference

import (
	"container/list"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"net/netip"
	"sync"
	"time"

	"github.com/coopnet/coopnet/shared/problem"
)

// Limiter counts events per key in buckets that hold burst events and forget one of them every so often.
type Limiter interface {
	// Spend counts one event, or returns how long to wait until there is room for it.
	Spend(ctx context.Context, key string, burst int, every time.Duration) (wait time.Duration, err error)
	// Peek counts nothing: it returns how many events the bucket holds, and how long to wait for room.
	Peek(ctx context.Context, key string, burst int, every time.Duration) (held int, wait time.Duration, err error)
}

// counterMost bounds the memory of Counters to about 20 MB.
const counterMost = 1 << 16

// Counters is a Limiter in the memory of one process. When it is full, the bucket that was used longest ago is
// forgotten; filling it needs more failures than the hasher computes in a quarter of an hour.
type Counters struct {
	now func() time.Time

	mu      sync.Mutex
	buckets map[string]*list.Element
	recent  *list.List // of *bucket, the last used in front
}

type bucket struct {
	key   string
	empty time.Time // when every event will be forgotten (the generic cell rate algorithm's TAT)
}

// NewLimiter makes an empty one.
func NewLimiter(now func() time.Time) *Counters {
	if now == nil {
		now = time.Now
	}
	return &Counters{now: now, buckets: make(map[string]*list.Element), recent: list.New()}
}

// Spend implements Limiter.
func (c *Counters) Spend(_ context.Context, key string, burst int, every time.Duration) (time.Duration, error) {
	now := c.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	_, wait := c.level(key, now, burst, every)
	if wait > 0 {
		return wait, nil
	}
	b := c.touch(key)
	if b.empty.Before(now) {
		b.empty = now
	}
	b.empty = b.empty.Add(every)
	return 0, nil
}

// Peek implements Limiter.
func (c *Counters) Peek(_ context.Context, key string, burst int, every time.Duration) (int, time.Duration, error) {
	now := c.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	held, wait := c.level(key, now, burst, every)
	return held, wait, nil
}

func (c *Counters) level(key string, now time.Time, burst int, every time.Duration) (held int, wait time.Duration) {
	e, ok := c.buckets[key]
	if !ok {
		return 0, 0
	}
	left := e.Value.(*bucket).empty.Sub(now)
	if left <= 0 {
		return 0, 0
	}
	held = int((left + every - 1) / every)
	if wait = left + every - time.Duration(burst)*every; wait < 0 {
		wait = 0
	}
	return held, wait
}

func (c *Counters) touch(key string) *bucket {
	if e, ok := c.buckets[key]; ok {
		c.recent.MoveToFront(e)
		return e.Value.(*bucket)
	}
	if len(c.buckets) >= counterMost {
		last := c.recent.Back()
		c.recent.Remove(last)
		delete(c.buckets, last.Value.(*bucket).key)
	}
	b := &bucket{key: key}
	c.buckets[key] = c.recent.PushFront(b)
	return b
}

// How many refused attempts are free, and how fast they are forgotten.
const (
	addressBurst    = 30
	addressEvery    = 4 * time.Second
	pairBurst       = 8
	pairEvery       = 15 * time.Second
	conferenceBurst = 200
	conferenceEvery = time.Second
)

// attempts limits the guessing of one conference's password from one address. Only refused attempts are counted, so a
// company that joins through one address is never slowed down.
//
// There are three limits. An address that guesses is slowed down, whatever it guesses; an address that guesses one
// conference is slowed down sooner. The limit per conference is against many addresses that guess together. It must
// not become a lock that an outsider puts on somebody's conference by guessing all day: so it refuses only addresses
// that have failed at this conference lately. The first try from a fresh address is always looked at, and when it is
// right it is let in. An attacker gains one guess per fresh address by that, against passwords of 8 characters or more.
//
// The limits are looked at before the work and again after it, before the result is told. A burst of parallel guesses
// that all passed the first look so learns no more than the same guesses one after the other.
//
// Unknown names are counted like known ones: otherwise the limit would tell which conferences exist.
type attempts struct {
	limiter             Limiter
	address, pair, conf string // keys
}

func (d *Domain) attempts(address netip.Addr, name string) attempts {
	who := AddressKey(address)
	sum := sha256.Sum256([]byte(name))
	what := base64.RawURLEncoding.EncodeToString(sum[:16])
	return attempts{limiter: d.cfg.Limiter, address: "a:" + who, pair: "p:" + who + ":" + what, conf: "c:" + what}
}

// AddressKey is the part of an address that one customer has: all of IPv4, the /64 of IPv6.
func AddressKey(address netip.Addr) string {
	address = address.Unmap().WithZone("")
	if address.Is6() {
		if p, err := address.Prefix(64); err == nil {
			return p.Masked().String()
		}
	}
	return address.String()
}

// check refuses when there is no room for another failure.
func (a attempts) check(ctx context.Context) error {
	_, wait, err := a.limiter.Peek(ctx, a.address, addressBurst, addressEvery)
	if err != nil {
		return err
	}
	failures, pairWait, err := a.limiter.Peek(ctx, a.pair, pairBurst, pairEvery)
	if err != nil {
		return err
	}
	wait = max(wait, pairWait)
	if failures > 0 {
		_, confWait, err := a.limiter.Peek(ctx, a.conf, conferenceBurst, conferenceEvery)
		if err != nil {
			return err
		}
		wait = max(wait, confWait)
	}
	if wait > 0 {
		return slowDown(wait)
	}
	return nil
}

// failed counts a failure. It refuses with the limit when there was no room for it: then nobody learns that it failed.
func (a attempts) failed(ctx context.Context) error {
	wait, err := a.limiter.Spend(ctx, a.address, addressBurst, addressEvery)
	if err != nil {
		return err
	}
	pairWait, err := a.limiter.Spend(ctx, a.pair, pairBurst, pairEvery)
	if err != nil {
		return err
	}
	// A full bucket of the conference refuses nobody here: a fresh address gets its one answer.
	if _, err := a.limiter.Spend(ctx, a.conf, conferenceBurst, conferenceEvery); err != nil {
		return err
	}
	if wait = max(wait, pairWait); wait > 0 {
		return slowDown(wait)
	}
	return nil
}

func slowDown(wait time.Duration) error {
	return &problem.Error{Code: problem.RateLimited, Detail: "There were too many attempts. Wait a little, then try again.", RetryAfter: wait}
}
