package cloud

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/coopnet/coopnet/functions/staff"
)

// operator is who invokes functions directly, in lists and logs: the account's roles say who that may be.
const operator = "operator"

// keyEvent is the event of the commands for keys.
type keyEvent struct {
	ID string `json:"id"`
	staff.Draft
}

func read[T any](event json.RawMessage) (T, error) {
	var e T
	if err := json.Unmarshal(event, &e); err != nil {
		return e, fmt.Errorf("read the command: %w", err)
	}
	return e, nil
}

// CreateKey makes a key. It is the only way to the first one.
func CreateKey(keys *staff.Domain) Command {
	return func(ctx context.Context, event json.RawMessage) (any, error) {
		e, err := read[keyEvent](event)
		if err != nil {
			return nil, err
		}
		key, plain, err := keys.Create(ctx, operator, e.Draft)
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
		e, err := read[keyEvent](event)
		if err != nil {
			return nil, err
		}
		return map[string]string{"id": e.ID}, keys.Revoke(ctx, operator, e.ID)
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

// Eraser removes one kind of a person's data.
type Eraser struct {
	What  string
	Erase func(ctx context.Context, email string) (int, error)
}

// Removed says how much of a kind of data was removed, as `coopnet erase` does.
type Removed struct {
	What   string `json:"what"`
	Number int    `json:"number"`
}

// Erase removes what the function's own domains keep of the person with an e-mail address. Where one fails the others are asked
// all the same; the command can be given again.
func Erase(erasers ...Eraser) Command {
	return func(ctx context.Context, event json.RawMessage) (any, error) {
		e, err := read[struct{ Email string }](event)
		if err != nil {
			return nil, err
		}
		if e.Email == "" {
			return nil, errors.New("whose data? Say \"email\"")
		}
		var removed []Removed
		var wrong []error
		for _, x := range erasers {
			n, err := x.Erase(ctx, e.Email)
			removed = append(removed, Removed{x.What, n})
			if err != nil {
				wrong = append(wrong, fmt.Errorf("%s are not all removed: %w", x.What, err))
			}
		}
		return removed, errors.Join(wrong...)
	}
}

// Clean removes what has expired together with its files.
func Clean(what string, clean func(context.Context) (int, error)) Command {
	return func(ctx context.Context, _ json.RawMessage) (any, error) {
		n, err := clean(ctx)
		return Removed{what, n}, err
	}
}

// longestRound is what a round of deliveries takes at most: the time in which it begins some, and the patience for the last.
const longestRound = 32 * time.Second

// Round does what is due, and says how much that was; webhook.Domain has one.
type Round func(ctx context.Context) (done int, err error)

// Deliver does rounds as long as there is something to do and the invocation has time. The schedule asks again every minute.
func Deliver(round Round) Command {
	return func(ctx context.Context, _ json.RawMessage) (any, error) {
		all := 0
		for {
			n, err := round(ctx)
			all += n
			deadline, bounded := ctx.Deadline()
			if err != nil || n == 0 || ctx.Err() != nil || bounded && time.Until(deadline) < longestRound {
				return map[string]int{"attempts": all}, err
			}
		}
	}
}
