package cloud

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/coopnet/coopnet/functions/staff"
)

// KeyEvent is the event of the commands for keys.
type KeyEvent struct {
	Role  staff.Role `json:"role"`
	Label string     `json:"label"`
	ID    string     `json:"id"`
}

func keyEvent(event json.RawMessage) (KeyEvent, error) {
	var e KeyEvent
	if err := json.Unmarshal(event, &e); err != nil {
		return e, fmt.Errorf("read the command: %w", err)
	}
	return e, nil
}

// CreateKey makes the key of an organizer or of the support. It is the only way to the first one.
func CreateKey(keys *staff.Domain) Command {
	return func(ctx context.Context, event json.RawMessage) (any, error) {
		e, err := keyEvent(event)
		if err != nil {
			return nil, err
		}
		key, plain, err := keys.Create(ctx, e.Role, e.Label)
		if err != nil {
			return nil, err
		}
		return map[string]string{"id": key.ID, "key": plain}, nil
	}
}

// ListKeys lists them, without what they are.
func ListKeys(keys *staff.Domain) Command {
	return func(ctx context.Context, _ json.RawMessage) (any, error) { return keys.List(ctx) }
}

// RevokeKey ends one.
func RevokeKey(keys *staff.Domain) Command {
	return func(ctx context.Context, event json.RawMessage) (any, error) {
		e, err := keyEvent(event)
		if err != nil {
			return nil, err
		}
		return map[string]string{"id": e.ID}, keys.Revoke(ctx, e.ID)
	}
}

// Rotator makes new keys for tokens and cookies; conference.KeyRing is one.
type Rotator interface {
	// Rotate returns when the new keys will be used.
	Rotate(ctx context.Context) (from time.Time, err error)
}

// RotateKeys replaces the keys that sign join tokens and seal admissions.
func RotateKeys(ring Rotator) Command {
	return func(ctx context.Context, _ json.RawMessage) (any, error) {
		from, err := ring.Rotate(ctx)
		return map[string]time.Time{"from": from}, err
	}
}
