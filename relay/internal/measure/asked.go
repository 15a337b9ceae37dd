package measure

import (
	"net/netip"
	"sync"
	"time"
)

// How often one source may ask, and how many sources are remembered. When there are more, those that are within their
// limits anyway are forgotten; when none is, all share what is left: nobody.
const (
	burst      = 60
	every      = time.Second
	maxSources = 10_000
)

// asked counts, in the manner of the generic cell rate algorithm: of each source it keeps one moment, at which all that it
// asked would be paid for.
type asked struct {
	now func() time.Time

	mu   sync.Mutex // guards what follows
	paid map[netip.Addr]time.Time
}

func newAsked(now func() time.Time) *asked {
	return &asked{now: now, paid: make(map[netip.Addr]time.Time)}
}

// spend counts one request, or says how long to wait.
func (a *asked) spend(source netip.Addr) (wait time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.now()
	at, known := a.paid[source]
	if at.Before(now) {
		at = now
	}
	if over := at.Add(every).Sub(now) - burst*every; over > 0 {
		return over
	}
	if !known && len(a.paid) >= maxSources {
		a.forget(now)
		if len(a.paid) >= maxSources {
			return every
		}
	}
	a.paid[source] = at.Add(every)
	return 0
}

func (a *asked) forget(now time.Time) {
	for source, at := range a.paid {
		if !at.After(now) {
			delete(a.paid, source)
		}
	}
}
