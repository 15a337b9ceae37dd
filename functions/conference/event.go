package conference

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strings"
	"time"

	"github.com/coopnet/coopnet/shared/opaque"
	"github.com/coopnet/coopnet/shared/problem"
)

// Event is something that has happened, for other systems. The same event has the same ID, however often it is told.
type Event struct {
	ID   string
	Type string
	At   time.Time
	Data any // rendered as JSON
}

// EventEnded is the type of the event that a conference has ended.
const EventEnded = "conference.ended"

// Events tells other systems. What it was told once is not lost; telling the same again is fine.
type Events interface {
	Emit(ctx context.Context, e Event) error
}

// Described is a conference as events tell of it.
type Described struct {
	ID         string `json:"id"`
	Name       string `json:"name"`
	Title      string `json:"title"`
	ExternalID string `json:"externalId"`
}

// Describe takes from a conference what other systems may know.
func Describe(c *Conference) Described {
	return Described{ID: c.ID, Name: c.Name, Title: c.Title, ExternalID: c.ExternalID}
}

// EventID makes the one id of what parts name.
func EventID(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return "evt_" + opaque.Text(sum[:16])
}

// tellEnd is for how long an end is told to who asks: longer than anybody repeats a request that was cut off, and shorter
// than those who deliver remember what they were told, so that nobody hears of it anew when the conference is deleted.
const tellEnd = 24 * time.Hour

// announceEnd tells that a conference has ended.
func (d *Domain) announceEnd(ctx context.Context, c *Conference) error {
	if d.cfg.Organizing.Events == nil || d.cfg.Now().Sub(c.Until()) > tellEnd {
		return nil
	}
	err := d.cfg.Organizing.Events.Emit(ctx, Event{
		ID: EventID(EventEnded, c.ID), Type: EventEnded, At: c.Until(),
		Data: struct {
			Conference Described `json:"conference"`
			EndedAt    time.Time `json:"endedAt"`
		}{Describe(c), c.Until()},
	})
	if err != nil {
		return fmt.Errorf("tell of the conference's end: %w", err)
	}
	return nil
}

// Over reports whether a conference has ended, by itself or by somebody, or is forgotten already, and tells of an end
// that nobody has asked for. It may be asked again and again.
func (d *Domain) Over(ctx context.Context, id string) (bool, error) {
	c, err := d.Conference(ctx, id)
	if err != nil {
		if problem.From(err).Code == problem.NotFound {
			return true, nil
		}
		return false, err
	}
	if c.Status(d.cfg.Now()) != StatusEnded {
		return false, nil
	}
	if err := d.announceEnd(ctx, c); err != nil {
		// It is over all the same, and those who are in have to leave.
		d.cfg.Logger.ErrorContext(ctx, "nobody was told of a conference's end", "conference", id, "error", err)
	}
	return true, nil
}
