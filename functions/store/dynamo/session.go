package dynamo

import (
	"context"

	"github.com/coopnet/coopnet/functions/diagnostics"
)

var _ diagnostics.SessionStore = (*Diagnostics)(nil)

func sessionKey(name string) key { return key{"session#" + name, "session"} }

func sessionItem(d *diagnostics.Session) item {
	return item{"version": number(d.Version)}.expire(d.ExpiresAt)
}

// CreateSession implements diagnostics.SessionStore.
func (s *Diagnostics) CreateSession(ctx context.Context, d *diagnostics.Session) error {
	done, err := s.table.save(ctx, sessionKey(d.Name), d, sessionItem(d), absent())
	if err == nil && !done {
		return diagnostics.ErrExists
	}
	return err
}

// Session implements diagnostics.SessionStore.
func (s *Diagnostics) Session(ctx context.Context, name string) (*diagnostics.Session, error) {
	i, err := s.table.get(ctx, sessionKey(name))
	if err != nil {
		return nil, err
	}
	d, err := liveRow[diagnostics.Session](i, s.db.cfg.Now())
	if err == nil && d == nil {
		return nil, diagnostics.ErrNotFound
	}
	return d, err
}

// UpdateSession implements diagnostics.SessionStore.
func (s *Diagnostics) UpdateSession(ctx context.Context, d *diagnostics.Session) error {
	next := *d
	next.Version++
	done, err := s.table.save(ctx, sessionKey(d.Name), next, sessionItem(&next), unchanged(d.Version))
	if err == nil && !done {
		return diagnostics.ErrConflict
	}
	if err == nil {
		d.Version = next.Version
	}
	return err
}

// DeleteSession implements diagnostics.SessionStore.
func (s *Diagnostics) DeleteSession(ctx context.Context, name string) error {
	return s.table.remove(ctx, sessionKey(name), expression{})
}
