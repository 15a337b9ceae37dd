package diagnostics

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/coopnet/coopnet/shared/announce"
	"github.com/coopnet/coopnet/shared/jointoken"
	"github.com/coopnet/coopnet/shared/opaque"
)

// Session is one run of the diagnostic tool, and what the servers know of it. Whoever opened it has its id; everything
// else, the relays included, knows its name, which is made of the id and opens nothing.
type Session struct {
	Name      string    `json:"name"`
	Client    Origin    `json:"client"`
	Relays    []string  `json:"relays"` // ids of those that it may test
	Requests  []Request `json:"requests"`
	Media     []Media   `json:"media"`
	OpenedAt  time.Time `json:"openedAt"`
	EndsAt    time.Time `json:"endsAt"`    // no token is made after that
	ExpiresAt time.Time `json:"expiresAt"` // with the report that names it
	Version   int64     `json:"version"`   // for compare-and-swap; the store counts it
}

// Origin is where a session came from, without the part of the address that tells one household from the next.
type Origin struct {
	Network string `json:"network"` // a prefix
	Family  string `json:"family"`
}

// Request is one call of a session.
type Request struct {
	At        time.Time `json:"at"`
	RequestID string    `json:"requestId"`
	Call      string    `json:"call"` // method and pattern: no id
	Status    int       `json:"status"`
}

// Media is what one media session did on a relay.
type Media struct {
	Relay   string    `json:"relay"`
	ID      string    `json:"id"`
	At      time.Time `json:"at"`
	Role    string    `json:"role"`
	Way     string    `json:"way"`
	Family  string    `json:"family"`
	Seconds float64   `json:"seconds"`
	announce.Traffic
}

// Bounds of what is kept of a session.
const (
	maxRequests = 50 // the latest
	maxMedia    = 64 // the first
	recordTries = 8  // several checks of one page end at the same moment
)

// nameOf is the name of the session with that id; false for what no session has for an id.
func nameOf(id string) (string, bool) {
	if len(id) != sessionChars || strings.Trim(id, "abcdefghijklmnopqrstuvwxyz234567") != "" {
		return "", false
	}
	hash := sha256.Sum256([]byte("coopnet diagnostic session\x00" + id))
	return opaque.Text(hash[:16]), true
}

// origin shortens an address: 24 bits of IPv4, 48 of IPv6.
func origin(a netip.Addr) Origin {
	a = a.Unmap().WithZone("")
	o, bits := Origin{Family: family(a)}, 24
	if a.Is6() {
		bits = 48
	}
	if p, err := a.Prefix(bits); err == nil {
		o.Network = p.String()
	}
	return o
}

func family(a netip.Addr) string {
	if a.Unmap().Is4() {
		return announce.FamilyIPv4
	}
	return announce.FamilyIPv6
}

// Record keeps what the servers know of sessions.
type Record struct {
	Store  SessionStore
	Logger *slog.Logger
}

// change applies f until nobody else changes the session at the same time. What is not there, or no more, stays so.
func (r Record) change(ctx context.Context, name string, f func(*Session) (news bool)) error {
	for range recordTries {
		s, err := r.Store.Session(ctx, name)
		if errors.Is(err, ErrNotFound) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read session: %w", err)
		}
		if !f(s) {
			return nil
		}
		err = r.Store.UpdateSession(ctx, s)
		if err == nil {
			return nil
		}
		if !errors.Is(err, ErrConflict) {
			return fmt.Errorf("update session: %w", err)
		}
	}
	return fmt.Errorf("update session: %w", ErrConflict)
}

// called keeps one call. That it could not be kept is no reason to refuse the call itself.
func (r Record) called(ctx context.Context, name string, q Request) {
	if name == "" {
		return
	}
	err := r.change(ctx, name, func(s *Session) bool {
		s.Requests = append(s.Requests, q)
		s.Requests = s.Requests[max(0, len(s.Requests)-maxRequests):]
		return true
	})
	if err != nil {
		r.Logger.WarnContext(ctx, "a call of a diagnostic session was not kept", "requestId", q.RequestID, "error", err)
	}
}

// keep has a session last as long as the report that names it.
func (r Record) keep(ctx context.Context, name string, until time.Time) error {
	return r.change(ctx, name, func(s *Session) bool {
		if !until.After(s.ExpiresAt) {
			return false
		}
		s.ExpiresAt = until
		return true
	})
}

// Measured keeps what a relay reports of media sessions. What comes twice is kept once; what is not of a session that may
// test this relay is ignored.
func (r Record) Measured(ctx context.Context, relay string, media []announce.Media) error {
	of := make(map[string][]Media)
	for _, m := range media {
		if name, ok := jointoken.TestSession(m.Conference); ok {
			of[name] = append(of[name], Media{relay, m.ID, m.At, m.Role, m.Way, m.Family, m.Seconds, m.Traffic})
		}
	}
	for name, measured := range of {
		err := r.change(ctx, name, func(s *Session) (news bool) {
			if !slices.Contains(s.Relays, relay) {
				return false
			}
			for _, m := range measured {
				known := slices.ContainsFunc(s.Media, func(k Media) bool { return k.Relay == relay && k.ID == m.ID })
				if !known && len(s.Media) < maxMedia {
					s.Media, news = append(s.Media, m), true
				}
			}
			return news
		})
		if err != nil {
			return err
		}
	}
	return nil
}
