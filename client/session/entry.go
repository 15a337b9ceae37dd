package session

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"
)

const (
	leastPause = time.Second // between two questions in the lobby
	askTimeout = 10 * time.Second
)

// withoutURL takes the address out of an error of net/http: it has the launch code in it, which is never logged.
func withoutURL(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// Enter redeems the code at each portal in turn: the code does not say whose it is, and who does not know it says 404.
func Enter(ctx context.Context, portals []*Portal, code, version, platform string) (*Portal, *Ticket, error) {
	var last error = &Refusal{Status: http.StatusNotFound, Code: "not-found", Detail: "no portal"}
	var unreached error
	for _, p := range portals {
		asked, cancel := context.WithTimeout(ctx, askTimeout)
		t, err := p.Redeem(asked, code, version, platform)
		cancel()
		var r *Refusal
		switch {
		case err == nil:
			return p, t, nil
		case !errors.As(err, &r):
			return nil, nil, err
		case r.Status == http.StatusNotFound:
			last = err
		case r.Status == 0:
			unreached = err // perhaps it is another portal's
		default:
			return p, nil, err
		}
		if ctx.Err() != nil {
			return nil, nil, ctx.Err()
		}
	}
	if unreached != nil {
		last = unreached
	}
	return nil, nil, fmt.Errorf("redeem the launch code: %w", last)
}

// Tickets gives fresh tickets, and waits in the lobby for them where somebody has to let the guest in: everybody who needs
// one waits for the one who asks.
type Tickets struct {
	portal  *Portal
	waiting func(bool) // told when the waiting begins and ends

	mu     sync.Mutex // held while asking
	inLine bool
}

// NewTickets makes one.
func NewTickets(p *Portal, waiting func(bool)) *Tickets { return &Tickets{portal: p, waiting: waiting} }

// Fresh returns a ticket that nobody has used. An answer is waited for with that patience, the lobby as long as it takes.
func (t *Tickets) Fresh(ctx context.Context, patience time.Duration) (*Ticket, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	defer t.wait(false)
	for {
		asked, cancel := context.WithTimeout(ctx, patience)
		ticket, err := t.portal.JoinToken(asked)
		cancel()
		if !waiting(err) {
			return ticket, err
		}
		t.wait(true)
		pause := leastPause
		var r *Refusal
		if errors.As(err, &r) {
			pause = max(pause, r.RetryAfter)
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (t *Tickets) wait(in bool) {
	if in != t.inLine && t.waiting != nil {
		t.waiting(in)
	}
	t.inLine = in
}
