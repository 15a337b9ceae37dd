package conference

import (
	"container/list"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"slices"
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
// forgotten. Filling it takes a thousand IPv4 addresses, or a hundred IPv6 networks, that all guess as fast as their
// own limits let them; whoever has these has as many first tries too.
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

// limit is a bucket and its size.
type limit struct {
	key   string
	burst int // refused attempts that are free
	every time.Duration
}

// Client is who asks, as far as addresses tell people apart. For IPv4 both are the address.
type Client struct {
	Site    string // the least that one customer has: the /64 of IPv6
	Network string // the most that one customer has: the /48 of IPv6
}

// attempts limits the guessing of one conference's password from one client. Only refused attempts are counted, so a
// company that joins through one address with the right password is not slowed down.
//
// A client that guesses is slowed down, whatever it guesses; a client that guesses one conference is slowed down
// sooner. Both hold for its site, and four times as much for its network, which may have 65,536 sites. The limit per
// conference is against many networks that guess together. It must not become a lock that an outsider puts on
// somebody's conference by guessing all day: so it refuses only sites that have failed at this conference lately. The
// first try from a fresh site is always looked at while its network has room, and when it is right it is let in. An
// attacker gains one guess per fresh site by that, against passwords of 8 characters or more.
//
// The limits are looked at before the work and again after it, before the result is told. A burst of parallel guesses
// that all passed the first look so learns no more than the same guesses one after the other.
//
// Unknown names are counted like known ones: otherwise the limit would tell which conferences exist.
type attempts struct {
	limiter    Limiter
	pair       limit   // this site at this conference
	wider      []limit // this site, its network, and its network at this conference
	conference limit
}

func (d *Domain) attempts(who Client, name string) attempts {
	sum := sha256.Sum256([]byte(name))
	what := base64.RawURLEncoding.EncodeToString(sum[:16])
	a := attempts{
		limiter:    d.cfg.Limiter,
		pair:       limit{"p:" + who.Site + ":" + what, 8, 15 * time.Second},
		wider:      []limit{{"a:" + who.Site, 30, 4 * time.Second}},
		conference: limit{"c:" + what, 200, time.Second},
	}
	if who.Network != who.Site {
		a.wider = append(a.wider, limit{"n:" + who.Network, 120, time.Second},
			limit{"q:" + who.Network + ":" + what, 32, 15 * time.Second / 4})
	}
	return a
}

// check refuses when there is no room for another failure.
func (a attempts) check(ctx context.Context) error {
	failures, wait, err := a.limiter.Peek(ctx, a.pair.key, a.pair.burst, a.pair.every)
	if err != nil {
		return err
	}
	more := a.wider
	if failures > 0 {
		more = append(slices.Clip(more), a.conference)
	}
	for _, l := range more {
		_, w, err := a.limiter.Peek(ctx, l.key, l.burst, l.every)
		if err != nil {
			return err
		}
		wait = max(wait, w)
	}
	return slowDown(wait)
}

// failed counts a failure. It refuses with the limit when there was no room for it: then nobody learns that it failed.
func (a attempts) failed(ctx context.Context) error {
	var wait time.Duration
	for _, l := range append(slices.Clip(a.wider), a.pair) {
		w, err := a.limiter.Spend(ctx, l.key, l.burst, l.every)
		if err != nil {
			return err
		}
		wait = max(wait, w)
	}
	// A full bucket of the conference refuses nobody here: a fresh site gets its one answer.
	if _, err := a.limiter.Spend(ctx, a.conference.key, a.conference.burst, a.conference.every); err != nil {
		return err
	}
	return slowDown(wait)
}

func slowDown(wait time.Duration) error {
	if wait <= 0 {
		return nil
	}
	return &problem.Error{Code: problem.RateLimited, Detail: "There were too many attempts. Wait a little, then try again.", RetryAfter: wait}
}
