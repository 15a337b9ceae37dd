package standalone

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/coopnet/coopnet/functions/diagnostics"
	"github.com/coopnet/coopnet/functions/portal"
	"github.com/coopnet/coopnet/functions/relays"
	"github.com/coopnet/coopnet/relay"
	"github.com/coopnet/coopnet/shared/announce"
)

// wireRelays knows the relay of this process, and those on other machines that announce themselves.
func (s *system) wireRelays() (err error) {
	private, err := networks(s.cfg.RelayNetworks)
	if err != nil {
		return err
	}
	s.relays, err = relays.New(relays.Config{
		Store: s.db.Relays(), Staff: portal.Crew(s.staff), Conferences: portal.Placed(s.db.Conference(), time.Now),
		Prober: relays.NewHTTPProber(relays.ProberConfig{Allow: private}), Resident: resident{s.media},
		Events: portal.Attendances(s.webhooks, s.db.Conference()), Over: s.over, Logger: s.logger,
		Media: diagnostics.Record{Store: s.db.Diagnostics(), Logger: s.logger},
	})
	if err != nil {
		return fmt.Errorf("wire the relays: %w", err)
	}
	return nil
}

// over tells of the end of a conference that lives on another machine, which this process has no round for.
func (s *system) over(ctx context.Context, conference string) {
	if _, err := s.conferences.Over(ctx, conference); err != nil {
		s.logger.Warn("nobody was told of a conference's end", "conference", conference, "error", err)
	}
}

// joinFleet has the relay of this process announce itself like any other, without HTTP. It returns once that was said.
func (s *system) joinFleet(ctx context.Context) error {
	link := &direct{domain: s.relays, said: make(chan struct{})}
	err := s.media.Announce(relay.AnnounceConfig{Link: link, Public: s.public, TURN: s.turnURLs()})
	if err != nil {
		return err
	}
	select {
	case <-link.said:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// direct is a relay.Link within the process.
type direct struct {
	domain *relays.Domain
	said   chan struct{} // closed after the first announcement
	first  sync.Once
}

// Announce implements relay.Link.
func (d *direct) Announce(ctx context.Context, a announce.Announcement) (announce.Orders, error) {
	defer d.first.Do(func() { close(d.said) })
	return d.domain.AnnounceResident(ctx, a)
}

// Report implements relay.Link.
func (d *direct) Report(ctx context.Context, b announce.Batch) error {
	return d.domain.Report(ctx, relayID, b)
}

// resident is the relay of this process as the control plane commands it.
type resident struct{ *relay.Relay }

// ID implements relays.Resident.
func (resident) ID() string { return relayID }

// Remove implements relays.Resident.
func (r resident) Remove(conference, participant string) {
	r.RemoveParticipant(conference, participant)
}
