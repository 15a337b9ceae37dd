package portal

import (
	"context"
	"time"

	"github.com/coopnet/coopnet/functions/conference"
	"github.com/coopnet/coopnet/functions/diagnostics"
	"github.com/coopnet/coopnet/functions/relays"
)

// Tested lets diagnostic sessions ask which relays there are.
func Tested(d *relays.Domain) diagnostics.Relays { return tested{d} }

type tested struct{ domain *relays.Domain }

// Regions implements diagnostics.Relays.
func (t tested) Regions(ctx context.Context) ([]diagnostics.Relay, error) {
	found, err := t.domain.Regions(ctx)
	if err != nil {
		return nil, err
	}
	list := make([]diagnostics.Relay, 0, len(found))
	for _, r := range found {
		list = append(list, diagnostics.Relay{ID: r.ID, Region: r.Region, WHIP: r.WHIP, WHEP: r.WHEP, Control: r.Control, TURN: r.TURN})
	}
	return list, nil
}

// TestRooms lets diagnostic sessions into rooms of their own.
func TestRooms(d *conference.Domain) diagnostics.TestRooms { return testRooms{d} }

type testRooms struct{ domain *conference.Domain }

// Token implements diagnostics.TestRooms.
func (t testRooms) Token(ctx context.Context, relay, session string) (string, time.Time, error) {
	return t.domain.TestToken(ctx, relay, session)
}

// ICEServers implements diagnostics.TestRooms.
func (t testRooms) ICEServers(relay diagnostics.Relay, session string) []diagnostics.ICEServer {
	var list []diagnostics.ICEServer
	for _, s := range t.domain.TestServers(conference.Relay{ID: relay.ID, TURN: relay.TURN}, session) {
		list = append(list, diagnostics.ICEServer(s))
	}
	return list
}
