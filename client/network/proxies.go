package network

import (
	"context"
	"maps"
	"net/url"
	"sync"
	"time"
)

const (
	// proxyLife is how long an answer about a host is good: a script may take seconds, and is asked for each connection.
	proxyLife = 5 * time.Minute
	// proxyRest is how long at least, while connections fail.
	proxyRest = 3 * time.Second
	maxHosts  = 64
)

// proxies remembers which proxy a host has, and does not let who asks wait longer than they want: a system that looks for
// its script in a network where there is none takes seconds.
type proxies struct {
	find func(target *url.URL) (*url.URL, error)
	now  func() time.Time

	mu      sync.Mutex
	answers map[string]*answer // by host
}

// answer is what find has said, once done is closed.
type answer struct {
	done  chan struct{}
	asked time.Time
	told  time.Time
	proxy *url.URL
	err   error
}

// good reports whether an answer, or a question that is under way, is kept. An error is not, but for a while: the system may
// have been busy.
func (a *answer) good(now time.Time) bool {
	select {
	case <-a.done:
		return now.Sub(a.asked) < proxyLife && (a.err == nil || now.Sub(a.told) < proxyRest)
	default:
		return now.Sub(a.asked) < proxyLife
	}
}

// of returns the proxy for a target, or nil.
func (p *proxies) of(ctx context.Context, target *url.URL) (*url.URL, error) {
	a := p.ask(target)
	select {
	case <-a.done:
		return a.proxy, a.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// ask asks once for many; the goroutine ends when the system has answered.
func (p *proxies) ask(target *url.URL) *answer {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	if a := p.answers[target.Host]; a != nil && a.good(now) {
		return a
	}
	if p.answers == nil || len(p.answers) >= maxHosts {
		p.answers = map[string]*answer{}
	}
	a := &answer{done: make(chan struct{}), asked: now}
	p.answers[target.Host] = a
	go func() {
		defer close(a.done)
		a.proxy, a.err = p.find(target)
		a.told = p.now()
	}()
	return a
}

// forget has the system asked again, unless it was just now: the network may be another one.
func (p *proxies) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	maps.DeleteFunc(p.answers, func(_ string, a *answer) bool { return now.Sub(a.asked) >= proxyRest })
}
