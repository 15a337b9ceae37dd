package session

import (
	"context"
	"sync"
	"time"
)

// source gives fresh tickets; Tickets is one.
type source interface {
	Fresh(ctx context.Context, patience time.Duration) (*Ticket, error)
}

// reach knows which relay to use: the conference's own, or the one to fall back to while that one does not answer. The
// control channel finds out, and shares follow it.
type reach struct {
	tickets source

	mu     sync.Mutex
	silent string // the control address of the conference's own relay, while it does not answer
}

// ticket is a fresh one for the relay to use now.
func (r *reach) ticket(ctx context.Context, patience time.Duration) (*Ticket, error) {
	t, err := r.tickets.Fresh(ctx, patience)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	// A conference that has moved meanwhile has another relay of its own: that one is tried.
	if t.Relay.Control != r.silent || len(t.Alternates) == 0 {
		return t, nil
	}
	other := *t
	a := t.Alternates[0]
	other.Token, other.Relay, other.ICEServers, other.Alternates = a.Token, a.Relay, a.ICEServers, nil
	return &other, nil
}

// failed: the relay of this ticket did not answer, the other one is next.
func (r *reach) failed(t *Ticket) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.silent = ""
	if len(t.Alternates) > 0 {
		r.silent = t.Relay.Control
	}
}

// sentAway: the relay drains, and the conference's own is next.
func (r *reach) sentAway() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.silent = ""
}
